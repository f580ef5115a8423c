import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '../core/result.ts';
import { fail, ok } from '../core/result.ts';
import { compareVersions, parseConstraint, parseStrictVersion, satisfies } from '../core/semver.ts';
import { verifyCosign } from './cosign.ts';
import { chooseChart, type IndexedChart, versionNotFound } from './helm-index.ts';
import { loadIndex } from './helm-index-cache.ts';
import { authorizer, repositoryUrl } from './helm-repository.ts';
import type { ChartRequest, HelmRepositorySpec } from './helm-spec.ts';
import { HttpClient } from './http.ts';
import { CHART_LAYER } from './oci-repository.ts';
import { offlineFailure, pinned } from './pinned.ts';
import { Registry } from './registry.ts';
import { parseRegistryUrl } from './registry-name.ts';
import { attempt, once } from './run.ts';
import { entryKey, findEntry, makeEntry, replaceFile } from './source-cache.ts';
import { showUrl, Trouble, trouble, worldTrouble } from './trouble.ts';
import type { FetchedFile, HelmCredentials, SourceCache, SourceOptions } from './types.ts';
import { parseFluxVersion } from './versions.ts';

/** As Flux limits a packaged chart. */
const MAX_CHART_BYTES = 10 * 1024 * 1024;
const CHART_CONFIG = 'application/vnd.cncf.helm.config.v1+json';

/** Names what is asked: for the graph's resolve and the lock file. */
export const helmReferenceName = (repository: HelmRepositorySpec, chart: ChartRequest): string =>
  `${repositoryUrl(repository)} ${chart.name} ${chart.version || '*'}`;

/** The version part of a chart's revision. */
export const chartVersion = (revision: string): string => revision.split('@', 1)[0]!;

/**
 * The version that a chart request chooses now: `1.2.3@sha256:…`, the digest being that of the package in an index (where it
 * gives one) or that of the manifest in a registry. A version that was fetched before is not asked for again.
 */
export async function resolveHelmChart(
  repository: HelmRepositorySpec,
  chart: ChartRequest,
  credentials: HelmCredentials,
  cache: SourceCache,
  options: SourceOptions = {},
): Promise<Result<string>> {
  const name = helmReferenceName(repository, chart);
  const locked = options.lock?.get(name);
  if (locked !== undefined) return ok(locked);
  const known = await knownRevision(repository, chart, cache);
  if (known !== undefined) return ok(known);
  if (repository.type === 'oci') {
    const fixed = pinned(name, options);
    if (fixed !== undefined) return fixed;
    return await once(cache, `resolve ${name}`, credentials, () =>
      attempt(() =>
        withRegistry(repository, chart.name, credentials, options, async (registry) => {
          const version = await versionInRegistry(chart, registry);
          const digest = await registry.findTag(version.replaceAll('+', '_'));
          if (digest === undefined) throw versionNotFound(chart.name, version, await newestTags(registry));
          return `${version}@${digest}`;
        }),
      ),
    );
  }
  return await once(cache, `resolve ${name}`, credentials, () =>
    attempt(async () => revisionOf(await chooseInIndex(repository, chart, chart.version, credentials, cache, options))),
  );
}

const revisionOf = ({ version, sha256 }: IndexedChart): string =>
  sha256 === undefined ? version : `${version}@sha256:${sha256}`;

