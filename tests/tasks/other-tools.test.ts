// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
/**
 * What other renderers of Flux repositories were seen to get wrong, each a case of a whole run. What can be said of one function is
 * tested where that is.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recorded } from '../flux/recorded.ts';
import {
  chart,
  configMap,
  type Found,
  GitOrigin,
  gitRepository,
  kustomization,
  Repository,
  release,
  type Tree,
  workspaceChart,
} from './support.ts';

const web = workspaceChart('charts/web');
const resourceSet = (name: string, spec: string): string =>
  `apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {name: ${name}, namespace: apps}\nspec:\n${spec}`;
const hook = `apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-hook", annotations: {helm.sh/hook: pre-install}}
data: {text: hook}
`;
const postRenderers = `postRenderers:
  - kustomize:
      patches:
        - patch: "- {op: replace, path: /data/text, value: patched}"
          target: {kind: ConfigMap}
`;

/** Everything that renders, in one repository and one run. */
const FILES: Tree = {
  ...chart('charts/web'),
  'charts/web/templates/hook.yaml': hook,
  ...chart('charts/nulls', { values: 'text: x\nlimits: null\nresources: {cpu: 1, memory: 2}\n' }),
  'charts/nulls/templates/values.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-values", annotations: }\ndata: {values: {{ .Values | toJson | quote }}, kube: {{ .Capabilities.KubeVersion.Version }}}\n',
  'charts/nulls/templates/class.yaml':
    'apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: "{{ .Release.Name }}-class"}\nhandler: x\n',
  'charts/nulls/templates/twice.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-twice"}\ndata: {a: first}\ndata: {a: last}\n',
  ...chart('charts/random'),
  'charts/random/templates/secret.yaml':
    'apiVersion: v1\nkind: Secret\nmetadata: {name: "{{ .Release.Name }}-random"}\nstringData: {password: {{ randAlphaNum 20 }}}\n',
  'charts/parent/Chart.yaml':
    'apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies:\n  - {name: sub, version: 1.x, repository: "file://../sub"}\n',
  ...chart('charts/sub'),
  'charts/main/values-extra.yaml': 'text: from a values file\n',
  'cluster/apps.yaml': kustomization(
    'apps',
    'postBuild:\n  substitute: {INLINE: inline}\n  substituteFrom:\n    - {kind: ConfigMap, name: vars}\n    - {kind: Secret, name: plain}\n',
  ),
  'cluster/vars.yaml': `${configMap('vars', { INLINE: 'from a ConfigMap', FROM: 'a ConfigMap' }).replace('namespace: apps', 'namespace: flux-system')}---
apiVersion: v1
kind: Secret
metadata: {name: plain, namespace: flux-system}
stringData: {PLAIN: from a Secret}
`,
  'apps/vars.yaml': configMap('substituted', {
    inline: '${INLINE}',
    from: '${FROM}',
    plain: '${PLAIN}',
    default: '${ABSENT:=given}',
  }),
  'apps/label.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: labelled, namespace: apps, labels: {substitution.flux/enabled: "false"}}\n',
  'apps/target.yaml': release('h', `targetNamespace: tns\n${web}`),
  'apps/named.yaml': release('long', `releaseName: short\n${web}`),
  'apps/suspended.yaml': release('sleeping', `suspend: true\n${web}`),
  'apps/combined.yaml': release('combined', `${web}${postRenderers}`),
  'apps/nohooks.yaml': release('nohooks', `${web}${postRenderers}postRenderStrategy: nohooks\n`),
  'apps/nulls.yaml': release('nulls', `${workspaceChart('charts/nulls')}values: {resources: {cpu: null}}\n`),
  'apps/random.yaml': release('dice', workspaceChart('charts/random')),
  'apps/parent.yaml': release('family', workspaceChart('charts/parent')),
  'apps/files.yaml': release(
    'files',
    web.replace(
      'chart: charts/web,',
      'chart: charts/web, valuesFiles: [charts/web/values.yaml, charts/main/values-extra.yaml],',
    ),
  ),
  'apps/object.yaml': `apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {name: alone, namespace: flux-system}
spec:
  interval: 10m
  chart: charts/web
  valuesFiles: [charts/main/values-extra.yaml]
  sourceRef: {kind: GitRepository, name: flux-system}
---
${release('by-object', 'chartRef: {kind: HelmChart, name: alone, namespace: flux-system}\n')}`,
  'apps/precedence.yaml': `${configMap('values', { 'values.yaml': 'text: from a ConfigMap\n', word: 'by target path' })}---
${release('precedence', `${web}values: {text: inline}\nvaluesFrom:\n  - {kind: ConfigMap, name: values}\n`)}---
${release('target-path', `${web}valuesFrom:\n  - {kind: ConfigMap, name: values}\n  - {kind: ConfigMap, name: values, valuesKey: word, targetPath: text}\n`)}`,
  'apps/external-secret.yaml': `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: login, namespace: apps}
spec: {target: {name: made-secret}, data: [{secretKey: token}]}
---
${release('made', `${workspaceChart('charts/nulls')}values: {list: [{name: one}]}\nvaluesFrom:\n  - {kind: Secret, name: made-secret, valuesKey: token, targetPath: "list[0].token"}\n`)}`,
  'apps/steps.yaml': resourceSet(
    'steps',
    `  inputs: [{tenant: one}, {tenant: two}]
  steps:
    - name: first
      resources:
        - apiVersion: v1
          kind: ConfigMap
          metadata: {name: "step-<< inputs.tenant >>", namespace: apps}
          data: {tenant: << inputs.tenant >>}
`,
  ),
  'apps/set.yaml': resourceSet(
    'set',
    `  inputs: [{tenant: red}]
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: "set-<< inputs.tenant >>", namespace: apps}, data: {a: b}}
    - {apiVersion: v1, kind: Secret, metadata: {name: "set-<< inputs.tenant >>", namespace: apps}, stringData: {a: b}}
`,
  ),
  'apps/generator.yaml': `apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: charts, namespace: flux-system}
spec:
  sources: [{alias: repo, kind: GitRepository, name: flux-system}]
  artifacts:
    - name: web-chart
      copy: [{from: "@repo/charts/web/**", to: "@artifact/"}]
---
${release('artifact', 'chartRef: {kind: ExternalArtifact, name: web-chart, namespace: flux-system}\n')}`,
  'cluster/twice-a.yaml': kustomization('twice-a'),
  'cluster/twice-b.yaml': kustomization('twice-b'),
  'twice-a/map.yaml': configMap('twice', { from: 'a' }),
  'twice-b/map.yaml': configMap('twice', { from: 'b' }),
  'cluster/plus.yaml': kustomization('plus').replace('path: ./plus', 'path: ./a+b'),
  'a+b/map.yaml': configMap('in-plus', { a: 'b' }),
  'cluster/sleeping.yaml': kustomization('asleep', 'suspend: true\n'),
  'asleep/map.yaml': configMap('asleep', { a: 'b' }),
  'cluster/literal.yaml': kustomization('literal'),
  'literal/map.yaml': configMap('literal', { text: '${FOO:=bar}' }),
  'cluster/always.yaml': kustomization('always', 'postBuild: {substituteStrategy: Always}\n'),
  'always/map.yaml': configMap('always', { text: '${FOO:=bar}' }),
  'cluster/ready.yaml': kustomization(
    'ready',
    `dependsOn:
  - name: always
    readyExpr: >
      dep.metadata.name == 'always' && self.metadata.name == 'ready' &&
      dep.status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True') &&
      dep.metadata.generation == dep.status.observedGeneration
`,
  ),
  'ready/map.yaml': configMap('after-always', { a: 'b' }),
  // A chart below --path is no directory of manifests.
  'loose/always.yaml': kustomization('always', 'postBuild: {substituteStrategy: Always}\n'),
  ...chart('loose/raw-chart'),
};

