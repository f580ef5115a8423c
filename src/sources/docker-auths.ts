import type { BasicCredentials } from './types.ts';

/** Registry host (with port, `*` for a part of a name), perhaps with the beginning of a repository's name, to user and password. */
export type DockerAuths = ReadonlyMap<string, BasicCredentials>;

/** The `auths` of a docker `config.json` (or the older `.dockercfg`), or `undefined` where the text is neither. */
export function readDockerAuths(text: string): DockerAuths | undefined {
  const config = parseObject(text);
  if (config === undefined) return undefined;
  const auths = isObject(config.auths) ? config.auths : 'auths' in config ? {} : config;
  const found = new Map<string, BasicCredentials>();
  for (const [address, entry] of Object.entries(auths)) {
    const basic = isObject(entry) ? basicOf(entry) : undefined;
    if (basic !== undefined) found.set(registryAddress(address), basic);
  }
  return found;
}

/** Which helper program (`docker-credential-<name>`) keeps a registry's credentials. */
export function credentialHelper(text: string, host: string): string | undefined {
  const config = parseObject(text);
  const helpers = config?.credHelpers;
  if (isObject(helpers))
    for (const [address, helper] of Object.entries(helpers))
      if (registryHost(address) === host && typeof helper === 'string') return helper;
  const store = config?.credsStore;
  return typeof store === 'string' && store !== '' ? store : undefined;
}

/**
 * Whom a repository of a registry is asked as: of the addresses that fit, the one that says most of its name.
 * @see k8s.io/kubernetes pkg/credentialprovider keyring.go, Lookup; go-containerregistry pkg/authn/kubernetes
 */
export function authFor(auths: DockerAuths, host: string, name: string): BasicCredentials | undefined {
  const exact = auths.get(`${host}/${name}`);
  if (exact !== undefined) return exact;
  const fitting = [...auths.keys()].filter((address) => isAddressOf(address, host, name));
  const [best] = fitting.sort((a, b) => b.split('/').length - a.split('/').length || globs(a) - globs(b));
  return best === undefined ? undefined : auths.get(best);
}

const globs = (address: string): number => address.split('*').length;

function isAddressOf(address: string, host: string, name: string): boolean {
  const slash = address.indexOf('/');
  const [pattern, path] = slash < 0 ? [address, ''] : [address.slice(0, slash), address.slice(slash + 1)];
  if (path !== '' && !`${name}/`.startsWith(path.endsWith('/') ? path : `${path}/`)) return false;
  const [wanted, given] = [pattern.split('.'), host.split('.')];
  return wanted.length === given.length && wanted.every((part, index) => fits(part, given[index]!));
}

/** One `*` is enough: it is what the kubelet's documentation gives. */
function fits(pattern: string, part: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === part;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return part.length >= before.length + after.length && part.startsWith(before) && part.endsWith(after);
}

/** An address of a docker configuration without its scheme and version: a host, or the beginning of repositories' names. */
function registryAddress(address: string): string {
  const rest = address
    .replace(/^[a-z]+:\/\//, '')
    .replace(/^([^/]+)\/v[12](?:\/|$)/, '$1/')
    .replace(/\/+$/, '');
  const slash = rest.indexOf('/');
  return slash < 0 ? registryHost(rest) : registryHost(rest.slice(0, slash)) + rest.slice(slash);
}

/** Docker Hub has one key in a docker configuration, whichever of its hosts is spoken to. */
export function registryHost(address: string): string {
  const host = address.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '');
  return host === 'index.docker.io' || host === 'docker.io' || host === 'registry-1.docker.io'
    ? 'registry-1.docker.io'
    : host;
}

function basicOf(entry: Record<string, unknown>): BasicCredentials | undefined {
  const { auth, username, password, identitytoken } = entry;
  if (typeof username === 'string' && username !== '' && typeof password === 'string') return { username, password };
  if (typeof auth === 'string' && auth !== '') {
    const text = Buffer.from(auth, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
  }
  if (typeof identitytoken === 'string' && identitytoken !== '')
    return { username: '<token>', password: identitytoken };
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
