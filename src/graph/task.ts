import type { Digest } from '../core/digest.ts';
import type { Failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import type { Result } from '../core/result.ts';
import type { Warning } from '../core/warning.ts';

/** What a task gives besides stored bytes: data that JSON can say, kept inside the record. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * A kind of task: a pure function of its input and of what it reads through its context.
 * The key of a task is the SHA-256 of `name`, `version` and `declare(input)`.
 */
export interface TaskKind<I, O extends Json> {
  /** `load`, `fetch`, `values`, `build`, `template`, `validate`, `command`: also the name that `--force` takes. */
  readonly name: string;
  /** Raised whenever the same inputs give another output. */
  readonly version: number;
  /** The node's id for people and events: `build:Kustomization/flux-system/apps`. */
  id(input: I): string;
  /** All of the input that the output may depend on, as data for `canonicalJson`. */
  declare(input: I): unknown;
  run(context: TaskContext, input: I): Promise<Result<O>>;
  /**
   * The input from its JSON form, for a task that is asked for again by who needed it in an earlier run, before that one runs.
   * Left out, the JSON is the input. Whatever of it `declare` leaves out must mean the same in a later run, in any directory;
   * where it does not (a path, a port), give it anew here, or give `undefined`: the one who needs the task then runs and asks.
   */
  revive?(input: Json): I | undefined;
}

/** A kind whose types nobody needs to know. Each `TaskKind` is one. */
export type AnyKind = Omit<TaskKind<never, Json>, 'revive'> & { revive?(input: Json): unknown };

/** Where files are: the workspace (each read is traced), or a tree that a digest names (nothing in it ever changes). */
export type Root =
  | { readonly type: 'workspace' /** Relative to the workspace, `''` for all of it. */; readonly path: string }
  | {
      readonly type: 'immutable' /** Absolute path on this machine; never part of a key or an output. */;
      readonly path: string;
    };

/** A reference whose meaning moves (a branch, a semver range, a tag), and how to find out what it means now. */
export interface MutableReference {
  /** Names the question; equal names share one answer in a run. */
  readonly name: string;
  /** How long an answer serves before it is asked again. Milliseconds. */
  readonly intervalMs: number;
  /** Asks the world. Gives the immutable revision. */
  ask(signal: AbortSignal): Promise<Result<string>>;
}

/**
 * The only way to the world. Each call lands in the task's trace with the digest of its answer.
 *
 * `need`, `fact` and `resolve` are questions. While one is open, a task awaits nothing but questions (several at once are
 * fine): a run whose every task waits for answers is a run in which nothing can happen any more.
 */
export interface TaskContext {
  /** The files of a root, seen as `/`. */
  files(root: Root): FileSystem;
  /** The output of another task, run or taken from the store. Suspends this task, which gives its slot to another meanwhile. */
  need<I, O extends Json>(kind: TaskKind<I, O>, input: I): Promise<Result<O>>;
  /**
   * What some other task of the run publishes under a name (an object, a readiness). Suspends until it is there; `undefined`
   * once nothing that still runs can publish it. With `optional`, absence is answered before that of required facts.
   */
  fact(name: string, options?: { readonly optional?: boolean }): Promise<Json | undefined>;
  resolve(reference: MutableReference): Promise<Result<string>>;
  environment(name: string): string | undefined;
  /**
   * Says that the output stands for a directory below the cache's (a checked-out source): once that is gone, the record does
   * not hold and the task runs again.
   * @param path absolute; a path outside the cache's directory is let pass
   */
  keeps(path: string): void;
  /**
   * Says that the output must not be written down (it holds a secret in clear): neither it nor what is made of it is recorded,
   * and its bytes stay in memory.
   */
  unrecorded(): void;
  /** Keeps bytes under their digest. An output names its bytes by digest; `blobs` of the record are all that was kept. */
  store(bytes: string | Uint8Array): Digest;
  /** Bytes that a needed task kept. */
  load(digest: Digest): Uint8Array;
  /** Goes with the output: a warm run gives the same warnings. */
  warn(warning: string | Warning): void;
  /** One line for `--log-level debug`. Never part of the output. */
  debug(message: string): void;
  readonly signal: AbortSignal;
}

/** How a node ended. `fresh`: its record held; `built`: it ran. `failed` nodes may have run or be taken from a record. */
export type Outcome = 'fresh' | 'built' | 'failed';

export type Event =
  | { readonly type: 'started'; readonly node: string; readonly kind: string; readonly why: string }
  | { readonly type: 'suspended'; readonly node: string; readonly on: string }
  | {
      readonly type: 'done';
      readonly node: string;
      readonly kind: string;
      readonly outcome: Outcome;
      readonly ms: number;
      readonly failure?: Failure;
    }
  | { readonly type: 'warning'; readonly node: string; readonly message: string }
  | { readonly type: 'debug'; readonly node: string; readonly message: string };

export type Listener = (event: Event) => void;
