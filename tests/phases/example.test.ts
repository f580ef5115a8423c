import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram, runProgram } from './program.ts';
import { run, workspace } from './workspace.ts';

const PHASES = ['environment', 'cluster', 'networking', 'services', 'gitops', 'applications'];

/** The last component of each phase: killed there, most of the phase's work is done. */
const LAST: Readonly<Record<string, string>> = {
  environment: 'directories',
  cluster: 'kubeconfig',
  networking: 'dns',
  services: 'certificates',
  gitops: 'source',
  applications: 'apps',
};

function example(): string {
  const directory = workspace();
  cpSync('examples/bootstrap', directory, {
    recursive: true,
    filter: (path) => !/(?:\/state|\.flux-local-cache)$/.test(path),
  });
  return directory;
}

const logOf = (directory: string): string[] => readFileSync(join(directory, 'state/log'), 'utf8').trim().split('\n');

let program: Awaited<ReturnType<typeof buildProgram>>;
beforeAll(async () => {
  program = await buildProgram();
});
afterAll(() => program.remove());

describe('examples/bootstrap', () => {
  test('runs all six phases from nothing, and then none', async () => {
    const directory = example();
    expect((await run(directory, ['-s', 'bootstrap:phased'])).code).toBe(0);
    const log = logOf(directory);
    expect(log).toHaveLength(12);
    expect([...new Set(log.map((line) => line.split(':')[0]))]).toEqual(PHASES);
    const again = await run(directory, ['bootstrap:phased']);
    expect(again.stderr.match(/is up to date/g)).toHaveLength(6);
    expect(logOf(directory)).toEqual(log);
    expect((await run(directory, ['bootstrap:validate'])).code).toBe(0);
    expect(readdirSync(join(directory, 'state/phases'))).toHaveLength(6);
  });

  test('a forced phase runs again, and no other', async () => {
    const directory = example();
    await run(directory, ['-s', 'bootstrap:phased']);
    const before = logOf(directory).length;
    expect((await run(directory, ['-s', 'bootstrap:force-phase', 'PHASE=3'])).code).toBe(0);
    expect(logOf(directory).slice(before).sort()).toEqual(['networking:cni', 'networking:dns']);
    expect((await run(directory, ['bootstrap:force-phase', 'PHASE=7'])).code).toBe(207);
  });

  test('reset forgets all', async () => {
    const directory = example();
    await run(directory, ['-s', 'bootstrap:phased']);
    await run(directory, ['-s', 'bootstrap:reset']);
    expect(existsSync(join(directory, 'state'))).toBe(false);
    const status = await run(directory, ['bootstrap:status']);
    expect(status.stdout).toBe([1, 2, 3, 4, 5, 6].map((phase) => `phase ${phase}: to do\n`).join(''));
  });

  test('a phase that has not been run does not validate', async () => {
    const directory = example();
    await run(directory, ['-s', 'bootstrap:phase-1']);
    expect((await run(directory, ['bootstrap:validate-phase', 'PHASE=1'])).code).toBe(0);
    const second = await run(directory, ['bootstrap:validate-phase', 'PHASE=2']);
    expect(second.code).toBe(201);
    expect(second.stderr).toContain('phase 2 has not been run');
  });

  test('a component runs by itself', async () => {
    const directory = example();
    await run(directory, ['-s', 'bootstrap:phase-1']);
    expect((await run(directory, ['-s', 'cluster:nodes'])).code).toBe(0);
    expect(logOf(directory).at(-1)).toBe('cluster:nodes');
  });

  test.each(PHASES)('killed in the phase %s, resume repeats no finished work', async (phase) => {
    const directory = example();
    const file = join(directory, 'taskfiles', `${phase}.yml`);
    const text = readFileSync(file, 'utf8');
    const component = `  ${LAST[phase]}:\n`;
    const start = text.indexOf(component);
    const broken = `${text.slice(0, start)}${text.slice(start).replace('    cmds:\n', "    cmds:\n      - 'kill -9 $PPID'\n")}`;
    writeFileSync(file, broken);
    const killed = await runProgram(program.path, directory, ['run', 'bootstrap:phased']);
    expect(killed.code).toBe(137);
    writeFileSync(file, text);
    const number = PHASES.indexOf(phase) + 1;
    const status = (await run(directory, ['bootstrap:status'])).stdout.trim().split('\n');
    expect(status.map((line) => line.endsWith('done'))).toEqual(PHASES.map((_, at) => at < number - 1));
    expect((await run(directory, ['-s', 'bootstrap:resume'])).code).toBe(0);
    expect((await run(directory, ['-s', 'bootstrap:validate'])).code).toBe(0);
    const log = logOf(directory);
    for (const [at, other] of PHASES.entries())
      if (at !== number - 1) expect(log.filter((line) => line.startsWith(`${other}:`))).toHaveLength(2);
  });
});

