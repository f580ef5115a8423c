import { availableParallelism } from 'node:os';
import type { DirectedGraph } from 'graphology';
import type { Cache, Fingerprints, Resolution, TraceEntry } from '../cache/index.ts';
import { type Digest, sha256 } from '../core/digest.ts';
import type { FileSystem } from '../core/file-system.ts';
import type { Result } from '../core/result.ts';
import type { Warning } from '../core/warning.ts';
import { RunContext } from './context.ts';
import { TracedFiles } from './files.ts';
import type { GraphNode } from './graph.ts';
import { Keeper } from './keeper.ts';
import { taskKey } from './key.ts';
import { type Fact, type Question, type Settled, TaskNode } from './node.ts';
import { Pulse } from './pulse.ts';
import { isQuiet, waitsOf } from './quiescence.ts';
import { Revisions } from './revisions.ts';
import type { Leaves, RunOptions, RunStatistics } from './run-options.ts';
import { interrupted, recordOf, settledByThrow, settledFrom, settledOf } from './settled.ts';
import { Seat, Slots } from './slots.ts';
import type { AnyKind, Event, Json, MutableReference, Outcome, TaskKind } from './task.ts';
import { TraceRecorder } from './trace.ts';
import { verify } from './verify.ts';

/** One run over the graph of tasks: each task is checked or run at most once. */
export class Run {
  readonly cache: Cache;
  readonly fingerprints: Fingerprints;
  readonly signal: AbortSignal;
  /** The workspace's files for the driver itself: what it reads is part of `leaves`. */
  readonly files: FileSystem;
  /** @internal */
  readonly pulse = new Pulse(() => this.#rest());
  readonly #ownTrace = new TraceRecorder();
  readonly #options: RunOptions;
  readonly #slots: Slots;
  readonly #nodes = new Map<Digest, TaskNode>();
  readonly #kinds = new Map<string, AnyKind>();
  readonly #facts = new Map<string, Fact>();
  readonly #missed = new Set<string>();
  /** Those who wait for a fact, by its name; some may have been answered otherwise. */
  readonly #waiting = new Map<string, ((fact: Fact | undefined) => void)[]>();
  readonly #revisions: Revisions;
  readonly #keeper: Keeper;

  constructor(options: RunOptions) {
    this.#options = options;
    this.cache = options.cache;
    this.fingerprints = options.cache.fingerprints(options.workspace);
    this.files = new TracedFiles('', this.fingerprints, this.#ownTrace);
    this.signal = options.signal ?? new AbortController().signal;
    this.#slots = new Slots(Math.max(1, options.jobs ?? availableParallelism()));
    this.#keeper = new Keeper(options.cache);
    this.#revisions = new Revisions(options, () => this.#keeper.flushSoon());
    for (const kind of options.kinds ?? []) this.#kinds.set(kind.name, kind);
  }

  /** A task's result: taken from its record, or made. The same for everyone who asks in this run. */
  async need<I, O extends Json>(kind: TaskKind<I, O>, input: I): Promise<Result<O>> {
    return (await this.node(kind, input).settled).result as Result<O>;
  }

  /** Makes a fact known to the tasks that wait for it, and to those that will. A name is published once in a run. */
  publish(name: string, value: Json): void {
    const text = JSON.stringify(value);
    const fact: Fact = { value: JSON.parse(text) as Json, digest: sha256(text) };
    const known = this.#facts.get(name);
    if (known !== undefined) {
      if (known.digest === fact.digest) return;
      throw new Error(`the fact ${name} was published before, with another value`);
    }
    this.#facts.set(name, fact);
    this.pulse.moved();
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    for (const answer of waiting) answer(fact);
  }

  published(name: string): Json | undefined {
    return this.#facts.get(name)?.value;
  }

  /** Keeps the run from being taken for quiet while its driver waits for something else than tasks. The answer ends that. */
  hold(): () => void {
    return this.pulse.hold();
  }

  /** Waits until no task runs or waits, and all that is kept is on the disk. */
  async finish(): Promise<RunStatistics> {
    await this.pulse.idle();
    await this.#keeper.done();
    this.cache.keep(this.fingerprints);
    return this.statistics();
  }

  statistics(): RunStatistics {
    const outcomes: Record<Outcome, number> = { fresh: 0, built: 0, failed: 0 };
    const ranIds: string[] = [];
    for (const node of this.#nodes.values()) {
      if (node.outcome !== undefined) outcomes[node.outcome]++;
      if (node.ran) ranIds.push(node.id);
    }
    return { tasks: this.#nodes.size, outcomes, ran: ranIds.length, ranIds: ranIds.sort() };
  }

  /** All warnings, by the ids of the tasks that gave them. */
  warnings(): readonly (Warning & { readonly node: string })[] {
    const all = [...this.#nodes.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    return all.flatMap(({ id, record }) => (record?.warnings ?? []).map((warning) => ({ ...warning, node: id })));
  }

  /** The union of what all tasks read, questions to each other left out. */
  leaves(): Leaves {
    const trace = new Map<string, TraceEntry>();
    let volatile = false;
    const add = (entry: TraceEntry): void => {
      if (entry[0] === 'need' || entry[0] === 'fact') return;
      const id = `${entry[0]} ${entry[1]}`;
      const known = trace.get(id);
      if (known === undefined) trace.set(id, entry);
      else if (known[2] !== entry[2]) volatile = true; // it changed while the run went on
    };
    volatile ||= this.#ownTrace.torn;
    for (const entry of this.#ownTrace.finish()) add(entry);
    for (const node of this.#nodes.values()) {
      volatile ||= node.volatile;
      for (const entry of node.trace) add(entry);
    }
    return { trace: [...trace.values()], keys: [...this.#nodes.keys()], volatile };
  }

  /** Who read and needed what, for a command that shows it. Loads graphology. */
  async graph(): Promise<DirectedGraph<GraphNode>> {
    const { graphOf } = await import('./graph.ts');
    return graphOf(this.#nodes);
  }

  /** All tasks of the run. */
  get nodes(): Iterable<TaskNode> {
    return this.#nodes.values();
  }

  /** Bytes that a task of this run kept. */
  load(digest: Digest): Uint8Array {
    return this.#keeper.load(digest);
  }

  // What follows serves the other files of this room.

  remember(digest: Digest, bytes: Uint8Array): void {
    this.#keeper.remember(digest, bytes);
  }

  environment(name: string): string | undefined {
    const value: unknown = (this.#options.environment ?? process.env)[name];
    return typeof value === 'string' ? value : undefined; // `__proto__` is a name like any other
  }

  debug(node: TaskNode, message: string): void {
    this.#emit({ type: 'debug', node: node.id, message });
  }

  #emit(event: Event): void {
    try {
      this.#options.listener?.(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error; // loudly, but not inside of a task's life
      });
    }
  }

  /** Nothing runs. Gives true if nothing waits either; else helps those who wait on. */
  async #rest(): Promise<boolean> {
    const waiting = [...this.#nodes.values()].filter((node) => node.outcome === undefined);
    if (waiting.length === 0) return true;
    const before = this.pulse.progress;
    await isQuiet(waiting, () => {
      try {
        this.#options.onQuiescent?.(waitsOf(waiting));
      } catch (error) {
        const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#emit({ type: 'debug', node: 'run', message });
      }
      return this.pulse.progress === before;
    });
    return false;
  }

  /** The task of a kind and an input; begun if it is new. */
  node(kind: AnyKind, input: unknown): TaskNode {
    const key = taskKey(kind, input as never);
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    if (!this.#kinds.has(kind.name)) this.#kinds.set(kind.name, kind);
    const node = new TaskNode(kind.id(input as never), key, kind, input);
    this.#nodes.set(key, node);
    this.pulse.enter();
    node.settled = Promise.resolve().then(() => this.#settle(node));
    return node;
  }

  /** The task of a key, from this run or from the records. */
  revive(key: Digest): TaskNode | undefined {
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    for (const record of this.cache.records(key)) {
      const kind = this.#kinds.get(record.kind);
      if (kind === undefined || record.input === undefined) continue;
      const json = JSON.parse(record.input) as Json;
      const input = kind.revive === undefined ? json : kind.revive(json);
      if (input !== undefined && taskKey(kind, input as never) === key) return this.node(kind, input as never);
    }
    return undefined;
  }

  async askNeed(node: TaskNode, target: TaskNode): Promise<Settled> {
    const cycle = node.cycles.get(target.key);
    if (cycle !== undefined) return cycle;
    if (target.outcome !== undefined) return target.settled;
    return this.#ask<Settled>(node, { type: 'need', on: target.id, target, optional: false }, (answer) => {
      void target.settled.then(answer);
    });
  }

  async askFact(node: TaskNode, name: string, optional: boolean): Promise<Fact | undefined> {
    if (node.facts.has(name)) return node.facts.get(name);
    const fact =
      this.#facts.get(name) ??
      (await this.#ask<Fact | undefined>(node, { type: 'fact', on: name, optional }, (answer) => {
        const waiting = this.#waiting.get(name);
        if (waiting === undefined) this.#waiting.set(name, [answer]);
        else waiting.push(answer);
      }));
    node.facts.set(name, fact);
    if (fact === undefined && optional) this.#missed.add(name);
    return fact;
  }

  /** Facts that tasks which can do without them were told are absent. Some may have been published since. */
  missedFacts(): ReadonlySet<string> {
    return this.#missed;
  }

  async askRevision(node: TaskNode, reference: MutableReference): Promise<Result<string>> {
    const asked = this.pulse.holding(() => this.#revisions.ask(reference, this.signal));
    return this.#ask<Result<string>>(node, { type: 'resolve', on: reference.name, optional: false }, (answer) => {
      void asked.then(answer);
    });
  }

  /** What a mutable reference means in this run, if that is known without asking. */
  resolution(name: string): Resolution | undefined {
    return this.#revisions.known(name);
  }

  #ask<T extends Settled | Fact | Result<string> | undefined>(
    node: TaskNode,
    what: Omit<Question, 'answer'>,
    subscribe: (answer: (value: T) => void) => void,
  ): Promise<T> {
    return new Promise((resolve) => {
      const answer = (value: T): void => {
        if (!node.questions.delete(question)) return;
        if (node.questions.size === 0) this.pulse.enter();
        resolve(value);
      };
      const question: Question = { ...what, answer: answer as Question['answer'] };
      node.questions.add(question);
      if (node.questions.size === 1) this.pulse.leave();
      this.#emit({ type: 'suspended', node: node.id, on: what.on });
      subscribe(answer);
    });
  }

  /** Forgets what a task asked and does not wait for any more. */
  #withdraw(node: TaskNode): void {
    if (node.questions.size === 0) return;
    node.questions.clear();
    this.pulse.enter();
  }

  async #settle(node: TaskNode): Promise<Settled> {
    const begun = performance.now();
    let settled: Settled;
    try {
      const found = await this.#check(node);
      settled = typeof found === 'string' ? await this.#execute(node, found) : found;
    } catch (error) {
      settled = settledByThrow(node, error, false, (stack) => this.debug(node, stack));
    }
    this.#withdraw(node);
    const { result } = settled;
    node.volatile = settled.volatile;
    node.outcome = result.ok ? (node.ran ? 'built' : 'fresh') : 'failed';
    for (const { message } of node.record?.warnings ?? []) this.#emit({ type: 'warning', node: node.id, message });
    this.#emit({
      type: 'done',
      node: node.id,
      kind: node.kind.name,
      outcome: node.outcome,
      ms: performance.now() - begun,
      ...(result.ok ? {} : { failure: result.error }),
    });
    this.pulse.leave();
    return settled;
  }

  /** The result of a record that holds, or why none does. */
  async #check(node: TaskNode): Promise<Settled | string> {
    const { force } = this.#options;
    const key = node.key.slice(0, 12);
    if (force === 'all' || force?.has(node.kind.name)) {
      this.debug(node, `key ${key}: forced`);
      return 'forced';
    }
    let reason: string | undefined;
    for (const record of this.cache.records(node.key)) {
      let why = await verify(this, node, record);
      this.#withdraw(node);
      if (why === undefined) why = this.#keeper.take(record);
      if (why === undefined) {
        this.debug(node, `key ${key}: fresh`);
        this.cache.touch(record);
        node.record = record;
        node.trace = record.trace;
        return settledFrom(record);
      }
      reason ??= why;
    }
    reason ??= 'no record';
    this.debug(node, `key ${key}: stale: ${reason}`);
    return reason;
  }

  async #execute(node: TaskNode, why: string): Promise<Settled> {
    await this.fingerprints.prepare();
    const seat = new Seat(this.#slots);
    await seat.take();
    if (this.signal.aborted) {
      seat.leave();
      return interrupted();
    }
    this.#emit({ type: 'started', node: node.id, kind: node.kind.name, why });
    node.ran = true;
    const context = new RunContext(this, node, seat);
    let settled: Settled;
    try {
      const result = await node.kind.run(context, node.input as never);
      settled = settledOf(result, context.volatile || this.signal.aborted);
    } catch (error) {
      settled = settledByThrow(node, error, context.volatile, (stack) => this.debug(node, stack));
    } finally {
      seat.leave();
    }
    if (context.trace.torn) settled = { ...settled, volatile: true };
    node.trace = context.trace.finish();
    const record = recordOf(node, settled, context);
    node.record = record;
    if (!settled.volatile) this.#keeper.keep(record);
    return settled;
  }
}
