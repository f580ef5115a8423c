import { relative, sep } from 'node:path';
import { type Digest, sha256 } from '../core/digest.ts';
import type { FileSystem } from '../core/file-system.ts';
import type { Result } from '../core/result.ts';
import { toWarning, type Warning } from '../core/warning.ts';
import { ImmutableFiles, TracedFiles } from './files.ts';
import type { TaskNode } from './node.ts';
import type { Run } from './run.ts';
import type { Seat } from './slots.ts';
import type { Json, MutableReference, Root, TaskContext, TaskKind } from './task.ts';
import { TraceRecorder } from './trace.ts';

/** A task's window on the world while it runs. */
export class RunContext implements TaskContext {
  readonly trace = new TraceRecorder();
  readonly warnings: Warning[] = [];
  readonly blobs = new Set<Digest>();
  /** @see Settled.volatile */
  volatile = false;
  readonly #run: Run;
  readonly #node: TaskNode;
  readonly #seat: Seat;
  readonly #asked = new Map<string, Promise<unknown>>();

  constructor(run: Run, node: TaskNode, seat: Seat) {
    this.#run = run;
    this.#node = node;
    this.#seat = seat;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  files(root: Root): FileSystem {
    return root.type === 'immutable'
      ? new ImmutableFiles(root.path)
      : new TracedFiles(root.path, this.#run.fingerprints, this.trace);
  }

  #once<T>(id: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#asked.get(id) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const asked = ask();
    this.#asked.set(id, asked);
    return asked;
  }

  async need<I, O extends Json>(kind: TaskKind<I, O>, input: I): Promise<Result<O>> {
    const target = this.#run.node(kind, input);
    return this.#once(`need ${target.key}`, async () => {
      const answered = this.trace.question();
      const settled = await this.#seat.waiting(this.#run.askNeed(this.#node, target));
      if (settled.volatile) this.volatile = true;
      answered(['need', target.key, settled.digest]);
      return settled.result as Result<O>;
    });
  }

  async fact(name: string, { optional = false }: { readonly optional?: boolean } = {}): Promise<Json | undefined> {
    return this.#once(`fact ${name}`, async () => {
      const answered = this.trace.question();
      const fact = await this.#seat.waiting(this.#run.askFact(this.#node, name, optional));
      answered(['fact', name, fact?.digest ?? 0, optional ? 1 : 0]);
      return fact?.value;
    });
  }

  async resolve(reference: MutableReference): Promise<Result<string>> {
    return this.#once(`resolve ${reference.name}`, async () => {
      const answered = this.trace.question();
      const revision = await this.#seat.waiting(this.#run.askRevision(this.#node, reference));
      if (revision.ok) answered(['resolve', reference.name, revision.value]);
      else this.volatile = true;
      return revision;
    });
  }

  environment(name: string): string | undefined {
    const value = this.#run.environment(name);
    this.trace.observe(['env', name, value === undefined ? 0 : sha256(value)]);
    return value;
  }

  keeps(path: string): void {
    const cache = this.#run.cache.directory;
    if (cache === undefined) return;
    const below = relative(cache, path).split(sep).join('/');
    if (below !== '' && below !== '..' && !below.startsWith('../')) this.trace.observe(['tree', below]);
  }

  unrecorded(): void {
    this.volatile = true;
  }

  store(bytes: string | Uint8Array): Digest {
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    const digest = sha256(data);
    this.blobs.add(digest);
    this.#run.remember(digest, data);
    return digest;
  }

  load(digest: Digest): Uint8Array {
    return this.#run.load(digest);
  }

  warn(warning: string | Warning): void {
    this.warnings.push(toWarning(warning));
  }

  debug(message: string): void {
    this.#run.debug(this.#node, message);
  }
}
