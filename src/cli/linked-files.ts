import { readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/** Links that lead to each other have no end. */
const MAX_DEPTH = 64;

/**
 * The first link below a directory that leads nowhere, or back to where it lies, as helm tells of it: it follows all others.
 * @see Helm internal/sympath/walk.go
 */
export function linkProblem(directory: string, depth = 0): string | undefined {
  const entries = readdirSync(directory, { withFileTypes: true }).filter((entry) => !entry.isFile());
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isSymbolicLink()) {
      let target: string;
      try {
        target = realpathSync(path);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ELOOP') return `error evaluating symlink ${path}: EvalSymlinks: too many links`;
        const missing = resolve(dirname(path), readlinkSync(path));
        return `error evaluating symlink ${path}: lstat ${missing}: no such file or directory`;
      }
      if (`${realpathSync(directory)}${sep}`.startsWith(`${target}${sep}`))
        return `open ${path}: too many levels of symbolic links`;
      if (!statSync(path).isDirectory()) continue;
    } else if (!entry.isDirectory()) continue;
    if (depth >= MAX_DEPTH) return `open ${path}: too many levels of symbolic links`;
    const problem = linkProblem(path, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
