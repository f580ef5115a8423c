import type { Digest } from '../../core/digest.ts';
import type { Failure } from '../../core/failure.ts';
import type { Result } from '../../core/result.ts';

/** The phases that every workspace has, in their order. Each but the first depends on the one before it. */
export const BUILT_IN_PHASES = [
  'bootstrap',
  'load',
  'fetch',
  'values',
  'build',
  'template',
  'validate',
  'report',
] as const;
export type BuiltInPhase = (typeof BUILT_IN_PHASES)[number];
/** The built-in phases that run on the task kinds of a cluster; `bootstrap` has its own handlers. */
export type ClusterPhase = Exclude<BuiltInPhase, 'bootstrap'>;

/**
 * Something that has to hold before a phase starts. Checked in order, before the status question; the first one that does
 * not hold fails the phase with its message (`precondition-failed`). Checking never writes.
 */
export interface PhasePrecondition {
  /** What is missing and what to do about it: one sentence. */
  readonly message: string;
  check(signal: AbortSignal): Promise<boolean>;
}

/** A step of a phase that a user declares. */
export type PhaseStep =
  | { readonly type: 'command'; readonly command: string; readonly directory?: string }
  | { readonly type: 'task'; readonly task: string; readonly variables?: ReadonlyMap<string, string> };

/** A phase as the graph sees it: built in, or declared in `flux-local.yaml`. */
export interface Phase {
  readonly name: string;
  readonly description: string;
  /** Names of phases that have to be done first. Phases that do not depend on each other run side by side. */
  readonly dependsOn: readonly string[];
  readonly preconditions: readonly PhasePrecondition[];
  /**
   * Shell commands that ask the world whether the phase's work is done; all exiting 0 means so. Empty: the marker alone
   * decides. A question never writes.
   */
  readonly status: readonly string[];
  /** Globs of the files that the phase reads, relative to the workspace; `!` excludes. Part of the digest of its inputs. */
  readonly sources: readonly string[];
  /** Globs of the files that the phase leaves behind; one that matches nothing makes the phase stale. */
  readonly generates: readonly string[];
  /** More of the phase's inputs, as data for `canonicalJson` (options, versions, commands). */
  readonly inputs: unknown;
  /** Shell commands around the work. A failing `before` hook fails the phase; an `after` hook also runs after a failure. */
  readonly hooks: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** Milliseconds for the whole phase. Expiry fails it. */
  readonly timeoutMs?: number;
  /** Does the work. Called only once preconditions hold; what it leaves behind exists when it returns. */
  run(request: PhaseRequest): Promise<Result<PhaseReport>>;
}

export interface PhaseRequest {
  readonly phase: string;
  /** Records of the phase's own task kinds count as failed: its nodes run again, the rest only if an output changed. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  /** A line for the phase's log (shown by `--interactive`, kept beside the marker when the phase fails). */
  log(line: string): void;
}

/** What came of a phase's work. */
export interface PhaseReport {
  /** Nodes by outcome (`fresh`, `built`, `failed`) or whatever the phase counts; shown and kept in the history. */
  readonly counts: Readonly<Record<string, number>>;
  /** Names all that the phase produced: phases after it are stale when it changes. */
  readonly output: Digest;
  /** Failures that the phase reports without being cut short; any makes its outcome `failed`. */
  readonly failures: readonly Failure[];
}

/**
 * Runs the phases of a cluster on its task kinds. The port between the pipeline and the tasks: the pipeline knows the order,
 * the markers and the history; the runner knows what a cluster is. All runs of one runner share one scheduler and cache, so
 * asking for `build` after `fetch` checks records and does no work twice.
 */
export interface PhaseRunner {
  /** Options that a phase's output depends on (path, flags, versions of engines), as data for `canonicalJson`. */
  inputs(phase: ClusterPhase): unknown;
  /** Globs of the workspace's files that a phase reads, relative to the workspace. Cheap; never writes. */
  sources(phase: ClusterPhase): readonly string[];
  /** Runs all nodes of the phase's kind, and what they need. */
  run(phase: ClusterPhase, request: PhaseRequest): Promise<Result<PhaseReport>>;
}
