import { Command, CommanderError } from 'commander';
import type { CommandEntry } from './complete.ts';
import type { Io } from './io.ts';
import { VERSION } from './version.ts';

/** Each command is in a file of its own, loaded when it is asked for: starting costs what the command needs. */
const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  build: {
    description: 'render Kustomizations and HelmReleases and print the manifests',
    load: async (io) => (await import('./build.ts')).buildCommand(io),
  },
  get: {
    description: 'list Kustomizations, HelmReleases, or clusters',
    load: async (io) => (await import('./get.ts')).getCommand(io),
  },
  test: {
    description: 'say of each object whether it renders: READY, FAILED or BLOCKED',
    load: async (io) => (await import('./test.ts')).testCommand(io),
  },
  diff: {
    description: 'compare what two states of a repository render',
    load: async (io) => (await import('./diff.ts')).diffCommand(io),
  },
  template: {
    description: 'render a chart, as `helm template` does',
    load: async () => (await import('./template-help.ts')).templateHelp(),
  },
  kustomize: {
    description: 'build a kustomization, as `kustomize build` does',
    load: async (io) => (await import('./kustomize.ts')).kustomizeCommand(io),
  },
  run: {
    description: 'run tasks of a Taskfile',
    load: async (io) => {
      const { runCommand } = await import('./run.ts');
      return runCommand(io, {
        version: VERSION,
        needs: async (id) => (await import('./cluster-phases.ts')).renderedText(io, undefined, id),
      });
    },
  },
  phase: {
    description: 'show, run, resume and reset the phases of a build or bootstrap',
    load: async (io) => {
      const [{ phaseCommand }, { clusterPorts }] = await Promise.all([
        import('./phase.ts'),
        import('./cluster-phases.ts'),
      ]);
      return phaseCommand(io, clusterPorts(io));
    },
  },
  verify: {
    description: 'compare what the engines here render with what helm and kustomize on the PATH do',
    load: async (io) => (await import('./verify.ts')).verifyCommand(io),
  },
  lock: {
    description: 'pin each moving reference to the revision that it means now',
    load: async (io) => (await import('./lock.ts')).lockCommand(io),
  },
  cache: {
    description: 'show, tidy and empty the cache',
    load: async (io) => (await import('./cache.ts')).cacheCommand(io),
  },
  check: {
    description: 'find what keeps a bootstrap from running once, safely',
    load: async (io) => (await import('./check.ts')).checkCommand(io),
  },
  completion: {
    description: 'print what makes bash, zsh, fish or powershell complete command lines',
    load: async (io) => (await import('./completion.ts')).completionCommand(io),
  },
  __complete: {
    description: 'say what may follow; asked by the completion scripts',
    hidden: true,
    load: async (io) => (await import('./complete.ts')).completeCommand(io, COMMANDS),
  },
};

/**
 * Runs a command with its options.
 * @param name what names the command, if anything does
 * @param words what follows
 */
export async function runProgram(name: string | undefined, words: readonly string[], io: Io): Promise<void> {
  const program = new Command('flux-local')
    .description('Renders a Flux repository as the cluster would, and only what changed the second time.')
    .version(VERSION, '-V, --version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput(output(io));
  const wanted = name === undefined ? undefined : COMMANDS[Object.hasOwn(COMMANDS, name) ? name : ''];
  if (wanted !== undefined) {
    const command = await wanted.load(io);
    inherit(command, io);
    program.addCommand(command);
  } else
    for (const [command, { description, hidden = false }] of Object.entries(COMMANDS))
      program.command(command, { hidden }).description(description);
  try {
    await program.parseAsync(name === undefined ? words : [name, ...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    io.exitCode = error.exitCode === 0 || error.code === 'commander.help' ? (name === undefined ? 2 : 0) : 2;
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') io.exitCode = 0;
  }
}

const output = (io: Io) => ({
  writeOut: (text: string) => io.stdout.write(text),
  writeErr: (text: string) => io.stderr.write(text),
});

function inherit(command: Command, io: Io): void {
  command.exitOverride().configureOutput(output(io));
  for (const child of command.commands) inherit(child, io);
}
