/** What a run says on stderr though nothing failed: as few lines as tell it all. */
import { afterEach, expect, test } from 'vitest';
import { failure } from '../../src/core/failure.ts';
import { formatFailure, formatOtherFailures, warningLines } from '../../src/reports/index.ts';
import { configMap, kustomization, Repository } from './support.ts';

let repository: Repository | undefined;
afterEach(() => {
  repository?.close();
  repository = undefined;
});

const about = (subject: string) => ({
  message: `${subject} is closed`,
  together: { text: '{count} are closed: {names}', subject },
});

test('warnings that belong together are one line, in the place of the first', () => {
  expect(warningLines([about('a'), { message: 'other' }, about('b')])).toEqual(['2 are closed: a, b', 'other']);
  expect(warningLines([about('a'), about('a')])).toEqual(['a is closed']);
  expect(warningLines(['a', 'b', 'c', 'd$&'].map(about))).toEqual([
    '4 are closed: a, b, c and 1 more (--log-level debug names each)',
  ]);
});

test('what fails on both sides of a comparison is told once, what fails on the other alone with its reason', () => {
  const failed = (object: string) => ({ object, failure: failure('template-failed', 'no\nway\n'), blocks: [] });
  expect(
    formatOtherFailures(
      'warning: the base does not render',
      [failed('a'), failed('b'), failed('c')],
      [failed('b'), failed('a')],
    ),
  ).toBe('warning: the base does not render a, b either\nwarning: the base does not render c:\n  no\n  way\n');
  expect(formatOtherFailures('warning: the base does not render', [], [failed('b')])).toBe('');
  expect(formatFailure(failed('a'))).toBe('error: a [template-failed]\n  no\n  way\n');
});

test('what kustomize warns of is told once, with the Kustomizations that it is about', async () => {
  const labels = 'commonLabels: {a: b}\nresources: [map.yaml]\n';
  repository = new Repository({
    'cluster/one.yaml': kustomization('one'),
    'one/kustomization.yaml': labels,
    'one/map.yaml': configMap('one', {}),
  });
  const warned = async () => (await repository!.run('build', 'all', '--path', 'cluster')).stderr;
  const text =
    "'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update your Kustomization automatically.\n";
  expect(await warned()).toBe(`warning: Kustomization/flux-system/one: ${text}`);
  repository.write('cluster/two.yaml', kustomization('two'));
  repository.write('two/kustomization.yaml', labels);
  repository.write('two/map.yaml', configMap('two', {}));
  expect(await warned()).toBe(
    `warning: 2 Kustomizations, Kustomization/flux-system/one, Kustomization/flux-system/two: ${text}`,
  );
});

const encrypted = (name: string): string => `apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: apps}
stringData:
  password: ENC[AES256_GCM,data:bXk=,iv:bXk=,tag:bXk=,type:str]
sops:
  age:
    - recipient: age1examplerecipientthatnobodyholds
      enc: |
        -----BEGIN AGE ENCRYPTED FILE-----
        -----END AGE ENCRYPTED FILE-----
  lastmodified: "2026-01-01T00:00:00Z"
  mac: ENC[AES256_GCM,data:bXk=,iv:bXk=,tag:bXk=,type:str]
  version: 3.9.0
`;

test('what no key opens is told in one line, how to give the key with it, and one by one on request', async () => {
  repository = new Repository({
    'cluster/apps.yaml': kustomization('apps', 'decryption: {provider: sops}\n'),
    'apps/all.yaml': ['one', 'two', 'three', 'four', 'five'].map(encrypted).join('---\n'),
  });
  const { stderr, code } = await repository.run('build', 'all', '--path', 'cluster');
  expect(code).toBe(0);
  expect(stderr).toBe(
    'warning: no key is at hand for 5 encrypted objects and files, so placeholders stand for their values: Secret/apps/one, Secret/apps/two, Secret/apps/three and 2 more; give the key in SOPS_AGE_KEY or SOPS_AGE_KEY_FILE, or the Secret of spec.decryption.secretRef with --with-resource FILE (--log-level debug names each)\n',
  );
  const debug = await repository.run('build', 'all', '--path', 'cluster', '--log-level', 'debug');
  for (const name of ['one', 'two', 'three', 'four', 'five'])
    expect(debug.stderr).toContain(`Secret/apps/${name} is encrypted for age age1examplerecipientthatnobodyholds`);
});

test('one thing that no key opens is told with whom it is encrypted for', async () => {
  repository = new Repository({
    'cluster/apps.yaml': kustomization('apps', 'decryption: {provider: sops}\n'),
    'apps/all.yaml': encrypted('one'),
  });
  const { stderr } = await repository.run('build', 'all', '--path', 'cluster');
  expect(stderr).toMatch(
    /^warning: Secret\/apps\/one is encrypted for age age1example\w+ and no key for it is at hand: .*SOPS_AGE_KEY_FILE/,
  );
});

test('Secrets of one name that many namespaces lack are told in one line', async () => {
  const names = ['a', 'b'];
  repository = new Repository({
    'cluster/apps.yaml': names
      .map((name) =>
        kustomization(name, 'postBuild:\n  substituteFrom: [{kind: Secret, name: cluster-secrets}]\n', name),
      )
      .join('---\n'),
    ...Object.fromEntries(names.map((name) => [`${name}/map.yaml`, configMap(name, { text: name })])),
  });
  const { stderr } = await repository.run('build', 'all', '--path', 'cluster');
  expect(stderr.split('\n').filter((line) => line.startsWith('warning'))).toEqual([
    expect.stringMatching(
      /the values of 2 sources of variables are unknown, .*: Secret\/a\/cluster-secrets, Secret\/b\/cluster-secrets; give/,
    ),
  ]);
});
