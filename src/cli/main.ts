import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/**
 * Runs one command line and leaves its exit code in `io.exitCode`: 0 fine, 1 something failed, 2 wrong usage (commands that
 * follow another program's exit codes follow them).
 * @param argv the arguments, without the program
 */
export async function main(argv: readonly string[], io: Io): Promise<void> {
  const { globals, rest } = splitGlobals(argv);
  const [name, ...words] = rest;
  try {
    // Setting up options takes longer than rendering a small chart: `template`, whose flags are helm's, reads them itself.
    if (name === 'template' && (await (await import('./template.ts')).template([...globals, ...words], io))) return;
    await (await import('./program.ts')).runProgram(name, [...globals, ...words], io);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof RangeError)) throw error;
    io.stderr.write(`error: ${error.message}\n`);
    io.exitCode = 2;
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
