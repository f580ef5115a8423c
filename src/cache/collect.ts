import { type Dirent, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../core/digest.ts';
import { RECORDS_HEADER } from './cache.ts';
import { ContentStore } from './content.ts';
import { Journal } from './journal.ts';
import { withLock } from './lock.ts';
import { RecordStore, type TaskRecord } from './records.ts';
import { decodeRun } from './run-format.ts';

export interface CollectOptions {
  /** Records, runs and bytes that served nobody for so long are dropped. Milliseconds; days are what is counted. */
  readonly maxAgeMs: number;
  /** The bytes under `content/` that may stay; what served least lately goes first. */
  readonly maxBytes: number;
  /** Milliseconds since 1970. Default the clock's. */
  readonly nowMs?: number;
}

export interface Collected {
  readonly records: number;
  readonly runs: number;
  /** Bytes freed under `content/`. */
  readonly bytes: number;
  /** Directories below the cache's that a record which stays stands for (checked-out sources). Relative, with `/`. */
  readonly trees: readonly string[];
}

const DAY_MS = 86_400_000;
/** What a run under way may have written and not yet named in a record stays. Milliseconds. */
const GRACE_MS = 3_600_000;

/**
 * Drops what has not served lately, and bytes that nothing names. Safe beside other runs: at worst one of them finds bytes
 * gone that a record names, and makes them again. Gives `undefined` where another collection is under way.
 */
export function collect(directory: string, options: CollectOptions): Collected | undefined {
  if (!existsSync(directory)) return { records: 0, runs: 0, bytes: 0, trees: [] };
  let collected: Collected | undefined;
  withLock(join(directory, 'collect.lock'), () => {
    collected = collectAlone(directory, options);
  });
  return collected;
}

interface Kept {
  /** The day it served last. */
  readonly day: number;
  readonly blobs: readonly Digest[];
  readonly drop: () => void;
}

function collectAlone(directory: string, { maxAgeMs, maxBytes, nowMs = Date.now() }: CollectOptions): Collected {
  const oldest = Math.floor((nowMs - maxAgeMs) / DAY_MS);
  const content = new ContentStore(join(directory, 'content'));
  const journal = new Journal(join(directory, 'records'), RECORDS_HEADER);
  const store = new RecordStore(journal);
  const removed = new Set<string>();
  const live = new Map<string, TaskRecord>();
  let runs = 0;

  const kept: Kept[] = [];
  const usedByRuns = new Map<Digest, number>();
  for (const { path, entry } of files(join(directory, 'runs'))) {
    const drop = (): void => {
      rmSync(path, { force: true });
      runs++;
    };
    const stats = statSync(path, { throwIfNoEntry: false });
    const run = entry.name.endsWith('.tmp') ? undefined : decode(path);
    if (stats === undefined) continue;
    const day = Math.floor(stats.mtimeMs / DAY_MS);
    if (run === undefined) {
      if (nowMs - stats.mtimeMs > GRACE_MS) drop();
      continue;
    }
    kept.push({ day, blobs: [run.head.stdout], drop });
    for (const key of run.keys()) usedByRuns.set(key, Math.max(day, usedByRuns.get(key) ?? 0));
  }
  for (const { id, record } of store.all()) {
    live.set(id, record);
    const day = Math.max(store.usedOn(id), usedByRuns.get(record.key) ?? 0);
    const drop = (): void => {
      removed.add(id).add(`@${id}`);
      live.delete(id);
    };
    kept.push({ day, blobs: record.blobs, drop });
  }

  kept.sort((a, b) => b.day - a.day);
  const named = new Set<Digest>();
  let size = 0;
  for (const { day, blobs, drop } of kept) {
    const added = blobs.filter((digest) => !named.has(digest));
    const more = added.reduce((sum, digest) => sum + sizeOf(content.pathOf(digest)), 0);
    if (day < oldest || size + more > maxBytes) {
      drop();
      continue;
    }
    size += more;
    for (const digest of added) named.add(digest);
  }
  for (const id of journal.ids()) if (id.startsWith('@') && !live.has(id.slice(1))) removed.add(id);
  if (removed.size > 0) journal.compact((id) => !removed.has(id));

  const trees = new Set<string>();
  for (const record of live.values()) for (const entry of record.trace) if (entry[0] === 'tree') trees.add(entry[1]);
  return {
    records: [...removed].filter((id) => !id.startsWith('@')).length,
    runs,
    bytes: sweep(directory, named, nowMs),
    trees: [...trees].sort(),
  };
}

/** Removes bytes that nobody names, and what writers that died left behind. */
function sweep(directory: string, named: ReadonlySet<Digest>, nowMs: number): number {
  let freed = 0;
  const remove = (path: string): void => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || nowMs - stats.mtimeMs < GRACE_MS) return;
    freed += stats.size;
    rmSync(path, { force: true });
  };
  const sha256 = join(directory, 'content', 'content-v2', 'sha256');
  for (const { path } of files(sha256)) {
    const digest = path.slice(sha256.length).replaceAll(/[\\/]/g, '');
    if (!named.has(digest)) remove(path);
  }
  for (const { path } of files(join(directory, 'content', 'tmp'))) remove(path);
  for (const { path, entry } of files(directory, 0)) if (entry.name.endsWith('.tmp')) remove(path);
  for (const { path, entry } of files(join(directory, 'fingerprints'), 0))
    if (entry.name.endsWith('.tmp')) remove(path);
  return freed;
}

function* files(directory: string, depth = 3): IterableIterator<{ readonly path: string; readonly entry: Dirent }> {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isFile()) yield { path, entry };
    else if (entry.isDirectory() && depth > 0) yield* files(path, depth - 1);
  }
}

function decode(path: string) {
  try {
    return decodeRun(readFileSync(path));
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
