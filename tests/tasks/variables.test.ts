// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chart, configMap, kustomization, Repository, release, workspaceChart } from './support.ts';

let repository: Repository;
beforeEach(() => {
  repository = new Repository({
    'cluster/apps.yaml': kustomization(
      'apps',
      'postBuild:\n  substituteFrom: [{kind: Secret, name: cluster-secrets, optional: true}]\n',
    ),
    'apps/map.yaml': configMap('app', { mail: '${MAIL}', zone: '${ZONE:=UTC}', dollar: '$${x}' }),
  });
});
afterEach(() => repository.close());

const data = async () => (await repository.object('ConfigMap', 'app'))?.data;

const external = (spec: string): string =>
  `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: cluster-secrets, namespace: flux-system}\nspec:\n${spec}`;

describe('variables from Secrets that are made in the cluster', () => {
  test('are placeholders for the keys of the template, and defaults hold for others', async () => {
    repository.write(
      'cluster/secret.yaml',
      external('  target: {template: {data: {MAIL: "{{ .mail }}"}}}\n  data: [{secretKey: mail}, {secretKey: ZONE}]\n'),
    );
    expect(await data()).toEqual({ mail: '..PLACEHOLDER_MAIL..', zone: 'UTC', dollar: '${x}' });
  });

  test('are what the template writes out', async () => {
    repository.write(
      'cluster/secret.yaml',
      external('  target: {template: {data: {MAIL: a@b, ZONE: CET, X: "{{ .x }}"}}}\n'),
    );
    expect(await data()).toEqual({ mail: 'a@b', zone: 'CET', dollar: '${x}' });
  });

  test.each([
    [
      'are placeholders over what an earlier source says',
      '{kind: ConfigMap, name: settings}, {kind: Secret, name: cluster-secrets}',
      '..PLACEHOLDER_MAIL..',
    ],
    ['are what a later source says', '{kind: Secret, name: cluster-secrets}, {kind: ConfigMap, name: settings}', 'a@b'],
  ])('%s', async (_, sources, mail) => {
    repository.write('cluster/secret.yaml', external('  data: [{secretKey: MAIL}]\n'));
    repository.write(
      'cluster/settings.yaml',
      configMap('settings', { MAIL: 'a@b' }).replace('namespace: apps', 'namespace: flux-system'),
    );
    repository.write('cluster/apps.yaml', kustomization('apps', `postBuild:\n  substituteFrom: [${sources}]\n`));
    expect(await data()).toMatchObject({ mail });
  });

  test('are named by the Secret, once, with how to give them', async () => {
    repository.write('cluster/secret.yaml', external('  data: [{secretKey: MAIL}]\n'));
    expect((await repository.objects()).stderr).toMatch(
      /the values of Secret\/flux-system\/cluster-secrets \(made by an ExternalSecret\) are unknown, so placeholders stand for its variables; give .*--with-resource FILE/,
    );
  });

  test('are no error where all variables have to be set: in the cluster they are', async () => {
    repository.write('cluster/secret.yaml', external('  data: [{secretKey: MAIL}]\n'));
    expect((await repository.objects('--strict-substitute')).code).toBe(0);
  });

  test('are placeholders for the keys that are fetched one by one', async () => {
    repository.write('cluster/secret.yaml', external('  data: [{secretKey: MAIL}]\n'));
    expect(await data()).toMatchObject({ mail: '..PLACEHOLDER_MAIL..', zone: 'UTC' });
  });

  test('are placeholders for the keys of a SealedSecret', async () => {
    repository.write(
      'cluster/secret.yaml',
      'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: cluster-secrets, namespace: flux-system}\nspec: {encryptedData: {MAIL: AgB}}\n',
    );
    expect(await data()).toMatchObject({ mail: '..PLACEHOLDER_MAIL..', zone: 'UTC' });
  });

  test('are left as they stand where no key is known', async () => {
    repository.write('cluster/secret.yaml', external('  dataFrom: [{extract: {key: cluster}}]\n'));
    expect(await data()).toEqual({ mail: '${MAIL}', zone: '${ZONE:=UTC}', dollar: '$${x}' });
  });

  test('are empty or their defaults where variables name what makes it', async () => {
    const settings = 'postBuild:\n  substitute: {CLUSTER: cluster}\n';
    repository.write('cluster/secrets.yaml', kustomization('secrets', settings));
    repository.write(
      'secrets/secret.yaml',
      external('  data: [{secretKey: MAIL}, {secretKey: ZONE}]\n').replace('cluster-secrets', '"${CLUSTER}-secrets"'),
    );
    repository.write(
      'cluster/apps.yaml',
      kustomization('apps', `${settings}  substituteFrom: [{kind: Secret, name: cluster-secrets}]\n`),
    );
    expect(await data()).toEqual({ mail: null, zone: 'UTC', dollar: '${x}' });
    expect((await repository.objects()).stderr).toContain(
      'the values of Secret/flux-system/cluster-secrets (made by an ExternalSecret) are unknown, so its variables are empty where they have no default',
    );
  });
});