describe('phases of flux-local.yaml', () => {
  test.each(['one', 'two', 'three'])('killed in the phase %s, resume repeats no finished work', async (victim) => {
    const declared = (kill: boolean): string =>
      `phases:\n${['one', 'two', 'three']
        .map((name, at, all) => {
          const steps = [
            `echo ${name} >> log`,
            ...(kill && name === victim ? ['kill -9 $PPID'] : []),
            `touch ${name}.out`,
          ];
          return `  ${name}:\n    dependsOn: [${all[at - 1] ?? ''}]\n    generates: [${name}.out]\n    steps: ${JSON.stringify(steps)}\n`;
        })
        .join('')}`;
    const directory = workspace({ 'flux-local.yaml': declared(true), '.git/HEAD': '' });
    expect((await runProgram(program.path, directory, ['phase', 'start'])).code).toBe(137);
    writeFileSync(join(directory, 'flux-local.yaml'), declared(false));
    expect((await runProgram(program.path, directory, ['phase', 'resume'])).code).toBe(0);
    const log = readFileSync(join(directory, 'log'), 'utf8').trim().split('\n');
    expect(log.filter((name) => name !== victim).sort()).toEqual(
      ['one', 'three', 'two'].filter((name) => name !== victim),
    );
    expect(log.filter((name) => name === victim)).toHaveLength(2);
  });

  test('a task that is killed while it works has no record', async () => {
    const directory = workspace({
      'Taskfile.yml': `version: '3'
tasks:
  build:
    sources: [in]
    generates: [out]
    cmds: ['echo half > out', 'test -f go || kill -9 $PPID', 'echo whole > out']
`,
      in: 'x',
      '.git/HEAD': '',
    });
    expect((await runProgram(program.path, directory, ['run', 'build'])).code).toBe(137);
    writeFileSync(join(directory, 'go'), '');
    expect((await runProgram(program.path, directory, ['run', '--status', 'build'])).code).toBe(1);
    expect((await runProgram(program.path, directory, ['run', 'build'])).code).toBe(0);
    expect(readFileSync(join(directory, 'out'), 'utf8')).toBe('whole\n');
  });

  test('a phase is a step of a task', async () => {
    const directory = workspace({
      'Taskfile.yml': `version: '3'\ntasks: {all: {silent: true, cmds: [{phase: prepare}, 'cat made']}}\n`,
      'flux-local.yaml': `phases: {prepare: {steps: ['echo prepared > made']}}\n`,
      '.git/HEAD': '',
    });
    expect((await runProgram(program.path, directory, ['run', 'all'])).stdout).toBe('prepared\n');
  });

  test('a command that is interrupted can tidy up, and deferred commands run', async () => {
    const directory = workspace({
      'Taskfile.yml': `version: '3'
tasks:
  x:
    silent: true
    cmds:
      - defer: echo deferred
      - 'trap "echo tidy; exit 3" INT; kill -INT $PPID; kill -INT $$; sleep 1'
`,
    });
    const ran = await runProgram(program.path, directory, ['run', '-x', 'x']);
    expect(ran.stdout).toMatch(/tidy\n.*deferred\n/s);
    expect(ran.code).toBe(3);
  });

  test('arguments behind -- reach the tasks as they were typed', async () => {
    const directory = workspace({
      'Taskfile.yml': `version: '3'\ntasks: {x: {silent: true, cmds: ['printf "%s\\n" {{.CLI_ARGS}}']}}\n`,
    });
    const ran = await runProgram(program.path, directory, ['run', 'x', '--', '-n', 'a b', '--list']);
    expect(ran.stdout).toBe('-n\na b\n--list\n');
  });
});
