import { type Digest, sha256 } from '../core/digest.ts';
import type { Failure } from '../core/failure.ts';
import type { FileType } from '../core/file-system.ts';
import type { Warning } from '../core/warning.ts';
import type { Journal } from './journal.ts';

/** Nothing there. */
export type Absent = 0;
/** The way there leads outside the workspace. */
export type Outside = 1;

/**
 * When a question was put and answered, among the questions of its task: how many answers the task had when it asked, and
 * which answer (from 0) this one was. Both are left out for a task that waits for each answer before it asks the next.
 */
export type Order = readonly [] | readonly [after: number, rank: number];

/** One thing that a task read, with the digest of the answer. Short names: a record has many. */
export type TraceEntry =
  /** A file's bytes, by SHA-256. Paths are relative to the workspace. */
  | readonly ['file', path: string, Digest | Absent | Outside]
  /** A directory's listing. */
  | readonly ['list', path: string, Digest | Absent | Outside]
  | readonly ['exists', path: string, FileType | Absent | Outside]
  /** An environment variable's value, by SHA-256. */
  | readonly ['env', name: string, Digest | Absent]
  /** A directory below the cache's that the output stands for: gone, the record does not hold. */
  | readonly ['tree', path: string]
  /** Another task's result, by its key. */
  | readonly ['need', key: Digest, output: Digest, ...Order]
  /** A published fact. */
  | readonly ['fact', name: string, Digest | Absent, optional: 0 | 1, ...Order]
  /** What a mutable reference meant. */
  | readonly ['resolve', name: string, revision: string, ...Order];

/** All that is kept of a task that ran. */
export interface TaskRecord {
  readonly key: Digest;
  /** Name of the kind, and the input as JSON, so that the task can be asked for again by who needs it. */
  readonly kind: string;
  /** `undefined` where JSON cannot say the input. */
  readonly input: string | undefined;
  readonly trace: readonly TraceEntry[];
  /** The output as JSON text; `undefined` for a failure. */
  readonly output: string | undefined;
  readonly failure: Failure | undefined;
  readonly warnings: readonly Warning[];
  /** The digests of the bytes it kept. */
  readonly blobs: readonly Digest[];
}

/** How many records of one key are kept: a branch that is left and taken up again finds its own. */
const VARIANTS = 4;
const DAY_MS = 86_400_000;

/** Records by key, newest first. Damaged ones read as absent. */
export class RecordStore {
  readonly #journal: Journal;
  readonly #byKey = new Map<Digest, string[]>();
  readonly #parsed = new Map<string, TaskRecord | undefined>();
  /** Record id to the day (since 1970) of its last use. */
  readonly #used = new Map<string, number>();

  constructor(journal: Journal) {
    this.#journal = journal;
    for (const id of journal.ids()) if (!id.startsWith('@')) this.#index(id);
  }

  #index(id: string): void {
    const key = id.slice(0, 64);
    const ids = this.#byKey.get(key);
    if (ids === undefined) this.#byKey.set(key, [id]);
    else ids.unshift(id);
  }

  get(key: Digest): readonly TaskRecord[] {
    const found: TaskRecord[] = [];
    for (const id of this.#byKey.get(key) ?? []) {
      const record = this.#parse(id);
      if (record !== undefined) found.push(record);
    }
    return found;
  }

  #parse(id: string): TaskRecord | undefined {
    if (this.#parsed.has(id)) return this.#parsed.get(id);
    const text = this.#journal.get(id);
    const record = text === undefined ? undefined : decode(id.slice(0, 64), text);
    if (record !== undefined) knownIds.set(record, id);
    this.#parsed.set(id, record);
    return record;
  }

  put(record: TaskRecord): void {
    const id = recordId(record);
    const ids = (this.#byKey.get(record.key) ?? []).filter((other) => other !== id);
    for (const old of ids.splice(VARIANTS - 1)) this.#remove(old);
    this.#byKey.set(record.key, [id, ...ids]);
    this.#parsed.set(id, record);
    this.#journal.set(id, encode(record));
    this.#use(id);
  }

  /** Removes one record. */
  drop(record: TaskRecord): void {
    const id = recordId(record);
    const ids = this.#byKey.get(record.key)?.filter((other) => other !== id) ?? [];
    if (ids.length > 0) this.#byKey.set(record.key, ids);
    else this.#byKey.delete(record.key);
    this.#remove(id);
  }

  #remove(id: string): void {
    this.#parsed.delete(id);
    this.#journal.set(id, '');
    if (this.usedOn(id) !== 0) this.#journal.set(`@${id}`, '');
    this.#used.delete(id);
  }

  /** Notes that a record served. Written at most once a day for each record. */
  touch(record: TaskRecord): void {
    this.#use(recordId(record));
  }

  #use(id: string): void {
    const today = Math.floor(Date.now() / DAY_MS);
    if (this.usedOn(id) === today) return;
    this.#used.set(id, today);
    this.#journal.set(`@${id}`, String(today));
  }

  /** The day (since 1970) on which a record last served, or 0. */
  usedOn(id: string): number {
    let day = this.#used.get(id);
    if (day === undefined) {
      day = Number(this.#journal.get(`@${id}`) ?? 0);
      this.#used.set(id, day);
    }
    return day;
  }

  *all(): IterableIterator<{ readonly id: string; readonly record: TaskRecord }> {
    for (const ids of this.#byKey.values())
      for (const id of ids) {
        const record = this.#parse(id);
        if (record !== undefined) yield { id, record };
      }
  }
}

const knownIds = new WeakMap<TaskRecord, string>();

/** Key and trace: the same task having read the same is the same record. */
function recordId(record: TaskRecord): string {
  let id = knownIds.get(record);
  if (id === undefined) {
    id = `${record.key}${sha256(JSON.stringify(record.trace)).slice(0, 16)}`;
    knownIds.set(record, id);
  }
  return id;
}

const encode = (r: TaskRecord): string =>
  JSON.stringify([r.kind, r.input ?? null, r.trace, r.output ?? null, r.failure ?? null, r.warnings, r.blobs]);

function decode(key: Digest, text: string): TaskRecord | undefined {
  try {
    const [kind, input, trace, output, failure, warnings, blobs] = JSON.parse(text) as [
      string,
      string | null,
      TraceEntry[],
      string | null,
      Failure | null,
      Warning[],
      Digest[],
    ];
    return {
      key,
      kind,
      input: input ?? undefined,
      trace,
      output: output ?? undefined,
      failure: failure ?? undefined,
      warnings,
      blobs,
    };
  } catch {
    return undefined;
  }
}
