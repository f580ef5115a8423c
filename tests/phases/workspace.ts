import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { type RunPorts, runTaskfile } from '../../src/phases/taskfile/index.ts';
import { type Ran, recordedIo } from '../recorded-io.ts';

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory of files that is gone after the test. */
export function workspace(files: Readonly<Record<string, string>> = {}): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'flux-local-test-')));
  made.push(directory);
  for (const [path, text] of Object.entries(files)) write(join(directory, path), text);
  return directory;
}

export function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The process's variables that a run gets: nothing that depends on who runs the tests. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  NO_COLOR: '1',
};

/** `flux-local run` in this process. */
export async function run(
  directory: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly ports?: Partial<RunPorts> } = {},
): Promise<Ran> {
  const { io, ran } = recordedIo(directory, { ...ENVIRONMENT, ...options.env });
  const code = await runTaskfile(args, io, { version: '0.0.0-test', ...options.ports });
  return { ...ran(), code };
}
