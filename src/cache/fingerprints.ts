import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { type Digest, sha256 } from '../core/digest.ts';
import type { DirectoryEntry, FileType } from '../core/file-system.ts';
import { decodeFingerprints, encodeFingerprints, type Fingerprint } from './fingerprint-format.ts';
import { ESCAPES, type Escapes, GuardedTree, type Located } from './guarded-tree.ts';

/** What is at a path: the digest of its answer, `undefined` where nothing is, or that the way there leads outside. */
export type Seen<T> = T | Escapes | undefined;

/**
 * A file changed so shortly before it was looked at may change again and keep its times: its fingerprint is not kept, and
 * the next run reads it again ("racily clean", as in git's index). Wide enough for clocks of file servers. Milliseconds.
 */
const RACY_MS = 2000;
/** Bytes of files that a run keeps, so that what several tasks read is read once. */
const KEPT_BYTES = 64 << 20;

/**
 * One run's view of a workspace: each path is looked at once, and an untouched file costs one `stat`. What was learnt about
 * files (size, times, inode, xxHash64, SHA-256) goes to the next run as the fingerprint index.
 */
export class Fingerprints {
  readonly #tree: GuardedTree;
  readonly #known: Map<string, Fingerprint>;
  readonly #hidden: string | undefined;
  readonly #located = new Map<string, Seen<Located>>();
  readonly #files = new Map<string, Seen<Digest>>();
  readonly #directories = new Map<string, Seen<Digest>>();
  readonly #listings = new Map<string, readonly DirectoryEntry[]>();
  readonly #bytes = new Map<string, Uint8Array>();
  #keptBytes = 0;
  #hash: ((bytes: Uint8Array) => bigint) | undefined;
  #changed = false;
  /** How many files were hashed, for statistics and tests. */
  hashed = 0;

