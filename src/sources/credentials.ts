import { type FailureReason, failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn, isMap, type YamlMap } from '../core/value.ts';
import type { BucketSpec } from './bucket-spec.ts';
import { authFor, type DockerAuths, readDockerAuths, registryHost } from './docker-auths.ts';
import { type GitRepositorySpec, optional } from './git-spec.ts';
import type { HelmRepositorySpec } from './helm-spec.ts';
import type { OciRepositorySpec } from './oci-spec.ts';
import type {
  BasicCredentials,
  BucketCredentials,
  GitCredentials,
  GithubAppCredentials,
  HelmCredentials,
  OciCredentials,
  ProxyCredentials,
  SecretData,
  TlsCredentials,
} from './types.ts';

/** The Secrets that a source names, as far as the run has them. */
export interface SourceSecrets {
  /** `secretRef` */
  readonly secret?: YamlMap;
  readonly certSecret?: YamlMap;
  readonly proxySecret?: YamlMap;
  /** `verify.secretRef` */
  readonly verifySecret?: YamlMap;
  /** `imagePullSecrets` of `serviceAccountName`. */
  readonly pullSecrets?: readonly YamlMap[];
}

/** Thrown while Secrets are read and caught by `reading`. */
class InvalidSecret extends Error {
  readonly reason: FailureReason;
  constructor(message: string, reason: FailureReason = 'authentication-failed') {
    super(message);
    this.reason = reason;
  }
}

function reading<T>(read: () => T): Result<T> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof InvalidSecret) return fail(failure(error.reason, error.message));
    throw error;
  }
}

/** The data of a Secret or ConfigMap: `data` decoded, `stringData` over it. */
export function secretData(object: YamlMap): SecretData {
  const data = new Map<string, Uint8Array>();
  const [encoded, plain] = [object.get('data'), object.get('stringData')];
  const isConfigMap = object.get('kind') === 'ConfigMap';
  if (isMap(encoded))
    for (const [key, value] of encoded)
      if (typeof value === 'string') data.set(key, Buffer.from(value, isConfigMap ? 'utf8' : 'base64'));
  if (isMap(plain))
    for (const [key, value] of plain) if (typeof value === 'string') data.set(key, Buffer.from(value, 'utf8'));
  return data;
}

class Secret {
  readonly #data: SecretData;
  readonly name: string;
  readonly type: string;
  constructor(object: YamlMap) {
    this.#data = secretData(object);
    this.type = String(object.get('type') ?? '');
    this.name = [getIn(object, 'metadata', 'namespace'), getIn(object, 'metadata', 'name')]
      .filter((part) => typeof part === 'string')
      .join('/');
  }
  has(key: string): boolean {
    return this.#data.has(key);
  }
  /** The text under the first of the keys that is there and not empty. */
  text(...keys: string[]): string | undefined {
    for (const key of keys) {
      const bytes = this.#data.get(key);
      if (bytes !== undefined && bytes.length > 0) return Buffer.from(bytes).toString('utf8');
    }
    return undefined;
  }
  entries(suffix: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const [key, bytes] of this.#data)
      if (key.endsWith(suffix)) found.set(key, Buffer.from(bytes).toString('utf8'));
    return found;
  }
}

const secretOf = (object: YamlMap | undefined): Secret | undefined =>
  object === undefined ? undefined : new Secret(object);

/** @see fluxcd/pkg runtime/secrets, TLSConfigFromSecret: new key names win over the old ones */
function tlsOf(secret: Secret | undefined, strict: boolean): TlsCredentials | undefined {
  if (secret === undefined) return undefined;
  const certificate = secret.text('tls.crt', 'certFile');
  const key = secret.text('tls.key', 'keyFile');
  const ca = secret.text('ca.crt', 'caFile');
  const refuse = (why: string): undefined => {
    if (strict) throw new InvalidSecret(`secret '${secret.name}' ${why}`);
    return undefined;
  };
  if ((certificate === undefined) !== (key === undefined))
    return refuse(certificate === undefined ? "has 'tls.key' but no 'tls.crt'" : "has 'tls.crt' but no 'tls.key'");
  if (certificate === undefined && ca === undefined) return refuse("must have 'ca.crt', or 'tls.crt' and 'tls.key'");
  return { ...optional('ca', ca), ...optional('certificate', certificate), ...optional('key', key) };
}