let repository: Repository;
let all: Awaited<ReturnType<Repository['objects']>>;
beforeAll(async () => {
  repository = new Repository(FILES);
  all = await repository.objects('--kube-version', '1.34.0');
}, 60_000);
afterAll(() => repository.close());

const named = (name: string, kind = 'ConfigMap'): Found[] =>
  all.found.filter((one) => one.kind === kind && one.metadata.name === name);
const data = (name: string): unknown => named(name)[0]?.data;

test('everything renders', () => {
  expect(all.stderr.split('\n').filter((line) => line.startsWith('error'))).toEqual([]);
  expect(all.code).toBe(0);
});

describe('flate 0.6.5', () => {
  test('(1) the default release name ignores targetNamespace', () => {
    expect(named('tns-h-web')[0]?.metadata.namespace).toBe('tns');
    expect(named('h-web')).toEqual([]);
  });

  test('(2) substituteStrategy: Always is ignored', () => {
    expect(data('always')).toEqual({ text: 'bar' });
    expect(data('literal')).toEqual({ text: '${FOO:=bar}' });
  });

  test('(3) postRenderStrategy is ignored', () => {
    expect(data('combined-web')).toMatchObject({ text: 'patched' });
    expect(data('combined-hook')).toEqual({ text: 'patched' });
    expect(data('nohooks-hook')).toEqual({ text: 'hook' });
    expect(named('combined-hook')[0]?.metadata.labels?.['helm.toolkit.fluxcd.io/name']).toBe('combined');
  });

  test('(4) steps of a ResourceSet render nothing', () => {
    expect(data('step-one')).toEqual({ tenant: 'one' });
    expect(data('step-two')).toEqual({ tenant: 'two' });
  });

  test('(5) ConfigMaps and Secrets that a ResourceSet emits are missing', () => {
    expect(named('set-red')).toHaveLength(1);
    expect(named('set-red', 'Secret')).toHaveLength(1);
  });

  test('(6) ArtifactGenerators are not run', () => {
    expect(data('artifact-web')).toMatchObject({ text: 'default' });
  });

  test('(8) valuesFiles of a chart in Git are looked for in the chart, not in the source', () => {
    expect(data('files-web')).toMatchObject({ text: 'from a values file' });
  });

  test('(9) an unvendored file:// dependency is dropped', () => {
    expect(data('family-sub')).toMatchObject({ text: 'default' });
  });

  test('(10) the digest of an artifact is no part of the chart version', async () => {
    expect(data('artifact-web')).toMatchObject({ version: expect.stringMatching(/^1\.2\.3\+[0-9a-f]{12}$/) });
    const off = await repository.object(
      'ConfigMap',
      'artifact-web',
      '--feature-gates',
      'DisableChartDigestTracking=true',
    );
    expect(off?.data).toMatchObject({ version: '1.2.3' });
  });
});

