import { join, resolve } from 'node:path';
import { Command } from 'commander';
import type { Result } from '../core/result.ts';
import {
  describeState,
  history,
  metricsOf,
  openMetrics,
  openPipeline,
  type PhaseResult,
  type PhaseRunner,
  type PipelineSession,
} from '../phases/pipeline/index.ts';
import { repositoryRoot } from '../phases/taskfile/index.ts';
import { formatTable } from '../reports/index.ts';
import type { Io } from './io.ts';
import { exportCommand } from './phase-export.ts';
import { askAbout, askAfterFailure } from './phase-questions.ts';
import { VERSION } from './version.ts';

/** What the phases of a cluster are run by; made when a command needs it. */
export interface PhasePorts {
  /** @param path the cluster's directory, or `undefined` where none is given */
  runner?(workspace: string, path: string | undefined): Promise<Result<PhaseRunner | undefined>>;
  /** The rendered text of an object, for tasks with `needs:`. */
  needs?(workspace: string, path: string | undefined): (id: string) => Promise<Result<string>>;
}

interface Options {
  readonly workspace?: string;
  readonly path?: string;
  readonly cacheDir?: string;
  readonly force?: readonly string[];
  readonly interactive?: boolean;
  readonly dry?: boolean;
  readonly output?: string;
  readonly limit?: string;
  readonly all?: boolean;
}

/** `flux-local phase`: shows, runs, resumes and resets the phases of a workspace. */
export function phaseCommand(io: Io, ports: PhasePorts = {}): Command {
  const phase = new Command('phase').description('Show, run, resume and reset the phases of a workspace');
  const common = (command: Command): Command =>
    command
      .option('--workspace <directory>', 'the workspace (default: the repository around the current directory)')
      .option('--path <directory>', "the cluster's directory")
      .option('--cache-dir <directory>', 'where markers and the history are kept');
  const running = (command: Command): Command =>
    common(command)
      .option('--force <phase>', 'run this phase again whatever its marker says', collect, [])
      .option('--interactive', 'ask before each phase, and what to do when one fails')
      .option('--dry', 'only say what would run');
  const add = (
    command: Command,
    act: (session: PipelineSession, name: string | undefined, options: Options) => Promise<number>,
  ) =>
    phase.addCommand(
      command.action(async (...args: unknown[]) => {
        const options = args.at(-2) as Options;
        const name = typeof args[0] === 'string' ? args[0] : undefined;
        io.exitCode = await withSession(io, ports, options, (session) => act(session, name, options));
      }),
    );
  add(common(new Command('list').description('List phases in their order')), async (session) => list(session, io));
  add(
    common(
      new Command('status')
        .argument('[phase]')
        .description('Say of each phase whether it is fresh, stale (and why), failed or never run'),
    ).option('-o, --output <format>', 'text or json', 'text'),
    (session, name, options) => status(session, name, options, io),
  );
  add(running(new Command('start').description('Run all phases from the beginning')), (session, _name, options) =>
    runPhases(session, [...session.pipeline.phases.keys()], options, io, true),
  );
  add(
    running(new Command('resume').description('Go on from the first phase that is not fresh')),
    (session, _name, options) => runPhases(session, [...session.pipeline.phases.keys()], options, io, false),
  );
  add(
    running(new Command('run').argument('<phase>').description('Run a phase, and those before it that are not fresh')),
    (session, name, options) => runPhases(session, [name ?? ''], options, io, false),
  );
  add(
    common(
      new Command('validate')
        .argument('[phase]')
        .description('Check preconditions, markers and outputs without running anything'),
    ),
    (session, name) => validate(session, name, io),
  );
  add(
    common(
      new Command('reset')
        .argument('[phase]')
        .description('Forget that a phase or component, and all that depends on it, has run'),
    ),
    (session, name) => reset(session, name, io),
  );
  phase.addCommand(
    common(new Command('history').argument('[phase]').description('Past runs, newest first'))
      .option('--limit <n>', 'how many', '20')
      .option('-o, --output <format>', 'text or json', 'text')
      .action(async (name: string | undefined, options: Options) => {
        io.exitCode = await showHistory(name, options, io);
      }),
  );
  phase.addCommand(
    common(new Command('metrics').description('Times and successes of phases'))
      .option('-o, --output <format>', 'table, json or openmetrics', 'table')
      .action(async (options: Options) => {
        io.exitCode = await showMetrics(options, io);
      }),
  );
  phase.addCommand(exportCommand(io));
  return phase;
}

