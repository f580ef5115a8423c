import { posix } from 'node:path';
import type { DirectoryEntry, FileSystem, FileType } from '../core/file-system.ts';

/** A directory or file of other files that is seen at a path. */
export interface Mount {
  /** Absolute. */
  readonly at: string;
  readonly files: FileSystem;
  /** Absolute in `files`; it exists. */
  readonly from: string;
}

/** Files with others laid over them; the last mount wins. */
export class MountedFileSystem implements FileSystem {
  readonly #under: FileSystem;
  readonly #mounts: readonly Mount[];

  constructor(under: FileSystem, mounts: readonly Mount[]) {
    this.#under = under;
    this.#mounts = mounts.toReversed();
  }

  readFile(path: string): Uint8Array | undefined {
    for (const [files, inside] of this.#over(path)) {
      const bytes = files.readFile(inside);
      if (bytes !== undefined) return bytes;
    }
    return this.#under.readFile(path);
  }

  exists(path: string): FileType | undefined {
    for (const [files, inside] of this.#over(path)) {
      const type = files.exists(inside);
      if (type !== undefined) return type;
    }
    return this.#mounts.some(({ at }) => isBelow(at, path)) ? 'directory' : this.#under.exists(path);
  }

  listDirectory(path: string): readonly DirectoryEntry[] | undefined {
    const lists = [this.#under.listDirectory(path)];
    for (const [files, inside] of this.#over(path).reverse()) lists.push(files.listDirectory(inside));
    const leading = this.#mounts.flatMap(({ at, files, from }): DirectoryEntry[] => {
      if (!isBelow(at, path)) return [];
      const rest = posix.relative(path, at).split('/');
      return [{ name: rest[0]!, type: rest.length > 1 ? 'directory' : (files.exists(from) ?? 'directory') }];
    });
    if (leading.length > 0) lists.push(leading);
    const merged = new Map<string, FileType>();
    let found = false;
    for (const list of lists) {
      if (list === undefined) continue;
      found = true;
      for (const { name, type } of list) merged.set(name, type);
    }
    if (!found) return undefined;
    return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, type]) => ({ name, type }));
  }

  /** The mounts that hold a path, with the path inside each. */
  #over(path: string): (readonly [FileSystem, string])[] {
    return this.#mounts.flatMap(({ at, files, from }): (readonly [FileSystem, string])[] =>
      path === at || isBelow(path, at) ? [[files, posix.join(from, posix.relative(at, path))]] : [],
    );
  }
}

const isBelow = (path: string, directory: string): boolean =>
  path !== directory && path.startsWith(directory === '/' ? '/' : `${directory}/`);
