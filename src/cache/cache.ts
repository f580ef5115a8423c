import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Digest } from '../core/digest.ts';
import { ContentStore } from './content.ts';
import { Fingerprints, fingerprintFile } from './fingerprints.ts';
import { Journal } from './journal.ts';
import { RecordStore, type TaskRecord } from './records.ts';
import { replaceFile } from './replace-file.ts';
import { RESOLUTIONS_HEADER, type Resolution, Resolutions } from './resolutions.ts';

/** The number rises when an older version would misread what this one writes: the file then starts afresh. */
export const RECORDS_HEADER = 'flux-local records 1';

export interface CacheOptions {
  /** Told once if the cache cannot be written (disk full, no permission): the run goes on without it. */
  readonly onWarning?: (message: string) => void;
}

/** Where records and bytes are kept between runs. */
export interface Cache {
  /** Absolute path; `undefined` for a cache that is gone with the process (`--no-cache`). */
  readonly directory: string | undefined;
  /** The records of a key, newest first. */
  records(key: Digest): readonly TaskRecord[];
  /** Keeps a record; its `blobs` must be written before. */
  put(record: TaskRecord): void;
  drop(record: TaskRecord): void;
  /** Notes that a record served, for the collection. */
  touch(record: TaskRecord): void;
  /** Verified bytes, or `undefined` where they are absent or damaged. */
  read(digest: Digest): Uint8Array | undefined;
  write(digest: Digest, bytes: Uint8Array): Promise<void>;
  resolution(name: string): Resolution | undefined;
  resolved(resolution: Resolution): void;
  /** The files of a workspace as this run sees them. One a run: it answers each path the same from first to last. */
  fingerprints(workspace: string): Fingerprints;
  /** Writes what waits to be written. Called between tasks, and never throws. */
  flush(): void;
  /** Keeps what was learnt about a workspace's files for the next run. */
  keep(fingerprints: Fingerprints): void;
  /** Puts a file in place whole, below the directory. Never throws. */
  keepFile(path: string, bytes: Uint8Array): void;
  /** Flushes, and tidies where it is worth it. */
  close(): void;
}

/** A cache in a directory, made if need be. Reading is immediate; nothing heavy is loaded before the first write. */
export function openCache(directory: string, options: CacheOptions = {}): Cache {
  return new DiskCache(resolve(directory), options);
}

/** A cache that reads and writes no disk. */
export function memoryCache(): Cache {
  return new MemoryCache();
}

class DiskCache implements Cache {
  readonly directory: string;
  readonly #options: CacheOptions;
  readonly #content: ContentStore;
  #journals: { records: Journal; resolutions: Journal } | undefined;
  #records: RecordStore | undefined;
  #resolutions: Resolutions | undefined;
  #made = false;
  #broken = false;

  constructor(directory: string, options: CacheOptions) {
    this.directory = directory;
    this.#options = options;
    this.#content = new ContentStore(join(directory, 'content'));
  }

