import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DirectoryEntry, FileSystem, FileType } from './file-system.ts';

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP']);
function absentOrThrow(error: unknown): undefined {
  if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
  throw error;
}

/** A directory of the disk, seen as `/`. For engines used alone; tasks read through their context instead. */
export class DiskFileSystem implements FileSystem {
  readonly root: string;
  constructor(root: string) {
    this.root = root;
  }

  readFile(path: string): Uint8Array | undefined {
    try {
      return readFileSync(join(this.root, path));
    } catch (error) {
      return absentOrThrow(error);
    }
  }

  listDirectory(path: string): readonly DirectoryEntry[] | undefined {
    try {
      const entries: DirectoryEntry[] = [];
      for (const entry of readdirSync(join(this.root, path), { withFileTypes: true })) {
        const type = entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : this.exists(join(path, entry.name)); // a link, or neither
        if (type !== undefined) entries.push({ name: entry.name, type });
      }
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      return absentOrThrow(error);
    }
  }

  exists(path: string): FileType | undefined {
    try {
      const stat = statSync(join(this.root, path), { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      return stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : undefined;
    } catch (error) {
      return absentOrThrow(error);
    }
  }
}
