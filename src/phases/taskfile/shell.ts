import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Cancelled, ExitStatus } from './errors.ts';

export type Environment = Readonly<Record<string, string>>;

/** Where a command's output goes. `inherit` hands over the descriptor itself: a program sees the terminal. */
export type Sink = 'inherit' | 'ignore' | ((text: string) => void);

export interface ShellRequest {
  readonly command: string;
  /** Absolute. May not exist yet: commands then see it as their `$PWD`, with nothing inside. */
  readonly directory: string;
  readonly environment: Environment;
  /** `set` options besides `errexit`, which is always on: single letters or names. */
  readonly set?: readonly string[];
  readonly shopt?: readonly string[];
  readonly stdin?: 'inherit' | 'ignore';
  readonly stdout: Sink;
  /** `stdout`: the same stream, in the order of writing. */
  readonly stderr: Sink | 'stdout';
  readonly signal?: AbortSignal | undefined;
  /** Whether a cut-off reaches the command's own children too. Costs the terminal, so interactive tasks leave it out. */
  readonly ownGroup?: boolean;
}

/**
 * Runs a command under bash, or sh where there is no bash. Ends normally on status 0.
 * @throws ExitStatus on another status, Cancelled when `signal` cut it off
 */
export async function runShell(request: ShellRequest): Promise<void> {
  if (aborted(request)) throw new Cancelled();
  const shell = findShell(request.environment);
  const missing = !isDirectory(request.directory);
  const script = missing ? `${standIn(request.directory)}${request.command}` : request.command;
  const args = [...shellOptions(shell, request), '-c', script];
  const merged = request.stderr === 'stdout';
  const [file, parameters] = merged ? ['/bin/sh', ['-c', 'exec "$@" 2>&1', 'sh', shell, ...args]] : [shell, args];
  // Loaded with the first command: lists and summaries run none.
  const { execa } = await import('execa');
  const ownGroup = request.ownGroup === true && request.signal !== undefined;
  const child = execa(file, parameters, {
    cwd: missing ? emptyDirectory() : request.directory,
    env: missing ? { ...request.environment, PWD: request.directory } : { ...request.environment },
    extendEnv: false,
    stdin: request.stdin ?? 'ignore',
    stdout: typeof request.stdout === 'function' ? 'pipe' : request.stdout,
    stderr: merged ? 'ignore' : typeof request.stderr === 'function' ? 'pipe' : request.stderr,
    buffer: false,
    reject: false,
    detached: ownGroup,
  });
  if (typeof request.stdout === 'function') pipeTo(child.stdout, request.stdout);
  if (typeof request.stderr === 'function') pipeTo(child.stderr, request.stderr);
  const stop = (): void => kill(child.pid, ownGroup);
  request.signal?.addEventListener('abort', stop, { once: true });
  if (ownGroup && child.pid !== undefined) followSignals(child.pid);
  const result = await child;
  if (ownGroup && child.pid !== undefined) unfollowSignals(child.pid);
  request.signal?.removeEventListener('abort', stop);
  if (aborted(request) && result.exitCode !== 0) throw new Cancelled();
  if (result.exitCode === 0) return;
  if (result.exitCode !== undefined) throw new ExitStatus(result.exitCode);
  if (result.signal !== undefined) throw new ExitStatus(128 + (constants.signals[result.signal] ?? 0));
  throw new Error(result.shortMessage ?? 'the shell cannot be started');
}

const aborted = (request: ShellRequest): boolean => request.signal?.aborted === true;

function pipeTo(stream: NodeJS.ReadableStream | null, sink: (text: string) => void): void {
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => sink(chunk));
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Groups that a terminal does not reach: what this process is told is handed on to them. */
const groups = new Set<number>();
const handOn = (signal: NodeJS.Signals): void => {
  for (const group of groups) send(-group, signal);
};

function followSignals(group: number): void {
  if (groups.size === 0) for (const signal of FORWARDED) process.on(signal, handOn);
  groups.add(group);
}

function unfollowSignals(group: number): void {
  groups.delete(group);
  if (groups.size === 0) for (const signal of FORWARDED) process.off(signal, handOn);
}

/** Time between the request to stop and the order. Milliseconds. */
const GRACE_MS = 2000;

function kill(pid: number | undefined, group: boolean): void {
  if (pid === undefined) return;
  const target = group ? -pid : pid;
  send(target, 'SIGTERM');
  setTimeout(() => send(target, 'SIGKILL'), GRACE_MS).unref();
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // It has ended by itself.
  }
}

function shellOptions(shell: string, request: ShellRequest): string[] {
  const options: string[] = [];
  for (const option of request.set ?? [])
    if (option.length === 1) options.push(`-${option}`);
    else options.push('-o', option);
  options.push('-e');
  if (shell.endsWith('bash')) for (const option of request.shopt ?? []) options.push('-O', option);
  return options;
}

const shells = new Map<string, string>();

/** bash of the PATH, else sh. */
export function findShell(environment: Environment): string {
  const path = environment.PATH ?? '';
  const known = shells.get(path);
  if (known !== undefined) return known;
  let found = '/bin/sh';
  for (const directory of path.split(delimiter)) {
    const candidate = join(directory || '.', 'bash');
    if (!existsSync(candidate)) continue;
    found = candidate;
    break;
  }
  shells.set(path, found);
  return found;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A question asked in a directory that is created later finds an empty place under the right name. */
const standIn = (directory: string): string =>
  `PWD='${directory.replaceAll("'", `'\\''`)}'; pwd() { printf '%s\\n' "$PWD"; }; `;

let empty: string | undefined;
function emptyDirectory(): string {
  if (empty !== undefined && existsSync(empty)) return empty;
  const made = mkdtempSync(join(tmpdir(), 'flux-local-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  empty = made;
  return made;
}