/** The packaged chart of a revision. */
export async function fetchHelmChart(
  repository: HelmRepositorySpec,
  chart: ChartRequest,
  revision: string,
  credentials: HelmCredentials,
  cache: SourceCache,
  options: SourceOptions = {},
): Promise<Result<FetchedFile>> {
  const url = repositoryUrl(repository);
  const checked =
    chart.verify === undefined ? [] : [JSON.stringify([chart.verify, ...(credentials.trustedKeys ?? [])])];
  const key = entryKey('charts', url, chart.name, revision, ...checked);
  return await once(cache, key, credentials, async () => {
    let entry = await findEntry(cache, key);
    if (entry === undefined) {
      if (options.offline === true)
        return fail(offlineFailure(`chart ${chart.name} ${chartVersion(revision)} of ${url}`));
      const made = await attempt(() =>
        makeEntry(cache, key, async (content) => {
          const file = `${chart.name.replace(/[^\w.-]/g, '_')}-${chartVersion(revision).replace(/[^\w.+-]/g, '_')}.tgz`;
          const path = join(content, file);
          if (chart.verify !== undefined && repository.type !== 'oci')
            throw trouble(
              'verification-failed',
              `chart ${chart.name}: charts of an HTTP repository cannot be verified`,
              'Flux verifies charts of OCI repositories only.',
            );
          if (repository.type === 'oci') await fromRegistry(repository, chart, revision, credentials, options, path);
          else await fromIndex(repository, chart, revision, credentials, cache, options, path);
          return ok({ revision, origin: `${url} ${chart.name}`, file });
        }),
      );
      if (!made.ok) return made;
      if (!made.value.ok) return made.value;
      entry = made.value.value;
      await replaceFile(
        cache,
        knownKey(repository, chart.name, chartVersion(revision)),
        JSON.stringify({ revision, key }),
      );
    }
    return ok({ type: 'file' as const, path: entry.path, revision, annotations: new Map() });
  });
}

async function fromIndex(
  repository: HelmRepositorySpec,
  chart: ChartRequest,
  revision: string,
  credentials: HelmCredentials,
  cache: SourceCache,
  options: SourceOptions,
  path: string,
): Promise<void> {
  const found = await chooseInIndex(repository, chart, chartVersion(revision), credentials, cache, options);
  const link = found.urls[0];
  if (link === undefined) throw worldTrouble('fetch-failed', `chart '${chart.name}' has no downloadable URLs`);
  const base = new URL(repository.url);
  base.pathname = `${base.pathname.replace(/\/$/, '')}/`;
  const url = URL.canParse(link, base.href) ? new URL(link, base.href) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw worldTrouble(
      'fetch-failed',
      `chart '${chart.name}' ${found.version} is at ${showUrl(link)}, which no HTTP repository can serve`,
      link.startsWith('oci://') ? 'Use a HelmRepository of type oci, or an OCIRepository.' : undefined,
    );
  if (!/^[a-z][a-z0-9+.-]*:/i.test(link)) url.search = base.search;
  const client = new HttpClient(options, repository.timeoutMs, credentials.tls, undefined);
  const got = await client.download(
    url,
    { maxBytes: MAX_CHART_BYTES, authorize: authorizer(repository, credentials) },
    path,
  );
  const asked = /@sha256:([0-9a-f]{64})$/.exec(revision)?.[1] ?? found.sha256;
  if (asked !== undefined && got.sha256 !== asked)
    throw worldTrouble(
      'verification-failed',
      `${showUrl(url)}: what came has the digest sha256:${got.sha256}, the index says sha256:${asked}`,
      'The package was replaced after the index was written, or something between changes it.',
    );
}

async function chooseInIndex(
  repository: HelmRepositorySpec,
  chart: ChartRequest,
  version: string,
  credentials: HelmCredentials,
  cache: SourceCache,
  options: SourceOptions,
): Promise<IndexedChart> {
  const index = await loadIndex(repository, credentials, cache, options);
  const versions = index.versions(chart.name);
  if (versions === undefined)
    throw worldTrouble('chart-version-not-found', `${repositoryUrl(repository)} has no chart named '${chart.name}'`);
  if (versions.length === 0)
    throw worldTrouble(
      'chart-version-not-found',
      `${repositoryUrl(repository)} has no version of chart '${chart.name}'`,
    );
  return chooseChart(versions, chart.name, version);
}

