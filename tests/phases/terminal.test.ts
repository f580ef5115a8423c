import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from './program.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import { workspace, write } from './workspace.ts';

let program: Awaited<ReturnType<typeof buildProgram>>;
beforeAll(async () => {
  program = await buildProgram();
});
afterAll(() => program.remove());

let terminal: Terminal;
afterEach(() => terminal.close());

const open = (directory: string, ...args: string[]): Terminal => {
  terminal = openTerminal([process.execPath, program.path, ...args], directory);
  return terminal;
};
const CTRL_C = '\x03';

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

const PHASES = `phases:
  one: {dependsOn: [], steps: [echo first, test -f ok]}
  two: {dependsOn: [one], steps: ['echo $$ > pid; echo started; sleep 60']}
`;

describe('phases at a terminal', () => {
  test('--interactive asks before a phase, and after a failure shows its log, tries again and goes on', async () => {
    const directory = workspace({ 'flux-local.yaml': PHASES, '.git/HEAD': '' });
    const { type, sees, ended } = open(directory, 'phase', 'run', 'two', '--interactive');
    await sees('Run one (it has not run before)? ');
    type('y\n');
    await sees('one: failed (`test -f ok` failed: exit status 1)');
    await sees('show [l]og');
    type('log\n');
    await sees('  first\r\n');
    type('what?\n');
    await sees('show [l]og');
    write(join(directory, 'ok'), '');
    type('r\n');
    await sees('one: runs (once more)');
    await sees('one: done');
    await sees('Run two (it has not run before)? ');
    type('s\n');
    await sees('two: skipped (asked to)');
    expect(await ended).toBe(0);
  });

  test('Ctrl-C at a question stops', async () => {
    const directory = workspace({ 'flux-local.yaml': PHASES, '.git/HEAD': '' });
    const { type, sees, ended } = open(directory, 'phase', 'run', 'two', '--interactive');
    await sees('Run one');
    type(CTRL_C);
    await sees('two: skipped (stopped)');
    expect(await ended).toBe(130);
    expect(existsSync(join(directory, '.flux-local-cache/phases/one.json'))).toBe(false);
  });

  test('Ctrl-C in a phase ends what it started, leaves no marker, and the exit code tells', async () => {
    const directory = workspace({ 'flux-local.yaml': PHASES, '.git/HEAD': '', ok: '' });
    const { type, sees, ended } = open(directory, 'phase', 'run', 'two');
    await sees('started');
    const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'));
    type(CTRL_C);
    await sees('two: failed (two was interrupted)');
    expect(await ended).toBe(130);
    expect(isGone(pid)).toBe(true);
    expect(existsSync(join(directory, '.flux-local-cache/phases/one.json'))).toBe(true);
    expect(existsSync(join(directory, '.flux-local-cache/phases/two.json'))).toBe(false);
  });
});

describe('tasks at a terminal', () => {
  const taskfile = `version: '3'
tasks:
  ask: {prompt: ['Sure?', 'Really?'], cmds: [echo it ran]}
  slow: {sources: [in], cmds: [{defer: 'echo tidy {{.EXIT_CODE}}'}, 'echo $$ > pid; sleep 60', echo never]}
`;

  test('prompts are answered one by one, and no answer means no', async () => {
    const directory = workspace({ 'Taskfile.yml': taskfile });
    const first = open(directory, 'run', 'ask');
    await first.sees('Sure? [y/N]: ');
    first.type('yes\n');
    await first.sees('Really? [y/N]: ');
    first.type('Y\n');
    await first.sees('it ran');
    expect(await first.ended).toBe(0);
    const second = open(directory, 'run', 'ask');
    await second.sees('Sure? [y/N]: ');
    second.type('\n');
    await second.sees('cancelled by user');
    expect(await second.ended).not.toBe(0);
  });

  test('Ctrl-C ends the command, runs what is deferred, and leaves no record', async () => {
    const directory = workspace({ 'Taskfile.yml': taskfile, in: '' });
    const { type, sees, ended } = open(directory, 'run', 'slow');
    await sees('sleep 60');
    while (!existsSync(join(directory, 'pid'))) await new Promise((resume) => setTimeout(resume, 20));
    type(CTRL_C);
    await sees('tidy 130');
    await sees('task: Failed to run task "slow": exit status 130');
    expect(await ended).toBe(201);
    const again = open(directory, 'run', '--status', 'slow');
    await again.sees('is not up-to-date');
    expect(await again.ended).toBe(1);
  });

  test('lines are coloured there, unless NO_COLOR is set', async () => {
    const directory = workspace({ 'Taskfile.yml': `version: '3'\ntasks: {x: echo x}\n` });
    const coloured = open(directory, 'run', 'x');
    await coloured.sees('\x1b[32mtask: [x] echo x\r\n\x1b[0m');
    await coloured.ended;
    terminal = openTerminal([process.execPath, program.path, 'run', 'x'], directory, { NO_COLOR: '1' });
    await terminal.sees('task: [x] echo x\r\n');
    await terminal.ended;
    expect(terminal.screen()).not.toContain('\x1b[');
  });
});
