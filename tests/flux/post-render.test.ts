import { describe, expect, test } from 'vitest';
import { getIn, type YamlMap } from '../../src/core/value.ts';
import { normalizeReleaseObjects, type PostRendered, postRender, releaseCrds } from '../../src/flux/post-render.ts';
import { crdScope } from '../../src/flux/scope.ts';
import { object } from './recorded.ts';

const release = (spec: Record<string, unknown>): YamlMap =>
  object({ metadata: { name: 'web', namespace: 'apps' }, spec });
const doc = (kind: string, name: string, more = ''): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${more}`;
const MANIFESTS = [
  { path: 'c/templates/cm.yaml', content: doc('ConfigMap', 'cm', '  labels: {a: old}\ndata: {k: v}') },
  {
    path: 'c/templates/pod.yaml',
    content: doc('Pod', 'pod', 'spec:\n  containers:\n  - name: c\n    image: repo/app:1'),
  },
];
const HOOKS = [
  {
    path: 'c/templates/hook.yaml',
    content: doc('ConfigMap', 'hook', '  annotations:\n    helm.sh/hook: pre-install\ndata: {k: v}'),
  },
];
const PATCH = [
  {
    kustomize: {
      patches: [{ patch: '- op: add\n  path: /data/added\n  value: "yes"', target: { kind: 'ConfigMap' } }],
    },
  },
];

function run(spec: Record<string, unknown>, manifests = MANIFESTS, hooks = HOOKS): PostRendered {
  const given = postRender(release(spec), { manifests, hooks });
  if (!given.ok) throw new Error(given.error.message);
  return given.value;
}
const find = (given: PostRendered, name: string): YamlMap =>
  given.objects.find((item) => getIn(item.object, 'metadata', 'name') === name)!.object;
const label = (item: YamlMap): unknown => getIn(item, 'metadata', 'labels', 'helm.toolkit.fluxcd.io/name');

describe('post-rendering', () => {
  test('labels every object with its origin, hooks included, over common metadata', () => {
    const given = run({
      commonMetadata: { labels: { a: 'new', 'helm.toolkit.fluxcd.io/name': 'mine' }, annotations: { note: 'x' } },
    });
    expect(given.objects.map(({ hook, path }) => [hook, path])).toEqual([
      [false, 'c/templates/cm.yaml'],
      [false, 'c/templates/pod.yaml'],
      [true, 'c/templates/hook.yaml'],
    ]);
    for (const { object: item } of given.objects) {
      expect(label(item)).toBe('web');
      expect(getIn(item, 'metadata', 'labels', 'helm.toolkit.fluxcd.io/namespace')).toBe('apps');
      expect(getIn(item, 'metadata', 'annotations', 'note')).toBe('x');
    }
    expect(getIn(find(given, 'cm'), 'metadata', 'labels', 'a')).toBe('new');
  });

  test('patches manifests and hooks together by default, in turn, or manifests alone', () => {
    for (const [strategy, hookPatched, hookLabelled] of [
      [undefined, 'yes', 'web'],
      ['combined', 'yes', 'web'],
      ['separate', 'yes', 'web'],
      ['nohooks', undefined, undefined],
    ] as const) {
      const given = run({ postRenderers: PATCH, ...(strategy === undefined ? {} : { postRenderStrategy: strategy }) });
      expect(getIn(find(given, 'cm'), 'data', 'added')).toBe('yes');
      expect(getIn(find(given, 'hook'), 'data', 'added')).toBe(hookPatched);
      expect(label(find(given, 'hook'))).toBe(hookLabelled);
      expect(given.objects.map(({ hook }) => hook)).toEqual([false, false, true]);
    }
  });

  test('runs each renderer over what the one before it gave', () => {
    const given = run({
      postRenderers: [
        { kustomize: { images: [{ name: 'repo/app', newTag: '2' }] } },
        {
          kustomize: {
            patches: [
              {
                patch:
                  '- op: test\n  path: /spec/containers/0/image\n  value: repo/app:2\n- op: replace\n  path: /spec/containers/0/image\n  value: other:3',
                target: { kind: 'Pod' },
              },
            ],
          },
        },
      ],
    });
    expect(getIn(find(given, 'pod'), 'spec', 'containers', 0, 'image')).toBe('other:3');
    expect(getIn(find(given, 'pod'), 'metadata', 'annotations')).toBeUndefined();
  });

  test('says which post-renderer fails', () => {
    const given = postRender(release({ postRenderers: [{ kustomize: { patches: [{ patch: 'not: [yaml' }] } }] }), {
      manifests: MANIFESTS,
      hooks: [],
    });
    expect(!given.ok && given.error.message).toContain('error while running post render on files');
  });

  test('an object that is rendered as manifest and hook is kept twice, with a warning', () => {
    const twice = [
      {
        path: 'c/templates/h.yaml',
        content: doc('ConfigMap', 'cm', '  annotations: {helm.sh/hook: pre-install}\ndata: {k: v}'),
      },
    ];
    const given = run({ postRenderers: PATCH }, MANIFESTS, twice);
    expect(given.objects).toHaveLength(3);
    expect(given.warnings[0]).toContain('ConfigMap/cm is rendered twice');
    expect(run({ postRenderStrategy: 'separate' }, MANIFESTS, twice).warnings).toEqual([]);
  });

  test('reads scalars as kustomize does and opens lists', () => {
    const given = run(
      {},
      [
        {
          path: 'l',
          content: `apiVersion: v1\nkind: List\nitems:\n- ${doc('ConfigMap', 'a', 'data: {y: yes, d: 2024-01-01}').replaceAll('\n', '\n  ')}`,
        },
      ],
      [],
    );
    expect(getIn(find(given, 'a'), 'data', 'y')).toBe('yes');
  });

  test('a manifest that is no YAML is named', () => {
    const given = postRender(release({}), { manifests: [{ path: 'c/templates/x.yaml', content: 'a: [' }], hooks: [] });
    expect(!given.ok && given.error.message).toContain('YAML parse error on c/templates/x.yaml');
  });
});

test('crds/ gives CustomResourceDefinitions with origin labels, and nothing else', () => {
  const crd = 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.x}\n';
  const given = releaseCrds(release({ commonMetadata: { labels: { a: 'b' } } }), [
    { path: 'c/crds/a.yaml', content: `${crd}---\n# nothing\n---\n${doc('ConfigMap', 'cm')}` },
  ]);
  expect(given.ok && given.value.objects).toHaveLength(1);
  expect(given.ok && label(given.value.objects[0]!)).toBe('web');
  expect(given.ok && getIn(given.value.objects[0], 'metadata', 'labels', 'a')).toBeUndefined();
  expect(given.ok && given.value.warnings[0]).toContain('ConfigMap in crds/ is ignored');
});

