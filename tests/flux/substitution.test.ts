// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import { describe, expect, test } from 'vitest';
import { fail, ok, type Result } from '../../src/core/result.ts';
import type { YamlMap } from '../../src/core/value.ts';
import { parse } from '../../src/engines/goyaml/index.ts';
import { missingVariableSource, resolveVariables, substituteObject } from '../../src/flux/substitution.ts';
import { canonical, lookupIn, object, recorded } from './recorded.ts';

interface Case {
  id: string;
  kustomization: Record<string, unknown>;
  resource: string;
  strict?: boolean;
  output?: string;
  error?: string;
}

function run(item: Case, objects: readonly YamlMap[]): Result<YamlMap, string> {
  const resource = parse(item.resource, { dialect: 'v3' });
  if (!resource.ok) return fail(resource.error.message);
  const variables = resolveVariables(object(item.kustomization), lookupIn(objects));
  if (!variables.ok) return fail(variables.error.message);
  const missing = variables.value.missing[0];
  if (missing !== undefined) return fail(missingVariableSource(missing).message);
  const given = substituteObject(resource.value as YamlMap, variables.value, { strict: item.strict ?? false });
  return given.ok ? ok(given.value) : fail(given.error.message);
}

const variables = (values: Record<string, string>) => ({ values: new Map(Object.entries(values)), substitute: true });

describe('variables of a Kustomization', () => {
  test('are substituted as fluxcd/pkg/kustomize substitutes them', () => {
    const { objects, cases } = recorded('flux-substitution.json') as {
      objects: Record<string, unknown>[];
      cases: Case[];
    };
    expect(cases.length).toBeGreaterThan(150);
    const cluster = objects.map(object);
    const failing = cases.flatMap((item) => {
      const given = run(item, cluster);
      if (item.error !== undefined)
        return !given.ok && given.error === item.error ? [] : [`${item.id}: ${show(given)}\n  wanted ${item.error}`];
      const wanted = parse(item.output ?? '', { numbers: 'float64' });
      return given.ok && wanted.ok && canonical(given.value) === canonical(wanted.value)
        ? []
        : [`${item.id}: ${show(given)}\n  wanted ${item.output}`];
    });
    expect(failing).toEqual([]);
  });

  test('given on the command line win over all, and make objects be substituted', () => {
    const kustomization = object({
      metadata: { name: 'k', namespace: 'ns' },
      spec: { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'absent', optional: true }] } },
    });
    const resolved = resolveVariables(kustomization, () => undefined, new Map([['A', 'x\n']]));
    expect(resolved.ok && resolved.value.substitute).toBe(true);
    expect(resolved.ok && resolved.value.values.get('A')).toBe('x');
  });

  test('an object without a dollar sign is given back as it is', () => {
    const item = object({ kind: 'X', spec: { a: [1, 'b', null] } });
    const given = substituteObject(item, variables({ A: 'x' }));
    expect(given.ok && given.value).toBe(item);
  });

  test('a value that breaks the YAML is named by its field, not by its value', () => {
    const given = substituteObject(object({ kind: 'X', spec: { token: '${T}' } }), variables({ T: 'pass: word' }));
    expect(!given.ok && given.error.hint).toContain('token');
    expect(JSON.stringify(given)).not.toContain('pass');
  });
});

const show = (given: Result<YamlMap, string>): string => (given.ok ? canonical(given.value) : given.error);
