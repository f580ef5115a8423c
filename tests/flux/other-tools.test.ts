// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
/**
 * What other renderers of Flux repositories were seen to get wrong, each a case to have right. Cases that take a whole run, a source
 * or a chart are tested where those are.
 */
import { describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/core/memory-file-system.ts';
import type { Result } from '../../src/core/result.ts';
import { fromPlain, getIn, type YamlMap } from '../../src/core/value.ts';
import { loadChartDirectory, renderChart } from '../../src/engines/helm/index.ts';
import { generateArtifacts } from '../../src/flux/artifact-generator.ts';
import { buildFluxKustomization } from '../../src/flux/build-kustomization.ts';
import { composeValues } from '../../src/flux/compose-values.ts';
import { decryptObjects } from '../../src/flux/decryption.ts';
import { IgnoringFileSystem } from '../../src/flux/ignore.ts';
import { normalizeReleaseObjects, postRender, type RenderedDocument } from '../../src/flux/post-render.ts';
import { mergeValuesFiles, releaseName, releaseSettings, versionWithRevision } from '../../src/flux/release.ts';
import { renderResourceSet } from '../../src/flux/resource-set.ts';
import { resolveVariables, substituteObject } from '../../src/flux/substitution.ts';
import { canonical, lookupIn, object, recorded } from './recorded.ts';

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
const release = (spec: Record<string, unknown>): YamlMap =>
  object({ metadata: { name: 'h', namespace: 'apps' }, spec });
const kustomization = (spec: Record<string, unknown>): YamlMap =>
  object({ metadata: { name: 'k', namespace: 'ns' }, spec: { path: './apps', ...spec } });
const configMap = (data: Record<string, unknown>, metadata: Record<string, unknown> = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', ...metadata }, data });

function build(
  files: Record<string, string>,
  spec: Record<string, unknown> = {},
  objects: YamlMap[] = [],
): readonly YamlMap[] {
  const item = kustomization(spec);
  const variables = value(resolveVariables(item, lookupIn(objects)));
  return value(buildFluxKustomization(new MemoryFileSystem(Object.entries(files)), item, { variables })).objects;
}
function rendered(spec: Record<string, unknown>, manifests: RenderedDocument[], hooks: RenderedDocument[] = []) {
  return value(postRender(release(spec), { manifests, hooks }));
}
const document = (content: string): RenderedDocument => ({ path: 'c/templates/x.yaml', content });

describe('flate 0.6.5', () => {
  test('(1) the default release name ignores targetNamespace', () => {
    expect(value(releaseName(release({ targetNamespace: 'tns' })))).toBe('tns-h');
  });

  test('(2) postBuild.substituteStrategy: Always is ignored; without it and without variables nothing is substituted', () => {
    const files = { 'apps/c.yaml': configMap({ k: '${FOO:=bar}' }) };
    const data = (postBuild: Record<string, unknown>): unknown => getIn(build(files, { postBuild })[0], 'data', 'k');
    expect(data({ substituteStrategy: 'Always' })).toBe('bar');
    expect(data({})).toBe('${FOO:=bar}');
    expect(data({ substitute: { OTHER: 'x' } })).toBe('bar');
  });

  test('(3) postRenderStrategy is ignored, and origin labels never reach hooks', () => {
    const hook = document(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\nspec: {a: 1}',
    );
    const postRenderers = [
      { kustomize: { patches: [{ patch: '- {op: replace, path: /spec/a, value: 2}', target: { kind: 'Pod' } }] } },
    ];
    const combined = rendered({ postRenderers }, [], [hook]).objects[0]?.object;
    expect(getIn(combined, 'spec', 'a')).toBe(2);
    expect(getIn(combined, 'metadata', 'labels', 'helm.toolkit.fluxcd.io/name')).toBe('h');
    const nohooks = rendered({ postRenderers, postRenderStrategy: 'nohooks' }, [], [hook]).objects[0]?.object;
    expect(getIn(nohooks, 'spec', 'a')).toBe(1);
    expect(getIn(nohooks, 'metadata', 'labels')).toBeUndefined();
  });

  const resourceSet = (spec: Record<string, unknown>): readonly YamlMap[] =>
    value(renderResourceSet(object({ metadata: { name: 'rs', namespace: 'ns' }, spec }), [], () => undefined)).objects;

  test('(4) steps of a ResourceSet render nothing', () => {
    const steps = [
      { name: 'one', resources: [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: '<< inputs.a >>' } }] },
    ];
    expect(getIn(resourceSet({ inputs: [{ a: 'x' }], steps })[0], 'metadata', 'name')).toBe('x');
  });

  test('(5) ConfigMaps and Secrets that a ResourceSet emits are missing', () => {
    const resources = ['ConfigMap', 'Secret', 'Namespace'].map((kind) => ({
      apiVersion: 'v1',
      kind,
      metadata: { name: 'x' },
    }));
    expect(resourceSet({ resources }).map((item) => item.get('kind'))).toEqual(['ConfigMap', 'Secret', 'Namespace']);
  });

  test('(6) ArtifactGenerators are not run', () => {
    const repository = new MemoryFileSystem([
      ['infrastructure/controllers/kustomization.yaml', 'resources: []'],
      ['apps/base/a.yaml', 'a'],
    ]);
    const generator = object({
      metadata: { namespace: 'flux-system' },
      spec: {
        artifacts: [{ name: 'infrastructure', copy: [{ from: '@monorepo/infrastructure/**', to: '@artifact/' }] }],
      },
    });
    const artifacts = value(generateArtifacts(generator, new Map([['monorepo', repository]])));
    expect(artifacts[0]?.entries.map(([path]) => path)).toEqual(['controllers/kustomization.yaml']);
  });

  test('(7) decryption is not implemented', async () => {
    const fixtures = recorded('flux-sops.json') as { ageKey: string; files: Record<string, { encrypted: string }> };
    const files = { 'apps/s.yaml': fixtures.files['data.yaml']!.encrypted };
    const built = build(files);
    const spec = kustomization({ decryption: { provider: 'sops' } });
    const decrypted = value(await decryptObjects(built, spec, { age: [fixtures.ageKey], pgp: [] }));
    expect(getIn(decrypted.value[0], 'data', 'key')).toBe('aGVsbG8=');
  });

  test('(8) valuesFiles of a chart in Git are looked for in the chart, not in the source', () => {
    const source = new MemoryFileSystem([
      ['charts/main/values.yaml', 'a: 1'],
      ['charts/main/values-x.yaml', 'b: 2'],
    ]);
    const merge = (path: string) => mergeValuesFiles(object({ spec: { valuesFiles: [path] } }), source, 'source');
    expect(canonical(value(merge('charts/main/values-x.yaml')))).toBe('{"b":2}');
    expect(merge('values-x.yaml').ok).toBe(false);
  });

  test('(10) the digest of an OCI artifact is no part of the chart version', () => {
    expect(value(versionWithRevision('1.0.0', `1.0.0@sha256:${'ab'.repeat(32)}`))).toBe('1.0.0+abababababab');
  });
});