test('objects get the namespace of the release, those of cluster-scoped kinds none', () => {
  const item = (apiVersion: string, kind: string, namespace?: string) => ({
    object: object({ apiVersion, kind, metadata: { name: 'x', ...(namespace === undefined ? {} : { namespace }) } }),
    path: '',
    hook: false,
  });
  const crds = new Map([
    crdScope(
      object({ kind: 'CustomResourceDefinition', spec: { group: 'a.b', names: { kind: 'Wide' }, scope: 'Cluster' } }),
    )!,
    crdScope(
      object({
        kind: 'CustomResourceDefinition',
        spec: { group: 'a.b', names: { kind: 'Narrow' }, scope: 'Namespaced' },
      }),
    )!,
  ]);
  const given = normalizeReleaseObjects(
    [
      item('v1', 'ConfigMap'),
      item('v1', 'ConfigMap', 'own'),
      item('node.k8s.io/v1', 'RuntimeClass'),
      item('gateway.networking.k8s.io/v1', 'GatewayClass'),
      item('a.b/v1', 'Wide'),
      item('a.b/v1', 'Narrow'),
      item('unknown.io/v1', 'Thing'),
      item('rbac.authorization.k8s.io/v1', 'ClusterRole'),
      item('example.io/v1', 'Namespace'),
    ],
    'rel',
    crds,
  );
  expect(given.map(({ object: placed }) => getIn(placed, 'metadata', 'namespace'))).toEqual([
    'rel',
    'own',
    undefined,
    undefined,
    undefined,
    'rel',
    'rel',
    undefined,
    'rel',
  ]);
});
