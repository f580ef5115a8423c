/** Fields of flux-operator's objects and of ArtifactGenerators, set in a repository and seen in what comes of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ChartServer,
  chart,
  configMap,
  type Found,
  GitOrigin,
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

async function run(files: Tree, ...flags: string[]) {
  repository?.close();
  repository = new Repository(files);
  const ran = await repository.objects(...flags);
  const maps = new Map(
    ran.found.filter(({ kind }) => kind === 'ConfigMap').map((found): [string, Found] => [found.metadata.name, found]),
  );
  return { ...ran, maps, data: (name: string) => maps.get(name)?.data };
}

const set = (spec: string, name = 'set'): string => `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: ${name}, namespace: apps}
spec:
${spec}`;
const resource = (name: string, data = '{}'): string =>
  `    - {apiVersion: v1, kind: ConfigMap, metadata: {name: "${name}", namespace: apps}, data: ${data}}\n`;
const provider = (name: string, spec: string, labels = ''): string => `---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: ${name}, namespace: apps${labels}}
spec: ${spec}
`;

describe('ResourceSet', () => {
  test('resources, resourcesTemplate and steps are made for each input', async () => {
    const { maps } = await run({
      'cluster/set.yaml': set(`  inputs: [{n: a}, {n: b}]
  resources:
${resource('r-<< inputs.n >>')}  resourcesTemplate: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: t-<< inputs.n >>, namespace: apps}
`),
      'cluster/steps.yaml': set(
        `  inputs: [{n: a}]
  steps:
    - name: one
      resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "s-<< inputs.n >>", namespace: apps}}]
    - name: two
      timeout: 1m
      resourcesTemplate: |
        {apiVersion: v1, kind: ConfigMap, metadata: {name: u-<< inputs.n >>, namespace: apps}}
`,
        'steps',
      ),
    });
    expect([...maps.keys()].sort()).toEqual(['r-a', 'r-b', 's-a', 't-a', 't-b', 'u-a']);
  });

  test('inputsFrom takes providers by name and by label, with defaultValues', async () => {
    const { data, maps } = await run({
      'cluster/set.yaml':
        set(`  inputsFrom: [{kind: ResourceSetInputProvider, name: one}, {kind: ResourceSetInputProvider, selector: {matchLabels: {team: blue}}}]
  resources:
${resource('m-<< inputs.n >>', '{by: "<< inputs.provider.name >>"}')}`) +
        provider('one', '{type: Static, defaultValues: {n: one}}') +
        provider('two', '{type: Static, defaultValues: {n: two}}', ', labels: {team: blue}') +
        provider('three', '{type: Static, defaultValues: {n: three}}', ', labels: {team: red}'),
    });
    expect([...maps.keys()].sort()).toEqual(['m-one', 'm-two']);
    expect(data('m-two')).toEqual({ by: 'two' });
  });

  test('inputStrategy Permute gives each combination', async () => {
    const { maps } = await run({
      'cluster/set.yaml':
        set(`  inputStrategy: {name: Permute}
  inputsFrom: [{kind: ResourceSetInputProvider, name: colours}, {kind: ResourceSetInputProvider, name: sizes}]
  resources:
${resource('<< inputs.colours.v >>-<< inputs.sizes.v >>')}`) +
        provider('colours', '{type: Static, defaultValues: {v: red}}') +
        provider('sizes', '{type: Static, defaultValues: {v: big}}'),
    });
    expect([...maps.keys()]).toEqual(['red-big']);
  });

  test('commonMetadata is on each; an object that is not to be reconciled is left out', async () => {
    const { maps } = await run({
      'cluster/set.yaml': set(`  inputs: [{n: a}]
  commonMetadata: {labels: {team: blue}, annotations: {note: "1"}}
  resources:
${resource('a')}    - {apiVersion: v1, kind: ConfigMap, metadata: {name: off, namespace: apps, annotations: {fluxcd.controlplane.io/reconcile: disabled}}}
`),
    });
    expect(maps.get('a')?.metadata).toMatchObject({ labels: { team: 'blue' }, annotations: { note: '1' } });
    expect(maps.has('off')).toBe(false);
  });

  test('copyFrom takes the data of another object, checksumFrom its digest', async () => {
    const annotated = (name: string, annotation: string): string =>
      `    - {apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}, namespace: apps, annotations: {fluxcd.controlplane.io/${annotation}}}}\n`;
    const { data, maps } = await run({
      'cluster/source.yaml': configMap('source', { key: 'value' }),
      'cluster/set.yaml': set(`  resources:
${annotated('copy', 'copyFrom: apps/source')}${annotated('sum', 'checksumFrom: ConfigMap/apps/source')}`),
    });
    expect(data('copy')).toEqual({ key: 'value' });
    expect(JSON.stringify(maps.get('sum')?.metadata.annotations)).toMatch(/sha256:[0-9a-f]{64}/);
  });

  const waiting = (spec: string): Tree => ({
    'cluster/set.yaml': set(`${spec}  resources:
    - apiVersion: helm.toolkit.fluxcd.io/v2
      kind: HelmRelease
      metadata: {name: broken, namespace: apps}
      spec: {interval: 1m, ${workspaceChart('charts/nowhere').trim()}}
`),
    'cluster/next.yaml': set(
      `  dependsOn: [{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, name: set, namespace: apps, ready: true}]
  resources:
${resource('next')}`,
      'next',
    ),
  });

  test('others wait for it, and with wait for what it makes', async () => {
    const state = async (spec: string): Promise<string | undefined> => {
      await run(waiting(spec));
      const { stdout } = await repository!.run('test', '--path', 'cluster');
      return /^(\w+) +ResourceSet\/apps\/next/m.exec(stdout)?.[1];
    };
    expect(await state('')).toBe('READY');
    expect(await state('  wait: true\n')).toBe('BLOCKED');
  });
});

test('a ResourceSetInputProvider that asks a service is given with what it exports', async () => {
  const files = {
    'cluster/set.yaml':
      set(`  inputsFrom: [{kind: ResourceSetInputProvider, name: pulls}]
  resources:
${resource('pr-<< inputs.id >>')}`) + provider('pulls', '{type: GitHubPullRequest, url: "https://git.example/a/b"}'),
    'given.yaml': `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls, namespace: apps}
spec: {type: GitHubPullRequest, url: "https://git.example/a/b"}
status: {exportedInputs: [{id: "7", branch: x}]}
`,
  };
  expect((await run(files)).stderr).toContain('status.exportedInputs');
  expect([...(await run(files, '--with-resource', 'given.yaml')).maps.keys()]).toEqual(['pr-7']);
});

test("a FluxInstance's sync is a source and a Kustomization, patched and marked as it says", async () => {
  repository = new Repository({
    'cluster/instance.yaml': `apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: {name: flux, namespace: flux-system}
spec:
  distribution: {version: 2.x, registry: ghcr.io/fluxcd}
  commonMetadata: {labels: {team: blue}}
  kustomize:
    patches:
      - target: {kind: Kustomization}
        patch: |
          - {op: add, path: /spec/targetNamespace, value: elsewhere}
  sync: {kind: GitRepository, url: "https://git.example/fleet", ref: refs/heads/main, path: apps, name: fleet}
`,
    'apps/map.yaml': configMap('map', {}),
  });
  repository.write('cluster/flux-system.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: flux-system}\n');
  const { found } = await repository.objects();
  expect(found.find(({ metadata }) => metadata.name === 'map')?.metadata.namespace).toBe('elsewhere');
});

describe('ArtifactGenerator', () => {
  const generator = (spec: string): string => `apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: maker, namespace: flux-system}
spec:
${spec}`;
  const reader = (name: string): string =>
    kustomization(`read-${name}`)
      .replace('kind: GitRepository, name: flux-system', `kind: ExternalArtifact, name: ${name}`)
      .replace(`./read-${name}`, './');

  test('pathPattern makes an artifact of each directory; exclude and strategies do as they say', async () => {
    const { maps, stderr } = await run({
      'cluster/maker.yaml': generator(`  sources: [{alias: repo, kind: GitRepository, name: flux-system}]
  pathPattern: "@repo/teams/{team}"
  artifacts:
    - name: "team-{team}"
      copy: [{from: "@repo/teams/{team}/**", to: "@artifact/", exclude: ["*.md"]}]
`),
      'cluster/readers.yaml': `${reader('team-red')}---\n${reader('team-blue')}`,
      'teams/red/map.yaml': configMap('red', {}),
      'teams/blue/map.yaml': configMap('blue', {}),
      'teams/blue/README.md': 'not: copied\n',
    });
    expect(stderr).toBe('');
    expect([...maps.keys()].sort()).toEqual(['blue', 'red']);
  });

  test('copies from several sources, and merges values', async () => {
    const { data } = await run({
      ...chart('charts/web', { values: 'text: base\nother: kept\n' }),
      'overlay/values.yaml': 'text: merged\n',
      'cluster/maker.yaml': generator(`  sources: [{alias: repo, kind: GitRepository, name: flux-system}]
  artifacts:
    - name: web
      copy:
        - {from: "@repo/charts/web/**", to: "@artifact/"}
        - {from: "@repo/overlay/values.yaml", to: "@artifact/values.yaml", strategy: Merge}
`),
      'cluster/web.yaml': release('web', 'chartRef: {kind: ExternalArtifact, name: web, namespace: flux-system}\n'),
    });
    expect(data('web-web')).toMatchObject({ text: 'merged' });
  });

  let server: ChartServer;
  beforeEach(() => {
    server = new ChartServer();
  });
  afterEach(() => server.close());

  test('opens the packed chart of a HelmChart', async () => {
    const url = await server.listen();
    repository = new Repository({});
    await server.publish(repository.root, [
      { name: 'packed', version: '1.0.0', files: { 'manifests/map.yaml': configMap('of-chart', {}) } },
    ]);
    const { maps, stderr } = await run({
      'cluster/maker.yaml': `${generator(`  sources: [{alias: chart, kind: HelmChart, name: packed}]
  artifacts: [{name: opened, copy: [{from: "@chart/packed/manifests/**", to: "@artifact/"}]}]
`)}---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {name: packed, namespace: flux-system}
spec: {chart: packed, interval: 1h, sourceRef: {kind: HelmRepository, name: charts}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: charts, namespace: flux-system}
spec: {url: "${url}", interval: 1h}
`,
      'cluster/reader.yaml': reader('opened'),
    });
    expect(stderr).toBe('');
    expect([...maps.keys()]).toEqual(['of-chart']);
  });
});

test('a suspended source is fetched no more than the controller would: what it was serves on', async () => {
  repository = new Repository({});
  const origin = new GitOrigin(repository.directory, 'origin');
  origin.commit({ 'deploy/map.yaml': configMap('remote', {}) });
  repository.write(
    'cluster/source.yaml',
    `apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: other, namespace: flux-system}\nspec: {interval: 1m, suspend: true, url: "${origin.url}", ref: {branch: main}}\n`,
  );
  repository.write(
    'cluster/deploy.yaml',
    kustomization('deploy').replace('name: flux-system, namespace', 'name: other, namespace'),
  );
  expect(await repository.object('ConfigMap', 'remote')).toBeDefined();
});
