import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Result } from '../core/result.ts';
import { openPipeline, type PhaseRunner, type PipelineSession } from '../phases/pipeline/index.ts';
import type { Io } from './io.ts';
import { exportCommand } from './phase-export.ts';
import { complain, located, type PhaseOptions, placesOf } from './phase-options.ts';
import { reset, runPhases } from './phase-run.ts';
import { listPhases, showHistory, showMetrics, showStatus, validate } from './phase-show.ts';
import { VERSION } from './version.ts';

/** What the phases of a cluster are run by; made when a command needs it. */
export interface PhasePorts {
  /** @param path the cluster's directory, or `undefined` where none is given */
  runner?(workspace: string, path: string | undefined): Promise<Result<PhaseRunner | undefined>>;
  /** The rendered text of an object, for tasks with `needs:`. */
  needs?(workspace: string, path: string | undefined): (id: string) => Promise<Result<string>>;
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
    act: (session: PipelineSession, name: string | undefined, options: PhaseOptions) => Promise<number>,
  ) =>
    phase.addCommand(
      command.action(async (...args: unknown[]) => {
        const options = args.at(-2) as PhaseOptions;
        const name = typeof args[0] === 'string' ? args[0] : undefined;
        io.exitCode = await withSession(io, ports, options, (session) => act(session, name, options));
      }),
    );
  add(common(new Command('list').description('List phases in their order')), async (session) =>
    listPhases(session, io),
  );
  add(
    common(
      new Command('status')
        .argument('[phase]')
        .description('Say of each phase whether it is fresh, stale (and why), failed or never run'),
    ).option('-o, --output <format>', 'text or json', 'text'),
    (session, name, options) => showStatus(session, name, options, io),
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
      .action(async (name: string | undefined, options: PhaseOptions) => {
        io.exitCode = await showHistory(name, options, io);
      }),
  );
  phase.addCommand(
    common(new Command('metrics').description('Times and successes of phases'))
      .option('-o, --output <format>', 'table, json or openmetrics', 'table')
      .action(async (options: PhaseOptions) => {
        io.exitCode = await showMetrics(options, io);
      }),
  );
  phase.addCommand(exportCommand(io));
  return phase;
}

const collect = (value: string, before: readonly string[]): string[] => [...before, ...value.split(',')];

async function withSession(
  io: Io,
  ports: PhasePorts,
  options: PhaseOptions,
  act: (session: PipelineSession) => Promise<number>,
): Promise<number> {
  const { workspace, cacheDirectory } = placesOf(options, io);
  const path = options.path === undefined ? undefined : resolve(io.cwd, options.path);
  const runner = await ports.runner?.(workspace, path);
  if (runner !== undefined && !runner.ok) return complain(io, located(runner.error));
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
  if (!session.ok) return complain(io, located(session.error));
  try {
    return await act(session.value);
  } finally {
    session.value.close();
  }
}