describe('flux-local 7.11', () => {
  test('ignores releaseName', () => {
    expect(named('short-web')).toHaveLength(1);
  });

  test('renders what is suspended', () => {
    expect(named('asleep')).toEqual([]);
    expect(named('sleeping-web')).toEqual([]);
  });

  test('drops the release namespace', () => {
    expect(named('combined-web')[0]?.metadata.namespace).toBe('apps');
  });

  test('lets substituteFrom override inline substitute', () => {
    expect(data('substituted')).toMatchObject({ inline: 'inline', from: 'a ConfigMap' });
  });

  test('gives other random values in each run', async () => {
    const [random] = named('dice-random', 'Secret');
    expect(random).toBeDefined();
    const again = await repository.objects('--kube-version', '1.34.0', '--force', 'all');
    expect(again.found.find(({ metadata }) => metadata.name === 'dice-random')).toEqual(random);
  });

  test('fails over a chart below --path', async () => {
    const { stdout, stderr, code } = await repository.run('build', 'all', '--path', 'loose');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toContain('text: bar');
  });

  test('writes placeholders for a plain Secret of the repository', () => {
    expect(data('substituted')).toMatchObject({ plain: 'from a Secret' });
  });

  test('ignores valuesFiles', () => {
    expect(data('files-web')).toMatchObject({ text: 'from a values file' });
  });

  test('(and flate) diff exits with 0 where there are differences, whatever is asked', async () => {
    repository.write('changed/flux-system.yaml', kustomization('flux-system').replace('./flux-system', './changed'));
    const diff = ['diff', 'ks', '--path', 'changed', '--path-orig', 'cluster'];
    expect((await repository.run(...diff, '--exit-code')).code).toBe(1);
    expect((await repository.run(...diff)).code).toBe(0);
    rmSync(join(repository.directory, 'changed'), { recursive: true });
  });

  test('diff ks takes no --kube-version', async () => {
    const { code, stderr } = await repository.run(
      'diff',
      'ks',
      '--path',
      'cluster',
      '--path-orig',
      'cluster',
      '--kube-version',
      '1.34.0',
      '--exit-code',
    );
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
  });
});