describe('flux-local 7.11', () => {
  test('ignores postRenderers', () => {
    const postRenderers = [{ kustomize: { images: [{ name: 'app', newTag: '2' }] } }];
    const pod = document(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: "app:1"}]}',
    );
    expect(getIn(rendered({ postRenderers }, [pod]).objects[0]?.object, 'spec', 'containers', 0, 'image')).toBe(
      'app:2',
    );
  });

  test('ignores releaseName', () => {
    expect(value(releaseName(release({ releaseName: 'own', targetNamespace: 'tns' })))).toBe('own');
  });

  test('renders suspended Kustomizations', () => {
    expect(build({ 'apps/c.yaml': configMap({}) }, { suspend: true })).toEqual([]);
  });

  test('drops the release namespace', () => {
    const namespace = value(releaseSettings(release({ targetNamespace: 'tns' }))).namespace;
    const { objects } = rendered({}, [document('apiVersion: v1\nkind: Service\nmetadata: {name: s}')]);
    expect(getIn(normalizeReleaseObjects(objects, namespace)[0]?.object, 'metadata', 'namespace')).toBe('tns');
  });

  test('lets substituteFrom override inline substitute', () => {
    const source = object({ kind: 'ConfigMap', metadata: { name: 'vars', namespace: 'ns' }, data: { A: 'from' } });
    const postBuild = { substitute: { A: 'inline' }, substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] };
    expect(getIn(build({ 'apps/c.yaml': configMap({ k: '${A}' }) }, { postBuild }, [source])[0], 'data', 'k')).toBe(
      'inline',
    );
  });

  test('(no bug) a kustomization of kustomize.config.k8s.io/v1 is refused by kustomize too', () => {
    const files = {
      'apps/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization\nresources: []\n',
    };
    expect(() => build(files)).toThrow('apiVersion for Kustomization should be kustomize.config.k8s.io/v1beta1');
  });

  test('valuesFrom precedence is that of the code: an inline value wins over a targetPath where an earlier reference gave the mapping', () => {
    const data = (name: string, key: string, text: string): YamlMap =>
      object({ kind: 'ConfigMap', metadata: { name, namespace: 'apps' }, data: { [key]: text } });
    const lookup = lookupIn([data('file', 'values.yaml', 'm: {other: 1}'), data('one', 'k', 'target')]);
    const target = { kind: 'ConfigMap', name: 'one', valuesKey: 'k' };
    const compose = (valuesFrom: object[], values: object): string =>
      canonical(value(composeValues(release({ valuesFrom, values }), lookup)).values);
    expect(compose([{ ...target, targetPath: 'a' }], { a: 'inline' })).toBe('{"a":"inline"}');
    const file = { kind: 'ConfigMap', name: 'file' };
    expect(compose([file, { ...target, targetPath: 'm.k' }], { m: { k: 'inline' } })).toBe(
      '{"m":{"k":"inline","other":1}}',
    );
    expect(compose([{ ...target, targetPath: 'l[0].k' }], { l: [{ k: 'inline' }] })).toBe('{"l":[{"k":"target"}]}');
  });
});

