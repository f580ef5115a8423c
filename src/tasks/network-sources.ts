import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { fromPlain, getIn, type YamlMap } from '../core/value.ts';
import type { Warning } from '../core/warning.ts';
import type { RemoteRequest } from '../engines/kustomize/index.ts';
import type { OpenSource, SourcePort, SourceRequest } from './ports.ts';

export interface NetworkSourcesOptions {
  /** The cache's directory: fetched revisions lie in `sources/` below it. */
  readonly cacheDirectory: string;
  readonly workspace: string;
  readonly offline: boolean;
  /** A docker `config.json`. */
  readonly registryConfig?: string;
  readonly warn: (warning: string | Warning) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Sources over the network. The clients are loaded when the first source is opened. */
export function networkSources(settings: NetworkSourcesOptions): SourcePort {
  let opened: { readonly directory: string } | undefined;
  const openCache = (): { readonly directory: string } => {
    opened ??= { directory: sourcesDirectory(settings) };
    return opened;
  };
  const shared = {
    offline: settings.offline,
    workspace: settings.workspace,
    warn: settings.warn,
    environment: settings.environment,
    ...(settings.registryConfig === undefined ? {} : { dockerConfig: settings.registryConfig }),
  };
  return {
    async open(request): Promise<Result<OpenSource>> {
      const sources = await import('../sources/index.ts');
      const cache = openCache();
      const options = request.warn === undefined ? shared : { ...shared, warn: request.warn };
      const { object } = request;
      const secrets = secretsOf(request);
      const kind = String(object.get('kind'));
      switch (kind) {
        case 'GitRepository': {
          const spec = sources.readGitRepositorySpec(object);
          if (!spec.ok) return spec;
          const credentials = sources.gitCredentials(spec.value, secrets);
          if (!credentials.ok) return credentials;
          const name = sources.gitReferenceName(spec.value);
          return ok({
            include: spec.value.include,
            lockName: name.replace(`file://${settings.workspace}/`, 'file://./'),
            reference: {
              name,
              intervalMs: spec.value.intervalMs,
              ask: (signal) =>
                sources.resolveGitRepository(spec.value, credentials.value, cache, { ...options, signal }),
            },
            fetch: async (revision, signal) => {
              const tree = await sources.fetchGitRepository(spec.value, revision, credentials.value, cache, {
                ...options,
                signal,
              });
              return tree.ok
                ? ok({ path: tree.value.path, revision: tree.value.revision, ignore: { rules: spec.value.ignore } })
                : tree;
            },
          });
        }
        case 'OCIRepository': {
          const spec = sources.readOciRepositorySpec(object);
          if (!spec.ok) return spec;
          const credentials = sources.ociCredentials(spec.value, secrets);
          if (!credentials.ok) return credentials;
          return ok({
            reference: {
              name: sources.ociReferenceName(spec.value),
              intervalMs: spec.value.intervalMs,
              ask: (signal) =>
                sources.resolveOciRepository(spec.value, credentials.value, cache, { ...options, signal }),
            },
            fetch: async (revision, signal) => {
              const fetched = await sources.fetchOciRepository(spec.value, revision, credentials.value, cache, {
                ...options,
                signal,
              });
              if (!fetched.ok) return fetched;
              if (fetched.value.type === 'file') return ok(fileSource(fetched.value));
              return ok({
                path: fetched.value.path,
                revision: fetched.value.revision,
                ignore: { rules: spec.value.ignore },
              });
            },
          });
        }
        case 'HelmRepository': {
          const spec = sources.readHelmRepositorySpec(object);
          if (!spec.ok) return spec;
          const { verify, ...wanted } = request.chart ?? { name: '', version: '*' };
          const verification = sources.readVerification(verify);
          if (!verification.ok) return verification;
          const chart = { ...wanted, ...verification.value };
          const verifySecret = verify?.secretRef === undefined ? undefined : request.secret(verify.secretRef);
          const credentials = sources.helmCredentials(spec.value, {
            ...secrets,
            ...(verifySecret === undefined ? {} : { verifySecret }),
          });
          if (!credentials.ok) return credentials;
          return ok({
            reference: {
              name: sources.helmReferenceName(spec.value, chart),
              intervalMs: spec.value.intervalMs,
              ask: (signal) =>
                sources.resolveHelmChart(spec.value, chart, credentials.value, cache, { ...options, signal }),
            },
            fetch: async (revision, signal) => {
              const file = await sources.fetchHelmChart(spec.value, chart, revision, credentials.value, cache, {
                ...options,
                signal,
              });
              return file.ok ? ok(fileSource(file.value)) : file;
            },
          });
        }
        case 'Bucket': {
          const spec = sources.readBucketSpec(object);
          if (!spec.ok) return spec;
          const credentials = sources.bucketCredentials(spec.value, secrets);
          if (!credentials.ok) return credentials;
          return ok({
            reference: {
              name: sources.bucketReferenceName(spec.value),
              intervalMs: spec.value.intervalMs,
              ask: (signal) => sources.resolveBucket(spec.value, credentials.value, cache, { ...options, signal }),
            },
            fetch: async (revision, signal) => {
              const tree = await sources.fetchBucket(spec.value, revision, credentials.value, cache, {
                ...options,
                signal,
              });
              return tree.ok
                ? ok({
                    path: tree.value.path,
                    revision: tree.value.revision,
                    ignore: { rules: spec.value.ignore, bucket: true },
                  })
                : tree;
            },
          });
        }
        default:
          return fail(failure('invalid-object', `a source of kind ${kind} cannot be fetched`));
      }
    },
    async openRemote(request): Promise<Result<OpenSource>> {
      const sources = await import('../sources/index.ts');
      const cache = openCache();
      const { url } = request;
      if (request.kind === 'http')
        return ok({
          reference: {
            name: url,
            intervalMs: REMOTE_INTERVAL_MS,
            ask: (signal) => sources.resolveRemoteFile(url, cache, { ...shared, signal }),
          },
          fetch: async (revision, signal) => {
            const file = await sources.fetchRemoteFile(url, revision, cache, { ...shared, signal });
            return file.ok ? ok(fileSource(file.value)) : file;
          },
        });
      const specs = remoteRepositories(request).map((object) => sources.readGitRepositorySpec(object));
      const broken = specs.find((spec) => !spec.ok);
      if (broken !== undefined && !broken.ok) return broken;
      const candidates = specs.flatMap((spec) => (spec.ok ? [spec.value] : []));
      return ok({
        reference: {
          name: `${request.repository} ${request.ref}`,
          intervalMs: REMOTE_INTERVAL_MS,
          async ask(signal) {
            let answer: Result<string> | undefined;
            for (const spec of candidates) {
              answer = await sources.resolveGitRepository(spec, {}, cache, { ...shared, signal });
              if (answer.ok) break;
            }
            return answer ?? fail(failure('fetch-failed', `${request.repository} has no reference to fetch`));
          },
        },
        fetch: async (revision, signal) => {
          const tree = await sources.fetchGitRepository(candidates[0]!, revision, {}, cache, { ...shared, signal });
          return tree.ok ? ok({ path: tree.value.path, revision: tree.value.revision }) : tree;
        },
      });
    },
  };
}

/** Below the cache; where that cannot be written, for this run alone: who has no home directory can render all the same. */
function sourcesDirectory({ cacheDirectory, offline }: NetworkSourcesOptions): string {
  const directory = join(cacheDirectory, 'sources');
  if (offline) return directory;
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    return directory;
  } catch {
    const own = mkdtempSync(join(tmpdir(), 'flux-local-sources-'));
    process.once('exit', () => rmSync(own, { recursive: true, force: true }));
    return own;
  }
}

