import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  fetchGitRepository,
  gitReferenceName,
  readGitRepositorySpec,
  resolveGitRepository,
} from '../../src/sources/index.ts';
import { problem, source, value } from '../source-objects.ts';
import { newCache, options, scratch } from './support.ts';

const spec = (url: string, rest: Record<string, unknown> = {}) =>
  value(readGitRepositorySpec(source('GitRepository', { url, ...rest })));

function repository(): { path: string; commit: string } {
  const path = join(scratch(), 'repository');
  mkdirSync(path);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: path,
      encoding: 'utf8',
    }).trim();
  git('init', '-q', '-b', 'main');
  writeFileSync(join(path, 'a.yaml'), 'a: 1\n');
  git('add', '-A');
  git('commit', '-q', '-m', 'one');
  return { path, commit: git('rev-parse', 'HEAD') };
}

test('a repository on disk is read within the workspace only', async () => {
  const { path, commit } = repository();
  const read = spec(`file://${path}`, { ref: { branch: 'main' } });
  const cache = newCache();
  const inside = { ...options, workspace: path };
  const revision = value(await resolveGitRepository(read, {}, cache, inside));
  expect(revision).toBe(`main@sha1:${commit}`);
  const tree = value(await fetchGitRepository(read, revision, {}, cache, inside));
  expect(readFileSync(join(tree.path, 'a.yaml'), 'utf8')).toBe('a: 1\n');
  expect(problem(await resolveGitRepository(read, {}, newCache(), options)).reason).toBe('path-escapes');
  expect(
    problem(await resolveGitRepository(read, {}, newCache(), { ...options, workspace: `${path}-other` })).reason,
  ).toBe('path-escapes');
});

test('names tell references apart and say nothing secret', () => {
  const url = 'https://me:secret@example.com/org/app.git';
  expect(
    [
      {},
      { branch: 'b' },
      { tag: 't', branch: 'b' },
      { semver: '1.x', tag: 't' },
      { name: 'refs/x', semver: '1.x' },
    ].map((ref) => gitReferenceName(spec(url, { ref }))),
  ).toEqual([
    'https://example.com/org/app branch master',
    'https://example.com/org/app branch b',
    'https://example.com/org/app tag t',
    'https://example.com/org/app semver 1.x',
    'https://example.com/org/app refs/x',
  ]);
});

test('a commit needs no network, and a lock file pins what moves', async () => {
  const commit = 'a'.repeat(40);
  const offline = { ...options, offline: true };
  const url = 'https://git.invalid/a';
  expect(value(await resolveGitRepository(spec(url, { ref: { commit } }), {}, newCache(), offline))).toBe(
    `sha1:${commit}`,
  );
  const moving = spec(url, { ref: { branch: 'main' } });
  expect(problem(await resolveGitRepository(moving, {}, newCache(), offline))).toMatchObject({
    reason: 'offline',
    message: expect.stringContaining('https://git.invalid/a branch main'),
  });
  const lock = new Map([[gitReferenceName(moving), `main@sha1:${commit}`]]);
  expect(value(await resolveGitRepository(moving, {}, newCache(), { ...offline, lock }))).toBe(`main@sha1:${commit}`);
  expect(problem(await fetchGitRepository(moving, `main@sha1:${commit}`, {}, newCache(), offline)).reason).toBe(
    'offline',
  );
});
