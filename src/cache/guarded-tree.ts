import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { sep } from 'node:path';
import type { FileType } from '../core/file-system.ts';

/** What a path is found to be when a link on its way leads out of the tree. */
export const ESCAPES = Symbol('escapes');
export type Escapes = typeof ESCAPES;

export interface Located {
  /** Absolute, links resolved where there are any. */
  readonly path: string;
  /** `undefined` for what is neither (a socket, a device). */
  readonly type: FileType | undefined;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
  /** When it was looked at. Milliseconds since 1970. */
  readonly atMs: number;
  /** A link is on the way, or at its end. */
  readonly linked: boolean;
}

/** Few numbers instead of a `Stats`, which holds many and dates: a run keeps one for each path. */
function located(path: string, stats: Stats, atMs: number, linked: boolean): Located {
  const { size, mtimeMs, ctimeMs, ino } = stats;
  const type = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : undefined;
  return { path, type, size, mtimeMs, ctimeMs, ino, atMs, linked };
}

const NOTHING_THERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

/** Finds files of a directory and nothing outside of it: each link on the way is followed only as long as it stays inside. */
export class GuardedTree {
  /** Absolute, links resolved. */
  readonly root: string;
  readonly #prefix: string;
  /** Directories on the way to what was looked for; those without a link on their own way stand with their `stat`. */
  readonly #directories = new Map<string, Located | 'absent' | 'linked'>();
  #lastParent: string | undefined;
  #lastWay: Located | 'absent' | 'linked' = 'absent';

  constructor(root: string) {
    this.root = realpathSync(root);
    this.#prefix = this.root.endsWith(sep) ? this.root : this.root + sep;
    this.#directories.set('', located(this.root, statSync(this.root), Date.now(), false));
  }

  /** @param path relative to the root, with `/`, normalized; `''` is the root */
  locate(path: string): Located | Escapes | undefined {
    try {
      const known = this.#directories.get(path);
      if (typeof known === 'object') return known;
      const parent = parentOf(path);
      if (parent !== this.#lastParent) {
        this.#lastWay = this.#directory(parent);
        this.#lastParent = parent;
      }
      const way = this.#lastWay;
      if (way === 'absent') return undefined;
      const atMs = Date.now();
      const absolute = this.#prefix + path;
      if (way !== 'linked') {
        const stats = lstatSync(absolute, QUIET);
        if (stats === undefined) return undefined;
        if (!stats.isSymbolicLink()) return located(absolute, stats, atMs, false);
      }
      const real = realpathSync.native(absolute);
      if (real !== this.root && !real.startsWith(this.#prefix)) return ESCAPES;
      return located(real, statSync(real), atMs, true);
    } catch (error) {
      if (NOTHING_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }

  #directory(path: string): Located | 'absent' | 'linked' {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    let found = this.#directory(parentOf(path));
    if (typeof found === 'object') {
      const atMs = Date.now();
      const absolute = this.#prefix + path;
      const stats = lstatSync(absolute, QUIET);
      if (stats?.isDirectory()) found = located(absolute, stats, atMs, false);
      else found = stats?.isSymbolicLink() ? 'linked' : 'absent';
    }
    this.#directories.set(path, found);
    return found;
  }
}

const QUIET = { throwIfNoEntry: false } as const;

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
