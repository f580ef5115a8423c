// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Flux's variables
/** Each field of a Kustomization that changes what is rendered or in which order, set in a repository and seen in what comes of it. */
import { afterEach, describe, expect, test } from 'vitest';
import { configMap, type Found, kustomization, Repository, release, type Tree, workspaceChart } from './support.ts';

let repository: Repository | undefined;
afterEach(() => {
  repository?.close();
  repository = undefined;
});

/** What the Kustomization `apps` makes of its directory. */
async function apply(spec: string, apps: Tree = {}, others: Tree = {}) {
  repository?.close();
  repository = new Repository({
    'cluster/apps.yaml': kustomization('apps', spec),
    'apps/map.yaml': configMap('map', { a: 'b' }),
    ...Object.fromEntries(Object.entries(apps).map(([path, text]) => [`apps/${path}`, text])),
    ...others,
  });
  const ran = await repository.objects();
  return { ...ran, own: ran.found.filter(({ kind }) => kind !== 'Kustomization') };
}

const map = ({ own }: { own: readonly Found[] }, name = 'map'): Found | undefined =>
  own.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);

describe('path', () => {
  test('is the root of the source where it is left out, and may begin with a slash', async () => {
    for (const [path, found] of [
      ['', 'everywhere'],
      ['path: /apps', 'apps'],
      ['path: apps/', 'apps'],
    ] as const) {
      repository?.close();
      repository = new Repository({
        'cluster/apps.yaml': kustomization('apps').replace('path: ./apps', path),
        'kustomization.yaml': 'resources: [root.yaml]\n',
        'root.yaml': configMap('everywhere', {}),
        'apps/map.yaml': configMap('apps', {}),
      });
      expect(await repository.object('ConfigMap', found)).toBeDefined();
    }
  });

  test('may hold a variable with a default, which the parent substitutes', async () => {
    const { own } = await apply(
      'postBuild: {substitute: {DIR: other}}\n',
      {
        'child.yaml': kustomization('child').replace('./child', './${DIR:=none}'),
        'second.yaml': kustomization('second').replace('./second', './${NOWHERE:=third}'),
      },
      { 'other/x.yaml': configMap('of-variable', {}), 'third/x.yaml': configMap('of-default', {}) },
    );
    expect(map({ own }, 'of-variable')).toBeDefined();
    expect(map({ own }, 'of-default')).toBeDefined();
  });
});

test('targetNamespace, namePrefix and nameSuffix', async () => {
  const found = map(await apply('targetNamespace: elsewhere\nnamePrefix: pre-\nnameSuffix: -post\n'), 'pre-map-post');
  expect(found?.metadata.namespace).toBe('elsewhere');
});

describe('patches', () => {
  const add = (target: string): string =>
    `patches:\n  - target: {${target}}\n    patch: |\n      - {op: add, path: /data/patched, value: "yes"}\n`;
  const labelled = configMap('labelled', { x: 'y' }).replace(
    'namespace: apps',
    'namespace: apps\n  labels: {tier: web}\n  annotations: {team: blue}',
  );
  for (const [target, names] of [
    ['kind: ConfigMap, name: "lab.*"', ['labelled']],
    ['kind: ConfigMap, name: lab', []],
    ['kind: ConfigMap, labelSelector: "tier in (web)"', ['labelled']],
    ['kind: ConfigMap, annotationSelector: team=blue', ['labelled']],
    ['version: v1, namespace: apps', ['labelled', 'map']],
    ['group: apps', []],
  ] as const)
    test(`of a target: ${target}`, async () => {
      const { own, code } = await apply(add(target), { 'labelled.yaml': labelled });
      expect(code).toBe(0);
      const patched = own.filter(({ data }) => (data as { patched?: string }).patched === 'yes');
      expect(patched.map(({ metadata }) => metadata.name).sort()).toEqual(names);
    });

  test('merge strategically, and by the fields of older versions', async () => {
    const merge = '{apiVersion: v1, kind: ConfigMap, metadata: {name: map, namespace: apps}, data: {merged: "1"}}';
    expect(map(await apply(`patches: [{patch: '${merge}'}]\n`))?.data).toEqual({ a: 'b', merged: '1' });
    const legacy = `patchesStrategicMerge: [${merge}]
patchesJson6902: [{target: {version: v1, kind: ConfigMap, name: map}, patch: [{op: add, path: /data/json, value: "2"}]}]
`;
    expect(map(await apply(legacy))?.data).toEqual({ a: 'b', merged: '1', json: '2' });
  });
});

