import { describe, expect, test } from 'vitest';
import type { YamlMap } from '../../src/core/value.ts';
import { evaluateReadyExpr, readyVariables } from '../../src/flux/ready-expr.ts';
import { object } from './recorded.ts';

const dep = object({
  metadata: { name: 'd', generation: 2, labels: { 'app/version': 'v1.2' }, annotations: {} },
  spec: { path: './a', list: [1, 2] },
  status: { observedGeneration: 2, conditions: [{ type: 'Ready', status: 'True' }] },
});
const self = object({ metadata: { name: 's', labels: { 'app/version': 'v1.2' } } });

async function evaluate(expression: string, on: YamlMap = dep): Promise<boolean | string> {
  const result = await evaluateReadyExpr(
    expression,
    new Map([
      ['self', self],
      ['dep', on],
    ]),
  );
  return result.ok ? result.value : result.error.reason;
}

describe('readyExpr', () => {
  const cases: [string, boolean | string][] = [
    [
      "dep.status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True') && dep.status.observedGeneration == dep.metadata.generation",
      true,
    ],
    ["self.metadata.labels['app/version'] == dep.metadata.labels['app/version']", true],
    ["has(dep.status.foo) || dep.spec.path.startsWith('./b')", false],
    ['dep.metadata.generation + 1 == 3 && size(dep.spec.list) == 2 && dep.spec.list[1] == 2', true],
    ["dep.metadata.labels['app/version'].matches('^v[0-9.]+$')", true],
    ["'(a+)+$ .matches(' == dep.spec.path || 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')", false],
    ["'a'.matches('(')", 'invalid-object'],
    ['dep.status.nope == 1', 'precondition-failed'],
    ['dep.metadata.generation', 'invalid-object'],
    ['1 +', 'invalid-object'],
    ['other == 1', 'precondition-failed'],
    ['dep.?status.?nope.orValue(1) == 1', true],
  ];
  for (const [expression, wanted] of cases)
    test(expression, async () => {
      expect(await evaluate(expression)).toBe(wanted);
    });

  test('of a ResourceSet sees the fields of the object that it depends on', async () => {
    const gate = object({
      kind: 'ConfigMap',
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'x', a: 'b' } },
      data: { gate: 'opened' },
    });
    const result = await evaluateReadyExpr(
      "data.gate == 'opened' && size(metadata.annotations) == 1",
      readyVariables(gate),
    );
    expect(result).toEqual({ ok: true, value: true });
  });
});
