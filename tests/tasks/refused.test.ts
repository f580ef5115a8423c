import { afterEach, beforeEach, expect, test } from 'vitest';
import { chart, kustomization, Repository, release, workspaceChart } from './support.ts';

let repository: Repository;
beforeEach(() => {
  repository = new Repository({
    'cluster/apps.yaml': kustomization('apps'),
    'apps/release.yaml': release('web', workspaceChart('./charts/web')),
    ...chart('charts/web'),
    'charts/web/templates/nothing.yaml': 'kind: {{ .Values.kind }}\nmetadata: {name: nothing}\n',
  });
});
afterEach(() => repository.close());

test('a document without a kind fails its release, as in the cluster; what else it renders is shown', async () => {
  const { found, stderr, code } = await repository.objects();
  expect(found.map(({ metadata }) => metadata.name)).toContain('web-web');
  expect(stderr).toContain(
    'HelmRelease/apps/web: a document of web/templates/nothing.yaml is no Kubernetes object: it has no kind',
  );
  expect(code).toBe(1);
});
