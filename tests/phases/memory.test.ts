import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ok } from '../../src/core/result.ts';
import { run, workspace, write } from './workspace.ts';

const BUILD = `version: '3'
tasks:
  build:
    sources: ['src/**/*.txt']
    generates: [out.txt]
    cmds:
      - cat src/*.txt src/*/*.txt > out.txt 2>/dev/null || cat src/*.txt > out.txt
      - echo ran >> runs
`;

const runs = (directory: string): number =>
  existsSync(join(directory, 'runs')) ? readFileSync(join(directory, 'runs'), 'utf8').trim().split('\n').length : 0;

describe('what tasks remember', () => {
  test('a second run does nothing and says so', async () => {
    const directory = workspace({ 'Taskfile.yml': BUILD, 'src/a.txt': 'a' });
    expect((await run(directory, ['build'])).code).toBe(0);
    const second = await run(directory, ['build']);
    expect(second.stderr).toBe('task: Task "build" is up to date\n');
    expect(runs(directory)).toBe(1);
  });

  test('a task that was killed half-way is not up to date', async () => {
    const directory = workspace({
      'Taskfile.yml': `version: '3'
tasks:
  build:
    sources: [in.txt]
    cmds: ['echo start >> runs', 'test -f finish', 'echo end >> runs']
`,
      'in.txt': 'x',
    });
    expect((await run(directory, ['build'])).code).toBe(201);
    write(join(directory, 'finish'), '');
    const second = await run(directory, ['build']);
    expect(second.code).toBe(0);
    expect(readFileSync(join(directory, 'runs'), 'utf8')).toBe('start\nstart\nend\n');
  });

  test('a source that moves to another folder is noticed', async () => {
    const directory = workspace({ 'Taskfile.yml': BUILD, 'src/one/a.txt': 'a', 'src/b.txt': 'b' });
    await run(directory, ['build']);
    mkdirSync(join(directory, 'src/two'));
    renameSync(join(directory, 'src/one/a.txt'), join(directory, 'src/two/a.txt'));
    await run(directory, ['build']);
    expect(runs(directory)).toBe(2);
  });

  test('tasks a:b and a-b have records of their own', async () => {
    const directory = workspace({
      'Taskfile.yml': `version: '3'
tasks:
  a:b:
    sources: [in.txt]
    cmds: ['echo colon >> runs']
  a-b:
    sources: [in.txt]
    cmds: ['echo dash >> runs']
`,
      'in.txt': 'x',
    });
    for (const task of ['a:b', 'a-b', 'a:b', 'a-b']) await run(directory, [task]);
    expect(readFileSync(join(directory, 'runs'), 'utf8')).toBe('colon\ndash\n');
  });

  test('a changed command, variable or environment variable runs the task again', async () => {
    const taskfile = (command: string, env: string): string => `version: '3'
vars: {WORD: hello}
tasks:
  build:
    sources: [in.txt]
    env: {MODE: ${env}}
    cmds: ['${command} {{.WORD}} >> runs']
`;
    const directory = workspace({ 'Taskfile.yml': taskfile('echo', 'fast'), 'in.txt': 'x' });
    await run(directory, ['build']);
    await run(directory, ['build']);
    expect(runs(directory)).toBe(1);
    write(join(directory, 'Taskfile.yml'), taskfile('echo a', 'fast'));
    await run(directory, ['build']);
    expect(runs(directory)).toBe(2);
    await run(directory, ['build', 'WORD=bye']);
    expect(runs(directory)).toBe(3);
    write(join(directory, 'Taskfile.yml'), taskfile('echo a', 'slow'));
    await run(directory, ['build']);
    expect(runs(directory)).toBe(4);
  });

  test('a variable of the process that a command names is part of what it depends on', async () => {
    const directory = workspace({
      'Taskfile.yml': `version: '3'\ntasks:\n  build:\n    sources: [in.txt]\n    cmds: ['echo $TARGET >> runs']\n`,
      'in.txt': 'x',
    });
    await run(directory, ['build'], { env: { TARGET: 'one' } });
    await run(directory, ['build'], { env: { TARGET: 'two' } });
    await run(directory, ['build'], { env: { TARGET: 'one' } });
    expect(readFileSync(join(directory, 'runs'), 'utf8')).toBe('one\ntwo\n');
  });

  test('outputs come back from the cache', async () => {
    const directory = workspace({ 'Taskfile.yml': BUILD, 'src/a.txt': 'first' });
    await run(directory, ['build']);
    const first = readFileSync(join(directory, 'out.txt'), 'utf8');
    rmSync(join(directory, 'out.txt'));
    await run(directory, ['build']);
    expect(readFileSync(join(directory, 'out.txt'), 'utf8')).toBe(first);
    write(join(directory, 'src/a.txt'), 'second');
    await run(directory, ['build']);
    expect(readFileSync(join(directory, 'out.txt'), 'utf8')).toContain('second');
    write(join(directory, 'src/a.txt'), 'first');
    await run(directory, ['build']);
    expect(readFileSync(join(directory, 'out.txt'), 'utf8')).toBe(first);
    expect(runs(directory)).toBe(2);
  });

  test('a damaged output is put back as it was made', async () => {
    const directory = workspace({ 'Taskfile.yml': BUILD, 'src/a.txt': 'a' });
    await run(directory, ['build']);
    write(join(directory, 'out.txt'), 'damaged');
    expect((await run(directory, ['--status', 'build'])).code).toBe(0);
    await run(directory, ['build']);
    expect(readFileSync(join(directory, 'out.txt'), 'utf8')).toBe('a');
  });

  test('questions write nothing', async () => {
    const directory = workspace({ 'Taskfile.yml': BUILD, 'src/a.txt': 'a' });
    for (const args of [
      ['--dry', 'build'],
      ['--status', 'build'],
      ['--list-all', '--json'],
      ['--summary', 'build'],
    ])
      await run(directory, args);
    expect(existsSync(join(directory, '.flux-local-cache'))).toBe(false);
    expect(existsSync(join(directory, 'out.txt'))).toBe(false);
  });

  test('a changed definition of a called task runs the caller again', async () => {
    const taskfile = (word: string): string => `version: '3'
tasks:
  build:
    sources: [in.txt]
    cmds: [{task: inner}]
  inner: 'echo ${word} >> runs'
`;
    const directory = workspace({ 'Taskfile.yml': taskfile('one'), 'in.txt': 'x' });
    await run(directory, ['build']);
    await run(directory, ['build']);
    write(join(directory, 'Taskfile.yml'), taskfile('two'));
    await run(directory, ['build']);
    expect(readFileSync(join(directory, 'runs'), 'utf8')).toBe('one\ntwo\n');
  });

  test('--explain says why', async () => {
    const directory = workspace({ 'Taskfile.yml': BUILD, 'src/a.txt': 'a' });
    expect((await run(directory, ['--explain', 'build'])).stderr).toContain(
      'task: "build" runs: it has not run before\n',
    );
    expect((await run(directory, ['--explain', 'build'])).stderr).toContain('"build" is fresh');
    write(join(directory, 'src/a.txt'), 'b');
    expect((await run(directory, ['--explain', 'build'])).stderr).toContain('runs: src/a.txt changed');
    write(join(directory, 'src/c.txt'), 'c');
    expect((await run(directory, ['--explain', 'build'])).stderr).toContain('runs: the names of its sources changed');
  });

  test('a task can need the rendered output of an object', async () => {
    const directory = workspace({
      'Taskfile.yml': `version: '3'
tasks:
  show:
    needs: HelmRelease/apps/web
    cmds: ['cat "{{index .NEEDS "HelmRelease/apps/web"}}" >> runs']
`,
    });
    let text = 'kind: Service\n';
    const ports = {
      needs: async (id: string) => (id === 'HelmRelease/apps/web' ? ok(text) : ok('')),
    };
    await run(directory, ['show'], { ports });
    await run(directory, ['show'], { ports });
    text = 'kind: Deployment\n';
    await run(directory, ['show'], { ports });
    expect(readFileSync(join(directory, 'runs'), 'utf8')).toBe('kind: Service\nkind: Deployment\n');
  });

  test('a phase can be a step of a task', async () => {
    const directory = workspace({
      'Taskfile.yml': `version: '3'\ntasks:\n  all: {cmds: [{phase: build}, 'echo after']}\n`,
    });
    const phases: string[] = [];
    const ports = {
      runPhase: async (name: string) => {
        phases.push(name);
        return ok(undefined);
      },
    };
    expect((await run(directory, ['all'], { ports })).stdout).toBe('after\n');
    expect(phases).toEqual(['build']);
  });

  test('--graph shows what calls what', async () => {
    const directory = workspace({
      'Taskfile.yml': `version: '3'\ntasks:\n  all: {deps: [a], cmds: [{task: b}]}\n  a: {deps: [b], cmds: ['true']}\n  b: 'true'\n`,
    });
    expect((await run(directory, ['--graph', 'all'])).stdout).toBe('all\n  after a\n    after b\n  calls b\n');
  });
});
