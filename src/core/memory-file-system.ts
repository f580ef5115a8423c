import { posix } from 'node:path';
import type { DirectoryEntry, FileSystem, FileType } from './file-system.ts';

/**
 * Files in memory: for tests, for public entry points, and (over another file system) for files that Flux generates.
 * @param files path (absolute or relative to `/`) to content
 * @param under what is seen where `files` has nothing
 */
export class MemoryFileSystem implements FileSystem {
  readonly #files = new Map<string, Uint8Array>();
  readonly #directories = new Map<string, Map<string, FileType>>([['/', new Map()]]);
  readonly #under: FileSystem | undefined;

  constructor(files: Iterable<readonly [string, string | Uint8Array]> = [], under?: FileSystem) {
    this.#under = under;
    for (const [path, content] of files) this.write(path, content);
  }

  write(path: string, content: string | Uint8Array): void {
    let at = posix.join('/', path);
    this.#files.set(at, typeof content === 'string' ? Buffer.from(content) : content);
    let type: FileType = 'file';
    while (at !== '/') {
      const parent = posix.dirname(at);
      const entries = this.#directories.get(parent) ?? new Map<string, FileType>();
      this.#directories.set(parent, entries.set(posix.basename(at), type));
      at = parent;
      type = 'directory';
    }
  }

  readFile(path: string): Uint8Array | undefined {
    return this.#files.get(path) ?? this.#under?.readFile(path);
  }

  listDirectory(path: string): readonly DirectoryEntry[] | undefined {
    const own = this.#directories.get(path);
    const below = this.#under?.listDirectory(path);
    if (own === undefined) return below;
    const merged = new Map<string, FileType>(below?.map((entry) => [entry.name, entry.type]));
    for (const [name, type] of own) merged.set(name, type);
    return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, type]) => ({ name, type }));
  }

  exists(path: string): FileType | undefined {
    if (this.#files.has(path)) return 'file';
    if (this.#directories.has(path) && (path !== '/' || this.#files.size > 0)) return 'directory';
    return this.#under?.exists(path);
  }
}
