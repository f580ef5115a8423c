import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fail, ok, type Result } from '../core/result.ts';
import { quoteGo } from '../engines/helm/index.ts';
import type { Io } from './io.ts';

/** Where a stream of manifests may end up larger than any chart makes it: a program gone wrong. Bytes. */
const MAX_OUTPUT = 1024 ** 3;

/**
 * The program of Helm 3's `--post-renderer`: a path, or a name in PATH.
 * @returns its absolute path, or Helm's message
 * @see Helm v3 pkg/postrender/exec.go; Go's os/exec LookPath
 */
export function findPostRenderer(name: string, io: Io): Result<string, string> {
  const no = (why: string): Result<never, string> =>
    fail(`unable to find binary at ${name}: exec: ${quoteGo(name)}: ${why}`);
  const problem = (path: string): string | undefined => {
    try {
      if (statSync(path).isDirectory()) return 'is a directory';
      accessSync(path, constants.X_OK);
      return undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === 'EACCES' ? 'permission denied' : `stat ${name}: no such file or directory`;
    }
  };
  if (name.includes('/')) {
    const path = resolve(io.cwd, name);
    const why = problem(path);
    return why === undefined ? ok(path) : no(why);
  }
  for (const directory of (io.env.PATH ?? '').split(delimiter)) {
    const path = resolve(io.cwd, join(directory, name));
    if (problem(path) === undefined) return ok(path);
  }
  return no('executable file not found in $PATH');
}

/** Hands manifests to a program and takes what it prints. */
export function postRender(
  program: string,
  args: readonly string[],
  manifests: string,
  io: Io,
): Result<string, string> {
  const run = spawnSync(program, args, { cwd: io.cwd, env: { ...io.env }, input: manifests, maxBuffer: MAX_OUTPUT });
  const problem =
    run.status === 0
      ? undefined
      : run.status !== null
        ? `exit status ${run.status}`
        : run.signal !== null
          ? `signal: ${run.signal}`
          : (run.error?.message ?? 'unknown');
  if (problem === undefined) return ok(run.stdout.toString('utf8'));
  const said = run.stderr?.toString('utf8') ?? '';
  return fail(
    `error while running post render on files: error while running command ${program}. error output:\n${said}: ${problem}`,
  );
}
