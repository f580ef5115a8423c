import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimpleGit } from 'simple-git';
import { failure } from '../core/failure.ts';
import type { GitRepositorySpec } from './git-spec.ts';
import { githubAppToken } from './github-app.ts';
import { basicHeader, HttpClient, onlyFirstHost } from './http.ts';
import { inSlot, withRetries } from './run.ts';
import { systemCaBundle } from './tls.ts';
import { showUrl, Trouble, trouble, worldTrouble } from './trouble.ts';
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

const MAX_REFERENCES_BYTES = 256 * 1024 * 1024;

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

/** Runs git in one directory for one repository's credentials. */
export interface GitSession {
  /** Standard output of `git <arguments>`; a failed run throws a `Trouble`. */
  run(...commandLine: readonly string[]): Promise<string>;
  /** The same with bytes on standard input. */
  feed(input: string, ...commandLine: readonly string[]): Promise<string>;
  /** What git is told to fetch from: no password in it. */
  readonly url: string;
}

/**
 * Sets git up for a repository: credentials go through the environment and through files that only the user can read and
 * that are removed afterwards, never through the command line, the URL or anything kept. Git never prompts.
 */
export async function withGit<T>(
  spec: GitRepositorySpec,
  credentials: GitCredentials,
  options: SourceOptions,
  directory: string,
  use: (git: GitSession) => Promise<T>,
): Promise<T> {
  const secrets = await mkdtemp(join(tmpdir(), 'flux-local-git-'));
  try {
    const url = new URL(spec.url);
    const allowFile = url.protocol === 'file:';
    if (allowFile) refuseOutside(url, options);
    let environment = await environmentOf(spec, credentials, options, secrets);
    if (url.protocol !== 'ssh:') {
      url.username = '';
      url.password = '';
    } else if (url.username === '') url.username = 'git';
    const given = url.href;
    let address = given;
    const { simpleGit } = await import('simple-git');
    const start = (input: string | undefined): { git: SimpleGit; timeout: AbortSignal } => {
      const timeout = AbortSignal.timeout(spec.timeoutMs);
      const abort = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
      const git = simpleGit({
        baseDir: directory,
        abort,
        allowEnvironment: Object.keys(environment),
        ...(input === undefined ? {} : { input: () => input }),
        unsafe: {
          allowUnsafeAskPass: true,
          allowUnsafeConfigEnvCount: true,
          allowUnsafeConfigPaths: true,
          allowUnsafeCredentialHelper: true,
          allowUnsafeFilter: true,
          allowUnsafeFsMonitor: true,
          allowUnsafeHooksPath: true,
          allowUnsafeProtocolOverride: true,
          allowUnsafeSshCommand: true,
          allowUnsafeTemplateDir: true,
        },
      });
      return { git: git.env(environment), timeout };
    };
    const run = async (input: string | undefined, commandLine: readonly string[]): Promise<string> => {
      const network = ['ls-remote', 'fetch', 'submodule'].includes(commandLine[0] ?? '');
      const once = async (): Promise<string> => {
        const { git, timeout } = start(input);
        try {
          return await git.raw(commandLine.map((word) => (word === given ? address : word)));
        } catch (error) {
          throw explain(error, address, spec.timeoutMs, timeout.aborted, options);
        }
      };
      const patiently = () => withRetries(options, undefined, () => inSlot(once));
      if (!network) return await once();
      try {
        return await patiently();
      } catch (error) {
        if (!(error instanceof Trouble) || !REDIRECTED.test(error.message) || address !== given) throw error;
        const target = await redirectTarget(new URL(given), spec, credentials, options);
        const known = target.host === url.host && (target.protocol === url.protocol || target.protocol === 'https:');
        const { proxy, tls } = credentials;
        const strangers: GitCredentials = {
          ...(proxy === undefined ? {} : { proxy }),
          ...(tls?.ca === undefined ? {} : { tls: { ca: tls.ca } }),
        };
        environment = await environmentOf(
          { ...spec, url: target.href },
          known ? credentials : strangers,
          options,
          secrets,
        );
        address = target.href;
        return await patiently();
      }
    };
    return await use({
      url: given,
      run: (...commandLine) => run(undefined, commandLine),
      feed: (input, ...commandLine) => run(input, commandLine),
    });
  } finally {
    await rm(secrets, { recursive: true, force: true });
  }
}