/** Both or none: half a pair is an error. */
function basicOf(secret: Secret | undefined): BasicCredentials | undefined {
  if (secret === undefined) return undefined;
  const [hasUser, hasPassword] = [secret.has('username'), secret.has('password')];
  if (!hasUser && !hasPassword) return undefined;
  if (hasUser !== hasPassword)
    throw new InvalidSecret(
      `secret '${secret.name}' has '${hasUser ? 'username' : 'password'}' but no '${hasUser ? 'password' : 'username'}'`,
    );
  const [username, password] = [secret.text('username') ?? '', secret.text('password') ?? ''];
  return username === '' && password === '' ? undefined : { username, password };
}

function proxyOf(secret: Secret | undefined): ProxyCredentials | undefined {
  if (secret === undefined) return undefined;
  const address = secret.text('address');
  if (address === undefined) throw new InvalidSecret(`secret '${secret.name}': key 'address' not found`);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !['http:', 'https:', 'socks5:'].includes(url.protocol))
    throw new InvalidSecret(
      `secret '${secret.name}': proxy URL must use one of the supported schemes (http, https, socks5)`,
    );
  const username = secret.text('username') ?? decodeURIComponent(url.username);
  const password = secret.text('password') ?? decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  return { url: url.href, ...optional('basic', username === '' ? undefined : { username, password }) };
}

function registriesOf(secrets: readonly Secret[]): DockerAuths {
  const all = new Map<string, BasicCredentials>();
  for (const secret of secrets) {
    const config = secret.text('.dockerconfigjson', '.dockercfg');
    if (config === undefined) continue;
    const auths = readDockerAuths(config);
    if (auths === undefined) throw new InvalidSecret(`secret '${secret.name}' holds no readable docker configuration`);
    for (const [host, basic] of auths) if (!all.has(host)) all.set(host, basic);
  }
  return all;
}

/**
 * What a GitRepository's Secrets give. In Flux's order: ssh takes `identity` and `known_hosts`; over HTTP `bearerToken` wins
 * over `username` and `password`; then what the URL itself holds.
 * @see fluxcd/pkg git/options.go, NewAuthOptions
 */
export function gitCredentials(spec: GitRepositorySpec, secrets: SourceSecrets): Result<GitCredentials> {
  return reading(() => {
    const secret = secretOf(secrets.secret);
    const url = new URL(spec.url);
    const ssh = url.protocol === 'ssh:';
    const trusted = secretOf(secrets.verifySecret);
    const common = {
      ...optional('proxy', proxyOf(secretOf(secrets.proxySecret))),
      ...optional(
        'trustedKeys',
        trusted === undefined ? undefined : new Map([...trusted.entries('.asc'), ...trusted.entries('.sshpub')]),
      ),
    };
    if (secret === undefined) return { ...common, ...optional('basic', ssh ? undefined : basicOfUrl(url)) };
    if (ssh) {
      const [identity, knownHosts] = [secret.text('identity'), secret.text('known_hosts')];
      if (identity === undefined) throw new InvalidSecret(`secret '${secret.name}': 'identity' is required for ssh`);
      if (knownHosts === undefined)
        throw new InvalidSecret(`secret '${secret.name}': 'known_hosts' is required for ssh`);
      return { ...common, identity, knownHosts, ...optional('identityPassword', secret.text('password')) };
    }
    const tls = tlsOf(secret, false);
    const githubApp = githubAppOf(secret);
    if (spec.provider === 'github' && githubApp === undefined)
      throw new InvalidSecret(`secret '${secret.name}' must hold GitHub App data when provider is github`);
    if (spec.provider !== 'github' && githubApp !== undefined)
      throw new InvalidSecret(`secret '${secret.name}' has github app data but provider is not set to github`);
    if (githubApp !== undefined) return { ...common, githubApp, ...optional('tls', tls) };
    const bearerToken = secret.text('bearerToken');
    if (bearerToken !== undefined) return { ...common, bearerToken, ...optional('tls', tls) };
    const username = secret.text('username') ?? '';
    const password = secret.text('password') ?? '';
    if (username === '' && password !== '' && url.username === '')
      throw new InvalidSecret(`secret '${secret.name}': 'password' requires 'username' to be set`);
    const basic =
      username === '' && password === '' ? basicOfUrl(url) : { username: username || url.username, password };
    return { ...common, ...optional('basic', basic), ...optional('tls', tls) };
  });
}

