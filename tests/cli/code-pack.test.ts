import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CodePack, codePackFile } from '../../src/cli/code-pack.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'flux-local-code-'));
  file = join(directory, 'code', 'build');
});
afterEach(() => {
  chmodSync(directory, 0o755);
  rmSync(directory, { recursive: true, force: true });
});

const TEXT = '(function(a){ function twice(b) { return b * 2 } return twice(a) })';

/** What the script gives, and whether it was taken from kept code. */
function run(text = TEXT, name = 'a-1.js'): { value: number; kept: boolean } {
  const pack = new CodePack(file);
  const script = pack.compile(name, text, join(directory, name));
  const value = (script.runInThisContext() as (a: number) => number)(21);
  pack.save();
  return { value, kept: script.cachedDataRejected === false };
}

test('code that one run compiled is taken up by the next', () => {
  expect(run()).toEqual({ value: 42, kept: false });
  expect(run()).toEqual({ value: 42, kept: true });
});

test('the first runs add what they compile, later ones write nothing', () => {
  for (let i = 0; i < 3; i++) run();
  const { mtimeMs, ino } = statSync(file);
  run();
  expect(statSync(file)).toMatchObject({ mtimeMs, ino });
});

test('a run adds to a file that is old, and the next to one twice as old', () => {
  for (let i = 0; i < 3; i++) run();
  const rewritten = (age: number): boolean => {
    const time = new Date(Date.now() - age);
    utimesSync(file, time, time);
    const { ino } = statSync(file);
    run();
    return statSync(file).ino !== ino;
  };
  expect([1000, 3000, 3000, 5000, 5000, 9000].map(rewritten)).toEqual([false, true, false, true, false, true]);
});

test('a script that a later run loads is added, and what was kept stays', () => {
  for (let i = 0; i < 5; i++) run();
  expect(run('(a) => a + 1', 'b-1.js')).toEqual({ value: 22, kept: false });
  expect(run('(a) => a + 1', 'b-1.js').kept).toBe(true);
  expect(run().kept).toBe(true);
});

test('a damaged file serves nothing, whichever byte it is, and is written anew', () => {
  run();
  const whole = readFileSync(file);
  const step = Math.max(1, Math.floor(whole.length / 97));
  for (let at = 0; at < whole.length; at += step) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0x10;
    writeFileSync(file, damaged);
    expect(run()).toEqual({ value: 42, kept: false });
  }
  expect(run().kept).toBe(true);
});

test.each([
  ['empty', Buffer.alloc(0)],
  ['of zeros', Buffer.alloc(4096)],
  ['of other content, twice', Buffer.from('other'.repeat(20).repeat(2))],
])('a file that is %s serves nothing', (_, bytes) => {
  run();
  writeFileSync(file, bytes);
  expect(run()).toEqual({ value: 42, kept: false });
});

test('a file that was cut short serves nothing', () => {
  run();
  const whole = readFileSync(file);
  for (const part of [1, 2, 3, 4, 7]) {
    writeFileSync(file, whole.subarray(0, Math.floor((whole.length * part) / 8)));
    expect(run()).toEqual({ value: 42, kept: false });
  }
});

test('code of another text is not run', () => {
  run();
  expect(run('(function(a){ return a })')).toEqual({ value: 21, kept: false });
});

test('of two that write at once one is whole', () => {
  const packs = [new CodePack(file), new CodePack(file)];
  for (const pack of packs) pack.compile('a-1.js', TEXT, 'a-1.js');
  for (const pack of packs) pack.save();
  expect(run().kept).toBe(true);
  expect(readdirSync(join(directory, 'code'))).toEqual(['build']);
});

test('where nothing can be written the code runs all the same', () => {
  writeFileSync(join(directory, 'code'), 'a file where the directory would be');
  expect(run()).toEqual({ value: 42, kept: false });
  expect(readdirSync(directory)).toEqual(['code']);
});

test('what was not written for a month goes', () => {
  run();
  const old = join(directory, 'code', 'build-of-an-old-version');
  writeFileSync(old, '');
  utimesSync(old, new Date(0), new Date(0));
  run();
  expect(readdirSync(join(directory, 'code'))).toEqual(['build']);
});

test('the file is named by command, build and what V8 is told, in the cache directory', () => {
  const name = (env: NodeJS.ProcessEnv, command = 'build') =>
    codePackFile(command, 'b1', { XDG_CACHE_HOME: '/c', ...env });
  expect(name({})).toContain(join('/c', 'flux-local', 'code', `build-b1-${process.version}-`));
  expect(name({ NODE_OPTIONS: '--max-old-space-size=100' })).not.toBe(name({}));
  expect(name({ NODE_COMPILE_CACHE: '/d' })).toContain(join('/d', 'flux-local'));
  expect(name({ NODE_DISABLE_COMPILE_CACHE: '1' })).toBeUndefined();
  expect(name({}, '--help')).toBeUndefined();
  expect(name({}, '../x')).toBeUndefined();
});
