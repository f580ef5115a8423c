import { Command } from 'commander';
import { type RunPorts, runTaskfile } from '../phases/taskfile/index.ts';
import type { Io } from './io.ts';
import { VERSION } from './version.ts';

/**
 * `flux-local run`: tasks of a Taskfile.
 *
 * Its flags are go-task's and may stand anywhere; what follows `--` goes to the tasks. So the words behind `run` are read by
 * the Taskfile runner itself, as they were typed.
 */
export function runCommand(io: Io, ports: RunPorts = { version: VERSION }): Command {
  const command = new Command('run')
    .description('Run tasks of a Taskfile')
    .argument('[arguments...]', 'flags, tasks, NAME=value; after --, arguments for the tasks')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments();
  return command.action(async () => {
    io.exitCode = await runTaskfile(wordsAfter(command), io, ports);
  });
}

/** The words as they were typed, `--` included: commander drops it. */
function wordsAfter(command: Command): string[] {
  let root: Command = command;
  while (root.parent !== null) root = root.parent;
  if (root === command)
    return (root as unknown as { rawArgs: string[] }).rawArgs.slice(-command.args.length || undefined);
  const typed = (root as unknown as { readonly rawArgs: readonly string[] }).rawArgs;
  const at = typed.findIndex((word) => word === command.name() || command.aliases().includes(word));
  return typed.slice(at + 1);
}