test('images: of entries for one name the last one counts', async () => {
  const deployment = (image: string): string =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: apps}\nspec: {template: {spec: {containers: [{name: c, image: "${image}"}]}}}\n`;
  const image = async (spec: string): Promise<unknown> => {
    const { own } = await apply(spec, { 'd.yaml': deployment('old/app:1') });
    return /"image":"([^"]*)"/.exec(JSON.stringify(own.find(({ kind }) => kind === 'Deployment')))?.[1];
  };
  expect(await image('images: [{name: old/app, newTag: "2"}, {name: old/app, newName: new/app, newTag: "3"}]\n')).toBe(
    'new/app:3',
  );
  const digest = `sha256:${'0'.repeat(64)}`;
  expect(await image(`images: [{name: old/app, digest: "${digest}"}]\n`)).toBe(`old/app@${digest}`);
});

test('components are laid over, and those that are not there are passed over where ignoreMissingComponents is set', async () => {
  const component = {
    'component/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonLabels: {from: component}\n',
  };
  const present = await apply('components: [../component]\n', {}, component);
  expect(map(present)?.metadata.labels).toMatchObject({ from: 'component' });
  expect((await apply('components: [../component, ../nowhere]\n', {}, component)).code).toBe(1);
  const ignored = await apply('components: [../component, ../nowhere]\nignoreMissingComponents: true\n', {}, component);
  expect(ignored.code).toBe(0);
  expect(map(ignored)?.metadata.labels).toMatchObject({ from: 'component' });
});

test('buildMetadata says where objects and changes come from', async () => {
  const apps = {
    'kustomization.yaml': 'resources: [map.yaml]\nnamePrefix: p-\n',
  };
  const { annotations } = map(
    await apply('buildMetadata: [originAnnotations, transformerAnnotations]\n', apps),
    'p-map',
  )!.metadata;
  expect(annotations?.['config.kubernetes.io/origin']).toContain('map.yaml');
  expect(annotations?.['alpha.config.kubernetes.io/transformations']).toContain('PrefixTransformer');
});

test('commonMetadata wins over what objects say, and ownership labels are on each', async () => {
  const labelled = configMap('map', {}).replace('namespace: apps', 'namespace: apps\n  labels: {team: red}');
  const found = map(
    await apply('commonMetadata: {labels: {team: blue}, annotations: {note: "1"}}\n', { 'map.yaml': labelled }),
  );
  expect(found?.metadata.labels).toEqual({
    team: 'blue',
    'kustomize.toolkit.fluxcd.io/name': 'apps',
    'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
  });
  expect(found?.metadata.annotations).toEqual({ note: '1' });
});

describe('postBuild', () => {
  const source = (name: string, data: Record<string, string>): Tree => ({
    [`cluster/${name}.yaml`]: configMap(name, data).replace('namespace: apps', 'namespace: flux-system'),
  });
  const text = { 'map.yaml': configMap('map', { text: '${A} ${B} ${C:=c}' }) };

  test('inline variables win over sources, a later source over an earlier one, line breaks are taken out', async () => {
    const found = map(
      await apply(
        'postBuild: {substitute: {A: "in\\nline"}, substituteFrom: [{kind: ConfigMap, name: one}, {kind: ConfigMap, name: two}, {kind: Secret, name: none, optional: true}]}\n',
        text,
        { ...source('one', { A: 'one', B: 'one' }), ...source('two', { B: 'tw\no' }) },
      ),
    );
    expect(found?.data).toEqual({ text: 'inline two c' });
  });

  test('without any variable nothing is substituted, but with substituteStrategy: Always', async () => {
    expect(map(await apply('postBuild: {}\n', text))?.data).toEqual({ text: '${A} ${B} ${C:=c}' });
    expect(map(await apply('postBuild: {substituteStrategy: Always}\n', text))?.data).toEqual({ text: 'c' });
  });

  test('passes over objects that say so by label or annotation', async () => {
    const disabled = (field: string, name: string): string =>
      configMap(name, { text: '${A}' }).replace(
        'namespace: apps',
        `namespace: apps\n  ${field}: {kustomize.toolkit.fluxcd.io/substitute: disabled}`,
      );
    const ran = await apply('postBuild: {substitute: {A: a}}\n', {
      'one.yaml': disabled('labels', 'one'),
      'two.yaml': disabled('annotations', 'two'),
      'three.yaml': configMap('three', { text: '${A}' }),
    });
    expect(['one', 'two', 'three'].map((name) => map(ran, name)?.data)).toEqual([
      { text: '${A}' },
      { text: '${A}' },
      { text: 'a' },
    ]);
  });
});

test('an object that says ssa: Ignore is never applied', async () => {
  const ignored = configMap('map', {}).replace(
    'namespace: apps',
    'namespace: apps\n  annotations: {kustomize.toolkit.fluxcd.io/ssa: Ignore}',
  );
  const ran = await apply('', { 'map.yaml': ignored, 'other.yaml': configMap('other', {}) });
  expect([map(ran), map(ran, 'other')?.metadata.name]).toEqual([undefined, 'other']);
});

test('suspend: nothing is produced', async () => {
  expect(map(await apply('suspend: true\n'))).toBeUndefined();
});

describe('what others wait for', () => {
  const broken = release('broken', workspaceChart('charts/nowhere'));
  const waiting = (spec: string): Tree => ({
    'cluster/next.yaml': kustomization('next', 'dependsOn: [{name: apps}]\n').replace('./next', './other'),
    'cluster/apps.yaml': kustomization('apps', spec),
    'other/x.yaml': configMap('next', {}),
  });
  const state = async (spec: string, apps: Tree): Promise<string> => {
    await apply(spec, apps, waiting(spec));
    const { stdout } = await repository!.run('test', '--path', 'cluster');
    return /^(\w+) +Kustomization\/flux-system\/next/m.exec(stdout)?.[1] ?? stdout;
  };

  test('is the Kustomization alone', async () => {
    expect(await state('', { 'broken.yaml': broken })).toBe('READY');
  });

  test('is all that it applies with wait', async () => {
    expect(await state('wait: true\n', { 'broken.yaml': broken })).toBe('BLOCKED');
  });

  test('is what healthChecks names, which wait makes needless', async () => {
    const check = (name: string): string =>
      `healthChecks: [{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, name: ${name}, namespace: apps}, {apiVersion: apps/v1, kind: Deployment, name: d, namespace: apps}]\n`;
    expect(await state(check('broken'), { 'broken.yaml': broken })).toBe('BLOCKED');
    const fine: Tree = { 'broken.yaml': broken, 'fine.yaml': release('fine', workspaceChart('apps/fine')) };
    expect(
      await state(check('fine'), {
        ...fine,
        'kustomization.yaml': 'resources: [broken.yaml, fine.yaml]\n',
        'fine/Chart.yaml': 'apiVersion: v2\nname: fine\nversion: 1.0.0\n',
      }),
    ).toBe('READY');
  });

  test('dependsOn reaches into other namespaces', async () => {
    await apply(
      '',
      {},
      {
        'cluster/next.yaml': kustomization('next', 'dependsOn: [{name: apps, namespace: other}]\n').replace(
          './next',
          './apps',
        ),
      },
    );
    const { stdout } = await repository!.run('test', '--path', 'cluster');
    expect(stdout).toContain('depends on Kustomization/other/apps, which is nowhere in the run');
  });
});

test('versions v1beta1 and v1beta2 are the same object', async () => {
  for (const version of ['v1beta1', 'v1beta2']) {
    repository?.close();
    repository = new Repository({
      'cluster/apps.yaml': kustomization('apps', 'targetNamespace: elsewhere\n').replace(
        'fluxcd.io/v1',
        `fluxcd.io/${version}`,
      ),
      'apps/map.yaml': configMap('map', {}),
    });
    expect((await repository.object('ConfigMap', 'map'))?.metadata.namespace).toBe('elsewhere');
  }
});
