import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Rig } from './rig.ts';

// Whole processes of the bundled program, as `npm test` builds it.
const PROGRAM = join(import.meta.dirname, '../../dist/flux-local.js');
const ARGV = ['build', 'all', '--path', 'clusters/staging'];

let rig: Rig;
beforeEach(() => {
  rig = Rig.example();
});
afterEach(() => rig.close());

function start(...more: string[]): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...ARGV, ...more], {
    cwd: rig.directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function finish(child: ChildProcess): Promise<{ stdout: string; stderr: string; code: number | null }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    stdout += bytes;
  });
  child.stderr?.on('data', (bytes: Buffer) => {
    stderr += bytes;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { stdout, stderr, code };
}

describe('the program', () => {
  test('is built before it is tried', () => {
    expect(existsSync(PROGRAM), 'run `npm run build` first').toBe(true);
  });

  test('killed at any moment leaves nothing that makes the next run wrong', async () => {
    const cold = await finish(start('--no-cache'));
    expect(cold).toMatchObject({ stderr: '', code: 0 });
    const began = performance.now();
    await finish(start('--cache-dir', join(rig.root, 'timed')));
    const span = performance.now() - began;
    for (let round = 0; round < 12; round++) {
      const cache = join(rig.root, `cache-${round % 4}`); // three deaths before some of the runs that end
      const child = start('--cache-dir', cache);
      const ended = finish(child);
      await sleep(Math.random() * span * 1.1);
      child.kill('SIGKILL');
      await ended;
      if (round < 4) continue;
      const next = await finish(start('--cache-dir', cache));
      expect(next).toEqual(cold);
    }
  }, 240_000);

  test('run twice at once on one cache gives both the same', async () => {
    const cold = await finish(start('--no-cache'));
    for (let round = 0; round < 3; round++) {
      const cache = join(rig.root, `shared-${round}`);
      const [one, other] = await Promise.all([
        finish(start('--cache-dir', cache)),
        finish(start('--cache-dir', cache)),
      ]);
      expect(one).toEqual(cold);
      expect(other).toEqual(cold);
      expect(await finish(start('--cache-dir', cache))).toEqual(cold);
    }
  }, 240_000);
});
