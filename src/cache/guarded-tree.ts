import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join, sep } from 'node:path';

/** What a path is found to be when a link on its way leads out of the tree. */
export const ESCAPES = Symbol('escapes');
export type Escapes = typeof ESCAPES;

export interface Located {
  /** Absolute, links resolved where there are any. */
  readonly path: string;
  readonly stats: Stats;
  /** A link is on the way, or at its end. */
  readonly linked: boolean;
}

const NOTHING_THERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

/** Finds files of a directory and nothing outside of it: each link on the way is followed only as long as it stays inside. */
export class GuardedTree {
  /** Absolute, links resolved. */
  readonly root: string;
  readonly #directories = new Map<string, 'plain' | 'absent' | 'linked'>([['', 'plain']]);

  constructor(root: string) {
    this.root = realpathSync(root);
  }

  /** @param path relative to the root, with `/`, normalized; `''` is the root */
  locate(path: string): Located | Escapes | undefined {
    try {
      if (path === '') return { path: this.root, stats: statSync(this.root), linked: false };
      const way = this.#directory(parentOf(path));
      if (way === 'absent') return undefined;
      const absolute = join(this.root, path);
      if (way === 'plain') {
        const stats = lstatSync(absolute, { throwIfNoEntry: false });
        if (stats === undefined) return undefined;
        if (!stats.isSymbolicLink()) return { path: absolute, stats, linked: false };
      }
      const real = realpathSync.native(absolute);
      if (real !== this.root && !real.startsWith(this.root + sep)) return ESCAPES;
      return { path: real, stats: statSync(real), linked: true };
    } catch (error) {
      if (NOTHING_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }

  #directory(path: string): 'plain' | 'absent' | 'linked' {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    let found = this.#directory(parentOf(path));
    if (found === 'plain') {
      const stats = lstatSync(join(this.root, path), { throwIfNoEntry: false });
      found = stats?.isDirectory() ? 'plain' : stats?.isSymbolicLink() ? 'linked' : 'absent';
    }
    this.#directories.set(path, found);
    return found;
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
