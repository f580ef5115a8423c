import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Case, type Outcome, runCase } from './run-case.ts';

const file = join(import.meta.dirname, '../../conformance/helm.json');
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[] };

const same = (got: Outcome, wanted: Outcome): boolean =>
  'error' in wanted
    ? 'error' in got && got.error.trimEnd() === wanted.error.trimEnd()
    : 'output' in got && got.output === wanted.output;

describe.each(['3', '4'] as const)('recorded cases of Helm %s', (helmVersion) => {
  test(`all ${cases.length} give what helm template gave, errors included`, () => {
    const failing: string[] = [];
    for (const one of cases)
      if (!same(runCase(one, helmVersion), helmVersion === '3' ? one.helm3 : one.helm4)) failing.push(one.id);
    expect(failing).toEqual([]);
  });
});
