// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configMap, kustomization, Repository } from './support.ts';

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
      external('  target: {template: {data: {MAIL: "{{ .mail }}"}}}\n  data: [{secretKey: mail}]\n'),
    );
    expect(await data()).toEqual({ mail: '..PLACEHOLDER_MAIL..', zone: 'UTC', dollar: '${x}' });
  });

  test('are placeholders for the keys that are fetched one by one', async () => {
    repository.write('cluster/secret.yaml', external('  data: [{secretKey: MAIL}]\n'));
    expect(await data()).toMatchObject({ mail: '..PLACEHOLDER_MAIL..' });
  });

  test('are placeholders for the keys of a SealedSecret', async () => {
    repository.write(
      'cluster/secret.yaml',
      'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: cluster-secrets, namespace: flux-system}\nspec: {encryptedData: {MAIL: AgB}}\n',
    );
    expect(await data()).toMatchObject({ mail: '..PLACEHOLDER_MAIL..' });
  });

  test('are left as they stand where no key is known', async () => {
    repository.write('cluster/secret.yaml', external('  dataFrom: [{extract: {key: cluster}}]\n'));
    expect(await data()).toEqual({ mail: '${MAIL}', zone: '${ZONE:=UTC}', dollar: '$${x}' });
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
  expect(await data()).toMatchObject({ mail: '..PLACEHOLDER_MAIL..' });
  expect((await repository.object('ConfigMap', 'other'))?.data).toEqual({ mail: '..PLACEHOLDER_MAIL..' });
});
