import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildProgram } from './program.ts';
import { ENVIRONMENT, workspace } from './workspace.ts';

let program: Awaited<ReturnType<typeof buildProgram>>;
beforeAll(async () => {
  program = await buildProgram();
});
afterAll(() => program.remove());

test('a watched task runs again when a source changes, and ends when it is told to', async () => {
  const directory = workspace({
    'Taskfile.yml': `version: '3'\ntasks: {x: {sources: ['*.txt'], silent: true, cmds: ['cat in.txt']}}\n`,
    'in.txt': 'first\n',
  });
  const child = spawn(process.execPath, [program.path, 'run', '--watch', 'x'], {
    cwd: directory,
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((done) => child.once('close', done));
  let output = '';
  const seen = (text: string): Promise<void> =>
    new Promise((found) => {
      const look = (): void => {
        if (output.includes(text)) found();
        else setTimeout(look, 50);
      };
      look();
    });
  child.stdout.on('data', (text: Buffer) => {
    output += text;
  });
  child.stderr.on('data', (text: Buffer) => {
    output += text;
  });
  try {
    await seen('finished running');
    expect(output).toContain('first\n');
    output = '';
    writeFileSync(join(directory, 'in.txt'), 'second\n');
    await seen('finished running');
    expect(output).toContain('second\n');
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
});
