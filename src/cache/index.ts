/**
 * What a run keeps for the next one: records (what a task read and gave), bytes by digest, file fingerprints, answers to mutable
 * references, and whole runs.
 *
 * What other rooms call:
 * - `openCache(directory, { onWarning })` or `memoryCache()` gives the `Cache` that a `Run` takes; `close()` it at the end.
 * - `DEFAULT_CACHE_DIRECTORY`: its name below the workspace.
 */
export { type Cache, type CacheOptions, makeCacheDirectory, memoryCache, openCache, replaceFile } from './cache.ts';
export { Fingerprints, type Seen } from './fingerprints.ts';
export { ESCAPES, GuardedTree } from './guarded-tree.ts';
export { Journal } from './journal.ts';
export { withLock } from './lock.ts';
export type { Absent, Outside, TaskRecord, TraceEntry } from './records.ts';
export { type Resolution, serves } from './resolutions.ts';

export const DEFAULT_CACHE_DIRECTORY = '.flux-local-cache';
