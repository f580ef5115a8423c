import type { TaskRecord, TraceEntry } from '../cache/records.ts';
import type { Digest } from '../core/digest.ts';
import type { Result } from '../core/result.ts';
import type { AnyKind, Json, Outcome } from './task.ts';

/** How a task ended, as those who need it see it. */
export interface Settled {
  readonly result: Result<Json>;
  /** SHA-256 of the result's JSON: what traces compare. */
  readonly digest: Digest;
  /** Hangs on something that no trace can say (a network error, an interruption, a cycle): no record may build on it. */
  readonly volatile: boolean;
}

export interface Fact {
  readonly value: Json;
  readonly digest: Digest;
}

/** Something that a task waits for. */
export interface Question {
  readonly type: 'need' | 'fact' | 'resolve';
  /** The node's id, the fact's or reference's name. */
  readonly on: string;
  /** The task that is needed. */
  readonly target?: TaskNode;
  readonly optional: boolean;
  /** Ends the waiting with an answer from outside: a cycle's failure for a need, absence for a fact. */
  readonly answer: (value: Settled | Fact | undefined) => void;
}

/** One task of a run. */
export class TaskNode {
  readonly id: string;
  readonly key: Digest;
  readonly kind: AnyKind;
  readonly input: unknown;
  readonly questions = new Set<Question>();
  /** Answers of this run that stay as they are, should the task run after its record was found stale. */
  readonly facts = new Map<string, Fact | undefined>();
  readonly cycles = new Map<Digest, Settled>();
  settled!: Promise<Settled>;
  /** Set once it is settled. */
  outcome: Outcome | undefined;
  ran = false;
  volatile = false;
  trace: readonly TraceEntry[] = [];
  record: TaskRecord | undefined;

  constructor(id: string, key: Digest, kind: AnyKind, input: unknown) {
    this.id = id;
    this.key = key;
    this.kind = kind;
    this.input = input;
  }
}
