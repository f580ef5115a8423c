import { describeState, history, metricsOf, openMetrics, type PipelineSession } from '../phases/pipeline/index.ts';
import { formatTable } from '../reports/index.ts';
import type { Io } from './io.ts';
import { complain, type PhaseOptions, placesOf } from './phase-options.ts';

export async function listPhases(session: PipelineSession, io: Io): Promise<number> {
  const rows = session.pipeline.order().map((name) => {
    const phase = session.pipeline.phases.get(name);
    return [name, phase?.dependsOn.join(', ') ?? '', phase?.description ?? ''];
  });
  io.stdout.write(formatTable(['PHASE', 'AFTER', 'DOES'], rows));
  return 0;
}

export async function showStatus(
  session: PipelineSession,
  name: string | undefined,
  options: PhaseOptions,
  io: Io,
): Promise<number> {
  if (name !== undefined && !session.pipeline.phases.has(name)) return complain(io, `there is no phase ${name}`);
  const all = [...(await session.pipeline.states())];
  const shown = name === undefined ? all : all.filter(([phase]) => phase === name);
  if (options.output === 'json') {
    const data = shown.map(([phase, state]) => ({
      phase,
      state: state.is,
      ...('why' in state ? { why: state.why } : {}),
      ...('marker' in state
        ? { at: state.marker.startedAt, durationMs: state.marker.durationMs, counts: state.marker.counts }
        : {}),
    }));
    io.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
  } else {
    const rows = shown.map(([phase, state]) => [
      phase,
      describeState(state),
      'marker' in state ? state.marker.startedAt : '',
      'marker' in state ? `${state.marker.durationMs} ms` : '',
    ]);
    io.stdout.write(formatTable(['PHASE', 'STATE', 'LAST RUN', 'TOOK'], rows));
  }
  return name === undefined || shown[0]?.[1].is === 'fresh' ? 0 : 1;
}

export async function validate(session: PipelineSession, name: string | undefined, io: Io): Promise<number> {
  const { pipeline } = session;
  if (name !== undefined && !pipeline.phases.has(name)) return complain(io, `there is no phase ${name}`);
  const states = await pipeline.states();
  let wrong = 0;
  for (const phase of name === undefined ? pipeline.order() : [name]) {
    const unmet = await pipeline.unmet(phase);
    const state = states.get(phase);
    const fine = unmet.length === 0 && state?.is === 'fresh';
    if (!fine) wrong++;
    io.stdout.write(
      `${phase}: ${fine ? 'ok' : [...unmet, ...(state === undefined ? [] : [describeState(state)])].join('; ')}\n`,
    );
  }
  return wrong === 0 ? 0 : 1;
}

export async function showHistory(name: string | undefined, options: PhaseOptions, io: Io): Promise<number> {
  const limit = Math.max(1, Number(options.limit) || 20);
  const entries = await history(placesOf(options, io).cacheDirectory, limit, name);
  if (options.output === 'json') {
    io.stdout.write(`${JSON.stringify(entries, null, 2)}\n`);
    return 0;
  }
  const rows = entries.map(({ startedAt, phase, outcome, durationMs, why }) => [
    startedAt,
    phase,
    outcome,
    `${durationMs} ms`,
    why,
  ]);
  io.stdout.write(formatTable(['WHEN', 'PHASE', 'OUTCOME', 'TOOK', 'WHY'], rows));
  return 0;
}

export async function showMetrics(options: PhaseOptions, io: Io): Promise<number> {
  const metrics = metricsOf(await history(placesOf(options, io).cacheDirectory, 10_000));
  if (options.output === 'json') io.stdout.write(`${JSON.stringify(metrics, null, 2)}\n`);
  else if (options.output === 'openmetrics') io.stdout.write(openMetrics(metrics));
  else {
    const rows = metrics.map(({ phase, runs, successRate, lastMs, medianMs, p95Ms }) => [
      phase,
      String((runs.done ?? 0) + (runs.failed ?? 0)),
      String(runs.fresh ?? 0),
      `${Math.round(successRate * 100)} %`,
      `${lastMs} ms`,
      `${medianMs} ms`,
      `${p95Ms} ms`,
    ]);
    io.stdout.write(formatTable(['PHASE', 'RUNS', 'FRESH', 'SUCCESS', 'LAST', 'MEDIAN', 'P95'], rows));
  }
  return 0;
}
