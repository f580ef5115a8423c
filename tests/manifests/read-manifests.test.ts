import { describe, expect, test } from 'vitest';
import { readManifests } from '../../src/manifests/index.ts';

const names = (text: string) => readManifests(text, 'a.yaml').manifests.map(({ object }) => String(object.get('kind')));

describe('a file of manifests', () => {
  test('gives the objects of each document, with the line where each starts', () => {
    const { manifests, failures } = readManifests(
      '---\napiVersion: v1\nkind: Namespace\nmetadata: { name: a }\n---\n# nothing\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n',
      'dir/a.yaml',
    );
    expect(failures).toEqual([]);
    expect(manifests.map(({ at }) => at)).toEqual([
      { file: 'dir/a.yaml', line: 2 },
      { file: 'dir/a.yaml', line: 8 },
    ]);
  });

  test('may be JSON', () => {
    expect(names('{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}')).toEqual(['Secret']);
  });

  test('opens lists, also lists of lists', () => {
    expect(
      names(
        'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n',
      ),
    ).toEqual(['ConfigMap', 'Secret']);
  });

  test('passes over what is no object', () => {
    expect(names('replicas: 2\n---\n- a\n- b\n---\ntext\n')).toEqual([]);
  });

  test('keeps what stands before a mistake, and names its line', () => {
    const { manifests, failures } = readManifests(
      'apiVersion: v1\nkind: Namespace\nmetadata: { name: a }\n---\na: [1\n',
      'a.yaml',
    );
    expect(manifests).toHaveLength(1);
    expect(failures).toMatchObject([{ reason: 'invalid-yaml', at: { file: 'a.yaml' } }]);
    expect(failures[0]?.at?.line).toBeGreaterThanOrEqual(5);
  });

  test('refuses a Flux object without a name', () => {
    const { failures } = readManifests(
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {}\n',
      'a.yaml',
    );
    expect(failures).toMatchObject([{ reason: 'invalid-object', at: { file: 'a.yaml', line: 1 } }]);
  });

  test('takes __proto__ for an ordinary key', () => {
    const [manifest] = readManifests(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { __proto__: x }\n',
      'a.yaml',
    ).manifests;
    expect(manifest?.object.get('data')).toEqual(new Map([['__proto__', 'x']]));
  });
});
