import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { quoteGo } from '../../core/go-quote.ts';
import { EXIT, TaskError } from './errors.ts';

/** Names that a Taskfile may have, in the order they are tried. */
export const TASKFILE_NAMES = [
  'Taskfile.yml',
  'taskfile.yml',
  'Taskfile.yaml',
  'taskfile.yaml',
  'Taskfile.dist.yml',
  'taskfile.dist.yml',
  'Taskfile.dist.yaml',
  'taskfile.dist.yaml',
] as const;

/** The file at a path, or the Taskfile of the directory there; absolute. `undefined` where there is neither. */
export function fileAt(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isDirectory()) return resolve(path);
  for (const name of TASKFILE_NAMES) {
    const candidate = join(path, name);
    if (statSync(candidate, { throwIfNoEntry: false }) !== undefined) return resolve(candidate);
  }
  return undefined;
}

/** The Taskfile of a directory or of the nearest parent that has one. The search ends where the owner changes. */
export function findUpwards(start: string): string | 'owner-changed' | undefined {
  let at = resolve(start);
  let owner = statSync(at, { throwIfNoEntry: false })?.uid;
  for (;;) {
    const found = fileAt(at);
    if (found !== undefined) return found;
    const parent = dirname(at);
    if (parent === at) return undefined;
    const parentOwner = statSync(parent, { throwIfNoEntry: false })?.uid;
    if (parentOwner !== owner) return 'owner-changed';
    owner = parentOwner;
    at = parent;
  }
}

export interface RootLocation {
  readonly file: string;
  /** Where the root's tasks run. Absolute. */
  readonly directory: string;
}

/**
 * Where the run starts.
 * @param entrypoint `--taskfile`, a file or a directory, or ''
 * @param directory `--dir`, or ''
 */
export function locateRoot(entrypoint: string, directory: string, cwd: string): RootLocation {
  const base = directory === '' ? '' : resolve(cwd, directory);
  if (entrypoint !== '') {
    const file = fileAt(resolve(cwd, entrypoint));
    if (file === undefined) throw notFound(entrypoint, ' Run `flux-local run --init` to create a new Taskfile.');
    return { file, directory: base === '' ? dirname(file) : base };
  }
  const found = findUpwards(base === '' ? cwd : base);
  const hint = ' Run `flux-local run --init` to create a new Taskfile.';
  if (found === undefined) throw notFound(base || cwd, ` (or any of the parent directories).${hint}`);
  if (found === 'owner-changed')
    throw notFound(base || cwd, ` (or any of the parent directories until ownership changed).${hint}`);
  return { file: found, directory: dirname(found) };
}

export function notFound(where: string, rest: string): TaskError {
  return new TaskError(`task: No Taskfile found at ${quoteGo(where)}${rest}`, EXIT.taskfileNotFound);
}
