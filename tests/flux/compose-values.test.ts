import { describe, expect, test } from 'vitest';
import { fromPlain, type YamlMap, type YamlValue } from '../../src/core/value.ts';
import { parse } from '../../src/engines/goyaml/index.ts';
import { composeValues } from '../../src/flux/compose-values.ts';
import { canonical, lookupIn, object, recorded } from './recorded.ts';

interface Case {
  id: string;
  values?: string;
  valuesFrom: object[];
  output?: unknown;
  error?: string;
}

const release = (spec: Record<string, unknown>): YamlMap => object({ metadata: { name: 'r', namespace: 'ns' }, spec });

describe('values of a HelmRelease', () => {
  test('are composed as fluxcd/pkg/chartutil composes them', () => {
    const { objects, cases } = recorded('flux-values.json') as { objects: Record<string, unknown>[]; cases: Case[] };
    const lookup = lookupIn(objects.map(object));
    expect(cases.length).toBeGreaterThan(200);
    const failing = cases.flatMap((item) => {
      const inline = item.values === undefined ? undefined : parse(item.values, { numbers: 'float64' });
      const values: YamlValue = inline?.ok ? inline.value : null;
      const given = composeValues(release({ values, valuesFrom: item.valuesFrom }), lookup);
      if (item.error !== undefined)
        return !given.ok && given.error.message === item.error ? [] : [`${item.id}: ${show(given)}\n  ${item.error}`];
      const same = given.ok && canonical(given.value.values) === canonical(fromPlain(item.output));
      return same ? [] : [`${item.id}: ${show(given)}\n  ${JSON.stringify(item.output)}`];
    });
    expect(failing).toEqual([]);
  });

  test('that nothing provides become placeholders where asked, and are named', () => {
    const given = composeValues(
      release({
        valuesFrom: [
          { kind: 'Secret', name: 'absent', valuesKey: 'token', targetPath: 'list[0].token' },
          { kind: 'ConfigMap', name: 'absent' },
          { kind: 'ConfigMap', name: 'fine-without', optional: true },
        ],
        values: { list: [{ name: 'a' }] },
      }),
      lookupIn([]),
      { placeholders: true },
    );
    expect(given.ok && canonical(given.value.values)).toBe('{"list":[{"name":"a","token":"..PLACEHOLDER_token.."}]}');
    expect(given.ok && given.value.missing.map((reference) => `${reference.kind}/${reference.name}`)).toEqual([
      'Secret/absent',
      'ConfigMap/absent',
    ]);
  });

  test('that are encrypted as a whole are left out where asked, and are named; a placeholder that is one value stays', () => {
    const sealed = object({
      kind: 'Secret',
      metadata: { name: 'sealed', namespace: 'ns' },
      data: { 'values.yaml': Buffer.from('..PLACEHOLDER_values.yaml..').toString('base64') },
      stringData: { token: '..PLACEHOLDER_token..' },
    });
    const item = release({
      valuesFrom: [
        { kind: 'Secret', name: 'sealed' },
        { kind: 'Secret', name: 'sealed', valuesKey: 'token', targetPath: 'token' },
      ],
      values: { a: 'b' },
    });
    const given = composeValues(item, lookupIn([sealed]), { placeholders: true });
    expect(given.ok && canonical(given.value.values)).toBe('{"a":"b","token":"..PLACEHOLDER_token.."}');
    expect(given.ok && given.value.missing).toMatchObject([
      { name: 'sealed', valuesKey: 'values.yaml', encrypted: true },
    ]);
    expect(composeValues(item, lookupIn([sealed])).ok).toBe(false);
  });

  test('leave the object as it was', () => {
    const item = release({
      valuesFrom: [{ kind: 'ConfigMap', name: 'c', valuesKey: 'k', targetPath: 'a.b' }],
      values: { a: { b: 1 } },
    });
    const before = canonical(item);
    const data = object({ kind: 'ConfigMap', metadata: { name: 'c', namespace: 'ns' }, data: { k: '2' } });
    expect(composeValues(item, lookupIn([data])).ok).toBe(true);
    expect(canonical(item)).toBe(before);
  });
});

const show = (given: ReturnType<typeof composeValues>): string =>
  given.ok ? canonical(given.value.values) : given.error.message;
