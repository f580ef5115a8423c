import type { Digest } from '../../core/digest.ts';
import { type Failure, failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { lineSink } from '../taskfile/line-sink.ts';
import { type Environment, runShell } from '../taskfile/shell.ts';
import { missingOutput, type PhaseInputs } from './inputs.ts';
import type { Markers, PhaseMarker } from './marker.ts';
import type { Phase, PhaseReport } from './phase.ts';

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

/** What a run asks the pipeline. */
interface Questions {
  inputs(phase: Phase, outputs: (name: string) => Digest | undefined): PhaseInputs;
  whyStale(
    phase: Phase,
    marker: PhaseMarker,
    inputs: PhaseInputs,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined>;
  unmet(name: string, signal: AbortSignal): Promise<string[]>;
}

interface Places {
  readonly workspace: string;
  readonly markers: Markers;
  readonly toolVersion: string;
  readonly environment: Environment;
}

/** One run over phases: takes each in its turn, and knows what those before it left behind. */
export class PhaseRun {
  readonly #places: Places;
  readonly #request: RunRequest;
  readonly #questions: Questions;
  readonly #outputs = new Map<string, Digest>();
  #stopped = false;
  /** Where a person is asked, one phase passes at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(places: Places, request: RunRequest, questions: Questions) {
    this.#places = places;
    this.#request = request;
    this.#questions = questions;
  }

  /** Whether no further phase is started: a person said so, or a signal. */
  get stopped(): boolean {
    return this.#stopped || this.#request.signal?.aborted === true;
  }

  output(phase: string): Digest | undefined {
    return this.#outputs.get(phase);
  }

  /**
   * Runs a phase, or tells why not. Those that depend on it are not asked about before this one is told.
   * @param failed the phase before it that failed
   */
  async take(phase: Phase, failed: string | undefined, signal: AbortSignal): Promise<PhaseResult> {
    const work = async (): Promise<PhaseResult> => {
      const result =
        failed === undefined
          ? await this.#attempt(phase, signal)
          : notRun(phase, this.stopped ? 'stopped' : `${failed} failed`, this.stopped ? [] : [failed]);
      this.#request.onDone?.(result);
      return result;
    };
    if (this.#request.before === undefined) return work();
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #attempt(phase: Phase, signal: AbortSignal): Promise<PhaseResult> {
    for (let again = false; ; again = true) {
      if (this.stopped) return notRun(phase, 'stopped', []);
      const result = await this.#runOne(phase, again, signal);
      if (result.outcome !== 'failed' || this.stopped || this.#request.afterFailure === undefined) return result;
      const answer = await this.#request.afterFailure(result);
      if (answer === 'skip') return { ...result, outcome: 'skipped', why: 'it failed' };
      if (answer === 'retry') continue;
      this.#stopped = true;
      return result;
    }
  }

  async #runOne(phase: Phase, again: boolean, signal: AbortSignal): Promise<PhaseResult> {
    const { markers, toolVersion } = this.#places;
    const started = Date.now();
    const log: string[] = [];
    const base = { phase: phase.name, startedAt: new Date(started).toISOString(), counts: {}, log };
    const inputs = this.#questions.inputs(phase, (name) => this.#outputs.get(name));
    const mark = {
      phase: phase.name,
      inputs: inputs.digest,
      parts: inputs.parts,
      toolVersion,
      startedAt: base.startedAt,
    };
    const marker = markers.read(phase.name);
    const forced = this.#request.force.has(phase.name);
    const [unmet] = await this.#questions.unmet(phase.name, signal);
    const why = await this.#why(phase, marker, inputs, forced, again, signal);
    if (unmet !== undefined && !signal.aborted) {
      // What was done before stays done: once the precondition holds again, it is not repeated.
      const problem = failure('precondition-failed', unmet);
      if (why !== undefined)
        markers.write({ ...mark, output: '', durationMs: 0, outcome: 'failed', counts: {}, failures: [unmet] });
      return { ...base, outcome: 'failed', why: why ?? unmet, durationMs: Date.now() - started, failure: problem };
    }
    if (why === undefined && marker !== undefined) {
      this.#outputs.set(phase.name, marker.output);
      return { ...base, outcome: 'fresh', why: 'nothing it reads has changed', durationMs: Date.now() - started };
    }
    const reason = why ?? '';
    const decision = again ? 'run' : ((await this.#request.before?.(phase, reason)) ?? 'run');
    if (decision === 'stop') {
      this.#stopped = true;
      return notRun(phase, 'stopped', []);
    }
    if (decision === 'skip') {
      if (marker?.outcome === 'done') this.#outputs.set(phase.name, marker.output);
      return { ...base, outcome: 'skipped', why: 'asked to', durationMs: 0 };
    }
    this.#request.onStart?.(phase, reason);
    const note = (line: string): void => {
      log.push(line);
      this.#request.onLog?.(phase.name, line);
    };
    // The old marker goes first, and one that is interrupted leaves none: it counts as not run.
    markers.remove(phase.name);
    const done = await this.#work(phase, forced, note, signal);
    const durationMs = Date.now() - started;
    if (signal.aborted && !(done.ok && done.value.failures.length === 0)) {
      const problem = failure('command-failed', `${phase.name} was interrupted`, { transient: true });
      return { ...base, outcome: 'failed', why: 'interrupted', durationMs, failure: problem };
    }
    const counts = done.ok ? done.value.counts : {};
    const problem = done.ok ? done.value.failures[0] : done.error;
    const failures = done.ok ? done.value.failures.map(({ message }) => message) : [done.error.message];
    const output = done.ok ? done.value.output : '';
    const outcome = problem === undefined ? 'done' : 'failed';
    markers.write({ ...mark, output, durationMs, outcome, counts, failures });
    if (problem !== undefined) return { ...base, outcome: 'failed', why: reason, durationMs, counts, failure: problem };
    this.#outputs.set(phase.name, output);
    return { ...base, outcome: 'done', why: reason, durationMs, counts };
  }

  async #why(
    phase: Phase,
    marker: PhaseMarker | undefined,
    inputs: PhaseInputs,
    forced: boolean,
    again: boolean,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (again) return 'once more';
    if (forced) return 'forced';
    if (marker === undefined) return 'it has not run before';
    if (marker.outcome === 'failed') return 'its last run failed';
    return this.#questions.whyStale(phase, marker, inputs, signal);
  }

  /** Hooks and work, within the phase's time. */
  async #work(
    phase: Phase,
    force: boolean,
    log: (line: string) => void,
    outer: AbortSignal,
  ): Promise<Result<PhaseReport>> {
    const limit = phase.timeoutMs === undefined ? undefined : AbortSignal.timeout(phase.timeoutMs);
    const signal = limit === undefined ? outer : AbortSignal.any([outer, limit]);
    let result: Result<PhaseReport> = await this.#hooks(phase.hooks.before, phase.name, log, signal);
    if (result.ok) result = await phase.run({ phase: phase.name, force, signal, log });
    if (limit?.aborted === true)
      result = fail(failure('limit-exceeded', `${phase.name} takes longer than ${phase.timeoutMs} ms`));
    const after = await this.#hooks(phase.hooks.after, phase.name, log, outer);
    if (!result.ok) return result;
    if (!after.ok) return after;
    const missing = missingOutput(phase, this.#places.workspace);
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
    const { workspace: directory, environment } = this.#places;
    for (const command of commands) {
      log(`hook: ${command}`);
      const lines = lineSink(log);
      const { write } = lines;
      try {
        const env = { ...environment, FLUX_LOCAL_PHASE: phase };
        await runShell({ command, directory, environment: env, stdout: write, stderr: write, signal, ownGroup: true });
      } catch (error) {
        return fail(failure('command-failed', `the hook \`${command}\` failed: ${(error as Error).message}`));
      } finally {
        lines.end();
      }
    }
    return ok({ counts: {}, output: '', failures: [] });
  }
}

function notRun(phase: Phase, why: string, blockedBy: readonly string[]): PhaseResult {
  const message =
    blockedBy.length === 0 ? `${phase.name} was not run: ${why}` : `${phase.name} was not run, because ${why}`;
  return {
    phase: phase.name,
    outcome: 'skipped',
    why,
    startedAt: new Date().toISOString(),
    durationMs: 0,
    counts: {},
    failure: failure('dependency-failed', message, { blockedBy, transient: true }),
    log: [],
  };
}
