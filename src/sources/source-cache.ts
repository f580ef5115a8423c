import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sha256 } from '../core/digest.ts';
import type { Result } from '../core/result.ts';
import { ok } from '../core/result.ts';
import type { SourceCache } from './types.ts';

/** What an entry says of itself, in `entry.json` beside its `content`. */
export interface EntryInfo {
  /** As in Flux's status. */
  readonly revision: string;
  /** The address it came from, without credentials. For people who look into the cache. */
  readonly origin: string;
  /** Name of the one file below `content`, where the entry is a file. */
  readonly file?: string;
  /** SHA-256 of that file. */
  readonly sha256?: string;
  /** Files below `content` and the sum of their sizes, where the entry is a tree. */
  readonly files?: number;
  readonly bytes?: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Entry {
  /** The tree, or the one file. Absolute. */
  readonly path: string;
  readonly info: EntryInfo;
}

/** Stale work of killed runs is swept after a day: no fetch lasts as long. */
const STALE_MS = 24 * 3_600_000;
const swept = new Set<string>();

/** Where an entry stands: `<kind>/<digest of the parts>`. Each part tells entries apart; order matters. */
export function entryKey(kind: string, ...parts: readonly string[]): string {
  return join(kind, sha256(JSON.stringify(parts)).slice(0, 40));
}

/**
 * The entry under a key, whole and unharmed; `undefined` where there is none. One that is damaged (a file missing, another
 * size, for a single file another digest) is dropped.
 */
export async function findEntry(cache: SourceCache, key: string): Promise<Entry | undefined> {
  const directory = join(cache.directory, key);
  let info: EntryInfo;
  try {
    info = JSON.parse(await readFile(join(directory, 'entry.json'), 'utf8')) as EntryInfo;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') await drop(cache, directory);
    return undefined;
  }
  const content = join(directory, 'content');
  const path = info.file === undefined ? content : join(content, info.file);
  if (await isWhole(path, info)) return { path, info };
  await drop(cache, directory);
  return undefined;
}

async function isWhole(path: string, info: EntryInfo): Promise<boolean> {
  try {
    if (info.file !== undefined) return (await sha256OfFile(path)) === info.sha256;
    const { files, bytes } = await measure(path);
    return files === info.files && bytes === info.bytes;
  } catch {
    return false;
  }
}

/** Out of the way in one step, so that no one sees it half-removed. */
async function drop(cache: SourceCache, directory: string): Promise<void> {
  const aside = temporaryPath(cache);
  try {
    await mkdir(dirname(aside), { recursive: true });
    await rename(directory, aside);
  } catch {
    return; // someone else was quicker
  }
  await rm(aside, { recursive: true, force: true });
}

const temporaryPath = (cache: SourceCache): string =>
  join(cache.directory, 'tmp', `${process.pid}-${randomBytes(6).toString('hex')}`);

/**
 * Makes an entry: `fill` writes into an empty directory, which is renamed into place once it is complete. Whoever is second
 * of two at once takes the first one's.
 * @param fill gives what `entry.json` says; sizes and digests are added here
 */
export async function makeEntry(
  cache: SourceCache,
  key: string,
  fill: (content: string, scratch: string) => Promise<Result<Omit<EntryInfo, 'sha256' | 'files' | 'bytes'>>>,
): Promise<Result<Entry>> {
  await sweep(cache);
  const work = temporaryPath(cache);
  const target = join(cache.directory, key);
  try {
    const content = join(work, 'entry', 'content');
    await mkdir(content, { recursive: true });
    await mkdir(join(work, 'scratch'));
    const filled = await fill(content, join(work, 'scratch'));
    if (!filled.ok) return filled;
    const info: EntryInfo =
      filled.value.file === undefined
        ? { ...filled.value, ...(await measure(content)) }
        : { ...filled.value, sha256: await sha256OfFile(join(content, filled.value.file)) };
    await writeFile(join(work, 'entry', 'entry.json'), JSON.stringify(info));
    await mkdir(dirname(target), { recursive: true });
    try {
      await rename(join(work, 'entry'), target);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error;
      const theirs = await findEntry(cache, key);
      if (theirs !== undefined) return ok(theirs);
      await rename(join(work, 'entry'), target);
    }
    const at = join(target, 'content');
    return ok({ path: info.file === undefined ? at : join(at, info.file), info });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A small file of the cache that may be replaced (an index's state): written aside, then renamed. */
export async function replaceFile(cache: SourceCache, name: string, content: string | Uint8Array): Promise<void> {
  const aside = temporaryPath(cache);
  await mkdir(dirname(aside), { recursive: true });
  await mkdir(dirname(join(cache.directory, name)), { recursive: true });
  await writeFile(aside, content);
  await rename(aside, join(cache.directory, name));
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function measure(directory: string): Promise<{ files: number; bytes: number }> {
  let [files, bytes] = [0, 0];
  const visit = async (path: string): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const at = join(path, entry.name);
      if (entry.isDirectory()) await visit(at);
      else {
        files++;
        bytes += (await lstat(at)).size;
      }
    }
  };
  await visit(directory);
  return { files, bytes };
}

async function sweep(cache: SourceCache): Promise<void> {
  if (swept.has(cache.directory)) return;
  swept.add(cache.directory);
  const temporary = join(cache.directory, 'tmp');
  try {
    for (const name of await readdir(temporary)) {
      const at = join(temporary, name);
      if (Date.now() - (await stat(at)).mtimeMs > STALE_MS) await rm(at, { recursive: true, force: true });
    }
  } catch {
    // nothing there yet, or another run sweeps at this moment
  }
}
