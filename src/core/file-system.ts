/**
 * The read-only view of files that engines get. Paths are absolute within the view (`/apps/web.yaml`), with `/`, normalized,
 * no `..`. Synchronous: engines read many small local files, and a task's context traces each call.
 */
export interface FileSystem {
  /** The bytes of a file, or `undefined` where there is no file (absent, or a directory). */
  readFile(path: string): Uint8Array | undefined;
  /** The entries of a directory sorted by name (code units), or `undefined` where there is no directory. Links are followed. */
  listDirectory(path: string): readonly DirectoryEntry[] | undefined;
  /** What is there, links followed; `undefined` where nothing is. */
  exists(path: string): FileType | undefined;
}

export type FileType = 'file' | 'directory';
export interface DirectoryEntry {
  readonly name: string;
  readonly type: FileType;
}

const decoder = new TextDecoder('utf-8');
export function readText(fs: FileSystem, path: string): string | undefined {
  const bytes = fs.readFile(path);
  return bytes === undefined ? undefined : decoder.decode(bytes);
}
