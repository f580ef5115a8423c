import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { getIn, isMap, type YamlMap } from '../../src/core/value.ts';
import { parseDocuments } from '../../src/engines/goyaml/index.ts';
import { fluxInstanceObjects } from '../../src/flux/flux-instance.ts';
import { renderResourceSet } from '../../src/flux/resource-set.ts';
import { inputSets, matchesSelector, providerInputs } from '../../src/flux/resource-set-inputs.ts';
import { slugify } from '../../src/flux/slugify.ts';
import { canonical, lookupIn, object } from './recorded.ts';

const objects = (text: string): YamlMap[] =>
  parseDocuments(text)
    .documents.map(({ value }) => value)
    .filter(isMap);
const one = (text: string): YamlMap => objects(text)[0]!;
const set = (spec: string): YamlMap =>
  one(
    `apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {name: my-set, namespace: ns}\nspec:\n${spec}`,
  );

function render(
  resourceSet: YamlMap,
  ...rest: [Parameters<typeof renderResourceSet>[1]?, Parameters<typeof renderResourceSet>[2]?]
) {
  const rendered = renderResourceSet(resourceSet, rest[0] ?? [], rest[1] ?? (() => undefined));
  if (!rendered.ok) throw new Error(rendered.error.message);
  return rendered.value;
}
const names = (items: readonly YamlMap[]): string[] =>
  items.map((item) => `${item.get('kind')}/${getIn(item, 'metadata', 'name')}`);

