import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  formatVersion,
  objections,
  parseConstraint,
  parseStrictVersion,
  parseVersion,
  satisfies,
} from '../../src/core/semver.ts';

interface Recorded {
  readonly constraints: readonly {
    readonly constraint: string;
    readonly version: string;
    readonly error?: string;
    readonly ok: boolean;
    readonly reasons?: readonly string[];
  }[];
  readonly versions: readonly { readonly version: string; readonly loose: string; readonly strict: string }[];
}
const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../conformance/semver.json'), 'utf8'),
) as Recorded;

test('constraints hold, fail and explain themselves as in Go', () => {
  const wrong: string[] = [];
  for (const { constraint, version, error, ok, reasons = [] } of recorded.constraints) {
    const parsed = parseConstraint(constraint);
    if (!parsed.ok) {
      if (parsed.error !== error) wrong.push(`${constraint}: ${parsed.error} instead of ${error}`);
      continue;
    }
    const read = parseVersion(version);
    if (error !== undefined || !read.ok) {
      wrong.push(`${constraint}: no error`);
      continue;
    }
    const holds = satisfies(parsed.value, read.value);
    const why = objections(parsed.value, read.value);
    if (holds !== ok || why.join('\n') !== reasons.join('\n'))
      wrong.push(`${constraint} on ${version}: ${holds} ${why} instead of ${ok} ${reasons}`);
  }
  expect(wrong).toEqual([]);
});

test('versions are read, strictly and loosely, as in Go', () => {
  const wrong: string[] = [];
  for (const { version, loose, strict } of recorded.versions) {
    for (const [parse, expected] of [
      [parseVersion, loose],
      [parseStrictVersion, strict],
    ] as const) {
      const read = parse(version);
      const got = read.ok ? formatVersion(read.value) : `error: ${read.error}`;
      if (got !== expected) wrong.push(`${version}: ${got} instead of ${expected}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('a constraint of many blanks is refused in linear time', () => {
  const start = performance.now();
  parseConstraint(`${'1   '.repeat(126)}!`);
  parseConstraint(`${'1.1-a'.repeat(100)}!`);
  expect(performance.now() - start).toBeLessThan(500);
});