describe('where their outputs differ', () => {
  test('2: cluster-scoped kinds have no namespace', () => {
    expect(named('nulls-class', 'RuntimeClass')[0]?.metadata.namespace).toBeUndefined();
  });

  test('5: a null that the chart or the user sets is dropped, as Helm 4 does', () => {
    const values = JSON.parse((data('nulls-values') as { values: string }).values);
    expect(values).toMatchObject({ resources: { memory: 2 } });
    expect(values.resources).not.toHaveProperty('cpu');
    expect(values).not.toHaveProperty('limits');
  });

  test('7: defaults are used where a Secret is not there', () => {
    expect(data('substituted')).toMatchObject({ default: 'given' });
  });

  test('9: an absent Secret leaves a placeholder in the list, and the ExternalSecret is named', () => {
    const { values } = data('made-values') as { values: string };
    expect(JSON.parse(values).list).toEqual([{ name: 'one', token: expect.stringContaining('PLACEHOLDER') }]);
    expect(all.stderr).toMatch(/HelmRelease\/apps\/made: Secret\/apps\/made-secret .*is made by an ExternalSecret/);
  });

  test('12: a label value is text', () => {
    expect(named('labelled')[0]?.metadata.labels?.['substitution.flux/enabled']).toBe('false');
  });

  test('13: the Kubernetes version is that of the flag', () => {
    expect(data('nulls-values')).toMatchObject({ kube: 'v1.34.0' });
  });

  test('14: the same object of two Kustomizations is shown for each', () => {
    expect(named('twice').map((one) => one.data)).toEqual([{ from: 'a' }, { from: 'b' }]);
  });

  test('15: a Kustomization whose path holds itself builds the rest', () => {
    expect(named('flux-system', 'Kustomization')).toHaveLength(1);
    expect(named('apps', 'Kustomization')).toHaveLength(1);
  });

  test('16: a document with a key twice is not lost', () => {
    expect(data('nulls-twice')).toEqual({ a: 'last' });
  });

  test('values: valuesFrom, then inline; a targetPath wins over earlier references', () => {
    expect(data('precedence-web')).toMatchObject({ text: 'inline' });
    expect(data('target-path-web')).toMatchObject({ text: 'by target path' });
  });

  test('a HelmChart object stands by itself', () => {
    expect(data('by-object-web')).toMatchObject({ text: 'from a values file' });
  });

  test('a "+" in a directory name is an ordinary character', () => {
    expect(named('in-plus')).toHaveLength(1);
  });

  test('readyExpr sees both objects and the Ready condition', () => {
    expect(named('after-always')).toHaveLength(1);
  });
});

/** What a key opens, in the files that the encrypted fixture came from. */
const fixtures = recorded('flux-sops.json') as {
  readonly ageKey: string;
  readonly files: Readonly<Record<string, { readonly encrypted: string }>>;
};

