import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ReadEntry } from 'tar';
import { worldTrouble } from './trouble.ts';

/** What an archive may unpack to. */
export const MAX_UNPACKED_BYTES = 2 * 1024 ** 3;
export const MAX_ENTRIES = 200_000;
const REGULAR = new Set(['File', 'OldFile', 'ContiguousFile', 'Link', 'GNUDumpDir']);

/**
 * Unpacks a gzipped tar as Flux does: files and directories only. Symbolic links are left out, a hard link is an empty file,
 * anything else is refused, and so is a name that leads outside.
 * @see fluxcd/pkg tar/untar.go, Untar with WithSkipSymlinks
 */
export async function untar(
  archive: string,
  directory: string,
  limits: { readonly bytes: number; readonly entries: number } = { bytes: MAX_UNPACKED_BYTES, entries: MAX_ENTRIES },
): Promise<void> {
  const { Parser } = await import('tar');
  let [bytes, entries] = [0, 0];
  let refusal: Error | undefined;
  const refuse = (why: string, reason: 'fetch-failed' | 'limit-exceeded' | 'path-escapes' = 'fetch-failed'): void => {
    refusal ??= worldTrouble(reason, `the archive cannot be unpacked: ${why}`);
  };
  // One after another: an archive may hold a name twice, and the last one stands.
  let chain: Promise<unknown> = Promise.resolve();
  const write = async (entry: ReadEntry, path: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const file = createWriteStream(path, { mode: 0o600 | ((entry.mode ?? 0o644) & 0o777) });
    entry.on('data', (chunk) => {
      if (!file.write(chunk)) {
        entry.pause();
        file.once('drain', () => entry.resume());
      }
    });
    entry.on('end', () => file.end());
    await once(file, 'close');
  };
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      const { path, type } = entry;
      const name = String(path);
      bytes += entry.size;
      entries++;
      if (bytes > limits.bytes) refuse(`it holds more than ${limits.bytes} bytes`, 'limit-exceeded');
      if (entries > limits.entries) refuse(`it holds more than ${limits.entries} entries`, 'limit-exceeded');
      if (!isInside(name)) refuse(`it holds the invalid name ${JSON.stringify(name)}`, 'path-escapes');
      if (refusal !== undefined || type === 'SymbolicLink') {
        entry.resume();
        return;
      }
      const at = join(directory, name);
      if (type === 'Directory') {
        chain = chain.then(() => mkdir(at, { recursive: true }));
        entry.resume();
      } else if (REGULAR.has(type)) {
        const before = chain;
        chain = before.then(() => write(entry, at));
      } else {
        refuse(`${JSON.stringify(name)} is of the unsupported type ${type}`);
        entry.resume();
      }
    },
  });
  try {
    await pipeline(createReadStream(archive), createGunzip(), parser as unknown as NodeJS.WritableStream);
    await chain;
  } catch (error) {
    if (refusal === undefined) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (typeof syscall === 'string' && code === 'ENOSPC') throw error;
      refuse((error as Error).message);
    }
  }
  if (refusal !== undefined) throw refusal;
}

function isInside(name: string): boolean {
  if (name === '' || name.startsWith('/') || name.includes('\\') || name.includes('\0') || name.includes('../'))
    return false;
  const clean = normalize(name);
  return clean !== '..' && !clean.startsWith('../');
}
