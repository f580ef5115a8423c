import { join } from 'node:path';
import type { RE2JS } from 're2js';
import type { Result } from '../core/result.ts';
import { fail, ok } from '../core/result.ts';
import { compareVersions, parseConstraint, satisfies } from '../core/semver.ts';
import { verifyCosign } from './cosign.ts';
import { optional } from './git-spec.ts';
import { HttpClient } from './http.ts';
import type { OciRepositorySpec } from './oci-spec.ts';
import { offlineFailure, pinned } from './pinned.ts';
import { Registry } from './registry.ts';
import { parseRegistryUrl } from './registry-name.ts';
import { attempt, once } from './run.ts';
import { entryKey, findEntry, makeEntry } from './source-cache.ts';
import { trouble, worldTrouble } from './trouble.ts';
import type { FetchedFile, FetchedTree, OciCredentials, SourceCache, SourceOptions } from './types.ts';
import { untar } from './untar.ts';
import { parseFluxVersion } from './versions.ts';

export const CHART_LAYER = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const MAX_LAYER_BYTES = 1024 ** 3;

/** Names what is asked: for the graph's resolve and the lock file. */
export function ociReferenceName(spec: OciRepositorySpec): string {
  const { digest, semver, semverFilter, tag } = spec.ref;
  if (digest !== undefined) return `${spec.url}@${digest}`;
  if (semver === undefined) return `${spec.url}:${tag ?? 'latest'}`;
  return `${spec.url} ${semver}${semverFilter === undefined ? '' : ` /${semverFilter}/`}`;
}

/** What an OCIRepository's reference means now: `<tag>@sha256:…`, or the digest alone where the object pins one. */
export async function resolveOciRepository(
  spec: OciRepositorySpec,
  credentials: OciCredentials,
  cache: SourceCache,
  options: SourceOptions = {},
): Promise<Result<string>> {
  const { digest } = spec.ref;
  if (digest !== undefined) return ok(digest);
  const name = ociReferenceName(spec);
  const known = pinned(name, options);
  if (known !== undefined) return known;
  return await once(cache, `resolve ${name}`, credentials, () =>
    attempt(() =>
      withRegistry(spec, credentials, options, async (registry) => {
        const tag = spec.ref.semver === undefined ? (spec.ref.tag ?? 'latest') : await tagInRange(spec, registry);
        return `${tag}@${await registry.digestOf(tag)}`;
      }),
    ),
  );
}

/** @see source-controller ocirepository_controller.go, getTagBySemver */
async function tagInRange(spec: OciRepositorySpec, registry: Registry): Promise<string> {
  const { semver = '*', semverFilter } = spec.ref;
  const constraint = parseConstraint(semver);
  if (!constraint.ok) throw trouble('invalid-object', `semver '${semver}' parse error: ${constraint.error}`);
  const filter = semverFilter === undefined ? undefined : await compile(semverFilter);
  const isChart = spec.layerSelector.mediaType === CHART_LAYER;
  const found = [];
  for (const tag of await registry.tags()) {
    if (filter !== undefined && !filter.matcher(tag).find()) continue;
    const version = parseFluxVersion(isChart ? tag.replaceAll('_', '+') : tag);
    if (version !== undefined && satisfies(constraint.value, version)) found.push({ tag, version });
  }
  found.sort((a, b) => compareVersions(b.version, a.version));
  const best = found[0];
  if (best === undefined)
    throw worldTrouble('chart-version-not-found', `${spec.url}: no match found for semver: ${semver}`);
  return best.tag;
}

async function compile(pattern: string): Promise<RE2JS> {
  const { RE2JS } = await import('re2js');
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw trouble('invalid-object', `semverFilter '${pattern}' cannot be read: ${(error as Error).message}`);
  }
}

/** The artifact of a revision: a directory, or with `operation: copy` the layer as it is. */
export async function fetchOciRepository(
  spec: OciRepositorySpec,
  revision: string,
  credentials: OciCredentials,
  cache: SourceCache,
  options: SourceOptions = {},
): Promise<Result<FetchedTree | FetchedFile>> {
  const { mediaType = '', operation } = spec.layerSelector;
  const digest = revision.slice(revision.lastIndexOf('@') + 1);
  const checked = spec.verify === undefined ? '' : JSON.stringify([spec.verify, ...(credentials.trustedKeys ?? [])]);
  const key = entryKey('oci', spec.url, digest, mediaType, operation, checked);
  return await once(cache, `${key} ${revision}`, credentials, async () => {
    let entry = await findEntry(cache, key);
    if (entry === undefined) {
      if (options.offline === true) return fail(offlineFailure(`${spec.url}@${digest}`));
      const made = await attempt(() =>
        withRegistry(spec, credentials, options, async (registry) => {
          if (spec.verify !== undefined)
            await verifyCosign(registry, spec.url, digest, spec.verify, credentials.trustedKeys, options);
          const manifest = await registry.manifest(digest);
          const layer =
            mediaType === '' ? manifest.layers[0] : manifest.layers.find((item) => item.mediaType === mediaType);
          if (layer === undefined)
            throw worldTrouble(
              'fetch-failed',
              mediaType === ''
                ? `${spec.url}@${digest}: no layers found in artifact`
                : `${spec.url}@${digest}: failed to find layer with media type '${mediaType}' in artifact`,
            );
          return await makeEntry(cache, key, async (content, scratch) => {
            const copy = operation === 'copy';
            const blob = copy ? join(content, 'layer.tgz') : join(scratch, 'layer.tgz');
            await registry.blob(layer, blob, MAX_LAYER_BYTES);
            if (!copy) await untar(blob, content);
            const annotations = Object.fromEntries(manifest.annotations);
            return ok({ revision, origin: spec.url, annotations, ...optional('file', copy ? 'layer.tgz' : undefined) });
          });
        }),
      );
      if (!made.ok) return made;
      if (!made.value.ok) return made.value;
      entry = made.value.value;
    }
    const { path, info } = entry;
    const annotations = new Map(Object.entries(info.annotations ?? {}));
    return ok({ type: info.file === undefined ? ('tree' as const) : ('file' as const), path, revision, annotations });
  });
}

async function withRegistry<T>(
  spec: OciRepositorySpec,
  credentials: OciCredentials,
  options: SourceOptions,
  use: (registry: Registry) => Promise<T>,
): Promise<T> {
  const client = new HttpClient(options, spec.timeoutMs, credentials.tls, credentials.proxy);
  return await use(new Registry(client, parseRegistryUrl(spec.url), credentials, options, spec.insecure));
}
