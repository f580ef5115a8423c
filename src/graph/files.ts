import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { ESCAPES, type Fingerprints, GuardedTree, type Seen } from '../cache/index.ts';
import type { Absent, Outside } from '../cache/records.ts';
import { type Failure, failure } from '../core/failure.ts';
import type { DirectoryEntry, FileSystem, FileType } from '../core/file-system.ts';
import type { TraceRecorder } from './trace.ts';

/** A failure that comes out of a synchronous read; the run makes it the task's result. */
export class TaskFailure extends Error {
  readonly failure: Failure;
  constructor(reason: Failure) {
    super(reason.message);
    this.failure = reason;
  }
}

export function escapes(path: string): TaskFailure {
  return new TaskFailure(
    failure('path-escapes', `${path} leads outside of its source`, { at: { file: path.replace(/^\//, '') } }),
  );
}

/** `/a/./b` in a view of the directory `base`, relative to the whole: no leading `/`. Throws for a path above the view. */
export function within(base: string, path: string): string {
  let relative = path;
  if (/(^|\/)(\.{0,2}(\/|$))/.test(path.startsWith('/') ? path.slice(1) : path) || path.startsWith('//')) {
    relative = posix.normalize(path.replace(/^\/+/, ''));
    if (relative === '..' || relative.startsWith('../')) throw escapes(path);
    if (relative === '.') relative = '';
    if (relative.endsWith('/')) relative = relative.slice(0, -1);
  } else if (path.startsWith('/')) relative = path.slice(1);
  if (base === '' || base === '.') return relative;
  return relative === '' ? base : `${base}/${relative}`;
}

/** What a trace says of an answer. */
export function traced<T extends string>(seen: Seen<T>): T | Absent | Outside {
  return seen === undefined ? 0 : seen === ESCAPES ? 1 : seen;
}

/** The files of the workspace: whatever is read lands in a trace. */
export class TracedFiles implements FileSystem {
  readonly #base: string;
  readonly #files: Fingerprints;
  readonly #trace: TraceRecorder;

  constructor(base: string, files: Fingerprints, trace: TraceRecorder) {
    this.#base = within('', base);
    this.#files = files;
    this.#trace = trace;
  }

  readFile(path: string): Uint8Array | undefined {
    const at = within(this.#base, path);
    const read = this.#files.read(at);
    this.#trace.observe(['file', at, read === ESCAPES ? 1 : (read?.digest ?? 0)]);
    if (read === ESCAPES) throw escapes(at);
    return read?.bytes;
  }

  listDirectory(path: string): readonly DirectoryEntry[] | undefined {
    const at = within(this.#base, path);
    const entries = this.#files.list(at);
    this.#trace.observe(['list', at, traced(this.#files.directory(at))]);
    if (entries === ESCAPES) throw escapes(at);
    return entries;
  }

  exists(path: string): FileType | undefined {
    const at = within(this.#base, path);
    const type = this.#files.exists(at);
    this.#trace.observe(['exists', at, traced(type)]);
    if (type === ESCAPES) throw escapes(at);
    return type;
  }
}

/** The files of a tree that nothing changes. */
export class ImmutableFiles implements FileSystem {
  readonly #tree: GuardedTree | undefined;

  constructor(root: string) {
    try {
      this.#tree = new GuardedTree(root);
    } catch {
      this.#tree = undefined; // no such directory: nothing is there
    }
  }

  #locate(path: string) {
    const at = within('', path);
    const found = this.#tree?.locate(at);
    if (found === ESCAPES) throw escapes(at);
    return found;
  }

  readFile(path: string): Uint8Array | undefined {
    const found = this.#locate(path);
    return found?.type === 'file' ? readFileSync(found.path) : undefined;
  }

  listDirectory(path: string): readonly DirectoryEntry[] | undefined {
    const found = this.#locate(path);
    if (found?.type !== 'directory') return undefined;
    const entries: DirectoryEntry[] = [];
    for (const entry of readdirSync(found.path, { withFileTypes: true })) {
      let type: FileType | undefined;
      if (entry.isFile()) type = 'file';
      else if (entry.isDirectory()) type = 'directory';
      else {
        const target = this.#tree?.locate(within(within('', path), entry.name));
        if (target !== undefined && target !== ESCAPES) type = target.type;
      }
      if (type !== undefined) entries.push({ name: entry.name, type });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  exists(path: string): FileType | undefined {
    return this.#locate(path)?.type;
  }
}
