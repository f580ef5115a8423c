import { relative, sep } from 'node:path';
import { CACHE_DIRECTORY } from '../core/cache-directory.ts';
import { canonicalJson, sha256 } from '../core/digest.ts';
import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { formatId } from '../manifests/index.ts';
import type { ClusterPhase, PhaseReport, PhaseRequest, PhaseRunner } from '../phases/pipeline/index.ts';
import { formatFailure } from '../reports/index.ts';
import type { Workspace } from '../tasks/index.ts';
import { readClusterFlags } from './cluster-flags.ts';
import { type Evaluation, evaluateCluster } from './evaluate.ts';
import type { Io } from './io.ts';
import type { PhasePorts } from './phase.ts';

/** How far HelmReleases are taken in a phase: a phase does its own kind's work, and what that needs. */
const DEPTH = {
  load: 'load',
  fetch: 'fetch',
  values: 'values',
  build: 'none',
  template: 'template',
  validate: 'template',
  report: 'template',
} as const;

/** Phases of a cluster run on the same task kinds, cache and records as `build`. */
export function clusterPorts(io: Io): PhasePorts {
  return {
    runner: async (workspace, path) =>
      ok(path === undefined ? undefined : new ClusterPhases(io, workspaceOf(workspace, path))),
    needs: (workspace, path) => (id) =>
      renderedText(io, path === undefined ? undefined : workspaceOf(workspace, path), id),
  };
}

const workspaceOf = (root: string, path: string): Workspace => ({
  root,
  path: relative(root, path).split(sep).join('/'),
});

class ClusterPhases implements PhaseRunner {
  readonly #io: Io;
  readonly #workspace: Workspace;

  constructor(io: Io, workspace: Workspace) {
    this.#io = io;
    this.#workspace = workspace;
  }

  inputs(phase: ClusterPhase): unknown {
    return { phase, path: this.#workspace.path };
  }

  sources(phase: ClusterPhase): readonly string[] {
    const { path } = this.#workspace;
    return phase === 'load' && path !== ''
      ? [`${path}/**`]
      : ['**/*', '!.git/**', `!${CACHE_DIRECTORY}/**`, '!node_modules/**'];
  }

  async run(phase: ClusterPhase, request: PhaseRequest): Promise<Result<PhaseReport>> {
    const flags = readClusterFlags(request.force ? { force: [phase] } : {});
    const evaluation = await evaluateCluster(
      quiet(this.#io, request),
      flags,
      { what: 'all', name: undefined },
      {
        ...this.#workspace,
        depth: DEPTH[phase],
      },
    );
    if (evaluation === undefined)
      return fail(failure('path-not-found', `${this.#workspace.path} cannot be used as a cluster directory`));
    const report = await reportOf(phase, evaluation, request);
    evaluation.run.cache.close();
    return ok(report);
  }
}

/** Progress has no place in a phase's log; what goes wrong has. */
const quiet = (io: Io, request: PhaseRequest): Io => ({
  stdout: { write: () => {} },
  stderr: { write: (text) => request.log(text.trimEnd()) },
  env: io.env,
  cwd: io.cwd,
  exitCode: 0,
});

async function reportOf(phase: ClusterPhase, evaluation: Evaluation, request: PhaseRequest): Promise<PhaseReport> {
  const counts: Record<string, number> = {};
  const outputs: [string, string][] = [];
  for (const node of evaluation.run.nodes) {
    if (phase !== 'validate' && phase !== 'report' && node.kind.name !== phase) continue;
    const outcome = node.outcome ?? 'failed';
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    outputs.push([node.id, (await node.settled).digest]);
  }
  for (const warning of evaluation.warnings) request.log(`warning: ${warning}`);
  for (const reported of evaluation.failures) request.log(formatFailure(reported).trimEnd());
  // Failures belong to the phase that met them: a chart that does not render is no failure of `load`.
  const failures = evaluation.failures.map(({ object, failure: own }) => ({
    ...own,
    message: object === undefined ? own.message : `${object}: ${own.message}`,
  }));
  return { counts, output: sha256(canonicalJson(outputs.sort(([a], [b]) => (a < b ? -1 : 1)))), failures };
}

/** What an object renders, as a YAML stream. */
export async function renderedText(io: Io, workspace: Workspace | undefined, id: string): Promise<Result<string>> {
  const [kind, ...rest] = id.split('/');
  if ((kind !== 'Kustomization' && kind !== 'HelmRelease') || rest.length !== 2)
    return fail(failure('invalid-object', `'${id}' is no Kustomization/NAMESPACE/NAME or HelmRelease/NAMESPACE/NAME`));
  let said = '';
  const silent: Io = {
    ...io,
    stdout: { write: () => {} },
    stderr: {
      write: (text) => {
        said += text;
      },
    },
    exitCode: 0,
  };
  const flags = readClusterFlags(workspace === undefined ? { path: io.env.FLUX_LOCAL_PATH ?? '.' } : {});
  const target = { what: kind === 'HelmRelease' ? 'hr' : 'ks', name: rest.join('/') } as const;
  const evaluation = await evaluateCluster(silent, flags, target, workspace);
  if (evaluation === undefined) return fail(failure('path-not-found', said.trim()));
  const text = evaluation
    .objects()
    .map((one) => `---\n${one.text()}`)
    .join('');
  evaluation.run.cache.close();
  const own = evaluation.store.list().find((object) => formatId(object.id) === id);
  if (own === undefined) return fail(failure('object-not-found', `there is no ${id} in ${evaluation.workspacePath}`));
  return own.status.failure === undefined ? ok(text) : fail(own.status.failure);
}
