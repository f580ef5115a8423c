import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { JobStep } from '../jobs/job-spec.ts';
import { repositoryRoot } from '../taskfile/gitignore.ts';
import { shellQuote } from '../taskfile/quote.ts';
import { readWorkspaceFile } from './declared.ts';
import { BUILT_IN_PHASES, type PhaseStep } from './phase.ts';

/** The repository around a directory, or the directory itself. */
export const repositoryRootOr = (directory: string): string => repositoryRoot(directory) ?? directory;

/**
 * The steps of a phase as commands for containers. A built-in phase is one step, which runs the phase itself; so is a task.
 */
export function declaredSteps(workspace: string, phase: string): Result<JobStep[]> {
  if ((BUILT_IN_PHASES as readonly string[]).includes(phase))
    return ok([{ name: phase, command: ['flux-local', 'phase', 'run', phase] }]);
  const file = readWorkspaceFile({ workspace, environment: {}, runTask: async () => ok(undefined) });
  if (!file.ok) return file;
  const declared = file.value.phases.find(({ name }) => name === phase);
  if (declared === undefined) return fail(failure('object-not-found', `there is no phase ${phase}`));
  const steps = declared.inputs as readonly (PhaseStep & { readonly variables?: unknown })[];
  return ok(
    steps.map((step, at): JobStep => {
      const name = steps.length === 1 ? phase : `${phase}-${at + 1}`;
      if (step.type === 'command') return { name, command: ['/bin/sh', '-ec', step.command] };
      const variables = (step.variables ?? []) as readonly (readonly [string, string])[];
      const words = variables.map(([key, value]) => shellQuote(`${key}=${value}`));
      return { name, command: ['/bin/sh', '-ec', ['flux-local', 'run', shellQuote(step.task), ...words].join(' ')] };
    }),
  );
}