test('a Secret that the Kustomization itself brings gives its variables: it is there from the second time on', async () => {
  repository.write(
    'apps/secret.yaml',
    'apiVersion: v1\nkind: Secret\nmetadata: {name: cluster-secrets, namespace: flux-system}\nstringData: {MAIL: a@example.org}\n',
  );
  expect(await data()).toEqual({ mail: 'a@example.org', zone: 'UTC', dollar: '${x}' });
});

test('an ExternalSecret that one of those who wait for it brings is found by all', async () => {
  repository.write('apps/secret.yaml', external('  data: [{secretKey: MAIL}]\n'));
  repository.write(
    'cluster/other.yaml',
    kustomization('other', 'postBuild:\n  substituteFrom: [{kind: Secret, name: cluster-secrets, optional: true}]\n'),
  );
  repository.write('other/map.yaml', configMap('other', { mail: '${MAIL}' }));
  expect(await data()).toMatchObject({ mail: '..PLACEHOLDER_MAIL..', zone: 'UTC' });
  expect((await repository.object('ConfigMap', 'other'))?.data).toEqual({ mail: '..PLACEHOLDER_MAIL..' });
});

describe('variables of a Secret that is nowhere', () => {
  const chartThatRefuses = (condition: string): Record<string, string> => ({
    ...chart('charts/web'),
    'charts/web/templates/check.yaml': `{{- if ${condition} }}{{ fail "refused" }}{{ end }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: checked}\ndata: {host: {{ .Values.host | quote }}}\n`,
  });
  const files = (condition: string): Record<string, string> => ({
    'cluster/apps.yaml': kustomization(
      'apps',
      'postBuild:\n  substitute: {A: a}\n  substituteFrom: [{kind: Secret, name: nowhere}]\n',
    ),
    'apps/release.yaml': release(
      'web',
      `${workspaceChart('./charts/web')}values: {host: "\${HOST}", zone: "\${ZONE:=UTC}"}\n`,
    ),
    ...chartThatRefuses(condition),
  });
  const run = async (condition: string) => {
    repository.close();
    repository = new Repository(files(condition));
    return repository.objects();
  };

  test('are empty', async () => {
    const { found, code } = await run('false');
    expect(found.find(({ metadata }) => metadata.name === 'checked')?.data).toEqual({ host: null });
    expect(code).toBe(0);
  });

  test('are placeholders in a release that does not render while they are empty, cold and warm', async () => {
    for (const { found, stderr, code } of [await run('not .Values.host'), await repository.objects()]) {
      expect(found.find(({ metadata }) => metadata.name === 'checked')?.data).toEqual({ host: '..PLACEHOLDER_HOST..' });
      expect(found.find(({ kind }) => kind === 'HelmRelease')?.spec).toMatchObject({
        values: { host: null, zone: 'UTC' },
      });
      expect(stderr).toContain(
        'HelmRelease/apps/web does not render while variables that nothing tells are empty, so placeholders stand for them',
      );
      expect(code).toBe(0);
    }
  });

  test('excuse no failure that stays with placeholders', async () => {
    const { stderr, code } = await run('true');
    expect(stderr).toMatch(/HelmRelease\/apps\/web \[template-failed\]/);
    expect(code).toBe(1);
  });
});

test('an annotation whose variable is empty is null, as Flux applies it, unless common metadata is set; a label is empty text', async () => {
  const service =
    'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: apps, annotations: {a: "${A}"}, labels: {l: "${A}"}}\n';
  repository.write('apps/service.yaml', service);
  repository.write('cluster/apps.yaml', kustomization('apps', 'postBuild: {substitute: {B: b}}\n'));
  expect((await repository.object('Service', 'web'))?.metadata).toMatchObject({
    annotations: { a: null },
    labels: { l: '' },
  });
  repository.write(
    'cluster/apps.yaml',
    kustomization('apps', 'commonMetadata: {annotations: {c: x}}\npostBuild: {substitute: {B: b}}\n'),
  );
  expect((await repository.object('Service', 'web'))?.metadata).toMatchObject({ annotations: { a: '', c: 'x' } });
});