describe('a ResourceSet', () => {
  test('renders its resources for each input, types kept, shared ones once', () => {
    const given = render(
      set(`
  inputs:
  - {tenant: team1, app: {version: 6.7.x, replicas: 2}, layer: {a: {b: [1, x]}}}
  - {tenant: team2, app: {version: 6.6.x, replicas: 3}, layer: {}}
  commonMetadata: {labels: {app: podinfo}, annotations: {note: hi}}
  resources:
  - apiVersion: x/v1
    kind: Release
    metadata: {name: podinfo-<< inputs.tenant >>, namespace: default}
    spec:
      semver: << inputs.app.version | quote >>
      replicas: << inputs.app.replicas | int >>
      layer: << inputs.layer | toYaml | nindent 8 >>
      default: << get inputs "nope" | default inputs.tenant >>
      raw: << inputs.app.replicas >>
  - apiVersion: x/v1
    kind: Shared
    metadata: {name: shared, namespace: default}
`),
    );
    expect(names(given.objects)).toEqual(['Release/podinfo-team1', 'Release/podinfo-team2', 'Shared/shared']);
    expect(canonical(given.objects[0])).toBe(
      canonical(
        object({
          apiVersion: 'x/v1',
          kind: 'Release',
          metadata: {
            name: 'podinfo-team1',
            namespace: 'default',
            labels: {
              app: 'podinfo',
              'resourceset.fluxcd.controlplane.io/name': 'my-set',
              'resourceset.fluxcd.controlplane.io/namespace': 'ns',
            },
            annotations: { note: 'hi' },
          },
          spec: { semver: '6.7.x', replicas: 2, layer: { a: { b: [1, 'x'] } }, default: 'team1', raw: 2 },
        }),
      ),
    );
  });

  test('renders a template with blocks, after its resources, and leaves disabled objects out', () => {
    const given = render(
      set(`
  inputs: [{bundle: addons, decrypt: false, components: [ingress, cert]}, {bundle: apps, decrypt: true, components: [web]}]
  resources:
  - apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: flux
      namespace: << inputs.bundle >>
      annotations:
        fluxcd.controlplane.io/reconcile: << if eq inputs.bundle "apps" >>enabled<< else >>disabled<< end >>
  resourcesTemplate: |
    ---
    apiVersion: x/v1
    kind: Source
    metadata: {name: << inputs.bundle >>}
    <<- range $component := inputs.components >>
    ---
    apiVersion: x/v1
    kind: Ks
    metadata:
      name: << $component >>
    spec:
      a: 1
      <<- if inputs.decrypt >>
      decryption: yes
      <<- end >>
    <<- end >>
`),
    );
    expect(names(given.objects)).toEqual([
      'ServiceAccount/flux',
      'Source/addons',
      'Ks/ingress',
      'Ks/cert',
      'Source/apps',
      'Ks/web',
    ]);
    expect(getIn(given.objects[0], 'metadata', 'namespace')).toBe('apps');
    expect(getIn(given.objects[5], 'spec', 'decryption')).toBe(true);
  });

  test('without inputs renders once, with inputsFrom that give nothing not at all', () => {
    const resources = '\n  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]';
    expect(render(set(resources)).objects).toHaveLength(1);
    expect(render(set(`  inputsFrom: [{name: p}]${resources}`)).objects).toHaveLength(0);
  });

  test('spec.steps render in order, and no resource twice', () => {
    const step = (name: string, resource: string): string =>
      `  - {name: ${name}, resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: ${resource}}}]}\n`;
    expect(names(render(set(`  steps:\n${step('one', 'a')}${step('two', 'b')}`)).objects)).toEqual([
      'ConfigMap/a',
      'ConfigMap/b',
    ]);
    const twice = renderResourceSet(set(`  steps:\n${step('one', 'a')}${step('two', 'a')}`), [], () => undefined);
    expect(!twice.ok && twice.error.message).toContain('duplicate resource');
  });

  test('an input that is not there is an error that names it', () => {
    const given = renderResourceSet(
      set(
        '  inputs: [{a: b}]\n  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "<< inputs.nope >>"}}]',
      ),
      [],
      () => undefined,
    );
    expect(!given.ok && given.error.reason).toBe('template-failed');
    expect(!given.ok && given.error.message).toContain('map has no entry for key "nope"');
  });

  test('permutes its inputs with those of its providers under their names', () => {
    const provider = (name: string, values: string): YamlMap =>
      one(
        `kind: ResourceSetInputProvider\nmetadata: {name: ${name}, namespace: ns, labels: {p: x}}\nspec: {type: Static, defaultValues: ${values}}`,
      );
    const [git, oci] = [provider('git-tag', '{sha: abc}'), provider('OCI.tag', '{digest: d}')];
    const provided = [git!, oci!].map((item) => {
      const inputs = providerInputs(item);
      return { provider: item, inputs: inputs.ok ? (inputs.value ?? []) : [] };
    });
    const resourceSet = set(`
  inputStrategy: {name: Permute}
  inputs: [{id: id1, f: foo}, {id: id2, f: bar}]
  inputsFrom: [{selector: {matchLabels: {p: x}}}]
  resources:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: "c-<< inputs.my_set.id >>-<< inputs.git_tag.sha >>-<< inputs.oci_tag.digest >>"}
    data: {from: << inputs.git_tag.provider.name | quote >>}
`);
    expect(names(render(resourceSet, provided).objects)).toEqual(['ConfigMap/c-id1-abc-d', 'ConfigMap/c-id2-abc-d']);
    const ids = inputSets(resourceSet, provided).map((inputs) => inputs.get('id'));
    expect(new Set(ids).size).toBe(2);
    const empty = [{ provider: git!, inputs: [] }, ...provided.slice(1)];
    expect(inputSets(resourceSet, empty)).toHaveLength(2);
    (getIn(resourceSet, 'spec', 'inputStrategy') as YamlMap).set('includeEmptyProviders', true);
    expect(inputSets(resourceSet, empty)).toHaveLength(0);
  });

  test('copies data, reads kubeconfigs and computes checksums of what the run holds', () => {
    const kubeconfig = 'clusters: [{name: c, cluster: {server: "https://1.2.3.4", certificate-authority-data: Q0E=}}]';
    const cluster = [
      object({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'src', namespace: 'flux' },
        stringData: { a: 'x' },
        type: 'T',
      }),
      object({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'kube', namespace: 'flux' },
        stringData: { value: kubeconfig },
      }),
    ];
    const resourceSet = set(`
  resources:
  - apiVersion: v1
    kind: Secret
    metadata: {name: copy, namespace: t, annotations: {fluxcd.controlplane.io/copyFrom: flux/src}}
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: info, namespace: t, annotations: {fluxcd.controlplane.io/convertKubeConfigFrom: flux/kube}}
    data: {cluster: c}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: d, namespace: t}
    spec: {template: {metadata: {annotations: {fluxcd.controlplane.io/checksumFrom: "Secret/t/copy, ConfigMap/t/info"}}}}
  - apiVersion: v1
    kind: Secret
    metadata: {name: gone, namespace: t, annotations: {fluxcd.controlplane.io/copyFrom: flux/absent}}
`);
    const given = render(resourceSet, [], lookupIn(cluster));
    const [copy, info, deployment] = given.objects;
    expect(canonical(copy?.get('data'))).toBe('{"a":"eA=="}');
    expect(copy?.get('type')).toBe('T');
    expect(canonical(info?.get('data'))).toBe('{"address":"https://1.2.3.4","ca.crt":"CA","cluster":"c"}');
    const checksum = getIn(
      deployment,
      'spec',
      'template',
      'metadata',
      'annotations',
      'fluxcd.controlplane.io/checksum',
    );
    const digested = [
      ...['Secret/t/copy', 'a', 'x'],
      ...['ConfigMap/t/info', 'address', 'https://1.2.3.4', 'ca.crt', 'CA', 'cluster', 'c'],
    ];
    const bytes = digested.map((part) => `${part}\0`).join('');
    expect(checksum).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    expect(given.missing).toEqual(['Secret/flux/absent']);
    const other = render(resourceSet, [], lookupIn([cluster[1]!]));
    expect(canonical(other.objects[2])).not.toBe(canonical(deployment));
  });
});

