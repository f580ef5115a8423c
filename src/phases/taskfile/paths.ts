import { isAbsolute, join, relative } from 'node:path';

/** Variables that always hold an absolute path, so that a path which names one is not joined to a directory. */
const ABSOLUTE_VARIABLES = ['.ROOT_DIR', '.TASKFILE_DIR', '.USER_WORKING_DIR'];

export function isAbsolutePath(path: string): boolean {
  return isAbsolute(path) || ABSOLUTE_VARIABLES.some((name) => path.includes(name));
}

/**
 * Joins, unless the second path is absolute already.
 * @see go-task internal/filepathext, SmartJoin; Go's `filepath.Join` leaves out empty parts and never ends in `/`
 */
export function smartJoin(directory: string, path: string): string {
  if (isAbsolutePath(path)) return path;
  return goJoin(directory, path);
}

/** Go's `filepath.Join`. */
export function goJoin(...parts: readonly string[]): string {
  const used = parts.filter((part) => part !== '');
  if (used.length === 0) return '';
  return stripSlash(join(...used));
}

const stripSlash = (path: string): string => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);

/** Relative to the working directory, as messages show paths. */
export function relativeTo(directory: string, path: string): string {
  return relative(directory, path) || '.';
}
