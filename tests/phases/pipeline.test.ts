import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { phaseCommand } from '../../src/cli/phase.ts';
import { failure } from '../../src/core/failure.ts';
import { fail, ok, type Result } from '../../src/core/result.ts';
import type { PhaseReport, PhaseRunner } from '../../src/phases/pipeline/index.ts';
import { recordedIo } from '../recorded-io.ts';
import { ENVIRONMENT, workspace, write } from './workspace.ts';

interface World {
  readonly ran: string[];
  output: string;
  failing: string | undefined;
}

function runner(world: World): PhaseRunner {
  return {
    inputs: () => null,
    sources: (phase) => (phase === 'load' ? ['cluster/**/*.yaml'] : []),
    async run(phase, request): Promise<Result<PhaseReport>> {
      world.ran.push(request.force ? `${phase}!` : phase);
      if (world.failing === phase) return fail(failure('build-failed', `${phase} is broken`));
      return ok({
        counts: { built: 1 },
        output: phase === 'load' ? world.output : `${phase} of ${world.output}`,
        failures: [],
      });
    },
  };
}

async function phase(directory: string, world: World | undefined, ...args: string[]) {
  const { io, ran } = recordedIo(directory, ENVIRONMENT);
  const ports = world === undefined ? {} : { runner: async () => ok(runner(world)) };
  await phaseCommand(io, ports).parseAsync(args, { from: 'user' });
  return ran();
}

const newWorld = (): World => ({ ran: [], output: 'one', failing: undefined });
const FILES = { 'cluster/a.yaml': 'a: 1\n', '.git/HEAD': '' };

describe('the built-in phases', () => {
  test('start runs all in their order, and resume then nothing', async () => {
    const directory = workspace(FILES);
    const world = newWorld();
    expect((await phase(directory, world, 'start')).code).toBe(0);
    expect(world.ran).toEqual(['load', 'fetch', 'values', 'build', 'template', 'validate', 'report']);
    world.ran.length = 0;
    expect((await phase(directory, world, 'resume')).code).toBe(0);
    expect(world.ran).toEqual([]);
  });

  test('a changed source makes its phase stale, and those after it only if its result changed', async () => {
    const directory = workspace(FILES);
    const world = newWorld();
    await phase(directory, world, 'start');
    write(join(directory, 'cluster/a.yaml'), 'a: 2\n');
    const status = await phase(directory, world, 'status');
    expect(status.stdout).toMatch(/^load +stale: its sources changed/m);
    expect(status.stdout).toMatch(/^fetch +stale: load is not fresh/m);
    world.ran.length = 0;
    await phase(directory, world, 'resume');
    expect(world.ran).toEqual(['load']);
    world.ran.length = 0;
    world.output = 'two';
    write(join(directory, 'cluster/a.yaml'), 'a: 3\n');
    await phase(directory, world, 'resume');
    expect(world.ran).toEqual(['load', 'fetch', 'values', 'build', 'template', 'validate', 'report']);
  });

  test('--force runs one phase again', async () => {
    const directory = workspace(FILES);
    const world = newWorld();
    await phase(directory, world, 'start');
    world.ran.length = 0;
    await phase(directory, world, 'resume', '--force', 'build');
    expect(world.ran).toEqual(['build!']);
  });

  test('a failure stops what depends on it, and resume goes on there', async () => {
    const directory = workspace(FILES);
    const world: World = { ...newWorld(), failing: 'build' };
    const first = await phase(directory, world, 'start');
    expect(first.code).toBe(1);
    expect(first.stderr).toContain('build: failed (build is broken)');
    expect((await phase(directory, world, 'status')).stdout).toMatch(/^build +failed: build is broken/m);
    world.failing = undefined;
    world.ran.length = 0;
    expect((await phase(directory, world, 'resume')).code).toBe(0);
    expect(world.ran).toEqual(['build', 'template', 'validate', 'report']);
  });

  test('questions write nothing', async () => {
    const directory = workspace(FILES);
    for (const args of [['status'], ['list'], ['validate'], ['start', '--dry'], ['history'], ['metrics']])
      await phase(directory, newWorld(), ...args);
    expect(existsSync(join(directory, '.flux-local-cache'))).toBe(false);
  });

  test('reset forgets a phase and those after it', async () => {
    const directory = workspace(FILES);
    const world = newWorld();
    await phase(directory, world, 'start');
    await phase(directory, world, 'reset', 'template');
    const left = readdirSync(join(directory, '.flux-local-cache/phases')).filter((name) => name.endsWith('.json'));
    expect(left.sort()).toEqual(['bootstrap.json', 'build.json', 'fetch.json', 'load.json', 'values.json']);
  });

  test('markers say what ran, when, how long and with what outcome', async () => {
    const directory = workspace(FILES);
    await phase(directory, newWorld(), 'start');
    const marker = JSON.parse(readFileSync(join(directory, '.flux-local-cache/phases/build.json'), 'utf8'));
    expect(marker).toMatchObject({ phase: 'build', outcome: 'done', counts: { built: 1 }, output: 'build of one' });
    expect(marker.inputs).toMatch(/^[0-9a-f]{64}$/);
  });

  test('the history holds every run, and metrics count them', async () => {
    const directory = workspace(FILES);
    const world: World = { ...newWorld(), failing: 'build' };
    await phase(directory, world, 'start');
    world.failing = undefined;
    await phase(directory, world, 'resume');
    const entries = JSON.parse((await phase(directory, world, 'history', '-o', 'json', '--limit', '100')).stdout);
    expect(
      entries
        .filter(({ phase: name }: { phase: string }) => name === 'build')
        .map((one: { outcome: string }) => one.outcome),
    ).toEqual(['done', 'failed']);
    const text = (await phase(directory, world, 'metrics', '-o', 'openmetrics')).stdout;
    expect(text).toContain('flux_local_phase_runs_total{phase="build",outcome="failed"} 1\n');
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect((await phase(directory, world, 'metrics')).stdout).toMatch(/^build +2 +0 +50 %/m);
  });
});

