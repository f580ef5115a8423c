import { type Cache, Fingerprints, memoryCache } from '../../cache/index.ts';
import type { Digest } from '../../core/digest.ts';
import { type Failure, failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { Run, type TaskKind } from '../../graph/index.ts';
import { type Environment, runShell } from '../taskfile/shell.ts';
import { changedParts, inputsOf, missingOutput, type PhaseInputs } from './inputs.ts';
import type { Markers, PhaseMarker } from './marker.ts';
import type { Phase, PhaseReport } from './phase.ts';
import { outputOf, type PhaseState } from './state.ts';

export interface PipelineOptions {
  readonly workspace: string;
  readonly markers: Markers;
  readonly toolVersion: string;
  readonly environment: Environment;
  /** The index of file fingerprints; a fresh view is taken for each look. */
  readonly cache?: Cache | undefined;
}

/** What happened to a phase in a run. */
export interface PhaseResult {
  readonly phase: string;
  readonly outcome: 'done' | 'failed' | 'fresh' | 'skipped';
  readonly why: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly failure?: Failure;
  readonly log: readonly string[];
}

export type Decision = 'run' | 'skip' | 'stop';

export interface RunRequest {
  /** The phases that are wanted; those before them are run where they are not fresh. */
  readonly targets: readonly string[];
  /** Phases that run again whatever their markers say. */
  readonly force: ReadonlySet<string>;
  readonly signal?: AbortSignal;
  onStart?(phase: Phase, why: string): void;
  onDone?(result: PhaseResult): void;
  onLog?(phase: string, line: string): void;
  /** Asked before a phase runs. */
  before?(phase: Phase, why: string): Promise<Decision>;
  /** Asked after a phase failed. */
  afterFailure?(result: PhaseResult): Promise<'retry' | 'skip' | 'stop'>;
}

/** Phases by name, checked: every dependency is known. */
export class Pipeline {
  readonly phases: ReadonlyMap<string, Phase>;
  readonly #options: PipelineOptions;

  private constructor(phases: ReadonlyMap<string, Phase>, options: PipelineOptions) {
    this.phases = phases;
    this.#options = options;
  }

  static of(phases: readonly Phase[], options: PipelineOptions): Result<Pipeline> {
    const byName = new Map(phases.map((phase) => [phase.name, phase]));
    for (const phase of phases)
      for (const name of phase.dependsOn)
        if (!byName.has(name))
          return fail(failure('object-not-found', `phase ${phase.name} depends on ${name}, which is not declared`));
    const cycle = findCycle(byName);
    if (cycle !== undefined)
      return fail(failure('dependency-cycle', `phases depend on each other in a circle: ${cycle.join(' → ')}`));
    return ok(new Pipeline(byName, options));
  }

  /** Names in an order in which each phase stands behind those that it depends on. */
  order(): string[] {
    const ordered: string[] = [];
    const visit = (name: string): void => {
      if (ordered.includes(name)) return;
      for (const before of this.phases.get(name)?.dependsOn ?? []) visit(before);
      ordered.push(name);
    };
    for (const name of this.phases.keys()) visit(name);
    return ordered;
  }

  /** A phase and all that depends on it. */
  withDependents(name: string): string[] {
    const found = new Set([name]);
    for (const other of this.order())
      if ((this.phases.get(other)?.dependsOn ?? []).some((before) => found.has(before))) found.add(other);
    return [...found];
  }

  /** A phase and all that it depends on. */
  withDependencies(names: readonly string[]): Set<string> {
    const found = new Set<string>();
    const visit = (name: string): void => {
      if (found.has(name)) return;
      found.add(name);
      for (const before of this.phases.get(name)?.dependsOn ?? []) visit(before);
    };
    names.forEach(visit);
    return found;
  }

  /** The states of all phases. Asks, and writes nothing. */
  async states(signal?: AbortSignal): Promise<Map<string, PhaseState>> {
    const states = new Map<string, PhaseState>();
    const fingerprints = this.#fingerprints();
    for (const name of this.order()) states.set(name, await this.#state(name, states, fingerprints, signal));
    return states;
  }

  #fingerprints(): Fingerprints {
    const { cache, workspace } = this.#options;
    return cache?.fingerprints(workspace) ?? new Fingerprints(workspace);
  }

  #inputs(phase: Phase, outputs: (name: string) => Digest | undefined, fingerprints: Fingerprints): PhaseInputs {
    const upstream = new Map(phase.dependsOn.map((name) => [name, outputs(name)]));
    return inputsOf(phase, this.#options.workspace, fingerprints, upstream, this.#options.toolVersion);
  }

  async #state(
    name: string,
    before: ReadonlyMap<string, PhaseState>,
    fingerprints: Fingerprints,
    signal: AbortSignal | undefined,
  ): Promise<PhaseState> {
    const phase = this.phases.get(name) as Phase;
    const marker = this.#options.markers.read(name);
    if (marker === undefined) return { is: 'never' };
    if (marker.outcome === 'failed') return { is: 'failed', why: marker.failures[0] ?? 'it failed', marker };
    const waiting = phase.dependsOn.find((other) => before.get(other)?.is !== 'fresh');
    if (waiting !== undefined) return { is: 'stale', why: `${waiting} is not fresh`, marker };
    const inputs = this.#inputs(phase, (other) => outputOf(before.get(other)), fingerprints);
    const why = await this.#whyStale(phase, marker, inputs, signal);
    return why === undefined ? { is: 'fresh', marker } : { is: 'stale', why, marker };
  }

  async #whyStale(
    phase: Phase,
    marker: PhaseMarker,
    inputs: PhaseInputs,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    if (marker.inputs !== inputs.digest) return `${changedParts(marker.parts, inputs.parts).join(' and ')} changed`;
    const missing = missingOutput(phase, this.#options.workspace);
    if (missing !== undefined) return `${missing} is missing`;
    for (const command of phase.status)
      if (!(await this.#holds(command, signal))) return `its status question fails: ${command}`;
    return undefined;
  }

  async #holds(command: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const { workspace: directory, environment } = this.#options;
      await runShell({ command, directory, environment, stdout: 'ignore', stderr: 'ignore', signal });
      return true;
    } catch {
      return false;
    }
  }

  /** The messages of the preconditions that do not hold. Asks, and writes nothing. */
  async unmet(name: string, signal = new AbortController().signal): Promise<string[]> {
    const messages: string[] = [];
    for (const { check, message } of this.phases.get(name)?.preconditions ?? [])
      if (!(await check(signal))) messages.push(message);
    return messages;
  }

  /**
   * Runs phases on the graph's scheduler: each after those it depends on, others side by side. A phase whose marker holds is
   * not run, unless forced. A failure stops only what depends on it.
   */
  async run(request: RunRequest): Promise<PhaseResult[]> {
    const results = new Map<string, PhaseResult>();
    const outputs = new Map<string, Digest>();
    const wanted = this.withDependencies(request.targets);
    const gate = new Gate(request.before !== undefined);
    const kind: TaskKind<string, string> = {
      name: 'phase',
      version: 1,
      id: (name) => `phase:${name}`,
      declare: (name) => name,
      run: async (context, name) => {
        const phase = this.phases.get(name) as Phase;
        const needed = await Promise.all(phase.dependsOn.map((other) => context.need(kind, other)));
        const failed = phase.dependsOn.find((_, at) => needed[at]?.ok === false);
        const result =
          failed === undefined
            ? await gate.pass(() => this.#attempt(phase, request, outputs, context.signal))
            : blocked(phase, failed);
        results.set(name, result);
        request.onDone?.(result);
        if (result.outcome === 'done' || result.outcome === 'fresh') return ok(outputs.get(name) ?? '');
        if (result.outcome === 'skipped' && failed === undefined) return ok('');
        return fail(result.failure ?? failure('dependency-failed', `${name} did not run`, { transient: true }));
      },
    };
    const run = new Run({
      workspace: this.#options.workspace,
      cache: memoryCache(),
      jobs: Math.max(4, wanted.size),
      environment: this.#options.environment,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    await Promise.all([...wanted].map((name) => run.need(kind, name)));
    await run.finish();
    return this.order().flatMap((name) => results.get(name) ?? []);
  }

  async #attempt(
    phase: Phase,
    request: RunRequest,
    outputs: Map<string, Digest>,
    signal: AbortSignal,
  ): Promise<PhaseResult> {
    for (;;) {
      const result = await this.#runOne(phase, request, outputs, signal);
      if (result.outcome !== 'failed' || request.afterFailure === undefined) return result;
      const answer = await request.afterFailure(result);
      if (answer === 'skip') return { ...result, outcome: 'skipped' };
      if (answer === 'stop') return result;
    }
  }

  async #runOne(
    phase: Phase,
    request: RunRequest,
    outputs: Map<string, Digest>,
    signal: AbortSignal,
  ): Promise<PhaseResult> {
    const started = Date.now();
    const log: string[] = [];
    const base = { phase: phase.name, startedAt: new Date(started).toISOString(), counts: {}, log };
    const inputs = this.#inputs(phase, (name) => outputs.get(name), this.#fingerprints());
    const marker = this.#options.markers.read(phase.name);
    const forced = request.force.has(phase.name);
    const why = forced
      ? 'forced'
      : marker === undefined
        ? 'it has not run before'
        : marker.outcome === 'failed'
          ? 'its last run failed'
          : await this.#whyStale(phase, marker, inputs, signal);
    if (why === undefined && marker !== undefined) {
      outputs.set(phase.name, marker.output);
      return { ...base, outcome: 'fresh', why: 'nothing it reads has changed', durationMs: Date.now() - started };
    }
    const reason = why ?? '';
    const decision = (await request.before?.(phase, reason)) ?? 'run';
    if (decision !== 'run') {
      if (decision === 'skip' && marker?.outcome === 'done') outputs.set(phase.name, marker.output);
      const stopped = failure('dependency-failed', `${phase.name} was stopped`, { transient: true });
      return {
        ...base,
        outcome: 'skipped',
        why: 'asked to',
        durationMs: 0,
        ...(decision === 'stop' ? { failure: stopped } : {}),
      };
    }
    request.onStart?.(phase, reason);
    const note = (line: string): void => {
      log.push(line);
      request.onLog?.(phase.name, line);
    };
    const done = await this.#work(phase, forced, note, signal);
    const durationMs = Date.now() - started;
    const counts = done.ok ? done.value.counts : {};
    const problem = done.ok ? done.value.failures[0] : done.error;
    const failures = done.ok ? done.value.failures.map(({ message }) => message) : [done.error.message];
    const output = done.ok ? done.value.output : '';
    this.#options.markers.write({
      phase: phase.name,
      inputs: inputs.digest,
      parts: inputs.parts,
      output,
      toolVersion: this.#options.toolVersion,
      startedAt: base.startedAt,
      durationMs,
      outcome: problem === undefined ? 'done' : 'failed',
      counts,
      failures,
    });
    if (problem !== undefined) return { ...base, outcome: 'failed', why: reason, durationMs, counts, failure: problem };
    outputs.set(phase.name, output);
    return { ...base, outcome: 'done', why: reason, durationMs, counts };
  }

  /** Preconditions, hooks and work. The old marker goes first: killed here, the phase counts as not run. */
  async #work(
    phase: Phase,
    force: boolean,
    log: (line: string) => void,
    outer: AbortSignal,
  ): Promise<Result<PhaseReport>> {
    this.#options.markers.remove(phase.name);
    const [unmet] = await this.unmet(phase.name, outer);
    if (unmet !== undefined) return fail(failure('precondition-failed', unmet));
    const limit = phase.timeoutMs === undefined ? undefined : AbortSignal.timeout(phase.timeoutMs);
    const signal = limit === undefined ? outer : AbortSignal.any([outer, limit]);
    let result: Result<PhaseReport> = await this.#hooks(phase.hooks.before, phase.name, log, signal);
    if (result.ok) result = await phase.run({ phase: phase.name, force, signal, log });
    if (limit?.aborted === true)
      result = fail(failure('limit-exceeded', `${phase.name} takes longer than ${phase.timeoutMs} ms`));
    const after = await this.#hooks(phase.hooks.after, phase.name, log, outer);
    if (!result.ok) return result;
    if (!after.ok) return after;
    const missing = missingOutput(phase, this.#options.workspace);
    if (missing !== undefined && result.value.failures.length === 0)
      return fail(failure('command-failed', `${phase.name} did not make ${missing}`));
    return result;
  }

  async #hooks(
    commands: readonly string[],
    phase: string,
    log: (line: string) => void,
    signal: AbortSignal,
  ): Promise<Result<PhaseReport>> {
    const { workspace: directory, environment } = this.#options;
    for (const command of commands) {
      log(`hook: ${command}`);
      try {
        const lines = lineSink(log);
        const env = { ...environment, FLUX_LOCAL_PHASE: phase };
        await runShell({ command, directory, environment: env, stdout: lines, stderr: lines, signal, ownGroup: true });
      } catch (error) {
        return fail(failure('command-failed', `the hook \`${command}\` failed: ${(error as Error).message}`));
      }
    }
    return ok({ counts: {}, output: '', failures: [] });
  }
}

/** Hands text on by lines; what stands behind the last line break comes with the next text. */
export function lineSink(log: (line: string) => void): (text: string) => void {
  let held = '';
  return (text) => {
    const lines = (held + text).split('\n');
    held = '';
    const last = lines.pop() ?? '';
    lines.forEach(log);
    if (last !== '') log(last);
  };
}

function blocked(phase: Phase, by: string): PhaseResult {
  const message = `${phase.name} was not run, because ${by} failed`;
  return {
    phase: phase.name,
    outcome: 'skipped',
    why: `${by} failed`,
    startedAt: new Date().toISOString(),
    durationMs: 0,
    counts: {},
    failure: failure('dependency-failed', message, { blockedBy: [by], transient: true }),
    log: [],
  };
}

/** Lets one phase at a time pass where a person is asked about each. */
class Gate {
  readonly #one: boolean;
  #last: Promise<unknown> = Promise.resolve();
  constructor(one: boolean) {
    this.#one = one;
  }
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#one) return work();
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

function findCycle(phases: ReadonlyMap<string, Phase>): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const before of phases.get(name)?.dependsOn ?? []) {
      const cycle = visit(before, [...path, name]);
      if (cycle !== undefined) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of phases.keys()) {
    const cycle = visit(name, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
