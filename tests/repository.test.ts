import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/** Rooms of the repository, and the files beside them: what a new one is for belongs in ARCHITECTURE.md. */
const ROOMS = ['.ci', 'bench', 'conformance', 'docs', 'examples', 'scripts', 'src', 'tests'];
const FILES = [
  '.gitignore .npmrc ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md LICENSE NOTICE README.md biome.json package-lock.json',
  'package.json tsconfig.json tsconfig.types.json vitest.config.ts vitest.servers.config.ts',
].flatMap((names) => names.split(' '));
/** Where people and machines of build farms keep their checkouts: no such path means anything to others. */
const MACHINE_PATHS = /(?<![\w.$}~<-])\/(?:work|root|Users\/\w+)\/(?:\.?[\w-]+\/)+[\w.-]+/g;

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);

describe('the repository', () => {
  test('holds rooms and files that were meant to be there, and nothing that a trial left', () => {
    expect(tracked.filter((path) => !ROOMS.includes(path.split('/')[0]!) && !FILES.includes(path))).toEqual([]);
    expect(
      tracked.filter((path) => /(?:^|\/)(?:\.flux-local-cache|node_modules|dist)\/|\.orig$|\.rej$/.test(path)),
    ).toEqual([]);
  });

  test("names no machine's path", () => {
    const found = tracked
      .filter((path) => path !== 'package-lock.json')
      .flatMap((path) =>
        [...readFileSync(join(ROOT, path), 'utf8').matchAll(MACHINE_PATHS)].map(([text]) => `${path}: ${text}`),
      );
    expect(found).toEqual([]);
  });
});
