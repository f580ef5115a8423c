import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { lookupRun, runKey } from '../cache/run-records.ts';
import { BUILD_ID } from '../core/build-id.ts';
import { cacheDirectoryOf } from '../core/cache-directory.ts';
import type { Digest } from '../core/digest.ts';
import type { Io } from './io.ts';
import { VERSION } from './version.ts';

// This file is all that a run with nothing to do loads: what it imports decides how long that takes.

/** The key of a command line's run: all that decides what it prints besides what its tasks read. */
export function replayKey(argv: readonly string[], root: string, io: Io): Digest {
  let gitConfig = '';
  try {
    gitConfig = readFileSync(join(root, '.git/config'), 'utf8'); // its remotes tell which sources the workspace stands in for
  } catch {
    // no repository
  }
  return runKey([VERSION, BUILD_ID, argv, relative(root, io.cwd), gitConfig]);
}

/** Prints the result of the same replayable command line's last run, if all that it read is as it was. */
export function replay(argv: readonly string[], io: Io): boolean {
  const given = optionValue(argv, '--cache-dir');
  const offline = argv.includes('--offline');
  for (let root = targetOf(argv, io); ; root = dirname(root)) {
    const directory = cacheDirectoryOf(given, io, root);
    const answer = existsSync(directory)
      ? lookupRun({ directory, workspace: root, key: replayKey(argv, root, io), environment: io.env, offline })
      : undefined;
    if (answer !== undefined) {
      io.stdout.write(answer.stdout);
      io.stderr.write(answer.stderr);
      io.exitCode = answer.exitCode;
      return true;
    }
    if (existsSync(join(root, '.git')) || dirname(root) === root) return false;
  }
}

function optionValue(argv: readonly string[], long: string, short?: string): string | undefined {
  for (const [index, word] of argv.entries()) {
    if (word === long || word === short) return argv[index + 1];
    if (word.startsWith(`${long}=`)) return word.slice(long.length + 1);
  }
  return undefined;
}

/** The cluster directory, as far as it can be told without parsing: `--path`, a word that is a path, or here. */
function targetOf(argv: readonly string[], io: Io): string {
  const path = optionValue(argv, '--path', '-p');
  if (path !== undefined) return resolve(io.cwd, path);
  const word = argv.slice(1).find((one) => !one.startsWith('-') && existsSync(resolve(io.cwd, one)));
  return resolve(io.cwd, word ?? '.');
}
