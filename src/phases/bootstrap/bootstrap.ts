import { isAbsolute, relative, resolve } from 'node:path';
import { canonicalJson, type Digest, sha256 } from '../../core/digest.ts';
import { type Failure, failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { YamlMap } from '../../core/value.ts';
import type { BootstrapPort } from '../pipeline/built-in.ts';
import type { PhaseReport, PhaseRequest } from '../pipeline/phase.ts';
import { downloader } from './download.ts';
import { type BootstrapContext, type BootstrapHandler, BootstrapProblem } from './handler.ts';
import { handlersOf } from './registry.ts';
import { findManifests, type Requirements, readRequirements } from './requirements.ts';
import { readSettings } from './settings.ts';

export interface BootstrapOptions {
  /** Absolute. */
  readonly workspace: string;
  /** Absolute. */
  readonly cacheDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The `bootstrap:` section of `flux-local.yaml`. */
  readonly section: YamlMap;
}

/** The bootstrap as the first phase of the pipeline. */
export function bootstrapPort(options: BootstrapOptions): BootstrapPort {
  const settings = readSettings(options.section, options.environment);
  return {
    inputs: { section: [...options.section], settings: settings.ok ? settings.value : null },
    sources: sourcesOf(options),
    run: (request) => runBootstrap(options, request),
  };
}

/** The manifests, and the files that requirements are made from. A mistake in them is told when the phase runs. */
function sourcesOf({ workspace, section }: BootstrapOptions): string[] {
  const requirements = readRequirements(workspace, section);
  const named = requirements.ok
    ? [
        ...requirements.value.databases.map(({ schema }) => schema),
        ...requirements.value.configuration.flatMap(({ template, schema }) => [template, schema]),
      ]
    : [];
  return [...findManifests(workspace), ...new Set(named.filter((path) => path !== ''))];
}

/**
 * Runs the handlers that have something to do, one after the other. With `failFast` the first failure ends it; otherwise all
 * failures are collected.
 */
export async function runBootstrap(
  options: BootstrapOptions,
  request: Pick<PhaseRequest, 'log' | 'signal'>,
): Promise<Result<PhaseReport>> {
  const read = readSettings(options.section, options.environment);
  if (!read.ok) return read;
  const settings = read.value;
  if (!settings.enabled) {
    request.log('the bootstrap is not enabled');
    return ok({ counts: {}, output: sha256('disabled'), failures: [] });
  }
  const requirements = readRequirements(options.workspace, options.section);
  if (!requirements.ok) return requirements;
  const locate = (path: string): string => locateIn(options.workspace, path);
  const handlers = await handlersOf(options.section, locate);
  if (!handlers.ok) return handlers;
  for (const [name, files] of requirements.value.origins)
    if (!handlers.value.some((handler) => handler.name === name))
      request.log(`warning: ${[...files].join(', ')}: no handler makes \`${name}\``);
  const limit = AbortSignal.timeout(settings.timeoutMs);
  const signal = AbortSignal.any([request.signal, limit]);
  const context: BootstrapContext = {
    workspace: options.workspace,
    cacheDirectory: options.cacheDirectory,
    requirements: requirements.value,
    settings,
    environment: options.environment,
    signal,
    log: request.log,
    locate,
    download: downloader(signal),
  };
  const counts: Record<string, number> = {};
  const failures: Failure[] = [];
  for (const handler of handlers.value) {
    if (limit.aborted) {
      failures.push(failure('limit-exceeded', `the bootstrap takes longer than ${settings.timeoutMs} ms`));
      break;
    }
    const done = await attempt(handler, context);
    if (done.ok) {
      if (done.value !== undefined) counts[handler.name] = done.value;
      continue;
    }
    request.log(`${handler.name} failed: ${done.error.message}`);
    failures.push(done.error);
    if (settings.failFast) break;
  }
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0 && failures.length === 0) request.log('nothing to do: all that is required is there');
  const [first] = failures;
  if (first !== undefined && settings.failFast) return fail(first);
  return ok({ counts, output: outputOf(requirements.value), failures });
}

function outputOf({ origins: _, own, ...built }: Requirements): Digest {
  return sha256(canonicalJson({ ...built, own: [...own] }));
}

/** @returns how many things were done; `undefined` where there was nothing to do */
async function attempt(handler: BootstrapHandler, context: BootstrapContext): Promise<Result<number | undefined>> {
  const attempts = Math.max(1, context.settings.retryAttempts);
  for (let round = 1; ; round++) {
    try {
      if (!(await within(handler.shouldRun(context), context.signal))) return ok(undefined);
      const done: unknown = await within(handler.execute(context), context.signal);
      return ok(typeof done === 'number' ? done : 1);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const again = isTransient(error) && round < attempts && !context.signal.aborted;
      if (!again) return fail(failure('command-failed', `${handler.name}: ${message}`));
      context.log(`${handler.name} failed (${message}); attempt ${round + 1} of ${attempts} follows`);
      await new Promise((resume) => setTimeout(resume, Math.min(1000, 50 * 2 ** round)));
    }
  }
}

/** Handlers of a workspace throw errors of their own. */
const isTransient = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'transient' in error && error.transient === true;

async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    stop = () => reject(new BootstrapProblem('time is up'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

function locateIn(workspace: string, path: string): string {
  const absolute = resolve(workspace, path);
  const inside = relative(workspace, absolute);
  if (inside === '..' || inside.startsWith('../') || isAbsolute(inside))
    throw new BootstrapProblem(`${path} leads out of the workspace`);
  return absolute;
}
