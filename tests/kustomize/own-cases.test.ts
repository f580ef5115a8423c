import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/core/digest.ts';
import { parseDocuments } from '../../src/engines/goyaml/index.ts';
import { build } from '../../src/engines/kustomize/public.ts';

interface Case {
  readonly id: string;
  readonly files: Record<string, string>;
  readonly path: string;
  readonly output?: string;
  readonly error?: string;
}

const file = join(import.meta.dirname, '../../conformance/kustomize-own.json');
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };

const documents = (stream: string): string =>
  parseDocuments(stream, { dialect: 'v3' })
    .documents.filter((document) => document.value !== null)
    .map((document) => canonicalJson(document.value))
    .join('\n');

/** The last clause of a message of wrapped errors; of a field that Go embeds, its own name. */
const cause = (message: string): string =>
  message
    .replace(/: node contents:[\s\S]*$/, '')
    .replaceAll('.GeneratorArgs', '')
    .trim()
    .split(': ')
    .at(-1)!
    .split('\n')[0]!;

function verdict(one: Case): string | undefined {
  const result = build(one);
  if (one.error !== undefined) {
    if (result.ok) return `no error; expected ${one.error}`;
    return result.error.message.includes(cause(one.error))
      ? undefined
      : `${result.error.message}\nexpected ${one.error}`;
  }
  if (!result.ok) return result.error.message;
  return documents(result.value) === documents(one.output ?? '') ? undefined : `another output:\n${result.value}`;
}

test('builds written for this project give what kustomize 5.8.2 gave, or fail for the same cause', () => {
  const failing = cases.flatMap((one) => {
    const problem = verdict(one);
    return problem === undefined ? [] : [`${one.id}: ${problem}`];
  });
  expect(failing, `${failing.length} of ${cases.length} fail`).toEqual([]);
});
