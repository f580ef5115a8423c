import type { Result } from '../../core/result.ts';
import type { PhaseAddition } from './declared.ts';
import {
  BUILT_IN_PHASES,
  type BuiltInPhase,
  type ClusterPhase,
  type Phase,
  type PhaseReport,
  type PhaseRequest,
  type PhaseRunner,
} from './phase.ts';

/** The bootstrap as a phase: its handlers, and what they depend on. */
export interface BootstrapPort {
  readonly inputs: unknown;
  readonly sources: readonly string[];
  run(request: PhaseRequest): Promise<Result<PhaseReport>>;
}

/** What each built-in phase does, in a line. */
export const DESCRIPTIONS: Readonly<Record<BuiltInPhase, string>> = {
  bootstrap: 'Make what the workspace requires: directories, databases, configuration, files, keys',
  load: 'Read the cluster directory',
  fetch: 'Fetch sources: Git, OCI, Helm repositories, buckets',
  values: 'Compose the values of releases',
  build: 'Build Kustomizations',
  template: 'Render charts',
  validate: 'Check the rendered objects',
  report: 'Report what became of each object',
};

/**
 * The built-in phases in a row, with what `flux-local.yaml` adds to them.
 * @param runner `undefined` where no cluster can be rendered: only `bootstrap` is there then
 */
export function builtInPhases(
  bootstrap: BootstrapPort,
  runner: PhaseRunner | undefined,
  additions: ReadonlyMap<string, PhaseAddition>,
): Phase[] {
  const phases: Phase[] = [];
  let before: string | undefined;
  for (const name of BUILT_IN_PHASES) {
    if (name !== 'bootstrap' && runner === undefined) break;
    const added = additions.get(name);
    const own = name === 'bootstrap' ? bootstrapParts(bootstrap) : clusterParts(name, runner as PhaseRunner);
    phases.push({
      name,
      description: DESCRIPTIONS[name],
      dependsOn: [...(before === undefined ? [] : [before]), ...(added?.dependsOn ?? [])],
      preconditions: added?.preconditions ?? [],
      status: added?.status ?? [],
      sources: [...own.sources, ...(added?.sources ?? [])],
      generates: added?.generates ?? [],
      inputs: own.inputs,
      hooks: added?.hooks ?? { before: [], after: [] },
      ...(added?.timeoutMs === undefined ? {} : { timeoutMs: added.timeoutMs }),
      run: own.run,
    });
    before = name;
  }
  return phases;
}

interface Parts {
  readonly inputs: unknown;
  readonly sources: readonly string[];
  readonly run: Phase['run'];
}

const bootstrapParts = (port: BootstrapPort): Parts => ({
  inputs: port.inputs,
  sources: port.sources,
  run: (request) => port.run(request),
});

function clusterParts(name: ClusterPhase, runner: PhaseRunner): Parts {
  return { inputs: runner.inputs(name), sources: runner.sources(name), run: (request) => runner.run(name, request) };
}