const collect = (value: string, before: readonly string[]): string[] => [...before, ...value.split(',')];

function placesOf(options: Options, io: Io): { workspace: string; cacheDirectory: string } {
  const workspace =
    options.workspace === undefined ? (repositoryRoot(io.cwd) ?? io.cwd) : resolve(io.cwd, options.workspace);
  const chosen = options.cacheDir ?? io.env.FLUX_LOCAL_CACHE;
  return {
    workspace,
    cacheDirectory:
      chosen === undefined || chosen === '' ? join(workspace, '.flux-local-cache') : resolve(io.cwd, chosen),
  };
}

async function withSession(
  io: Io,
  ports: PhasePorts,
  options: Options,
  act: (session: PipelineSession) => Promise<number>,
): Promise<number> {
  const { workspace, cacheDirectory } = placesOf(options, io);
  const path = options.path === undefined ? undefined : resolve(io.cwd, options.path);
  const runner = await ports.runner?.(workspace, path);
  if (runner !== undefined && !runner.ok) return complain(io, runner.error.message);
  const needs = ports.needs?.(workspace, path);
  const session = openPipeline({
    workspace,
    cacheDirectory,
    toolVersion: VERSION,
    environment: io.env,
    runner: runner?.value,
    ...(needs === undefined ? {} : { needs }),
    onWarning: (message) => io.stderr.write(`warning: ${message}\n`),
  });
  if (!session.ok) {
    const at = session.error.at;
    return complain(
      io,
      at?.line === undefined ? session.error.message : `${at.file}:${at.line}: ${session.error.message}`,
    );
  }
  try {
    return await act(session.value);
  } finally {
    session.value.close();
  }
}

function complain(io: Io, message: string): number {
  io.stderr.write(`error: ${message}\n`);
  return 1;
}

async function list(session: PipelineSession, io: Io): Promise<number> {
  const rows = session.pipeline.order().map((name) => {
    const phase = session.pipeline.phases.get(name);
    return [name, phase?.dependsOn.join(', ') ?? '', phase?.description ?? ''];
  });
  io.stdout.write(formatTable(['PHASE', 'AFTER', 'DOES'], rows));
  return 0;
}

async function status(session: PipelineSession, name: string | undefined, options: Options, io: Io): Promise<number> {
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

async function runPhases(
  session: PipelineSession,
  targets: readonly string[],
  options: Options,
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
  const results = await session.run({
    targets: all,
    force,
    onStart: ({ name }, why) => io.stderr.write(`${name}: runs (${why})\n`),
    onLog: (name, line) => io.stderr.write(`${several ? `[${name}] ` : ''}${line}\n`),
    onDone: (result) => io.stderr.write(doneLine(result)),
    ...(options.interactive === true
      ? { before: (phase, why) => askAbout(phase.name, why, io), afterFailure: (result) => askAfterFailure(result, io) }
      : {}),
  });
  return results.some(({ outcome, failure }) => outcome === 'failed' || failure !== undefined) ? 1 : 0;
}

function doneLine({ phase, outcome, why, durationMs, counts, failure }: PhaseResult): string {
  const figures = Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  const details = failure?.message ?? (outcome === 'fresh' || outcome === 'skipped' ? why : figures);
  return `${phase}: ${outcome}${details === '' ? '' : ` (${details})`} in ${durationMs} ms\n`;
}

async function validate(session: PipelineSession, name: string | undefined, io: Io): Promise<number> {
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

async function reset(session: PipelineSession, name: string | undefined, io: Io): Promise<number> {
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

async function showHistory(name: string | undefined, options: Options, io: Io): Promise<number> {
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

async function showMetrics(options: Options, io: Io): Promise<number> {
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
