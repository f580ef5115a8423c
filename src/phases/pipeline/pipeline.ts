import { type Cache, Fingerprints, memoryCache } from '../../cache/index.ts';
import type { Digest } from '../../core/digest.ts';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { Run, type TaskKind } from '../../graph/index.ts';
import { type Environment, runShell } from '../taskfile/shell.ts';
import { changedParts, inputsOf, missingOutput, type PhaseInputs } from './inputs.ts';
import type { Markers, PhaseMarker } from './marker.ts';
import type { Phase } from './phase.ts';
import { type PhaseResult, PhaseRun, type RunRequest } from './phase-run.ts';
import { outputOf, type PhaseState } from './state.ts';

export interface PipelineOptions {
  readonly workspace: string;
  readonly markers: Markers;
  readonly toolVersion: string;
  readonly environment: Environment;
  /** The index of file fingerprints; a fresh view is taken for each look. */
  readonly cache?: Cache | undefined;
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
   * not run, unless forced. A failure stops only what depends on it; `signal` stops all.
   */
  async run(request: RunRequest): Promise<PhaseResult[]> {
    const results = new Map<string, PhaseResult>();
    const wanted = this.withDependencies(request.targets);
    const runner = new PhaseRun(this.#options, request, {
      inputs: (phase, outputs) => this.#inputs(phase, outputs, this.#fingerprints()),
      whyStale: (phase, marker, inputs, signal) => this.#whyStale(phase, marker, inputs, signal),
      unmet: (name, signal) => this.unmet(name, signal),
    });
    const kind: TaskKind<string, string> = {
      name: 'phase',
      version: 1,
      id: (name) => `phase:${name}`,
      declare: (name) => name,
      run: async (context, name) => {
        const phase = this.phases.get(name) as Phase;
        const needed = await Promise.all(phase.dependsOn.map((other) => context.need(kind, other)));
        const failed = phase.dependsOn.find((_, at) => needed[at]?.ok === false);
        const result = await runner.take(phase, failed, context.signal);
        results.set(name, result);
        if (result.outcome === 'done' || result.outcome === 'fresh') return ok(runner.output(name) ?? '');
        if (result.outcome === 'skipped' && failed === undefined && !runner.stopped) return ok('');
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
