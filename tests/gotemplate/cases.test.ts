import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HelmMajor } from '../../src/engines/gotemplate/index.ts';
import { type Corpus, type CorpusCase, type Outcome, renderCase } from './corpus.ts';

const conformance = (name: string): string => join(import.meta.dirname, '../../conformance', name);

/** What a case differs in, or `undefined`. Where Helm 4 lays errors out otherwise, an error is enough. */
function difference(test: CorpusCase, got: Outcome, wanted: { output?: string; error?: string }, exact: boolean) {
  if (wanted.output !== undefined)
    return 'output' in got && got.output === wanted.output
      ? undefined
      : { id: test.id, template: test.template, wanted, got };
  if (!('error' in got) || (exact && got.error !== wanted.error))
    return { id: test.id, template: test.template, wanted, got };
  return undefined;
}

function check(corpus: Corpus, major: HelmMajor, exactErrors: boolean): void {
  const wrong: unknown[] = [];
  for (const test of corpus.cases) {
    const wanted = major === '4' && test.helm4 !== undefined ? test.helm4 : test;
    const found = difference(test, renderCase(test, corpus.helpers, major), wanted, exactErrors);
    if (found !== undefined) wrong.push(found);
  }
  expect(wrong).toEqual([]);
}

describe('templates recorded from Helm', () => {
  const corpus = JSON.parse(readFileSync(conformance('gotemplate.json'), 'utf8')) as Corpus;
  test('render as with Helm 3, errors to the letter', () => check(corpus, '3', true));
  test('render as with Helm 4', () => check(corpus, '4', false));
});

interface OwnCases {
  readonly helpers: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** `values` and `files` by name, or as they are. */
  readonly cases: readonly (Omit<CorpusCase, 'files'> & { readonly files?: string })[];
}

describe("the project's own recorded templates", () => {
  const own = JSON.parse(readFileSync(conformance('gotemplate-own.json'), 'utf8')) as OwnCases;
  const corpus: Corpus = {
    helpers: own.helpers,
    cases: own.cases.map((item) => ({
      ...item,
      values: typeof item.values === 'string' ? own.values[item.values] : item.values,
      files: item.files === undefined ? {} : own.files[item.files]!,
    })),
  };
  test('render as with Helm 3, errors to the letter', () => check(corpus, '3', true));
  test('render as with Helm 4, errors to the letter', () => check(corpus, '4', true));
});
