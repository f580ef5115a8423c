import { type Cache, openCache } from '../../cache/index.ts';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { bootstrapPort } from '../bootstrap/bootstrap.ts';
import { runTaskfile } from '../taskfile/index.ts';
import { lineSink } from '../taskfile/line-sink.ts';
import { builtInPhases } from './built-in.ts';
import { readWorkspaceFile } from './declared.ts';
import { remember } from './history.ts';
import { Markers } from './marker.ts';
import type { PhaseRequest, PhaseRunner } from './phase.ts';
import type { PhaseResult, RunRequest } from './phase-run.ts';
import { Pipeline } from './pipeline.ts';

export interface SessionOptions {
  /** Absolute. */
  readonly workspace: string;
  /** Absolute. */
  readonly cacheDirectory: string;
  readonly toolVersion: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs the phases of a cluster; `undefined` leaves `bootstrap` and the declared phases. */
  readonly runner: PhaseRunner | undefined;
  /** The rendered text of an object, for tasks with `needs:`. */
  readonly needs?: (id: string) => Promise<Result<string>>;
  onWarning(message: string): void;
}

/** The phases of a workspace, ready to be asked about and run. */
export interface PipelineSession {
  readonly pipeline: Pipeline;
  readonly markers: Markers;
  /** Runs phases, and adds to the history what they did. */
  run(request: RunRequest): Promise<PhaseResult[]>;
  close(): void;
}

/** Puts the phases of a workspace together: the built-in ones, and those that its `flux-local.yaml` declares. */
export function openPipeline(options: SessionOptions): Result<PipelineSession> {
  const { workspace, cacheDirectory, toolVersion } = options;
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.environment)) if (value !== undefined) environment[name] = value;
  const file = readWorkspaceFile({
    workspace,
    environment,
    runTask: (task, variables, request) => runTask(task, variables, request, options),
  });
  if (!file.ok) return file;
  const bootstrap = bootstrapPort({ workspace, cacheDirectory, environment, section: file.value.bootstrap });
  const phases = [...builtInPhases(bootstrap, options.runner, file.value.additions), ...file.value.phases];
  const markers = new Markers(cacheDirectory);
  const cache: Cache = openCache(cacheDirectory, { onWarning: options.onWarning });
  const pipeline = Pipeline.of(phases, { workspace, markers, toolVersion, environment, cache });
  if (!pipeline.ok) return pipeline;
  return ok({
    pipeline: pipeline.value,
    markers,
    async run(request) {
      const results = await pipeline.value.run(request);
      await remember(cacheDirectory, results, toolVersion, options.onWarning);
      return results;
    },
    close: () => cache.close(),
  });
}

async function runTask(
  task: string,
  variables: ReadonlyMap<string, string>,
  request: PhaseRequest,
  options: SessionOptions,
): Promise<Result<void>> {
  const lines = lineSink(request.log);
  const words = [
    task,
    ...[...variables].map(([name, value]) => `${name}=${value}`),
    ...(request.force ? ['--force'] : []),
  ];
  const stream = { write: lines.write };
  const code = await runTaskfile(
    words,
    { stdout: stream, stderr: stream, env: options.environment, cwd: options.workspace },
    {
      version: options.toolVersion,
      signal: request.signal,
      ...(options.needs === undefined ? {} : { needs: options.needs }),
    },
  );
  lines.end();
  return code === 0 ? ok(undefined) : fail(failure('command-failed', `the task ${task} failed (exit code ${code})`));
}