/** @see source-controller internal/helm/repository/oci_chart_repository.go, getChartVersion; Helm's registry client, Tags */
async function versionInRegistry(chart: ChartRequest, registry: Registry): Promise<string> {
  if (parseFluxVersion(chart.version) !== undefined) return chart.version;
  const constraint = parseConstraint(chart.version === '' ? '*' : chart.version);
  const tags = await registry.tags();
  const versions = tags.flatMap((tag) => {
    const version = parseStrictVersion(tag.replaceAll('_', '+'));
    return version.ok ? [version.value] : [];
  });
  versions.sort((a, b) => compareVersions(b, a));
  const exact = versions.find(({ original }) => original === chart.version);
  if (exact !== undefined) return exact.original;
  if (!constraint.ok)
    throw trouble(
      'invalid-object',
      `chart ${chart.name}: the version ${JSON.stringify(chart.version)} cannot be read: ${constraint.error}`,
    );
  const best = versions.find((version) => satisfies(constraint.value, version));
  if (best === undefined)
    throw versionNotFound(
      chart.name,
      chart.version,
      versions.map(({ original }) => original),
    );
  return best.original;
}

async function newestTags(registry: Registry): Promise<readonly string[]> {
  try {
    const versions = (await registry.tags()).flatMap((tag) => parseFluxVersion(tag.replaceAll('_', '+')) ?? []);
    return versions.sort((a, b) => compareVersions(b, a)).map(({ original }) => original);
  } catch (error) {
    if (error instanceof Trouble) return [];
    throw error;
  }
}

async function fromRegistry(
  repository: HelmRepositorySpec,
  chart: ChartRequest,
  revision: string,
  credentials: HelmCredentials,
  options: SourceOptions,
  path: string,
): Promise<void> {
  await withRegistry(repository, chart.name, credentials, options, async (registry) => {
    const label = `${repositoryUrl(repository)}/${chart.name}`;
    const version = chartVersion(revision);
    const digest =
      /@(sha256:[0-9a-f]{64})$/.exec(revision)?.[1] ?? (await registry.digestOf(version.replaceAll('+', '_')));
    if (chart.verify !== undefined)
      await verifyCosign(registry, label, digest, chart.verify, credentials.trustedKeys, options);
    const manifest = await registry.manifest(digest);
    const layer = manifest.layers.find(
      ({ mediaType }) => mediaType === CHART_LAYER || mediaType === 'application/tar+gzip',
    );
    if (manifest.configMediaType !== CHART_CONFIG || layer === undefined)
      throw worldTrouble(
        'fetch-failed',
        `${label}:${version} is no Helm chart (its config is ${manifest.configMediaType})`,
      );
    await registry.blob(layer, path, MAX_CHART_BYTES);
  });
}

async function withRegistry<T>(
  repository: HelmRepositorySpec,
  name: string,
  credentials: HelmCredentials,
  options: SourceOptions,
  use: (registry: Registry) => Promise<T>,
): Promise<T> {
  const client = new HttpClient(options, repository.timeoutMs, credentials.tls, undefined);
  const at = parseRegistryUrl(`${repository.url.replace(/\/+$/, '')}/${name}`);
  return await use(new Registry(client, at, credentials, options, repository.insecure));
}

const knownKey = (repository: HelmRepositorySpec, name: string, version: string): string =>
  `${entryKey('charts', 'known', repositoryUrl(repository), name, version)}.json`;

/** The revision of a version that was fetched before. A whole version never means anything else later. */
async function knownRevision(
  repository: HelmRepositorySpec,
  chart: ChartRequest,
  cache: SourceCache,
): Promise<string | undefined> {
  if (parseFluxVersion(chart.version) === undefined) return undefined;
  try {
    const text = await readFile(join(cache.directory, knownKey(repository, chart.name, chart.version)), 'utf8');
    const { revision, key } = JSON.parse(text) as { revision: string; key: string };
    return (await findEntry(cache, key)) === undefined ? undefined : revision;
  } catch {
    return undefined;
  }
}
