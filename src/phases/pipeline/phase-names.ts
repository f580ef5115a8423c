import { ok } from '../../core/result.ts';
import { DESCRIPTIONS } from './built-in.ts';
import { readWorkspaceFile } from './declared.ts';
import { BUILT_IN_PHASES } from './phase.ts';

/** All phases by name: the built-in ones, and those of a `flux-local.yaml` that can be read. Asks, and opens nothing. */
export function phaseNames(workspace: string): { readonly name: string; readonly description: string }[] {
  const file = readWorkspaceFile({ workspace, environment: {}, runTask: async () => ok(undefined) });
  return [
    ...BUILT_IN_PHASES.map((name) => ({ name, description: DESCRIPTIONS[name] })),
    ...(file.ok ? file.value.phases : []).map(({ name, description }) => ({ name, description })),
  ];
}
