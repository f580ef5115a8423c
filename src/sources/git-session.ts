import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimpleGit } from 'simple-git';
import { failure } from '../core/failure.ts';
import { gitEnvironment } from './git-environment.ts';
import type { GitRepositorySpec } from './git-spec.ts';
import { HttpClient, onlyFirstHost } from './http.ts';
import { basicHeader } from './http-connections.ts';
import { inSlot, withRetries } from './run.ts';
import { showUrl, Trouble, trouble, worldTrouble } from './trouble.ts';
import type { GitCredentials, SourceOptions } from './types.ts';

const MAX_REFERENCES_BYTES = 256 * 1024 * 1024;

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
    let environment = await gitEnvironment(spec, credentials, options, secrets);
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
        environment = await gitEnvironment(
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
