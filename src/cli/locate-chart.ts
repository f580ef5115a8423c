import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { cacheDirectoryOf } from '../core/cache-directory.ts';
import type { Failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn, isMap, type YamlMap } from '../core/value.ts';
import { parse } from '../engines/goyaml/index.ts';
import type { HelmVersion } from '../engines/helm/index.ts';
import type { HelmCredentials, HelmRepositorySpec, SourceCache, SourceOptions } from '../sources/index.ts';
import type { Io } from './io.ts';

/** Where a chart that is not at hand comes from: flags with the names that helm gives them. */
export interface ChartLocation {
  readonly repo?: string;
  readonly version?: string;
  readonly devel?: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly passCredentials?: boolean;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly plainHttp?: boolean;
  readonly insecureSkipTlsVerify?: boolean;
  readonly registryConfig?: string;
  readonly repositoryConfig?: string;
  readonly cacheDir?: string;
  readonly offline?: boolean;
}

/**
 * Finds a chart as helm does: a path; an `oci://` reference with or without a tag or a digest; the address of a package; a name in
 * the repository of `--repo`; `repository/name` with a repository that `helm repo add` wrote down. What is not at hand is
 * fetched once and kept.
 * @param helmVersion Helm 3 takes what is at hand under a name even where `--repo` says otherwise
 * @returns the absolute path of a directory or a package
 * @see helm.sh/helm/v4/pkg/action/install.go, LocateChart
 */
export async function locateChart(
  given: string,
  location: ChartLocation,
  helmVersion: HelmVersion,
  io: Io,
): Promise<Result<string, string>> {
  const reference = given.trim();
  const path = resolve(io.cwd, reference);
  const known = reference !== '' && existsSync(path);
  if (location.repo && known && helmVersion === '3') {
    io.stderr.write(
      `WARN local chart found in current working directory. repository url ignored chart=${reference} repository=${location.repo}\n`,
    );
    return ok(path);
  }
  if (!location.repo || helmVersion === '3') {
    if (known) return ok(path);
    if (isAbsolute(reference) || reference.startsWith('.')) return fail(`path ${JSON.stringify(reference)} not found`);
  }
  const sources = await import('../sources/index.ts');
  const at = connection(location, io, /^oci:\/\/([^/]+)/.exec(reference)?.[1]);
  if (!at.ok) return at;
  const { cache, credentials, options } = at.value;
  const version = location.version?.trim() || (location.devel === true ? '>0.0.0-0' : '');
  const fromRepository = async (
    repository: HelmRepositorySpec,
    name: string,
    wanted: string,
    as: HelmCredentials,
  ): Promise<Result<string, string>> => {
    const chart = { name, version: wanted };
    const revision = await sources.resolveHelmChart(repository, chart, as, cache, options);
    if (!revision.ok) return fail(told(revision.error));
    const fetched = await sources.fetchHelmChart(repository, chart, revision.value, as, cache, options);
    if (!fetched.ok) return fail(told(fetched.error));
    if (repository.type === 'oci') {
      const [resolved, digest = ''] = revision.value.split('@');
      pulled(io, `${repository.url.slice('oci://'.length)}/${name}:${resolved}`, digest);
    }
    return ok(fetched.value.path);
  };
  const settings = { passCredentials: location.passCredentials === true, insecure: location.plainHttp === true };

  if (location.repo) {
    const repository = { ...sources.helmRepositoryAt(location.repo), ...settings };
    return fromRepository(repository, reference, version, credentials);
  }
  if (reference.startsWith('oci://')) {
    const [, address = '', tag = '', digest] = OCI_REFERENCE.exec(reference) ?? [];
    if (tag !== '' && version !== '' && tag !== version)
      return fail(`chart reference and version mismatch: ${version} is not ${tag}`);
    const slash = address.lastIndexOf('/');
    if (digest === undefined) {
      const repository = { ...sources.helmRepositoryAt(address.slice(0, slash)), ...settings };
      return fromRepository(repository, address.slice(slash + 1), tag || version, credentials);
    }
    const { passCredentials: _, type: __, ...repository } = { ...sources.helmRepositoryAt(address), ...settings };
    const artifact = {
      ...repository,
      ref: { digest },
      layerSelector: { mediaType: CHART_LAYER, operation: 'copy' as const },
    };
    const fetched = await sources.fetchOciRepository(artifact, digest, credentials, cache, options);
    if (!fetched.ok) return fail(told(fetched.error));
    pulled(io, `${address.slice('oci://'.length)}@${digest}`, digest);
    return ok(fetched.value.path);
  }
  if (/^https?:\/\//.test(reference)) {
    const revision = await sources.resolveRemoteFile(reference, cache, options, credentials);
    if (!revision.ok) return fail(told(revision.error));
    const fetched = await sources.fetchRemoteFile(reference, revision.value, cache, options, credentials);
    return fetched.ok ? ok(fetched.value.path) : fail(told(fetched.error));
  }
  // Helm reads it as an address; a scheme that it does not know is no part of the path.
  const [name = '', ...rest] = reference.replace(/^[a-zA-Z][a-zA-Z0-9+.-]*:/, '').split('/');
  if (rest.length === 0)
    return fail(`non-absolute URLs should be in form of repo_name/path_to_chart, got: ${encodeURI(reference)}`);
  const entry = repositoryEntry(name, location, io);
  if (!entry.ok) return entry;
  const text = (field: string): string => {
    const value = entry.value.get(field);
    return typeof value === 'string' ? value : '';
  };
  const url = text('url');
  if (url === '') return fail(`repo ${name} has no url`);
  const written = credentialsOf(
    {
      username: text('username'),
      password: text('password'),
      caFile: text('caFile'),
      certFile: text('certFile'),
      keyFile: text('keyFile'),
      ...location,
    },
    io,
  );
  if (!written.ok) return written;
  const repository = {
    ...sources.helmRepositoryAt(url),
    ...settings,
    passCredentials: settings.passCredentials || entry.value.get('pass_credentials_all') === true,
  };
  return fromRepository(repository, rest.join('/'), version, written.value);
}

