import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failure } from '../../src/core/failure.ts';
import { fail, ok } from '../../src/core/result.ts';
import { collectSources, LOCK_FILE, readLockfile, writeLockfile } from '../../src/sources/index.ts';
import { entryKey, findEntry, makeEntry } from '../../src/sources/source-cache.ts';
import { problem, value } from '../source-objects.ts';
import { newCache } from './support.ts';

const fill = (text: string) => async (content: string) => {
  mkdirSync(join(content, 'd'));
  writeFileSync(join(content, 'd/a'), text);
  return ok({ revision: text, origin: 'test' });
};

test('an entry appears when it is whole, and a failed one leaves nothing', async () => {
  const cache = newCache();
  const key = entryKey('git', 'a', 'b');
  const failed = await makeEntry(cache, key, async (content) => {
    writeFileSync(join(content, 'half'), 'x');
    return fail(failure('fetch-failed', 'broken'));
  });
  expect(failed.ok).toBe(false);
  await expect(makeEntry(cache, key, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  expect(await findEntry(cache, key)).toBeUndefined();
  expect(readdirSync(join(cache.directory, 'tmp'))).toEqual([]);
  const made = value(await makeEntry(cache, key, fill('one')));
  expect(await findEntry(cache, key)).toEqual(made);
});

test('of two that make the same entry at once both get the first', async () => {
  const cache = newCache();
  const key = entryKey('git', 'a');
  const [a, b] = await Promise.all([makeEntry(cache, key, fill('same')), makeEntry(cache, key, fill('same'))]);
  expect(value(a).path).toBe(value(b).path);
  expect(readFileSync(join(value(a).path, 'd/a'), 'utf8')).toBe('same');
});

test('an entry that was changed is dropped', async () => {
  for (const harm of [
    (path: string) => writeFileSync(join(path, 'extra'), ''),
    (path: string) => writeFileSync(join(path, 'd/a'), 'longer'),
    (path: string) => writeFileSync(join(path, '../entry.json'), '{'),
  ]) {
    const cache = newCache();
    const key = entryKey('git', 'a');
    harm(value(await makeEntry(cache, key, fill('one'))).path);
    expect(await findEntry(cache, key)).toBeUndefined();
    expect((await makeEntry(cache, key, fill('one'))).ok).toBe(true);
  }
});

test('what killed runs left behind is swept after a day', async () => {
  const cache = newCache();
  for (const [name, age] of [
    ['old', 48],
    ['young', 1],
  ] as const) {
    mkdirSync(join(cache.directory, 'tmp', name), { recursive: true });
    const at = Date.now() / 1000 - age * 3600;
    utimesSync(join(cache.directory, 'tmp', name), at, at);
  }
  value(await makeEntry(cache, entryKey('git', 'a'), fill('one')));
  expect(readdirSync(join(cache.directory, 'tmp'))).toEqual(['young']);
});

test('keys tell apart what their parts tell apart', () => {
  expect(entryKey('git', 'a', 'bc')).not.toBe(entryKey('git', 'ab', 'c'));
});

test('a lock file is sorted and read back', () => {
  const lock = new Map([
    ['https://x/b branch main', 'main@sha1:1'],
    ['https://x/a "quoted"', 'v1@sha1:2'],
  ]);
  const text = writeLockfile(lock);
  expect(text).toBe(
    '{\n  "version": 1,\n  "references": {\n    "https://x/a \\"quoted\\"": "v1@sha1:2",\n    "https://x/b branch main": "main@sha1:1"\n  }\n}\n',
  );
  expect(value(readLockfile(text))).toEqual(new Map([...lock].reverse()));
  expect(value(readLockfile(writeLockfile(new Map())))).toEqual(new Map());
  for (const bad of ['', '[]', '{"version":2}', '{"version":1,"references":{"a":1}}', '{"version":1,"references":[]}'])
    expect(problem(readLockfile(bad)).message).toContain(LOCK_FILE);
});

test('collecting keeps what is named and what is young', async () => {
  const cache = newCache();
  const [named, forgotten, young] = ['a', 'b', 'c'].map((name) => entryKey('git', name)) as [string, string, string];
  for (const key of [named, forgotten, young]) value(await makeEntry(cache, key, fill('one')));
  for (const key of [named, forgotten]) utimesSync(join(cache.directory, key), 1, 1);
  expect(collectSources(cache, { keep: [`${named}/content/d`], minAgeMs: 60_000 })).toBe(1);
  const there = await Promise.all([named, forgotten, young].map((key) => findEntry(cache, key)));
  expect(there.map((entry) => entry !== undefined)).toEqual([true, false, true]);
});
