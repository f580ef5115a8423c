import { Command, CommanderError } from 'commander';
import { UsageError } from './cluster-flags.ts';
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
    load: async (io) => (await import('./template.ts')).templateCommand(io),
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
 * Runs one command line and leaves its exit code in `io.exitCode`: 0 fine, 1 something failed, 2 wrong usage (commands that
 * follow another program's exit codes follow them).
 * @param argv the arguments, without the program
 */
export async function main(argv: readonly string[], io: Io): Promise<void> {
  const program = new Command('flux-local')
    .description('Renders a Flux repository as the cluster would, and only what changed the second time.')
    .version(VERSION, '-V, --version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput(output(io));
  const { globals, rest } = splitGlobals(argv);
  const name = rest[0];
  const wanted = name === undefined ? undefined : COMMANDS[Object.hasOwn(COMMANDS, name) ? name : ''];
  if (wanted !== undefined) {
    const command = await wanted.load(io);
    inherit(command, io);
    program.addCommand(command);
  } else
    for (const [command, { description, hidden = false }] of Object.entries(COMMANDS))
      program.command(command, { hidden }).description(description);
  try {
    await program.parseAsync([...rest.slice(0, 1), ...globals, ...rest.slice(1)], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      io.exitCode = error.exitCode === 0 || error.code === 'commander.help' ? (name === undefined ? 2 : 0) : 2;
      if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') io.exitCode = 0;
    } else if (error instanceof UsageError || error instanceof RangeError) {
      io.stderr.write(`error: ${error.message}\n`);
      io.exitCode = 2;
    } else throw error;
  }
}

/** `flux-local --log-level debug build …`: the options that scripts put before the command go behind it. */
function splitGlobals(argv: readonly string[]): { globals: string[]; rest: string[] } {
  const globals: string[] = [];
  let at = 0;
  while (at < argv.length) {
    const word = argv[at]!;
    if (word === '--log-level' && at + 1 < argv.length) {
      globals.push(word, argv[at + 1]!);
      at += 2;
    } else if (word.startsWith('--log-level=')) {
      globals.push(word);
      at += 1;
    } else break;
  }
  return { globals, rest: argv.slice(at) };
}

const output = (io: Io) => ({
  writeOut: (text: string) => io.stdout.write(text),
  writeErr: (text: string) => io.stderr.write(text),
});

function inherit(command: Command, io: Io): void {
  command.exitOverride().configureOutput(output(io));
  for (const child of command.commands) inherit(child, io);
}