/** The text at an http(s) address, with the credentials of the command line. */
export async function fetchText(url: string, location: ChartLocation, io: Io): Promise<Result<string, string>> {
  const sources = await import('../sources/index.ts');
  const at = connection(location, io);
  if (!at.ok) return at;
  const { cache, credentials, options } = at.value;
  const revision = await sources.resolveRemoteFile(url, cache, options, credentials);
  if (!revision.ok) return fail(told(revision.error));
  const fetched = await sources.fetchRemoteFile(url, revision.value, cache, options, credentials);
  return fetched.ok ? ok(readFileSync(fetched.value.path, 'utf8')) : fail(told(fetched.error));
}

interface Connection {
  readonly cache: SourceCache;
  readonly credentials: HelmCredentials;
  readonly options: SourceOptions;
}

/** @param registry the host that the user and the password are meant for, where it is one */
function connection(location: ChartLocation, io: Io, registry?: string): Result<Connection, string> {
  const credentials = credentialsOf(location, io, registry);
  if (!credentials.ok) return credentials;
  const registryConfig = location.registryConfig ?? helmFile(io, 'HELM_REGISTRY_CONFIG', 'registry/config.json');
  return ok({
    cache: { directory: join(cacheDirectoryOf(location.cacheDir, io, io.cwd), 'sources') },
    credentials: credentials.value,
    options: {
      offline: location.offline === true,
      environment: io.env,
      warn: (message) => io.stderr.write(`WARNING: ${message}\n`),
      ...(existsSync(resolve(io.cwd, registryConfig)) ? { dockerConfig: resolve(io.cwd, registryConfig) } : {}),
    },
  });
}

const CHART_LAYER = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
/** `oci://host/path/name`, a tag, a digest. */
const OCI_REFERENCE = /^(oci:\/\/.*?\/[^:@]*)(?::([^:@/]+))?(?:@(sha256:[0-9a-f]{64}))?$/;

const told = ({ message, hint }: Failure): string => (hint === undefined ? message : `${message}\n${hint}`);

const pulled = (io: Io, what: string, digest: string): void => {
  io.stderr.write(`Pulled: ${what}\nDigest: ${digest}\n`);
};

/** @param registry its host, where the user and the password are meant for one */
function credentialsOf(location: ChartLocation, io: Io, registry?: string): Result<HelmCredentials, string> {
  const files: Record<string, string> = {};
  for (const [field, file] of Object.entries({
    ca: location.caFile,
    certificate: location.certFile,
    key: location.keyFile,
  })) {
    if (file === undefined || file === '') continue;
    try {
      files[field] = readFileSync(resolve(io.cwd, file), 'utf8');
    } catch {
      return fail(`can't read ${file}`);
    }
  }
  const { username = '', password = '', insecureSkipTlsVerify: unverified = false } = location;
  const basic = { username, password };
  return ok({
    ...(username === '' ? {} : registry === undefined ? { basic } : { registries: new Map([[registry, basic]]) }),
    ...(Object.keys(files).length === 0 && !unverified
      ? {}
      : { tls: { ...files, ...(unverified ? { unverified } : {}) } }),
  });
}

/** A file of helm's own settings. @see helm.sh/helm/v4/pkg/helmpath/lazypath.go */
function helmFile({ env }: Io, variable: string, name: string): string {
  const named = env[variable];
  if (named) return named;
  if (env.HELM_CONFIG_HOME) return join(env.HELM_CONFIG_HOME, name);
  if (env.XDG_CONFIG_HOME) return join(env.XDG_CONFIG_HOME, 'helm', name);
  const home = env.HOME ?? homedir();
  if (process.platform === 'darwin') return join(home, 'Library/Preferences/helm', name);
  if (process.platform === 'win32' && env.APPDATA) return join(env.APPDATA, 'helm', name);
  return join(home, '.config/helm', name);
}

/** What `helm repo add` wrote down of a repository. */
function repositoryEntry(name: string, { repositoryConfig }: ChartLocation, io: Io): Result<YamlMap, string> {
  const file = repositoryConfig ?? helmFile(io, 'HELM_REPOSITORY_CONFIG', 'repositories.yaml');
  let text: string;
  try {
    text = readFileSync(resolve(io.cwd, file), 'utf8');
  } catch {
    return fail(`repo ${name} not found`);
  }
  const parsed = parse(text);
  if (!parsed.ok) return fail(`couldn't load repositories file (${file}): ${parsed.error.message}`);
  const entries = getIn(parsed.value, 'repositories');
  const entry = (Array.isArray(entries) ? entries : []).find((one) => getIn(one, 'name') === name);
  return isMap(entry) ? ok(entry) : fail(`repo ${name} not found`);
}
