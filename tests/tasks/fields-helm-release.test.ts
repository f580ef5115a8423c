/** Each field of a HelmRelease that changes what is rendered, set in a repository and seen in what comes of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ChartServer,
  chart,
  configMap,
  type Found,
  kustomization,
  Repository,
  release,
  type Tree,
  workspaceChart,
} from './support.ts';

let repository: Repository | undefined;
afterEach(() => {
  repository?.close();
  repository = undefined;
});

const WEB = workspaceChart('charts/web');
const HOOK = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: pre-install}
data: {}
`;
const testPod = (name: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n  annotations: {helm.sh/hook: test}\nspec: {}\n`;
const CRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.org}
spec:
  group: example.org
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions: []
`;

/** What the HelmRelease `apps/web` makes of a chart with a hook, tests, a CRD and a schema. */
async function render(spec: string, others: Tree = {}, flags: readonly string[] = [], name = 'web') {
  repository?.close();
  repository = new Repository({
    ...chart('charts/web'),
    'charts/web/templates/hook.yaml': HOOK,
    'charts/web/templates/test-a.yaml': testPod('test-a'),
    'charts/web/templates/test-b.yaml': testPod('test-b'),
    'charts/web/crds/crd.yaml': CRD,
    'charts/web/values.schema.json': '{"properties": {"text": {"type": "string"}}}',
    'charts/web/templates/facts.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: facts}
data: {namespace: {{ .Release.Namespace }}, name: {{ .Release.Name }}, upgrade: "{{ .Release.IsUpgrade }}", install: "{{ .Release.IsInstall }}", revision: "{{ .Release.Revision }}"}
`,
    'cluster/web.yaml': release(name, spec),
    ...others,
  });
  const ran = await repository.objects(...flags);
  const find = (kind: string, object: string): Found | undefined =>
    ran.found.find((one) => one.kind === kind && one.metadata.name === object);
  return {
    ...ran,
    find,
    data: (object: string) => find('ConfigMap', object)?.data as Record<string, string> | undefined,
  };
}

describe('where the release is', () => {
  test('releaseName, targetNamespace and the name that they give where none is said', async () => {
    expect((await render(WEB)).data('facts')).toMatchObject({ name: 'web', namespace: 'apps' });
    const target = await render(`${WEB}targetNamespace: there\n`);
    expect(target.data('facts')).toMatchObject({ name: 'there-web', namespace: 'there' });
    expect(target.find('ConfigMap', 'facts')?.metadata.namespace).toBe('there');
    expect((await render(`${WEB}targetNamespace: there\nreleaseName: mine\n`)).data('facts')).toMatchObject({
      name: 'mine',
    });
  });

  test('a name of more than 53 characters is cut, with a digest of it', async () => {
    const { data } = await render(WEB, {}, [], 'a-name-that-is-much-longer-than-helm-takes-a-name-to-be-x');
    expect(data('facts')?.name).toMatch(/^a-name-that-is-much-longer-than-helm-tak-[0-9a-f]{12}$/);
  });

  test('install.createNamespace makes the target namespace', async () => {
    const spec = `${WEB}targetNamespace: there\n`;
    expect((await render(spec)).find('Namespace', 'there')).toBeUndefined();
    expect((await render(`${spec}install: {createNamespace: true}\n`)).find('Namespace', 'there')).toBeDefined();
  });

  test('storageNamespace changes nothing that is rendered', async () => {
    const [one, two] = [await render(WEB), await render(`${WEB}storageNamespace: there\n`)];
    expect(two.data('facts')).toEqual(one.data('facts'));
  });
});

describe('what is rendered', () => {
  test('hooks, unless the action disables them', async () => {
    const has = async (spec: string, ...flags: string[]): Promise<boolean> =>
      (await render(WEB + spec, {}, flags)).find('ConfigMap', 'web-hook') !== undefined;
    expect(await has('')).toBe(true);
    expect(await has('install: {disableHooks: true}\n')).toBe(false);
    expect(await has('upgrade: {disableHooks: true}\n')).toBe(true);
    expect(await has('upgrade: {disableHooks: true}\n', '--is-upgrade')).toBe(false);
  });

  test('tests where test.enable is set, those that its filters let', async () => {
    const pods = async (spec: string): Promise<string[]> =>
      (await render(WEB + spec)).found.filter(({ kind }) => kind === 'Pod').map(({ metadata }) => metadata.name);
    expect(await pods('')).toEqual([]);
    expect(await pods('test: {enable: true}\n')).toEqual(['test-a', 'test-b']);
    expect(await pods('test: {enable: true, filters: [{name: test-a}]}\n')).toEqual(['test-a']);
    expect(await pods('test: {enable: true, filters: [{name: test-a, exclude: true}]}\n')).toEqual(['test-b']);
  });

  test('CRDs as install.crds and upgrade.crds say, with origin labels and without commonMetadata', async () => {
    const crd = async (spec: string, ...flags: string[]): Promise<Found | undefined> =>
      (await render(WEB + spec, {}, flags)).find('CustomResourceDefinition', 'things.example.org');
    const created = await crd('commonMetadata: {labels: {team: blue}}\n');
    expect(created?.metadata.labels).toEqual({
      'helm.toolkit.fluxcd.io/name': 'web',
      'helm.toolkit.fluxcd.io/namespace': 'apps',
    });
    expect(await crd('install: {crds: CreateReplace}\n')).toBeDefined();
    expect(await crd('install: {crds: Skip}\n')).toBeUndefined();
    expect(await crd('', '--is-upgrade')).toBeDefined(); // whatever the documentation says
    expect(await crd('upgrade: {crds: Skip}\n', '--is-upgrade')).toBeUndefined();
    expect(await crd('upgrade: {crds: CreateReplace}\n', '--is-upgrade')).toBeDefined();
    const old = await render(`${WEB}install: {skipCRDs: true}\n`);
    expect(old.find('CustomResourceDefinition', 'things.example.org')).toBeDefined();
    expect(old.stderr).toContain('skipCRDs is deprecated');
  });

  test('values that the schema refuses, only where disableSchemaValidation is set', async () => {
    const wrong = `${WEB}values: {text: 1}\n`;
    expect((await render(wrong)).code).toBe(1);
    expect((await render(`${wrong}install: {disableSchemaValidation: true}\n`)).data('web-web')?.text).toBe('1');
    expect((await render(`${wrong}upgrade: {disableSchemaValidation: true}\n`, {}, ['--is-upgrade'])).code).toBe(0);
    expect((await render(`${wrong}install: {disableOpenAPIValidation: true}\n`)).code).toBe(1);
  });

  test('as an upgrade with --is-upgrade; values that the cluster would keep are warned of', async () => {
    expect((await render(WEB)).data('facts')).toMatchObject({ upgrade: 'false', install: 'true', revision: '1' });
    const upgraded = await render(`${WEB}upgrade: {preserveValues: true}\n`, {}, ['--is-upgrade']);
    expect(upgraded.data('facts')).toMatchObject({ upgrade: 'true', install: 'false' });
    expect(upgraded.stderr).toContain('preserveValues');
  });

  test('nothing, where it is suspended', async () => {
    expect((await render(`${WEB}suspend: true\n`)).data('facts')).toBeUndefined();
  });
});

describe('after rendering', () => {
  const patch = `postRenderers:
  - kustomize:
      patches:
        - target: {kind: ConfigMap}
          patch: |
            - {op: add, path: /metadata/annotations, value: {patched: "yes"}}
      images: []
`;
  const patched = ({ find }: Awaited<ReturnType<typeof render>>): unknown[] =>
    ['facts', 'web-hook'].map((name) => find('ConfigMap', name)?.metadata.annotations?.patched);

  test('postRenderers patch, with hooks or without as postRenderStrategy says', async () => {
    expect(patched(await render(WEB + patch))).toEqual(['yes', 'yes']);
    expect(patched(await render(`${WEB}${patch}postRenderStrategy: nohooks\n`))).toEqual(['yes', undefined]);
    expect(patched(await render(`${WEB}${patch}postRenderStrategy: separate\n`))).toEqual(['yes', 'yes']);
  });

  test('the older patch fields do, too', async () => {
    const merge =
      'patchesStrategicMerge: [{apiVersion: v1, kind: ConfigMap, metadata: {name: facts}, data: {merged: "1"}}]';
    const json =
      'patchesJson6902: [{target: {version: v1, kind: ConfigMap, name: facts}, patch: [{op: add, path: /data/json, value: "2"}]}]';
    const { data } = await render(`${WEB}postRenderers: [{kustomize: {${merge}, ${json}}}]\n`);
    expect(data('facts')).toMatchObject({ merged: '1', json: '2' });
  });

  test('images are replaced', async () => {
    const { find } = await render(
      `${WEB}postRenderers: [{kustomize: {images: [{name: old, newName: new, newTag: "2"}]}}]\n`,
      {
        'charts/web/templates/pod.yaml':
          'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: "old:1"}]}\n',
      },
    );
    expect(JSON.stringify(find('Pod', 'p')?.spec)).toContain('new:2');
  });

  test('commonMetadata comes after them, and origin labels win over it', async () => {
    const { find } = await render(
      `${WEB}commonMetadata: {labels: {helm.toolkit.fluxcd.io/name: mine, team: blue}, annotations: {note: "1"}}\n`,
    );
    expect(find('ConfigMap', 'facts')?.metadata).toMatchObject({
      labels: { team: 'blue', 'helm.toolkit.fluxcd.io/name': 'web', 'helm.toolkit.fluxcd.io/namespace': 'apps' },
      annotations: { note: '1' },
    });
  });
});

describe('values', () => {
  const values = (name: string, text: string): Tree => ({
    [`cluster/${name}.yaml`]: configMap(name, { 'values.yaml': text, key: 'of key' }),
  });

  test('of valuesFiles of a repository are relative to its root, and those missing are an error unless that is ignored', async () => {
    const files = 'charts/web/values.yaml, charts/web/other.yaml, environments/x.yaml';
    const spec = (missing: string): string =>
      `chart: {spec: {chart: charts/web, valuesFiles: [${files}], ${missing}sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}\n`;
    const given = { 'charts/web/other.yaml': 'text: other\n' };
    expect((await render(spec(''), given)).code).toBe(1);
    expect((await render(spec('ignoreMissingValuesFiles: true, '), given)).data('web-web')?.text).toBe('other');
    const all = await render(spec(''), { ...given, 'environments/x.yaml': 'text: of the environment\n' });
    expect(all.data('web-web')).toMatchObject({ text: 'of the environment', version: '1.2.3+1' });
  });

  test('of valuesFrom come in their order, inline ones last; keys, paths and literals of them', async () => {
    const both = { ...values('one', 'text: one\n'), ...values('two', 'text: two\n') };
    const from = (rest: string): string => `${WEB}valuesFrom: [{kind: ConfigMap, name: one}, ${rest}]\n`;
    expect((await render(from('{kind: ConfigMap, name: two}'), both)).data('web-web')?.text).toBe('two');
    expect(
      (await render(`${from('{kind: ConfigMap, name: two}')}values: {text: in}\n`, both)).data('web-web')?.text,
    ).toBe('in');
    const path = '{kind: ConfigMap, name: two, valuesKey: key, targetPath: text}';
    expect((await render(from(path), both)).data('web-web')?.text).toBe('of key');
    expect((await render(from('{kind: ConfigMap, name: nowhere, optional: true}'), both)).code).toBe(0);
    const literal = configMap('two', { key: 'a,b={c}' });
    const of = (rest: string): string =>
      from(`{kind: ConfigMap, name: two, valuesKey: key, targetPath: text, ${rest}}`);
    expect((await render(of('literal: true'), { ...both, 'cluster/two.yaml': literal })).data('web-web')?.text).toBe(
      'a,b={c}',
    );
  });
});

describe('the chart', () => {
  let server: ChartServer;
  let url: string;
  beforeEach(async () => {
    server = new ChartServer();
    url = await server.listen();
    repository = new Repository({});
    const files = (version: string): Tree => ({
      'values.yaml': 'text: own\n',
      'other.yaml': 'text: of other.yaml\n',
      'templates/map.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: remote}\ndata: {version: {{ .Chart.Version | quote }}, text: {{ .Values.text }}, is: "${version}"}\n`,
    });
    await server.publish(
      repository.root,
      ['1.0.0', '1.5.0', '2.0.0', '3.0.0-rc.1'].map((version) => ({ name: 'remote', version, files: files(version) })),
    );
  });
  afterEach(() => server.close());
  const repositories = (): Tree => ({
    'cluster/repository.yaml': `apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts, namespace: apps}\nspec: {url: "${url}", interval: 1h}\n`,
  });
  const from = (rest: string): string =>
    `chart: {spec: {chart: remote, ${rest}sourceRef: {kind: HelmRepository, name: charts}}}\n`;

  test('is the newest release where no version is said, and the newest of a range', async () => {
    for (const [version, expected] of [
      ['', '2.0.0'],
      ['version: 1.x, ', '1.5.0'],
      ['version: "<1.2", ', '1.0.0'],
      ['version: 3.0.0-rc.1, ', '3.0.0-rc.1'],
      ['version: ">=2.0.0-0", ', '3.0.0-rc.1'],
    ] as const)
      expect((await render(from(version), repositories())).data('remote')?.is).toBe(expected);
  });

  test('takes valuesFiles from within itself, which its version shows', async () => {
    const { data } = await render(from('valuesFiles: [values.yaml, other.yaml], '), repositories());
    expect(data('remote')).toMatchObject({ text: 'of other.yaml', version: '2.0.0+1' });
  });

  test('may be a HelmChart of its own, in its namespace', async () => {
    const helmChart = `---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {name: packed, namespace: apps}
spec: {chart: remote, version: 1.x, interval: 1h, sourceRef: {kind: HelmRepository, name: charts}}
`;
    const sources = repositories();
    const { data } = await render('chartRef: {kind: HelmChart, name: packed}\n', {
      'cluster/repository.yaml': sources['cluster/repository.yaml'] + helmChart,
    });
    expect(data('remote')?.version).toBe('1.5.0');
  });

  test('shows the revision of its source in its version with reconcileStrategy: Revision', async () => {
    const { data } = await render(
      'chart: {spec: {chart: charts/web, reconcileStrategy: Revision, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}\n',
    );
    expect(data('web-web')?.version).toMatch(/^1\.2\.3\+/);
  });

  test('is said once: chart and chartRef together are refused', async () => {
    const { stderr, code } = await render(`${WEB}chartRef: {kind: HelmChart, name: x}\n`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/chartRef/);
  });
});

test('versions v2beta1 and v2beta2 are the same object', async () => {
  for (const version of ['v2beta1', 'v2beta2']) {
    const { data } = await render('', {
      'cluster/web.yaml': release('web', `${WEB}values: {text: old}\n`).replace('io/v2', `io/${version}`),
    });
    expect(data('web-web')?.text).toBe('old');
  }
  const old = release(
    'web',
    'chart: {spec: {chart: charts/web, valuesFile: charts/web/values.yaml, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}\n',
  ).replace('io/v2', 'io/v2beta1');
  expect((await render('', { 'cluster/web.yaml': old })).data('web-web')?.text).toBe('default');
});

test('dependsOn with a readyExpr holds a release back', async () => {
  await render(`${WEB}dependsOn: [{name: other, readyExpr: "dep.spec.interval == '1m'"}]\n`, {
    'cluster/other.yaml': release('other', WEB),
    'cluster/apps.yaml': kustomization('apps'),
    'apps/x.yaml': configMap('x', {}),
  });
  const { stdout } = await repository!.run('test', '--path', 'cluster');
  expect(stdout).toMatch(/BLOCKED +HelmRelease\/apps\/web/);
});
