import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configMap, kustomization, Repository, release, workspaceChart } from './support.ts';

let repository: Repository;
beforeEach(() => {
  repository = new Repository({
    'cluster/first.yaml': kustomization('first', 'wait: true\n'),
    'first/release.yaml': release('web', workspaceChart('./charts/absent')),
    'cluster/second.yaml': kustomization('second', 'wait: true\ndependsOn: [{name: first}]\n'),
    'second/map.yaml': configMap('second', { a: 'b' }),
    'second/release.yaml': release('api', workspaceChart('./charts/nowhere')),
    'cluster/third.yaml': kustomization('third', 'dependsOn: [{name: second}]\n'),
    'third/map.yaml': configMap('third', { a: 'b' }),
  });
});
afterEach(() => repository.close());

describe('behind a Kustomization that waits for a release which fails', () => {
  test('others are blocked, with the root cause', async () => {
    const { stdout, code } = await repository.run('test', '--path', 'cluster');
    expect(stdout).toMatch(/BLOCKED\s+Kustomization\/flux-system\/second/);
    expect(stdout).toMatch(/BLOCKED\s+Kustomization\/flux-system\/third/);
    expect(code).toBe(1);
  });

  test('what they would bring is shown, and what fails in them is told in the same run', async () => {
    const { found, stderr } = await repository.objects();
    const names = found.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['second', 'third']));
    expect(stderr).toContain('HelmRelease/apps/web');
    expect(stderr).toContain('HelmRelease/apps/api');
  });
});

test('behind a Kustomization that cannot be built, nothing is', async () => {
  repository.write('first/kustomization.yaml', 'resources: [absent.yaml]\n');
  const { found } = await repository.objects();
  expect(found.filter(({ kind }) => kind === 'ConfigMap')).toEqual([]);
});

test('a cluster directory that its own Kustomization builds fails once, at a path of the repository', async () => {
  repository.write(
    'cluster/kustomization.yaml',
    'resources: [first.yaml]\nconfigMapGenerator: [{name: a, files: [absent.txt]}]\n',
  );
  const { stderr } = await repository.objects();
  expect(stderr.match(/^error: .*absent\.txt/gm)).toHaveLength(1);
  expect(stderr).not.toMatch(/^error: \//m);
});

test('what cannot be read in a directory below is told at its path from the root of the repository', async () => {
  repository.write('first/kustomization.yaml', 'resources: [inner]\n');
  repository.write('first/inner/kustomization.yaml', 'resources: [ks.yaml]\n');
  repository.write('first/inner/ks.yaml', 'kind: A\nmetadata:\n  name: *unknown\n');
  const { stderr } = await repository.objects();
  expect(stderr).toMatch(/^error: first\/inner\/ks\.yaml:3: Kustomization\/flux-system\/first \[invalid-yaml\]/m);
  repository.write('first/inner/ks.yaml', `${configMap('same', {})}---\n${configMap('same', {})}`);
  expect((await repository.objects()).stderr).toMatch(
    /^error: first\/inner\/ks\.yaml: Kustomization\/flux-system\/first/m,
  );
});
