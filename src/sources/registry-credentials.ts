import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { authFor, credentialHelper, readDockerAuths, registryHost } from './docker-auths.ts';
import type { RegistryName } from './registry-name.ts';
import type { BasicCredentials, OciCredentials, SourceOptions } from './types.ts';

const HELPER_MS = 20_000;

/** Whom a registry is asked as: what the object's Secrets say; where it names none, what docker on this machine knows. */
export async function registryCredentials(
  { host, name }: RegistryName,
  credentials: Pick<OciCredentials, 'registries' | 'exclusive'>,
  options: SourceOptions,
): Promise<BasicCredentials | undefined> {
  const given = credentials.registries === undefined ? undefined : authFor(credentials.registries, host, name);
  if (given !== undefined || credentials.exclusive === true || options.ambientCredentials === false) return given;
  const environment = options.environment ?? process.env;
  const path = options.dockerConfig ?? join(environment.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  const helper = credentialHelper(text, registryHost(host));
  const helped = helper === undefined ? undefined : await askHelper(helper, host, environment);
  const auths = helped === undefined ? readDockerAuths(text) : undefined;
  return auths === undefined ? helped : authFor(auths, host, name);
}

/** @see docker's credential helper protocol: the address on stdin, `{"Username","Secret"}` on stdout */
async function askHelper(
  name: string,
  host: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<BasicCredentials | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return undefined;
  const address = registryHost(host) === 'registry-1.docker.io' ? 'https://index.docker.io/v1/' : host;
  const output = await new Promise<string | undefined>((resolve) => {
    const child = execFile(
      `docker-credential-${name}`,
      ['get'],
      { env: environment, timeout: HELPER_MS, maxBuffer: 1024 * 1024 },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(address);
  });
  if (output === undefined) return undefined;
  try {
    const { Username: username, Secret: password } = JSON.parse(output) as { Username?: unknown; Secret?: unknown };
    if (typeof username === 'string' && typeof password === 'string' && username !== '') return { username, password };
  } catch {
    // not an answer
  }
  return undefined;
}