describe('where both differ, by category', () => {
  const manifest = (apiVersion: string, kind: string): RenderedDocument =>
    document(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: x}`);

  test('1: objects of a chart without a namespace get that of the release', () => {
    const { objects } = rendered({}, [manifest('monitoring.coreos.com/v1', 'PrometheusRule')]);
    expect(getIn(normalizeReleaseObjects(objects, 'apps')[0]?.object, 'metadata', 'namespace')).toBe('apps');
  });

  test('2: cluster-scoped kinds get none', () => {
    const kinds: [string, string][] = [
      ['node.k8s.io/v1', 'RuntimeClass'],
      ['gateway.networking.k8s.io/v1', 'GatewayClass'],
      ['snapshot.storage.k8s.io/v1', 'VolumeSnapshotClass'],
      ['cilium.io/v2', 'CiliumClusterwideNetworkPolicy'],
      ['cilium.io/v2alpha1', 'CiliumLoadBalancerIPPool'],
      ['nfd.k8s-sigs.io/v1alpha1', 'NodeFeatureRule'],
      ['catalog.cattle.io/v1', 'ClusterRepository'],
      ['policies.kyverno.io/v1alpha1', 'MutatingPolicy'],
    ];
    const { objects } = rendered(
      {},
      kinds.map(([apiVersion, kind]) => manifest(apiVersion, kind)),
    );
    expect(
      normalizeReleaseObjects(objects, 'apps').filter(
        (item) => getIn(item.object, 'metadata', 'namespace') !== undefined,
      ),
    ).toEqual([]);
    const [built] = build({
      'apps/r.yaml': 'apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: x}\nhandler: h\n',
    });
    expect(getIn(built, 'metadata', 'namespace')).toBeUndefined();
  });

  test('5: a null that the chart sets is dropped by Helm 4 and kept by Helm 3', () => {
    const fs = new MemoryFileSystem([
      ['Chart.yaml', 'apiVersion: v2\nname: c\nversion: 1.0.0\n'],
      ['values.yaml', 'limits: null\nother: 1\n'],
      [
        'templates/c.yaml',
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  has: {{ hasKey .Values "limits" | quote }}\n',
      ],
    ]);
    const has = (helmVersion: '3' | '4'): unknown => {
      const chart = value(loadChartDirectory(fs, '/', { helmVersion }));
      const output = value(
        renderChart(chart, fromPlain({ other: 2 }) as YamlMap, { release: { name: 'r', namespace: 'n' }, helmVersion }),
      );
      return /has: "(\w+)"/.exec(output.manifests[0]?.content ?? '')?.[1];
    };
    expect([has('4'), has('3')]).toEqual(['false', 'true']);
  });

  test('6: an empty annotations field of a template adds nothing', () => {
    const { objects } = rendered({}, [
      document('apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  annotations:\n'),
    ]);
    expect(getIn(objects[0]?.object, 'metadata', 'annotations') ?? null).toBeNull();
  });

  test('7: an encrypted Secret gives placeholders, and defaults are used whatever is missing', async () => {
    const fixtures = recorded('flux-sops.json') as { files: Record<string, { encrypted: string }> };
    const [encrypted] = build({ 'apps/s.yaml': fixtures.files['secret.yaml']!.encrypted });
    const decrypted = value(
      await decryptObjects([encrypted!], kustomization({ decryption: { provider: 'sops' } }), { age: [], pgp: [] }),
    );
    const spec = {
      postBuild: {
        substituteFrom: [
          { kind: 'Secret', name: 'db' },
          { kind: 'Secret', name: 'absent' },
        ],
      },
    };
    const item = object({ metadata: { name: 'k', namespace: 'apps' }, spec });
    const variables = value(resolveVariables(item, lookupIn(decrypted.value)));
    expect(variables.missing.map(({ name }) => name)).toEqual(['absent']);
    const text = object({ data: { k: '${password}', tz: '${TIMEZONE:=Etc/UTC}', server: '${SERVER}' } });
    expect(canonical(getIn(value(substituteObject(text, variables)), 'data'))).toBe(
      '{"k":"..PLACEHOLDER_password..","server":null,"tz":"Etc/UTC"}',
    );
  });

  test('8: a plain Secret of the repository gives its values', () => {
    const secret = object({
      kind: 'Secret',
      metadata: { name: 's', namespace: 'ns' },
      data: { A: 'eA==' },
      stringData: { B: 'y' },
    });
    const postBuild = { substituteFrom: [{ kind: 'Secret', name: 's' }] };
    expect(getIn(build({ 'apps/c.yaml': configMap({ k: '${A}${B}' }) }, { postBuild }, [secret])[0], 'data', 'k')).toBe(
      'xy',
    );
  });

  test('9: an absent Secret gives a placeholder, and a list stays a list', () => {
    const item = release({
      valuesFrom: [
        { kind: 'Secret', name: 'absent', valuesKey: 'url', targetPath: 'receivers[0].discord_configs[0].url' },
      ],
      values: { receivers: [{ name: 'r', discord_configs: [{ send: true }] }] },
    });
    expect(canonical(value(composeValues(item, () => undefined, { placeholders: true })).values)).toBe(
      '{"receivers":[{"discord_configs":[{"send":true,"url":"..PLACEHOLDER_url.."}],"name":"r"}]}',
    );
  });

  test('10: files that source-controller leaves out are not there for a generator either', () => {
    const files = new MemoryFileSystem([
      ['apps/kustomization.yaml', 'configMapGenerator: [{name: icons, files: [icons/x.png]}]'],
      ['apps/icons/x.png', 'png'],
    ]);
    const variables = { values: new Map<string, string>(), substitute: false };
    const given = buildFluxKustomization(new IgnoringFileSystem(files), kustomization({}), { variables });
    expect(!given.ok && given.error.message).toContain('icons/x.png');
  });

  test('12: label values are text', () => {
    const [item] = build({ 'apps/c.yaml': configMap({}, { labels: { 'substitution.flux/enabled': false } }) });
    expect(getIn(item, 'metadata', 'labels', 'substitution.flux/enabled')).toBe('false');
  });

  test('16: a document with a key twice is not lost', () => {
    const { objects, warnings } = rendered({}, [
      document(
        'apiVersion: ceph.rook.io/v1\nkind: CephCluster\nmetadata: {name: x}\nspec:\n  cephVersion: a\n  cephVersion: b\n',
      ),
    ]);
    expect(getIn(objects[0]?.object, 'spec', 'cephVersion')).toBe('b');
    expect(warnings[0]).toContain('cephVersion');
  });

  test('a "+" in a directory name is an ordinary character', () => {
    expect(build({ 'buroa+k8s/c.yaml': configMap({}) }, { path: './buroa+k8s' })).toHaveLength(1);
  });

  test('one bad file is named at the start of the message', () => {
    const given = buildFluxKustomization(
      new MemoryFileSystem([['apps/deep/bad.yaml', 'a: *pvc\n']]),
      kustomization({}),
      { variables: { values: new Map(), substitute: false } },
    );
    expect(!given.ok && given.error.message).toMatch(
      /^failed to decode Kubernetes YAML from \/apps\/deep\/bad\.yaml: /,
    );
    expect(!given.ok && given.error.at?.file).toBe('apps/deep/bad.yaml');
  });
});