describe('data that annotations of a ResourceSet ask for', () => {
  const source = (fields: Record<string, unknown>): YamlMap =>
    object({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'src', namespace: 'flux' }, ...fields });
  const copy = (fields: string, from: YamlMap): YamlMap | undefined =>
    render(
      set(`
  resources:
  - apiVersion: v1
    kind: Secret
    metadata: {name: copy, namespace: t, annotations: {fluxcd.controlplane.io/copyFrom: flux/src}}
${fields}`),
      [],
      lookupIn([from]),
    ).objects[0];

  test('stands over what the object itself holds, whose type stays; without one, the type is copied', () => {
    const own = '    type: mine\n    data: {a: b3du, b: b3du}\n';
    const copied = copy(own, source({ type: 'theirs', data: { a: 'eA==' } }));
    expect(canonical(copied?.get('data'))).toBe('{"a":"eA==","b":"b3du"}');
    expect(copied?.get('type')).toBe('mine');
    expect(copy('', source({ data: { a: 'eA==' } }))?.get('type')).toBe('Opaque');
  });

  test('is copied to the byte', () => {
    expect(canonical(copy('', source({ data: { a: '/wD+' } }))?.get('data'))).toBe('{"a":"/wD+"}');
  });

  test('is refused where an annotation names nothing', () => {
    const annotated = (annotation: string, kind = 'ConfigMap'): string => {
      const given = renderResourceSet(
        set(
          `  resources: [{apiVersion: v1, kind: ${kind}, metadata: {name: a, annotations: {fluxcd.controlplane.io/${annotation}}}}]`,
        ),
        [],
        () => undefined,
      );
      return given.ok ? 'no error' : given.error.message;
    };
    expect(annotated('copyFrom: a')).toContain("must be in the format 'namespace/name'");
    expect(annotated('convertKubeConfigFrom: a')).toContain("must be in the format 'namespace/name'");
    expect(annotated('checksumFrom: Secret/a')).toContain("must be in the format 'Kind/namespace/name'");
    expect(annotated('checksumFrom: Pod/a/b')).toContain("unsupported kind 'Pod'");
  });

  test('is unknown where a kubeconfig could not be decrypted', () => {
    const given = render(
      set(`
  resources:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: info, namespace: t, annotations: {fluxcd.controlplane.io/convertKubeConfigFrom: flux/src}}
`),
      [],
      lookupIn([source({ stringData: { kubeconfig: '..PLACEHOLDER_kubeconfig..' } })]),
    );
    expect(given.missing).toEqual(['Secret/flux/src']);
  });
});

