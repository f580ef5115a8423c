/**
 * Tasks, keys, traces, and the run that checks or runs them. Knows nothing of Kubernetes.
 *
 * What other rooms call:
 * - `new Run({ workspace, cache, jobs, force, refresh, offline, listener, signal, kinds, onQuiescent })`
 * - `run.need(kind, input)`: a task's result. `run.publish(name, value)`: a fact. `run.load(digest)`: bytes.
 * - `run.warnings()`, `run.statistics()`, `run.leaves()` once it is finished.
 * - `run.files`: the workspace for the driver itself, traced for `run.leaves()`. `await run.graph()`: who read what.
 * - `run.hold()` while a driver waits for something that is no task; `await run.finish()` at the end, then `cache.close()`.
 */
export type { GraphNode } from './graph.ts';
export { isJson, taskKey } from './key.ts';
export { Run } from './run.ts';
export type { Leaves, RunOptions, RunStatistics, Wait } from './run-options.ts';
export type * from './task.ts';
