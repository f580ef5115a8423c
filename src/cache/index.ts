/**
 * What a run keeps for the next one: records (what a task read and gave), bytes by digest, file fingerprints, answers to mutable
 * references, and whole runs.
 *
 * What other rooms call:
 * - `openCache(directory, { onWarning })` or `memoryCache()` gives the `Cache` that a `Run` takes; `close()` it at the end.
 * - `lookupRun({ directory, workspace, key })` is the instant path: import it from `cache/run-records.ts`, which loads little.
 *   `await saveRun(cache, key, run.fingerprints, run.leaves(), { stdout, stderr, exitCode })` after `run.finish()`;
 *   `runKey([command, options, version])` gives the key.
 * - `collect(directory, { maxAgeMs, maxBytes })` drops what served nobody lately.
 */
export { type Cache, type CacheOptions, makeCacheDirectory, memoryCache, openCache } from './cache.ts';
export { type Collected, type CollectOptions, collect } from './collect.ts';
export { Fingerprints, type Seen } from './fingerprints.ts';
export { ESCAPES, GuardedTree } from './guarded-tree.ts';
export { Journal } from './journal.ts';
export { countLeases, holdLease } from './lease.ts';
export { withLock } from './lock.ts';
export type { Absent, Outside, TaskRecord, TraceEntry } from './records.ts';
export { replaceFile } from './replace-file.ts';
export { type Resolution, serves } from './resolutions.ts';

export { lookupRun, type RunAnswer, type RunLookup, runKey, saveRun } from './run-records.ts';
