import { expect, test } from 'vitest';
import type { Result } from '../../src/core/result.ts';
import { isMap, type YamlMap } from '../../src/core/value.ts';
import { parseDocuments } from '../../src/engines/goyaml/index.ts';
import { renderResourceSet } from '../../src/flux/resource-set.ts';
import { providerInputs, providerReferences } from '../../src/flux/resource-set-inputs.ts';
import { canonical, recorded } from './recorded.ts';

interface Case {
  readonly id: string;
  readonly resourceSet: string;
  readonly providers?: string;
  readonly output?: string;
  readonly error?: string;
}

const objects = (text: string): YamlMap[] =>
  parseDocuments(text, { dialect: 'v3' })
    .documents.map(({ value }) => value)
    .filter(isMap);

function build({ resourceSet, providers = '' }: Case): Result<readonly YamlMap[]> {
  const set = objects(resourceSet)[0]!;
  const references = providerReferences(set);
  if (!references.ok) return references;
  const provided = objects(providers).map((provider) => {
    const inputs = providerInputs(provider);
    return { provider, inputs: (inputs.ok ? inputs.value : undefined) ?? [] };
  });
  const rendered = renderResourceSet(set, provided, () => undefined);
  return rendered.ok ? { ok: true, value: rendered.value.objects } : rendered;
}

test('a ResourceSet gives the objects, or the error, that flux-operator gives', () => {
  const { cases } = recorded('flux-resource-set.json') as { cases: Case[] };
  expect(cases.length).toBeGreaterThan(50);
  const failing = cases.flatMap((item) => {
    const built = build(item);
    const ours = built.ok ? built.value.map(canonical).join('\n') : built.error.message;
    const theirs =
      item.error ??
      objects(item.output ?? '')
        .map(canonical)
        .join('\n');
    return built.ok === (item.error === undefined) && ours === theirs ? [] : [`${item.id}: ${ours}\n  ${theirs}`];
  });
  expect(failing).toEqual([]);
});
