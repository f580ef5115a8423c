import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { ENVIRONMENT, workspace, write } from '../phases/workspace.ts';
import { recordedIo } from '../recorded-io.ts';

const FILES = {
  'Taskfile.yml': `version: '3'
includes: {db: {taskfile: db.yml, aliases: [d]}}
tasks: {build: {desc: Make it, aliases: [b]}, 'start:*': {}, hidden: {internal: true}}
`,
  'db.yml': "version: '3'\ntasks: {reset: {desc: Empty it}}\n",
  'flux-local.yaml': 'phases: {seed: {description: Fill it, steps: []}}\n',
  '.git/HEAD': '',
};

async function cli(directory: string, ...args: string[]) {
  const { io, ran } = recordedIo(directory, ENVIRONMENT);
  await main(args, io);
  return ran();
}

/** What may follow a command line whose last word is being typed. */
async function following(directory: string, ...words: string[]): Promise<string[]> {
  const current = words.pop() ?? '';
  const { stdout } = await cli(directory, '__complete', `--current=${current}`, '--', ...words);
  return stdout.trimEnd().split('\n');
}

describe('completion', () => {
  test('knows commands, those below them, options and their values', async () => {
    const directory = workspace(FILES);
    expect(await following(directory, 'p')).toEqual([expect.stringMatching(/^phase\t/), ':nothing']);
    expect((await following(directory, '')).some((line) => line.startsWith('__'))).toBe(false);
    expect(await following(directory, 'phase', 're')).toEqual([
      expect.stringMatching(/^resume\t/),
      expect.stringMatching(/^reset\t/),
      ':nothing',
    ]);
    expect(await following(directory, 'build', '--skip-c')).toEqual([
      expect.stringMatching(/^--skip-crds\t/),
      ':nothing',
    ]);
    expect(await following(directory, 'build', '-o', 'j')).toEqual(['json\t', ':nothing']);
    expect(await following(directory, 'build', '--output=j')).toEqual(['--output=json\t', ':nothing']);
    expect(await following(directory, 'build', '')).toEqual(['all\t', 'ks\t', 'hr\t', ':nothing']);
    expect(await following(directory, 'build', '--path', '')).toEqual([':directories']);
    expect(await following(directory, 'nonsense', '')).toEqual([':nothing']);
  });

  test('knows tasks of the Taskfile, with their namespaces and aliases', async () => {
    const directory = workspace(FILES);
    expect(await following(directory, 'run', '')).toEqual([
      'build\tMake it',
      'b\tMake it',
      'start:\t',
      'db:reset\tEmpty it',
      'd:reset\tEmpty it',
      ':nothing',
    ]);
    expect(await following(directory, 'run', '-t', 'db.yml', 'r')).toEqual(['reset\tEmpty it', ':nothing']);
    expect(await following(directory, 'run', '--output', 'g')).toEqual(['group\t', ':nothing']);
    expect(await following(directory, 'run', 'build', '--', '')).toEqual([':files']);
  });

  test('knows phases', async () => {
    const directory = workspace(FILES);
    expect(await following(directory, 'phase', 'run', 'se')).toEqual(['seed\tFill it', ':nothing']);
    expect(await following(directory, 'phase', 'start', '--force', 'boot')).toEqual([
      expect.stringMatching(/^bootstrap\t/),
      ':nothing',
    ]);
  });

  test('there is a script for each shell, and no other', async () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell'])
      expect(await cli('.', 'completion', shell)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('__complete'),
      });
    expect(await cli('.', 'completion', 'csh')).toMatchObject({ code: 2, stdout: '' });
  });

  test('bash gets words whole where it splits them at colons', async () => {
    const directory = workspace();
    write(join(directory, 'script'), (await cli(directory, 'completion', 'bash')).stdout);
    write(
      join(directory, 'flux-local'),
      '#!/bin/sh\nprintf "db:reset\\tEmpty\\ndb:fill\\t\\n:nothing\\n"; echo "$*" > asked\n',
    );
    chmodSync(join(directory, 'flux-local'), 0o755);
    const typed = 'flux-local run -s db:';
    const replies = execFileSync(
      'bash',
      [
        '-c',
        `. ./script; compopt() { :; }; COMP_LINE='${typed}'; COMP_POINT=${typed.length}; _flux_local; printf '%s\\n' "\${COMPREPLY[@]}"; cat asked`,
      ],
      { cwd: directory, env: { ...ENVIRONMENT, PATH: `${directory}:${ENVIRONMENT.PATH}` }, encoding: 'utf8' },
    );
    expect(replies).toBe('reset\nfill\n__complete --current=db: -- run -s\n');
  });
});
