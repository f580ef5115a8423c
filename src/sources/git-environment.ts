import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitRepositorySpec } from './git-spec.ts';
import { githubAppToken } from './github-app.ts';
import { basicHeader } from './http-connections.ts';
import { systemCaBundle } from './tls.ts';
import { showUrl, trouble } from './trouble.ts';
import type { BasicCredentials, GitCredentials, SourceOptions } from './types.ts';

/** What git gets of the process's environment: enough to find programs, proxies and the user's own settings. */
const PASSED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
  'SSH_AUTH_SOCK',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'http_proxy',
  'https_proxy',
  'HTTPS_PROXY',
  'all_proxy',
  'ALL_PROXY',
  'no_proxy',
  'NO_PROXY',
  'SystemRoot',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'PATHEXT',
  'ComSpec',
];

/** Settings that hold whatever a user or a repository configures: nothing of a repository is run or rewritten. */
const SAFE: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.autocrlf', 'false'],
  ['core.symlinks', 'true'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['core.askPass', ''],
  ['credential.interactive', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['http.followRedirects', 'false'],
  ['filter.lfs.smudge', ''],
  ['filter.lfs.process', ''],
  ['filter.lfs.required', 'false'],
  ['transfer.bundleURI', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
  ['init.defaultBranch', 'none'],
  ['protocol.allow', 'never'],
  ['protocol.http.allow', 'always'],
  ['protocol.https.allow', 'always'],
  ['protocol.ssh.allow', 'always'],
];

/**
 * The whole environment that git runs in: its settings, and the credentials of one repository.
 * @param secrets a directory that only the user can read, for keys and certificates; removed by the caller
 */
export async function gitEnvironment(
  spec: GitRepositorySpec,
  credentials: GitCredentials,
  options: SourceOptions,
  secrets: string,
): Promise<Record<string, string>> {
  const outer = options.environment ?? process.env;
  const environment: Record<string, string> = {
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_LITERAL_PATHSPECS: '1',
    GCM_INTERACTIVE: 'never',
  };
  for (const name of PASSED) {
    const value = outer[name];
    if (value !== undefined) environment[name] = value;
  }
  const url = new URL(spec.url);
  const config = [...SAFE];
  const { tls, proxy, bearerToken, githubApp } = credentials;
  const basic: BasicCredentials | undefined =
    githubApp === undefined ? credentials.basic : await githubAppToken(githubApp, spec.timeoutMs, tls, proxy, options);
  const own = basic !== undefined || bearerToken !== undefined || credentials.identity !== undefined;
  if (own || options.ambientCredentials === false) {
    environment.GIT_CONFIG_NOSYSTEM = '1';
    environment.GIT_CONFIG_GLOBAL = '/dev/null';
    config.push(['credential.helper', '']);
  }
  const header =
    bearerToken !== undefined ? `Bearer ${bearerToken}` : basic === undefined ? undefined : basicHeader(basic);
  if (header !== undefined && url.protocol !== 'ssh:')
    config.push([`http.${url.protocol}//${url.host}/.extraHeader`, `Authorization: ${header}`]);
  if (tls?.ca !== undefined) {
    const bundle = await keep(secrets, 'ca.pem', `${systemCaBundle(outer)}\n${tls.ca}\n`);
    environment.GIT_SSL_CAINFO = bundle;
  }
  if (tls?.certificate !== undefined && tls.key !== undefined) {
    environment.GIT_SSL_CERT = await keep(secrets, 'client.pem', tls.certificate);
    environment.GIT_SSL_KEY = await keep(secrets, 'client.key', tls.key);
  }
  if (proxy !== undefined) {
    if (url.protocol === 'ssh:')
      throw trouble('fetch-failed', `${showUrl(url)}: a proxy (proxySecretRef) can be used over https only`);
    const address = new URL(proxy.url);
    address.username = encodeURIComponent(proxy.basic?.username ?? '');
    address.password = encodeURIComponent(proxy.basic?.password ?? '');
    config.push(['http.proxy', address.href]);
  }
  if (url.protocol === 'file:') config.push(['protocol.file.allow', 'always']);
  if (url.protocol === 'ssh:') await prepareSsh(credentials, options, secrets, environment);
  environment.GIT_CONFIG_COUNT = String(config.length);
  for (const [index, [key, value]] of config.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return environment;
}

async function prepareSsh(
  credentials: GitCredentials,
  options: SourceOptions,
  secrets: string,
  environment: Record<string, string>,
): Promise<void> {
  const { identity, knownHosts, identityPassword } = credentials;
  const command = ['ssh', '-o', 'StrictHostKeyChecking=yes', '-o', 'ClearAllForwardings=yes'];
  if (identity !== undefined) {
    const key = await keep(secrets, 'identity', identity.endsWith('\n') ? identity : `${identity}\n`);
    const hosts = await keep(secrets, 'known_hosts', knownHosts ?? '');
    command.push('-F', '/dev/null', '-o', 'IdentitiesOnly=yes', '-o', 'IdentityAgent=none');
    command.push('-i', quote(key), '-o', quote(`UserKnownHostsFile=${hosts}`), '-o', 'GlobalKnownHostsFile=/dev/null');
  } else if (options.ambientCredentials === false) {
    throw trouble('authentication-failed', `ssh needs 'identity' and 'known_hosts' in the Secret of secretRef`);
  }
  if (identityPassword === undefined) command.push('-o', 'BatchMode=yes');
  else {
    const script = join(secrets, 'askpass');
    await writeFile(script, '#!/bin/sh\nprintf \'%s\\n\' "$FLUX_LOCAL_SSH_PASSPHRASE"\n', { mode: 0o700 });
    environment.SSH_ASKPASS = script;
    environment.SSH_ASKPASS_REQUIRE = 'force';
    environment.FLUX_LOCAL_SSH_PASSPHRASE = identityPassword;
    command.push(
      '-o',
      'PasswordAuthentication=no',
      '-o',
      'KbdInteractiveAuthentication=no',
      '-o',
      'NumberOfPasswordPrompts=1',
    );
  }
  environment.GIT_SSH_COMMAND = command.join(' ');
  environment.GIT_SSH_VARIANT = 'ssh';
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

async function keep(directory: string, name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}
