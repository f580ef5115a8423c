import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
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

/** What a case is about, by the first word of its id. */
const GROUPS: Readonly<Record<string, RegExp>> = {
  'names and namespaces': /^(?:name|prefix|suffix|namespace|plugin-(?:prefix|suffix|namespace))/,
  'labels and annotations': /^(?:common|label|annotation|empty-annotations)/,
  images: /^image/,
  replicas: /^replicas/,
  generators: /^(?:config-map|secret|generator)/,
  patches: /^(?:patch|psm|pj|json|alias-in-patch)/,
  replacements: /^replacement/,
  vars: /^vars/,
  'name references': /^(?:reference|multibase|same-base)/,
  components: /^(?:component|base-as)/,
  'the order of the output': /^(?:sort|order)/,
  'plugins, configurations and schemas':
    /^(?:plugin|configuration|custom-config|crd|openapi|validator|helm|field-spec)/,
};

const groupOf = (id: string): string =>
  Object.entries(GROUPS).find(([, pattern]) => pattern.test(id))?.[0] ?? 'reading and loading';

function grouped(): Map<string, Case[]> {
  const groups = new Map<string, Case[]>();
  for (const one of cases) {
    const name = groupOf(one.id);
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return groups;
}

describe('kustomize 5.8.2 gave the same, or failed for the same cause', () => {
  for (const [group, members] of grouped())
    test(`${group} (${members.length} builds)`, () => {
      const failing = members.flatMap((one) => {
        const problem = verdict(one);
        return problem === undefined ? [] : [`${one.id}: ${problem}`];
      });
      expect(failing, `${failing.length} of ${members.length} fail`).toEqual([]);
    });
});