describe('secrets', () => {
  let encrypted: Repository;
  beforeAll(() => {
    encrypted = new Repository({
      ...chart('charts/web'),
      'cluster/apps.yaml': kustomization('apps', 'decryption: {provider: sops}\n'),
      'cluster/after.yaml': kustomization(
        'after',
        'dependsOn: [{name: apps}]\npostBuild: {substituteFrom: [{kind: Secret, name: db-copy, optional: true}]}\n',
      ),
      'after/map.yaml': configMap('after', { a: '${ABSENT:=b}' }),
      'apps/secret.yaml': fixtures.files['secret.yaml']!.encrypted,
      'apps/web.yaml': release(
        'web',
        `${web}valuesFrom: [{kind: Secret, name: db, valuesKey: password, targetPath: text}]\n`,
      ),
    });
  });
  afterAll(() => encrypted.close());
  const build = (env: Record<string, string>) =>
    encrypted.with(env, 'build', 'all', '--path', 'cluster', '-o', 'json', '--cache-dir', 'cache');
  const find = (stdout: string, name: string): Found | undefined =>
    (JSON.parse(stdout) as Found[]).find(({ metadata }) => metadata.name === name);

  test('flate (7) decryption is not implemented: with a key at hand Secrets are opened, and what reads them gets the values', async () => {
    const { stdout, code } = await build({ SOPS_AGE_KEY: fixtures.ageKey });
    expect(code).toBe(0);
    expect(find(stdout, 'db')?.stringData).toMatchObject({ password: 'p4ss:w0rd' });
    expect(find(stdout, 'web-web')?.data).toMatchObject({ text: 'p4ss:w0rd' });
  });

  test('are nowhere in the cache in clear, nor is the key', async () => {
    await build({ SOPS_AGE_KEY: fixtures.ageKey });
    await build({ SOPS_AGE_KEY: fixtures.ageKey });
    const clear = ['p4ss:w0rd', Buffer.from('p4ss:w0rd').toString('base64'), 'user:pw@host', fixtures.ageKey];
    expect(filesBelow(join(encrypted.directory, 'cache')).length).toBeGreaterThan(0);
    for (const file of filesBelow(join(encrypted.directory, 'cache'))) {
      const bytes = readFileSync(file);
      for (const text of clear) expect(bytes.includes(text), `${file} holds ${text}`).toBe(false);
    }
  });

  test('without a key are placeholders, whatever a run with one gave, and the report says so', async () => {
    await build({ SOPS_AGE_KEY: fixtures.ageKey });
    const { stdout, stderr, code } = await build({});
    expect(code).toBe(0);
    expect(stdout).not.toContain('p4ss');
    expect(find(stdout, 'db')?.stringData).toMatchObject({ password: expect.stringContaining('PLACEHOLDER') });
    expect(stderr).toMatch(/no key for it is at hand/);
  });
});

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(directory, entry.name)) : [join(directory, entry.name)],
  );
}

