import type { BasicCredentials } from './types.ts';

/** Registry host (with port) to user and password. */
export type DockerAuths = ReadonlyMap<string, BasicCredentials>;

/** The `auths` of a docker `config.json` (or the older `.dockercfg`), or `undefined` where the text is neither. */
export function readDockerAuths(text: string): DockerAuths | undefined {
  const config = parseObject(text);
  if (config === undefined) return undefined;
  const auths = isObject(config.auths) ? config.auths : 'auths' in config ? {} : config;
  const found = new Map<string, BasicCredentials>();
  for (const [address, entry] of Object.entries(auths)) {
    const basic = isObject(entry) ? basicOf(entry) : undefined;
    if (basic !== undefined) found.set(registryHost(address), basic);
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