const DECLARED = `phases:
  prepare:
    description: Make the input
    sources: [seed]
    generates: [out/a]
    hooks: {before: ['echo before >> order'], after: ['echo after >> order']}
    preconditions: [{sh: test -f seed, msg: there is no seed}]
    steps:
      - mkdir -p out
      - cp seed out/a && echo prepare >> order
  left: {dependsOn: [prepare], steps: ['echo left >> order']}
  right: {dependsOn: [prepare], steps: ['echo right >> order']}
  last: {dependsOn: [left, right], steps: [{task: finish, vars: {WORD: done}}]}
`;

describe('phases of flux-local.yaml', () => {
  const files = {
    'flux-local.yaml': DECLARED,
    'Taskfile.yml': `version: '3'\ntasks: {finish: {silent: true, cmds: ['echo {{.WORD}} >> order']}}\n`,
    seed: 's',
    '.git/HEAD': '',
  };

  test('run in the order of their dependencies, with hooks and tasks', async () => {
    const directory = workspace(files);
    expect((await phase(directory, undefined, 'run', 'last')).code).toBe(0);
    const order = readFileSync(join(directory, 'order'), 'utf8').trim().split('\n');
    expect(order.slice(0, 3)).toEqual(['before', 'prepare', 'after']);
    expect(order.slice(3, 5).sort()).toEqual(['left', 'right']);
    expect(order.slice(5)).toEqual(['done']);
  });

  test('a missing output makes a phase stale', async () => {
    const directory = workspace(files);
    await phase(directory, undefined, 'run', 'last');
    rmSync(join(directory, 'out/a'));
    expect((await phase(directory, undefined, 'status', 'prepare')).stdout).toContain('stale: out/a is missing');
  });

  test('a precondition that does not hold fails its phase with its message', async () => {
    const directory = workspace(files);
    rmSync(join(directory, 'seed'));
    const ran = await phase(directory, undefined, 'run', 'left');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('prepare: failed (there is no seed)');
    expect(ran.stderr).toContain('left: skipped (prepare failed)');
  });

  test('what was done is not repeated because a precondition did not hold for a while', async () => {
    const directory = workspace({
      'flux-local.yaml':
        "phases: {a: {preconditions: [{sh: test ! -f lock, msg: it is locked}], steps: ['echo a >> order']}}\n",
      '.git/HEAD': '',
    });
    await phase(directory, undefined, 'run', 'a');
    write(join(directory, 'lock'), '');
    expect(await phase(directory, undefined, 'run', 'a')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('a: failed (it is locked)'),
    });
    rmSync(join(directory, 'lock'));
    expect((await phase(directory, undefined, 'run', 'a')).stderr).toContain('a: fresh');
    expect(readFileSync(join(directory, 'order'), 'utf8')).toBe('a\n');
  });

  test('come after the bootstrap, unless they stand alone', async () => {
    const directory = workspace({
      'flux-local.yaml':
        'bootstrap: {requirements: {directories: [data]}}\nphases: {a: {steps: [test -d data]}, b: {dependsOn: [], steps: [echo b]}}\n',
      '.git/HEAD': '',
    });
    expect((await phase(directory, undefined, 'run', 'b')).stderr).not.toContain('bootstrap');
    expect((await phase(directory, undefined, 'run', 'a')).code).toBe(0);
  });

  test('lines of a command come whole, however they were written', async () => {
    const directory = workspace({
      'flux-local.yaml': 'phases: {a: {steps: [\'printf one; sleep 0.2; printf " and the same\\nlast"\']}}\n',
      '.git/HEAD': '',
    });
    expect((await phase(directory, undefined, 'run', 'a')).stderr).toContain('[a] one and the same\n[a] last\n');
  });

  test('a mistake in the file is told with its line', async () => {
    const directory = workspace({ 'flux-local.yaml': 'phases:\n  a:\n    steps:\n      - dir: x\n', '.git/HEAD': '' });
    const ran = await phase(directory, undefined, 'list');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toBe(
      'error: flux-local.yaml:4: phases.a.steps.0: a step is a command, or has `command` or `task`\n',
    );
  });

  test('a setting that there is not is told with its line', async () => {
    const directory = workspace({ 'flux-local.yaml': 'phases:\n  a:\n    step: [echo]\n', '.git/HEAD': '' });
    const { code, stderr } = await phase(directory, undefined, 'list');
    expect({ code, start: stderr.slice(0, 63) }).toEqual({
      code: 1,
      start: 'error: flux-local.yaml:3: phases.a.step: there is no such setti',
    });
  });

  test('phases that wait for each other are refused', async () => {
    const directory = workspace({
      'flux-local.yaml': 'phases: {a: {dependsOn: b, steps: []}, b: {dependsOn: a, steps: []}}\n',
      '.git/HEAD': '',
    });
    expect((await phase(directory, undefined, 'list')).stderr).toContain('a → b → a');
  });
});