describe('inputs of a provider', () => {
  const dynamic = (filter: string): YamlMap =>
    one(
      `kind: ResourceSetInputProvider\nmetadata: {name: p, namespace: ns}\nspec: {type: OCIArtifactTag, url: oci://x, defaultValues: {env: dev}, filter: ${filter}}`,
    );
  const tags = ['1.2.0', '1.10.0', 'v0.9.0', 'latest', '2.0.0-rc.1'].map((tag) => object({ id: tag, tag }));

  test('that asks a service are unknown until they are given', () => {
    const given = providerInputs(dynamic('{}'));
    expect(given).toEqual({ ok: true, value: undefined });
  });

  test('that are given are filtered, and stand on the default values', () => {
    const filtered = (filter: string): unknown => {
      const given = providerInputs(dynamic(filter), tags);
      return given.ok ? given.value?.map((input) => input.get('tag')) : given.error.message;
    };
    expect(filtered('{semver: ">=1.0.0", limit: 1}')).toEqual(['1.10.0']);
    expect(filtered('{includeTag: "^v?[0-9.]+$", excludeTag: "^v0"}')).toEqual(['1.2.0', '1.10.0']);
    expect(filtered('{limit: 2}')).toEqual(['1.2.0', '1.10.0']);
    expect(filtered('{includeTag: "("}')).toContain('invalid regular expression');
    const given = providerInputs(dynamic('{}'), tags);
    expect(given.ok && given.value?.[0]?.get('env')).toBe('dev');
  });

  test('are selected by labels', () => {
    const item = one('metadata: {labels: {app: x, env: dev}}');
    const selects = (selector: string): boolean => matchesSelector(item, one(selector));
    expect(selects('matchLabels: {app: x}')).toBe(true);
    expect(selects('matchLabels: {app: y}')).toBe(false);
    expect(
      selects('matchExpressions: [{key: env, operator: In, values: [dev, prod]}, {key: none, operator: DoesNotExist}]'),
    ).toBe(true);
    expect(selects('matchExpressions: [{key: env, operator: NotIn, values: [dev]}]')).toBe(false);
  });
});

test('slugify gives label values', () => {
  const slugs = [
    'Team One!',
    'feat/Some_branch.x',
    '--a--b__c..d',
    'Ünïcödé ß æ ñ',
    '1.2.3',
    'a@b&c',
    `a's "q"`,
    '_x_',
    `${'a'.repeat(62)}-b`,
    'x'.repeat(80),
  ];
  expect(slugs.map(slugify)).toEqual([
    'team-one',
    'feat-some_branch-x',
    'a-b__c-d',
    'unicode-ss-ae-n',
    '1-2-3',
    'aatbandc',
    'as-q',
    'x',
    'a'.repeat(62),
    'x'.repeat(63),
  ]);
});

describe('a FluxInstance', () => {
  const instance = (sync: string, patches = '[]'): YamlMap =>
    one(
      `kind: FluxInstance\nmetadata: {name: flux, namespace: flux-system}\nspec: {kustomize: {patches: ${patches}}, sync: ${sync}}`,
    );
  test('makes the root source and Kustomization that flux bootstrap would', () => {
    const given = fluxInstanceObjects(
      instance('{kind: GitRepository, url: "https://x/y.git", ref: refs/heads/main, path: clusters/a, pullSecret: s}'),
    );
    expect(given.ok && given.value.map((item) => canonical(item.get('spec')))).toEqual([
      '{"interval":"1m","ref":{"name":"refs/heads/main"},"secretRef":{"name":"s"},"url":"https://x/y.git"}',
      '{"interval":"10m","path":"clusters/a","prune":true,"sourceRef":{"kind":"GitRepository","name":"flux-system"}}',
    ]);
    const oci = fluxInstanceObjects(
      instance('{kind: OCIRepository, url: "oci://x/y", ref: latest, path: ./, name: root}'),
    );
    expect(oci.ok && canonical(oci.value[0]?.get('spec'))).toBe(
      '{"interval":"1m","ref":{"tag":"latest"},"url":"oci://x/y"}',
    );
    expect(oci.ok && getIn(oci.value[1], 'metadata', 'name')).toBe('root');
  });
  test('patches them, and passes over patches that mean other objects', () => {
    const patches = JSON.stringify([
      {
        patch: '- op: add\n  path: /spec/decryption\n  value: {provider: sops}',
        target: { kind: 'Kustomization', name: 'flux-system' },
      },
      { patch: '- op: add\n  path: /spec/x\n  value: 1', target: { kind: 'Deployment' } },
      { patch: 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: source-controller}\nspec: {replicas: 2}' },
    ]);
    const given = fluxInstanceObjects(instance('{kind: Bucket, url: minio, ref: b, path: a}', patches));
    expect(given.ok && getIn(given.value[1], 'spec', 'decryption', 'provider')).toBe('sops');
    expect(given.ok && getIn(given.value[0], 'spec', 'bucketName')).toBe('b');
  });
});
