import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lookupRun, runKey } from '../../src/cache/run-records.ts';
import { Rig } from '../graph/rig.ts';

let bundles: string;
beforeAll(async () => {
  bundles = mkdtempSync(join(tmpdir(), 'flux-local-crash-'));
  await build({
    entryPoints: [join(import.meta.dirname, 'crash-child.ts')],
    outfile: join(bundles, 'child.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
});
afterAll(() => rmSync(bundles, { recursive: true, force: true }));

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
  rig.write('lib/x', 'one');
  rig.write('apps/a', 'say a\ninclude lib/x\nneed b');
  rig.write('apps/b', 'list lib\nfact c');
  rig.write('apps/c', 'maybe nothing\nprobe lib/y');
});
afterEach(() => rig.dispose());

interface Child {
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly answer: { readonly output: string; readonly ran: number; readonly calls: number } | undefined;
}

function child(...args: string[]): Promise<Child> {
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [join(bundles, 'child.mjs'), rig.root, ...args]);
    let stdout = '';
    let stderr = '';
    process_.stdout.on('data', (data) => {
      stdout += data;
    });
    process_.stderr.on('data', (data) => {
      stderr += data;
    });
    process_.on('error', reject);
    process_.on('close', (_, signal) =>
      resolve({ signal, stderr, answer: stdout === '' ? undefined : (JSON.parse(stdout) as Child['answer']) }),
    );
  });
}

/** The writing calls to strike at: all of them on demand, else some spread over the run. */
function strikes(calls: number): readonly number[] {
  const step = process.env.EXHAUSTIVE === undefined ? Math.ceil(calls / 7) : 1;
  return Array.from({ length: Math.ceil(calls / step) }, (_, i) => 1 + i * step);
}

const clear = (): void => rmSync(rig.cacheDirectory, { recursive: true, force: true });
const look = (): string | undefined => {
  const answer = lookupRun({ directory: rig.cacheDirectory, workspace: rig.root, key: runKey('toy') });
  return answer === undefined ? undefined : Buffer.from(answer.stdout).toString();
};

describe('a run in a process of its own', () => {
  test('killed at any of its writing calls, half-way through, leaves a cache on which the next run is right', async () => {
    const whole = await child();
    const { output, calls } = whole.answer!;
    expect(calls).toBeGreaterThan(10);
    for (const at of strikes(calls)) {
      clear();
      const killed = await child(String(at));
      expect([undefined, output]).toContain(look());
      if (killed.signal === null) continue; // calls that run side by side may be fewer in another order
      expect(killed.signal).toBe('SIGKILL');
      const next = await child();
      expect(next).toMatchObject({ signal: null, stderr: '', answer: { output } });
      expect((await child()).answer).toMatchObject({ output, ran: 0 });
      expect(look()).toBe(output);
    }
  });

  test('killed again and again while the files change gives the right output in the end', async () => {
    for (let at = 2; at <= 12; at += 3) {
      rig.write('lib/x', `edit ${at}`);
      await child(String(at));
      expect(look() ?? 'none').toMatch(new RegExp(`none|edit ${at}`));
    }
    const warm = (await child()).answer;
    clear();
    expect(warm?.output).toBe((await child()).answer?.output);
  });

  test('on a full disk goes on without keeping anything, with one warning', async () => {
    const { output, calls } = (await child()).answer!;
    for (const at of strikes(calls)) {
      clear();
      const full = await child(String(at), 'full');
      expect(full.answer?.output).toBe(output);
      expect(full.stderr.split('\n').filter((line) => line !== '')).toEqual([
        expect.stringMatching(/^the cache at .* cannot be written, so this run keeps nothing: ENOSPC/),
      ]);
      const next = await child();
      expect(next).toMatchObject({ stderr: '', answer: { output } });
    }
  });

  test('side by side with others on one cache: all are right, and so is the next', async () => {
    clear();
    for (let round = 0; round < 2; round++) {
      rig.write('lib/x', `round ${round}`);
      const answers = await Promise.all([child(), child(), child()]);
      const next = await child();
      expect(next.answer).toMatchObject({ ran: 0 });
      for (const { answer, stderr } of answers) expect([answer?.output, stderr]).toEqual([next.answer?.output, '']);
    }
  });
});
