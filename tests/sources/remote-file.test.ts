import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fetchRemoteFile, resolveRemoteFile } from '../../src/sources/index.ts';
import { problem, value } from '../source-objects.ts';
import { newCache, options, serve } from './support.ts';

test('a file at an address is kept by what it holds', async () => {
  let text = 'one';
  const server = await serve((_, response) => response.end(text));
  const cache = newCache();
  const url = `${server.url}/crds.yaml`;
  const revision = value(await resolveRemoteFile(url, cache, options));
  expect(revision).toMatch(/^sha256:[0-9a-f]{64}$/);
  text = 'two';
  const file = value(await fetchRemoteFile(url, revision, cache, { ...options, offline: true }));
  expect(readFileSync(file.path, 'utf8')).toBe('one');
  expect(value(await resolveRemoteFile(url, cache, options))).not.toBe(revision);
  expect(problem(await fetchRemoteFile(url, revision, newCache(), options)).reason).toBe('verification-failed');
});

test('other schemes are refused', async () => {
  for (const url of ['file:///etc/passwd', 'ftp://x/y', 'nonsense'])
    expect(problem(await resolveRemoteFile(url, newCache(), options)).reason).toBe('invalid-object');
});
