import { Command } from 'commander';
import { COMPLETION_SCRIPTS } from './completion-scripts.ts';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

const SHELLS = Object.keys(COMPLETION_SCRIPTS);

/** `flux-local completion SHELL`: a script that the shell loads. */
export function completionCommand(io: Io): Command {
  return new Command('completion')
    .description('Print what makes a shell complete commands, options, tasks and phases')
    .argument('<shell>', SHELLS.join(', '))
    .action((shell: string) => {
      const script = Object.hasOwn(COMPLETION_SCRIPTS, shell) ? COMPLETION_SCRIPTS[shell] : undefined;
      if (script === undefined) throw new UsageError(`there are scripts for ${SHELLS.join(', ')}`);
      io.stdout.write(script);
    });
}