function basicOfUrl(url: URL): BasicCredentials | undefined {
  if (url.username === '') return undefined;
  return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

function githubAppOf(secret: Secret): GithubAppCredentials | undefined {
  const appId = secret.text('githubAppID');
  const privateKey = secret.text('githubAppPrivateKey');
  if (appId === undefined && privateKey === undefined) return undefined;
  const installationId = secret.text('githubAppInstallationID');
  const installationOwner = secret.text('githubAppInstallationOwner');
  if (appId === undefined || privateKey === undefined)
    throw new InvalidSecret(`secret '${secret.name}' needs both 'githubAppID' and 'githubAppPrivateKey'`);
  if ((installationId === undefined) === (installationOwner === undefined))
    throw new InvalidSecret(
      `secret '${secret.name}' must contain exactly one of 'githubAppInstallationOwner' or 'githubAppInstallationID'`,
    );
  return {
    appId,
    privateKey,
    ...optional('installationId', installationId),
    ...optional('installationOwner', installationOwner),
    ...optional('baseUrl', secret.text('githubAppBaseURL')),
  };
}

export function ociCredentials(_spec: OciRepositorySpec, secrets: SourceSecrets): Result<OciCredentials> {
  return reading(() => {
    const given = [secrets.secret, ...(secrets.pullSecrets ?? [])].filter((secret) => secret !== undefined);
    return {
      registries: registriesOf(given.map((secret) => new Secret(secret))),
      exclusive: given.length > 0,
      ...optional('tls', tlsOf(secretOf(secrets.certSecret), true)),
      ...optional('proxy', proxyOf(secretOf(secrets.proxySecret))),
      ...optional('trustedKeys', secretOf(secrets.verifySecret)?.entries('.pub')),
    };
  });
}

export function helmCredentials(spec: HelmRepositorySpec, secrets: SourceSecrets): Result<HelmCredentials> {
  return reading(() => {
    const secret = secretOf(secrets.secret);
    const registries = new Map(spec.type === 'oci' && secret !== undefined ? registriesOf([secret]) : []);
    const basic = basicOf(secret);
    const address = new URL(spec.url);
    const host = registryHost(address.host);
    const path = address.pathname.slice(1);
    if (spec.type === 'oci' && secret !== undefined) {
      if (secret.type === 'kubernetes.io/dockerconfigjson' && authFor(registries, host, path) === undefined)
        throw new InvalidSecret(`no auth config for '${host}' in the docker-registry Secret '${secret.name}'`);
      if (basic !== undefined) registries.set(host, basic);
    }
    const trusted = secretOf(secrets.verifySecret);
    return {
      ...optional('basic', spec.type === 'oci' ? undefined : basic),
      registries,
      exclusive: secret !== undefined,
      ...optional('tls', tlsOf(secretOf(secrets.certSecret), true) ?? tlsOf(secret, false)),
      ...optional('trustedKeys', trusted?.entries('.pub')),
    };
  });
}

export function bucketCredentials(spec: BucketSpec, secrets: SourceSecrets): Result<BucketCredentials> {
  return reading(() => {
    const secret = secretOf(secrets.secret);
    const common = {
      ...optional('tls', tlsOf(secretOf(secrets.certSecret), true)),
      ...optional('proxy', proxyOf(secretOf(secrets.proxySecret))),
    };
    if (secret === undefined) return common;
    const [accessKey, secretKey] = [secret.text('accesskey'), secret.text('secretkey')];
    if (
      (accessKey === undefined || secretKey === undefined) &&
      (spec.provider === 'generic' || spec.provider === 'aws')
    )
      throw new InvalidSecret(`invalid '${secret.name}' secret data: required fields 'accesskey' and 'secretkey'`);
    return { ...common, ...optional('accessKey', accessKey), ...optional('secretKey', secretKey) };
  });
}