  #open(): { records: RecordStore; resolutions: Resolutions } {
    if (this.#journals === undefined || this.#records === undefined || this.#resolutions === undefined) {
      this.#journals = {
        records: new Journal(join(this.directory, 'records'), RECORDS_HEADER),
        resolutions: new Journal(join(this.directory, 'resolutions'), RESOLUTIONS_HEADER),
      };
      this.#records = new RecordStore(this.#journals.records);
      this.#resolutions = new Resolutions(this.#journals.resolutions);
    }
    return { records: this.#records, resolutions: this.#resolutions };
  }

  records(key: Digest): readonly TaskRecord[] {
    return this.#open().records.get(key);
  }

  put(record: TaskRecord): void {
    this.#open().records.put(record);
  }

  drop(record: TaskRecord): void {
    this.#open().records.drop(record);
  }

  touch(record: TaskRecord): void {
    this.#open().records.touch(record);
  }

  resolution(name: string): Resolution | undefined {
    return this.#open().resolutions.get(name);
  }

  resolved(resolution: Resolution): void {
    this.#open().resolutions.put(resolution);
  }

  read(digest: Digest): Uint8Array | undefined {
    return this.#content.read(digest);
  }

  async write(digest: Digest, bytes: Uint8Array): Promise<void> {
    if (this.#broken || !this.#make()) return;
    try {
      await this.#content.write(digest, bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  fingerprints(workspace: string): Fingerprints {
    let index: Buffer | undefined;
    const fingerprints = (): Fingerprints => new Fingerprints(workspace, index, this.directory);
    const empty = fingerprints();
    try {
      index = readFileSync(fingerprintFile(this.directory, empty.root));
    } catch {
      return empty;
    }
    return fingerprints();
  }

  keep(fingerprints: Fingerprints): void {
    const bytes = fingerprints.encode();
    if (bytes === undefined) return;
    this.keepFile(fingerprintFile(this.directory, fingerprints.root), bytes);
  }

  keepFile(path: string, bytes: Uint8Array): void {
    this.#try(() => replaceFile(path, bytes));
  }

  flush(): void {
    const journals = this.#journals;
    if (journals === undefined) return;
    if (journals.records.dirty) this.#try(() => journals.records.flush());
    if (journals.resolutions.dirty) this.#try(() => journals.resolutions.flush());
  }

  close(): void {
    this.flush();
    for (const journal of Object.values(this.#journals ?? {}))
      if (journal.wasteful) this.#try(() => void journal.compact());
  }

  #try(write: () => void): void {
    if (this.#broken || !this.#make()) return;
    try {
      write();
    } catch (error) {
      this.#fail(error);
    }
  }

  #make(): boolean {
    if (this.#made) return true;
    try {
      makeCacheDirectory(this.directory);
      this.#made = true;
    } catch (error) {
      this.#fail(error);
    }
    return this.#made;
  }

  #fail(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.onWarning?.(`the cache at ${this.directory} cannot be written, so this run keeps nothing: ${reason}`);
  }
}

class MemoryCache implements Cache {
  readonly directory = undefined;
  readonly #content = new Map<Digest, Uint8Array>();
  readonly #records = new Map<Digest, TaskRecord[]>();
  readonly #resolutions = new Map<string, Resolution>();

  records(key: Digest): readonly TaskRecord[] {
    return this.#records.get(key) ?? [];
  }
  put(record: TaskRecord): void {
    this.#records.set(record.key, [record, ...this.records(record.key)].slice(0, 4));
  }
  drop(record: TaskRecord): void {
    this.#records.set(
      record.key,
      this.records(record.key).filter((other) => other !== record),
    );
  }
  touch(): void {}
  read(digest: Digest): Uint8Array | undefined {
    return this.#content.get(digest);
  }
  async write(digest: Digest, bytes: Uint8Array): Promise<void> {
    this.#content.set(digest, bytes);
  }
  resolution(name: string): Resolution | undefined {
    return this.#resolutions.get(name);
  }
  resolved(resolution: Resolution): void {
    this.#resolutions.set(resolution.name, resolution);
  }
  fingerprints(workspace: string): Fingerprints {
    return new Fingerprints(workspace);
  }
  keep(): void {}
  keepFile(): void {}
  flush(): void {}
  close(): void {}
}

/**
 * Makes a cache directory that backup programs pass over and that git does not see.
 * @see https://bford.info/cachedir/
 */
export function makeCacheDirectory(directory: string): void {
  makeDirectories(directory);
  const marks = [
    ['.gitignore', '*\n'],
    ['CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55\n# A cache of flux-local. Deleting it is safe.\n'],
  ] as const;
  for (const [name, text] of marks) {
    try {
      writeFileSync(join(directory, name), text, { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** One by one: below /proc, Node 20's own recursive mkdir tries for ever. */
function makeDirectories(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectories(dirname(directory));
  try {
    mkdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
