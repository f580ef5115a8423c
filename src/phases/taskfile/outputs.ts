import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Digest, sha256 } from '../../core/digest.ts';

/** A file that a task made. `path` is relative to the workspace, with `/`. */
export type GeneratedFile = {
  readonly path: string;
  readonly digest: Digest;
  /** The permission bits. */
  readonly mode: number;
  /** Whether its bytes are in the cache. */
  readonly kept: boolean;
};

/** Outputs of one task that are kept; what goes beyond is only recognized. Bytes. */
const MAX_KEPT = 256 * 1024 * 1024;

/**
 * Notes what a task made, and hands the bytes to `keep`.
 * @param files absolute path and path relative to the workspace, or `undefined` there for one outside of it
 */
export function noteFiles(
  files: readonly { readonly absolute: string; readonly path: string | undefined }[],
  keep: (bytes: Uint8Array) => Digest,
): GeneratedFile[] {
  let left = MAX_KEPT;
  const noted: GeneratedFile[] = [];
  for (const { absolute, path } of files) {
    if (path === undefined) continue;
    const stat = statSync(absolute, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) continue;
    const mode = stat.mode & 0o777;
    const bytes = readFileSync(absolute);
    left -= bytes.length;
    noted.push(
      left < 0 ? { path, digest: sha256(bytes), mode, kept: false } : { path, digest: keep(bytes), mode, kept: true },
    );
  }
  return noted;
}

/**
 * Puts a file back if it is not as it was made.
 * @param bytes its content; `undefined` where the cache does not have it
 * @returns false where it differs and cannot be put back
 */
export function restoreFile(
  absolute: string,
  file: GeneratedFile,
  current: Digest | undefined,
  bytes: () => Uint8Array | undefined,
): boolean {
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (current === file.digest && stat !== undefined) {
    if ((stat.mode & 0o777) !== file.mode) chmodSync(absolute, file.mode);
    return true;
  }
  const content = file.kept ? bytes() : undefined;
  if (content === undefined) return false;
  mkdirSync(dirname(absolute), { recursive: true });
  const temporary = `${absolute}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    chmodSync(temporary, file.mode);
    renameSync(temporary, absolute);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return true;
}
