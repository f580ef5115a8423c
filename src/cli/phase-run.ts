import { describeState, type PhaseResult, type PipelineSession } from '../phases/pipeline/index.ts';
import { onInterruption } from './interruption.ts';
import type { Io } from './io.ts';
import { complain, type PhaseOptions } from './phase-options.ts';
import { PhaseQuestions } from './phase-questions.ts';

/**
 * Runs phases and those before them.
 * @param anew forgets first what has run
 * @returns the exit code: 128 and the signal's number where one ended it
 */
export async function runPhases(
  session: PipelineSession,
  targets: readonly string[],
  options: PhaseOptions,
  io: Io,
  anew: boolean,
): Promise<number> {
  const { pipeline } = session;
  const force = new Set(options.force ?? []);
  for (const name of [...targets, ...force])
    if (!pipeline.phases.has(name)) return complain(io, `there is no phase ${name}`);
  const all = [...new Set([...targets, ...force])];
  if (options.dry === true) {
    const states = await pipeline.states();
    for (const name of pipeline.order()) {
      const state = states.get(name);
      if (state === undefined || !pipeline.withDependencies(all).has(name)) continue;
      const runs = anew || force.has(name) || state.is !== 'fresh';
      const why = force.has(name) ? 'forced' : anew ? 'from the beginning' : describeState(state);
      io.stdout.write(`${name} ${runs ? `would run: ${why}` : 'is fresh'}\n`);
    }
    return 0;
  }
  if (anew) for (const name of pipeline.phases.keys()) session.markers.remove(name);
  const several = pipeline.withDependencies(all).size > 1;
  const interruption = onInterruption();
  const { signal } = interruption;
  const questions = options.interactive === true ? new PhaseQuestions(io, signal) : undefined;
  const results = await session.run({
    targets: all,
    force,
    signal,
    onStart: ({ name }, why) => io.stderr.write(`${name}: runs (${why})\n`),
    onLog: (name, line) => io.stderr.write(`${several ? `[${name}] ` : ''}${line}\n`),
    onDone: (result) => io.stderr.write(doneLine(result)),
    ...(questions === undefined
      ? {}
      : {
          before: (phase, why) => questions.before(phase.name, why),
          afterFailure: (result) => questions.afterFailure(result),
        }),
  });
  questions?.close();
  interruption.release();
  if (interruption.exitCode !== undefined) return interruption.exitCode;
  return results.some(({ outcome, failure }) => outcome === 'failed' || failure !== undefined) ? 1 : 0;
}

function doneLine({ phase, outcome, why, durationMs, counts, failure }: PhaseResult): string {
  if (outcome === 'skipped') return `${phase}: skipped (${why})\n`;
  const figures = Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  const details = failure?.message ?? (outcome === 'fresh' ? why : figures);
  return `${phase}: ${outcome}${details === '' ? '' : ` (${details})`} in ${durationMs} ms\n`;
}

/** Forgets markers: of a phase, a component (`phase/part`) or all, with what depends on it. */
export async function reset(session: PipelineSession, name: string | undefined, io: Io): Promise<number> {
  const { pipeline, markers } = session;
  const known = [...pipeline.phases.keys(), ...markers.names()];
  const isPart = (phase: string): boolean =>
    phase === name || phase.startsWith(`${name}/`) || phase.startsWith(`${name}:`);
  const named = name === undefined ? known : known.filter(isPart);
  if (named.length === 0) return complain(io, `there is no phase or component ${name}`);
  const all = new Set(
    named.flatMap((phase) => (pipeline.phases.has(phase) ? pipeline.withDependents(phase) : [phase])),
  );
  for (const phase of all) if (markers.remove(phase)) io.stdout.write(`${phase}: forgotten\n`);
  return 0;
}