describe('state that lives outside the repository', () => {
  const files: Tree = {
    ...chart('charts/web'),
    'cluster/apps.yaml': kustomization(
      'apps',
      'postBuild: {substituteFrom: [{kind: Secret, name: outside, namespace: flux-system}]}\n',
    ),
    'apps/map.yaml': configMap('map', { text: 'is ${WORD}' }),
    'apps/web.yaml': release('web', `${web}valuesFrom: [{kind: ConfigMap, name: outside}]\n`),
    'given.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: outside, namespace: flux-system}\nstringData: {WORD: given}\n---\n${configMap('outside', { 'values.yaml': 'text: given as well\n' })}`,
  };
  const within = async (use: (repository: Repository) => Promise<void>, more: Tree = {}): Promise<void> => {
    const own = new Repository({ ...files, ...more });
    try {
      await use(own);
    } finally {
      own.close();
    }
  };

  test('is given with --with-resource', () =>
    within(async (own) => {
      const { found, stderr, code } = await own.objects('--with-resource', 'given.yaml');
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(found.find(({ metadata }) => metadata.name === 'map')?.data).toEqual({ text: 'is given' });
      expect(found.find(({ metadata }) => metadata.name === 'web-web')?.data).toMatchObject({ text: 'given as well' });
    }));

  test('is not written to the cache where it is a Secret', () =>
    within(async (own) => {
      const text = readFileSync(join(own.directory, 'given.yaml'), 'utf8').replace('WORD: given', 'WORD: s3cr3t-word');
      own.write('given.yaml', text);
      for (const _ of [1, 2]) {
        const { found } = await own.objects('--with-resource', 'given.yaml', '--cache-dir', 'cache');
        expect(found.find(({ metadata }) => metadata.name === 'map')?.data).toEqual({ text: 'is s3cr3t-word' });
      }
      for (const file of filesBelow(join(own.directory, 'cache')))
        expect(readFileSync(file).includes('s3cr3t-word'), file).toBe(false);
    }));

  test('is given with --substitute', () =>
    within(async (own) => {
      const { found } = await own.objects('--substitute', 'WORD=said');
      expect(found.find(({ metadata }) => metadata.name === 'map')?.data).toEqual({ text: 'is said' });
    }));

  test('flate 4: what could not be read is named, with how to give it', () =>
    within(async (own) => {
      const { stderr, code, found } = await own.objects();
      expect(code).toBe(0);
      expect(stderr).toMatch(/Secret.*outside.*--with-resource/);
      expect(stderr).toMatch(/HelmRelease\/apps\/web: ConfigMap\/apps\/outside .*--with-resource/);
      // Nothing says what the variable is, and empty text would be a wrong answer that looks right.
      expect(found.find(({ metadata }) => metadata.name === 'map')?.data).toEqual({ text: 'is ${WORD}' });
      expect((await own.objects('--strict-substitute')).code).toBe(1);
    }));

  test('flux-local 1: one failing HelmRelease leaves the rest', () =>
    within(
      async (own) => {
        const { found, stderr, code } = await own.objects('--with-resource', 'given.yaml');
        expect(code).toBe(1);
        expect(stderr).toContain('HelmRelease/apps/broken');
        expect(found.some(({ metadata }) => metadata.name === 'web-web')).toBe(true);
      },
      { 'apps/broken.yaml': release('broken', workspaceChart('charts/none')) },
    ));

  test('flate 3: one bad root Kustomization hides nothing else, and its file is named first', () =>
    within(
      async (own) => {
        const { found, stderr, code } = await own.objects('--with-resource', 'given.yaml');
        expect(code).toBe(1);
        expect(stderr).toMatch(/^error: cluster\/bad\.yaml:3/m);
        expect(found.some(({ metadata }) => metadata.name === 'map')).toBe(true);
      },
      { 'cluster/bad.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: *pvc\n' },
    ));

  test('flate 0.6.6: a malformed manifest fails the run, and the rest is rendered', () =>
    within(
      async (own) => {
        const { found, stderr, code } = await own.objects('--with-resource', 'given.yaml');
        expect(code).toBe(1);
        expect(stderr).toMatch(/^error: .*bad\.yaml/m);
        expect(found.some(({ metadata }) => metadata.name === 'web-web')).toBe(true);
      },
      { 'cluster/bad.yaml': 'apiVersion: v1\nkind: ConfigMap\n  metadata: {name: bad\n' },
    ));

  test('flate 10: a dependency that its failed parent would make is blamed on the parent', () =>
    within(
      async (own) => {
        const { stdout, code } = await own.run('test', '--path', 'cluster', '--with-resource', 'given.yaml');
        expect(code).toBe(1);
        expect(stdout).toMatch(/^FAILED +Kustomization\/flux-system\/parent/m);
        expect(stdout).toMatch(/^(?:FAILED|BLOCKED) +Kustomization\/flux-system\/waiting/m);
      },
      {
        'cluster/parent.yaml': kustomization('parent'),
        'parent/kustomization.yaml': 'resources: [missing.yaml]\n',
        'cluster/waiting.yaml': kustomization('waiting', 'dependsOn: [{name: child}]\n').replace('./waiting', './apps'),
      },
    ));

  test('a readyExpr that is not true, or no CEL, holds the object back and is named', () =>
    within(
      async (own) => {
        const { stdout, code } = await own.run('test', '--path', 'cluster', '--with-resource', 'given.yaml');
        expect(code).toBe(1);
        expect(stdout).toMatch(/BLOCKED +Kustomization\/flux-system\/never/);
        expect(stdout).toMatch(/FAILED +Kustomization\/flux-system\/nonsense/);
        expect(stdout).toContain('failed to parse the CEL expression');
      },
      {
        'cluster/never.yaml': kustomization(
          'never',
          'dependsOn: [{name: apps, readyExpr: "dep.metadata.name == self.metadata.name"}]\n',
        ).replace('./never', './apps'),
        'cluster/nonsense.yaml': kustomization(
          'nonsense',
          'dependsOn: [{name: apps, readyExpr: "dep.metadata.name =="}]\n',
        ).replace('./nonsense', './apps'),
      },
    ));
});

