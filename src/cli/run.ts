import { Command } from 'commander';
import { cacheDirectoryOf } from '../core/cache-directory.ts';
import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
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
    const runPhase = ports.runPhase ?? ((name: string) => runDeclaredPhase(name, io, ports));
    io.exitCode = await runTaskfile(wordsAfter(command), io, { ...ports, runPhase });
  });
}

/** A phase of the workspace that needs no cluster: `bootstrap`, or one that `flux-local.yaml` declares. */
async function runDeclaredPhase(name: string, io: Io, ports: RunPorts): Promise<Result<void>> {
  const { openPipeline, repositoryRootOr } = await import('../phases/pipeline/index.ts');
  const workspace = repositoryRootOr(io.cwd);
  const session = openPipeline({
    workspace,
    cacheDirectory: cacheDirectoryOf(undefined, io, workspace),
    toolVersion: ports.version,
    environment: io.env,
    runner: undefined,
    ...(ports.needs === undefined ? {} : { needs: ports.needs }),
    onWarning: (message) => io.stderr.write(`warning: ${message}\n`),
  });
  if (!session.ok) return session;
  try {
    if (!session.value.pipeline.phases.has(name)) return fail(failure('object-not-found', `there is no phase ${name}`));
    const results = await session.value.run({
      targets: [name],
      force: new Set(),
      onLog: (phase, line) => io.stderr.write(`[${phase}] ${line}\n`),
    });
    const failed = results.find((result) => result.failure !== undefined);
    return failed?.failure === undefined ? ok(undefined) : fail(failed.failure);
  } finally {
    session.value.close();
  }
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