  /**
   * @param root the workspace's directory
   * @param index what `encode` gave in an earlier run
   * @param hidden absolute path of a directory that is as good as absent: the cache itself
   */
  constructor(root: string, index?: Buffer, hidden?: string) {
    this.#tree = new GuardedTree(root);
    this.#known = index === undefined ? new Map() : decodeFingerprints(index);
    const below = hidden === undefined ? '' : relative(this.#tree.root, real(hidden)).split(sep).join('/');
    this.#hidden = below === '' || below === '..' || below.startsWith('../') || isAbsolute(below) ? undefined : below;
  }

  get root(): string {
    return this.#tree.root;
  }

  /** Loads xxHash. Until then only SHA-256 tells whether a file that was touched has changed, and none is kept. */
  async prepare(): Promise<void> {
    if (this.#hash !== undefined) return;
    const { default: load } = await import('xxhash-wasm');
    const { h64Raw } = await load();
    this.#hash = (bytes) => h64Raw(bytes);
  }

  get prepared(): boolean {
    return this.#hash !== undefined;
  }

  /** Whether `file` would answer without reading the file. */
  quick(path: string): boolean {
    if (this.#files.has(path)) return true;
    const at = this.#locate(path);
    return at === undefined || at === ESCAPES || at.type !== 'file' || same(this.#known.get(path), at);
  }

  /** The SHA-256 of a file. */
  file(path: string): Seen<Digest> {
    const seen = this.#files.get(path);
    if (seen !== undefined || this.#files.has(path)) return seen;
    const at = this.#locate(path);
    if (at === undefined || at === ESCAPES) return remember(this.#files, path, at);
    if (at.type !== 'file') return remember(this.#files, path, undefined);
    const known = this.#known.get(path);
    if (known !== undefined && same(known, at)) return remember(this.#files, path, known.digest);
    this.#read(path, at);
    return this.#files.get(path);
  }

  /**
   * Whether a file's digest is another than `was`. Size and xxHash show most changes without a SHA-256; only SHA-256 says that
   * nothing changed, as an xxHash can be forged.
   */
  differs(path: string, was: Digest): boolean {
    const known = this.#known.get(path);
    if (!this.#files.has(path) && known?.digest === was) {
      const at = this.#locate(path);
      if (at === undefined || at === ESCAPES || at.type !== 'file' || at.size !== known.size) return true;
      if (this.#hash !== undefined && known.hash !== 0n && !same(known, at)) {
        const read = this.#bytesOf(at);
        if (read === undefined || this.#hash(read) !== known.hash) return true;
      }
    }
    return this.file(path) !== was;
  }

  /** A file's bytes, with `file(path)` being their digest unless the file changes while the run goes on. */
  read(path: string): Seen<{ readonly bytes: Uint8Array; readonly digest: Digest }> {
    const digest = this.#files.get(path);
    const bytes = this.#bytes.get(path);
    if (bytes !== undefined) return { bytes, digest: digest as Digest };
    const at = this.#locate(path);
    if (at === undefined || at === ESCAPES) return remember(this.#files, path, at);
    if (at.type !== 'file') return remember(this.#files, path, undefined);
    return this.#read(path, at);
  }

  #read(path: string, at: Located): { bytes: Uint8Array; digest: Digest } | undefined {
    const bytes = this.#bytesOf(at);
    if (bytes === undefined) return remember(this.#files, path, undefined);
    this.hashed++;
    const hash = this.#hash?.(bytes) ?? 0n;
    const digest = sha256(bytes);
    this.#files.set(path, digest);
    // The times are those of before the read: a change in between shows in the next run's `stat`.
    this.#note(path, at, digest, hash);
    if (this.#keptBytes + bytes.length <= KEPT_BYTES) {
      this.#keptBytes += bytes.length;
      this.#bytes.set(path, bytes);
    }
    return { bytes, digest };
  }

  /** `undefined` for a file that is gone since it was looked at. */
  #bytesOf(at: Located): Buffer | undefined {
    try {
      return readFileSync(at.path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  #note(key: string, at: Located, digest: Digest, hash: bigint): void {
    const { size, mtimeMs, ctimeMs, ino } = at;
    const fresh = { size, mtimeMs, ctimeMs, ino, digest, hash };
    if (!racy(at, at.atMs)) this.#known.set(key, fresh);
    else if (!this.#known.delete(key)) return;
    this.#changed = true;
  }

  /** The digest of a directory's listing. */
  directory(path: string): Seen<Digest> {
    if (this.#directories.has(path)) return this.#directories.get(path);
    const at = this.#locate(path);
    if (at === undefined || at === ESCAPES) return remember(this.#directories, path, at);
    if (at.type !== 'directory') return remember(this.#directories, path, undefined);
    const known = this.#known.get(`${path}/`);
    if (known !== undefined && !at.linked && same(known, at)) return remember(this.#directories, path, known.digest);
    this.#list(path, at);
    return this.#directories.get(path);
  }

  /** The entries of a directory by name, links followed; a link that leads outside is left out. */
  list(path: string): Seen<readonly DirectoryEntry[]> {
    const listing = this.#listings.get(path);
    if (listing !== undefined) return listing;
    const at = this.#locate(path);
    if (at === undefined || at === ESCAPES) return remember(this.#directories, path, at);
    if (at.type !== 'directory') return remember(this.#directories, path, undefined);
    return this.#list(path, at);
  }

  #list(path: string, at: Located): readonly DirectoryEntry[] {
    const entries: DirectoryEntry[] = [];
    let links = at.linked;
    for (const entry of readdirSync(at.path, { withFileTypes: true })) {
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      if (child === this.#hidden) continue;
      let type: FileType | undefined;
      if (entry.isFile()) type = 'file';
      else if (entry.isDirectory()) type = 'directory';
      else {
        links = true;
        const target = this.#locate(child);
        if (target !== undefined && target !== ESCAPES) type = target.type;
      }
      if (type !== undefined) entries.push({ name: entry.name, type });
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const digest = listingDigest(entries);
    this.#listings.set(path, entries);
    this.#directories.set(path, digest);
    // What a link leads to may change while the directory does not: such a listing is made anew in each run.
    if (links) {
      if (this.#known.delete(`${path}/`)) this.#changed = true;
    } else this.#note(`${path}/`, at, digest, 0n);
    return entries;
  }

  exists(path: string): Seen<FileType> {
    const at = this.#locate(path);
    return at === undefined || at === ESCAPES ? at : at.type;
  }

  #locate(path: string): Seen<Located> {
    if (this.#located.has(path)) return this.#located.get(path);
    return remember(this.#located, path, this.hides(path) ? undefined : this.#tree.locate(path));
  }

  /** Whether a path is within the cache, and so as good as absent. */
  hides(path: string): boolean {
    const hidden = this.#hidden;
    return hidden !== undefined && (path === hidden || path.startsWith(`${hidden}/`));
  }

  /**
   * The `stat` that goes with a digest, where it can be trusted.
   * @param key a file's path, or a directory's with `/` at its end
   */
  kept(key: string, digest: Digest): readonly [number, number, number, number] | undefined {
    const known = this.#known.get(key);
    return known?.digest === digest ? [known.size, known.mtimeMs, known.ctimeMs, known.ino] : undefined;
  }

  /** The index for the next run, or `undefined` where it would be the same. Absent paths are dropped. */
  encode(): Buffer | undefined {
    for (const [path, at] of this.#located) {
      if (at !== undefined && at !== ESCAPES) continue;
      if (this.#known.delete(path)) this.#changed = true;
      if (this.#known.delete(`${path}/`)) this.#changed = true;
    }
    if (!this.#changed) return undefined;
    this.#changed = false;
    return encodeFingerprints(this.#known);
  }
}

function listingDigest(entries: readonly DirectoryEntry[]): Digest {
  return sha256(entries.map(({ name, type }) => `${type} ${name}\0`).join(''));
}

function same(known: Pick<Fingerprint, 'size' | 'mtimeMs' | 'ctimeMs' | 'ino'> | undefined, at: Located): boolean {
  return (
    known !== undefined &&
    known.mtimeMs === at.mtimeMs &&
    known.ctimeMs === at.ctimeMs &&
    known.size === at.size &&
    known.ino === at.ino
  );
}

/** Whether a file was changed so lately that its times cannot be trusted. */
export function racy(stats: Pick<Located, 'mtimeMs' | 'ctimeMs'>, nowMs: number): boolean {
  return Math.max(stats.mtimeMs, stats.ctimeMs) + RACY_MS >= nowMs;
}

/** A path with the links on its way resolved, as far as it exists. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(real(parent), basename(path));
  }
}

function remember<T, V extends T>(map: Map<string, T>, path: string, value: V): V {
  map.set(path, value);
  return value;
}

export function fingerprintFile(cacheDirectory: string, root: string): string {
  return join(cacheDirectory, 'fingerprints', sha256(root).slice(0, 16));
}