const REDIRECTED = /returned error: 30[12378]/;

/** Where a repository moved to. Found here, because git would take its credentials along to any host. */
async function redirectTarget(
  url: URL,
  spec: GitRepositorySpec,
  credentials: GitCredentials,
  options: SourceOptions,
): Promise<URL> {
  const client = new HttpClient(options, spec.timeoutMs, credentials.tls, credentials.proxy);
  const suffix = '/info/refs';
  const asked = new URL(`${url.href.replace(/\/+$/, '')}${suffix}?service=git-upload-pack`);
  const { bearerToken, basic } = credentials;
  const authorization = bearerToken === undefined ? basic && basicHeader(basic) : `Bearer ${bearerToken}`;
  const reply = await client.get(asked, {
    maxBytes: MAX_REFERENCES_BYTES,
    authorize: onlyFirstHost(authorization === undefined ? {} : { authorization }),
  });
  const target = new URL(reply.url.href);
  target.search = '';
  target.username = '';
  target.password = '';
  if (target.pathname.endsWith(suffix)) target.pathname = target.pathname.slice(0, -suffix.length);
  return target;
}

function refuseOutside(url: URL, options: SourceOptions): void {
  const path = decodeURIComponent(url.pathname);
  const root = options.workspace;
  if (root === undefined || !(path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`)))
    throw trouble('path-escapes', `${url.href}: only repositories within the workspace can be read from disk`);
}

async function environmentOf(
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

/** Says in one sentence what git's last words mean. */
function explain(error: unknown, url: string, timeoutMs: number, timedOut: boolean, options: SourceOptions): unknown {
  if (error instanceof Trouble) return error;
  const where = showUrl(url);
  if (options.signal?.aborted === true)
    return new Trouble(failure('fetch-failed', `${where}: cancelled`, { transient: true }));
  if (timedOut)
    return new Trouble(
      failure('fetch-timed-out', `${where} did not answer within ${timeoutMs / 1000} s`, {
        transient: true,
        hint: 'Raise spec.timeout of the source if the server is slow.',
      }),
    );
  if (!(error instanceof Error)) return error;
  const said = error.message;
  if (/spawn git ENOENT|git: not found/.test(said))
    return worldTrouble('fetch-failed', 'git is not installed', 'Install git and put it on the PATH.');
  const lines = said.split('\n').map((line) => line.trim());
  const text =
    lines.filter((line) => /^(?:fatal|error|remote|ssh|.*Permission denied|Host key)/.test(line)).join(' ') ||
    said.trim();
  const message = `${where}: ${text
    .replace(/\s+/g, ' ')
    .replace(/\/\/[^/@\s]*@/g, '//')
    .slice(0, 500)}`;
  if (/Host key verification failed|no matching host key/i.test(said))
    return worldTrouble('authentication-failed', message, "The server's key is not in known_hosts of the Secret.");
  if (
    /Authentication failed|could not read (?:Username|Password)|Permission denied|error: 40[13]|terminal prompts disabled|Load key/i.test(
      said,
    )
  )
    return worldTrouble(
      'authentication-failed',
      message,
      'Give credentials in the Secret that the source names (secretRef).',
    );
  if (/certificate|CAfile|unknown CA/i.test(said))
    return worldTrouble('fetch-failed', message, 'Give the CA in the Secret of secretRef (ca.crt).');
  const again =
    /error: (?:408|429|5[0-9][0-9])|reset by peer|early EOF|RPC failed|timed out|Connection refused|Connection closed|hung up|unexpected (?:disconnect|eof)|Empty reply|Failed to connect|transfer closed|recv error|non-properly terminated|SSL_ERROR_SYSCALL|SSL_read/i.test(
      said,
    );
  return new Trouble(failure('fetch-failed', message, { transient: true }), again);
}