/** Kustomizations give no interval for what they name elsewhere: an hour, as Flux's own default for sources. */
const REMOTE_INTERVAL_MS = 3_600_000;

/** A base in a Git repository as the GitRepositories that could fetch it: what `ref` is, only the repository knows. */
function remoteRepositories({ repository, ref, submodules }: RemoteRequest): YamlMap[] {
  const references = /^[0-9a-f]{40}$/.test(ref)
    ? [{ commit: ref }]
    : ref === ''
      ? [{ name: 'HEAD' }]
      : [{ tag: ref }, { branch: ref }, { name: ref }];
  return references.map(
    (reference) =>
      fromPlain({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'GitRepository',
        metadata: { name: 'remote', namespace: 'remote' },
        spec: { url: repository, interval: '1h', ref: reference, recurseSubmodules: submodules },
      }) as YamlMap,
  );
}

const fileSource = ({ path, revision }: { readonly path: string; readonly revision: string }) => ({
  path: join(path, '..'),
  file: path,
  revision,
});

function secretsOf({ object, pullSecrets, secret }: SourceRequest) {
  const at = (...path: string[]): YamlMap | undefined => {
    const name = getIn(object, 'spec', ...path);
    return typeof name === 'string' ? secret(name) : undefined;
  };
  const found = {
    secret: at('secretRef', 'name'),
    certSecret: at('certSecretRef', 'name'),
    proxySecret: at('proxySecretRef', 'name'),
    verifySecret: at('verify', 'secretRef', 'name'),
  };
  const named = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Partial<
    Record<keyof typeof found, YamlMap>
  >;
  return pullSecrets === undefined ? named : { ...named, pullSecrets };
}