describe('flate (6) GitRepository.include', () => {
  test('brings charts of releases, from the repository at hand and into it', async () => {
    const own = new Repository(chart('charts/own'));
    try {
      const shared = new GitOrigin(own.directory, 'shared-origin');
      shared.commit(chart('charts/shared'));
      const other = new GitOrigin(own.directory, 'other-origin');
      other.commit({ 'README.md': 'nothing of its own\n' });
      const include = (repository: string): string =>
        `include: [{repository: {name: ${repository}}, fromPath: charts, toPath: vendor}]\n`;
      own.write('cluster/shared.yaml', gitRepository('shared', shared.url));
      own.write('cluster/other.yaml', gitRepository('other', other.url, include('flux-system')));
      own.write('cluster/sync.yaml', gitRepository('flux-system', 'https://git.example.org/fleet', include('shared')));
      const from = (source: string, path: string): string =>
        `chart: {spec: {chart: ${path}, sourceRef: {kind: GitRepository, name: ${source}, namespace: flux-system}}}\n`;
      own.write('cluster/into.yaml', release('into', from('flux-system', 'vendor/shared')));
      own.write('cluster/from.yaml', release('from', from('other', 'vendor/own')));
      const { found, stderr, code } = await own.objects();
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      const maps = found.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name);
      expect(maps.sort()).toEqual(['from-own', 'into-shared']);
    } finally {
      own.close();
    }
  });

  test('lays the files of other repositories over those of a fetched one and of the one at hand', async () => {
    const own = new Repository({ 'apps/map.yaml': configMap('own', { a: 'b' }) });
    try {
      const shared = new GitOrigin(own.directory, 'shared-origin');
      shared.commit({ 'base/map.yaml': configMap('shared', { from: 'shared' }), 'other/x.yaml': 'not: included\n' });
      const origin = new GitOrigin(own.directory, 'other-origin');
      origin.commit({ 'deploy/kustomization.yaml': 'resources: [vendor/map.yaml]\nnameSuffix: -fetched\n' });
      const include = (toPath: string): string =>
        `include: [{repository: {name: shared}, fromPath: ./base, toPath: ${toPath}}]\n`;
      own.write('cluster/shared.yaml', gitRepository('shared', shared.url));
      own.write('cluster/other.yaml', gitRepository('other', origin.url, include('deploy/vendor')));
      own.write(
        'cluster/deploy.yaml',
        kustomization('deploy').replace('GitRepository, name: flux-system', 'GitRepository, name: other'),
      );
      own.write(
        'cluster/sync.yaml',
        gitRepository('flux-system', 'https://git.example.org/fleet', include('apps/vendor')),
      );
      own.write('cluster/apps.yaml', kustomization('apps'));
      const { found, stderr, code } = await own.objects();
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      const maps = found.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name);
      expect(maps.sort()).toEqual(['own', 'shared', 'shared-fetched']);
    } finally {
      own.close();
    }
  });
});
