import type { Cache, TraceEntry } from '../cache/index.ts';
import type { Digest } from '../core/digest.ts';
import type { AnyKind, Listener, Outcome } from './task.ts';

export interface RunOptions {
  /** The directory that every traced path is relative to. */
  readonly workspace: string;
  readonly cache: Cache;
  /** How many tasks run at once; those that wait for others do not count. Default: the number of processors. */
  readonly jobs?: number;
  /** Names of kinds whose records are taken as failed, or `all`. */
  readonly force?: ReadonlySet<string> | 'all';
  /** Asks all mutable references anew. */
  readonly refresh?: boolean;
  /** Asks none: what was resolved before is all there is. */
  readonly offline?: boolean;
  readonly listener?: Listener;
  readonly signal?: AbortSignal;
  /** The kinds whose tasks may have to be asked for again while a record is checked. Those that are needed are known anyway. */
  readonly kinds?: readonly AnyKind[];
  /** Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * Called when nothing can go on but by an absent fact. Whoever knows better (objects that wait for each other in a circle)
   * publishes what he knows, or needs further tasks; if he does neither, absences are answered.
   */
  readonly onQuiescent?: (waits: readonly Wait[]) => void;
  /** Milliseconds since 1970. Default the clock's. */
  readonly now?: () => number;
}

/** A task that waits, and the name of the fact or the id of the task that it waits for. */
export interface Wait {
  readonly node: string;
  readonly type: 'need' | 'fact';
  readonly waitsFor: string;
  readonly optional: boolean;
}

export interface RunStatistics {
  readonly tasks: number;
  /** By how they ended. `failed` counts failures of both sorts: run, and taken from a record. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Tasks that ran, and not only were checked. */
  readonly ran: number;
  /** Ids of the tasks that ran, sorted. */
  readonly ranIds: readonly string[];
}

/** What a whole run read outside of itself, for a record of the run. */
export interface Leaves {
  readonly trace: readonly TraceEntry[];
  /** The keys of all tasks that took part. */
  readonly keys: readonly Digest[];
  /** Something took part that no trace can say: such a run is not to be kept. */
  readonly volatile: boolean;
}
