import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChartServer, chart, kustomization, Repository, release, workspaceChart } from './support.ts';

const map = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-${name}"}\ndata: {version: {{ .Chart.Version | quote }}, text: {{ .Values.text | quote }}}\n`;

let repository: Repository;
let server: ChartServer;
let url: string;

beforeEach(async () => {
  server = new ChartServer();
  url = await server.listen();
  repository = new Repository({
    'cluster/apps.yaml': kustomization('apps'),
    'apps/web.yaml': release('web', workspaceChart('charts/main')),
  });
  const files = { 'values.yaml': 'text: from the dependency\n', 'templates/map.yaml': map('dep') };
  await server.publish(repository.root, [
    { name: 'dep', version: '1.0.0', files },
    { name: 'dep', version: '1.4.0', files },
    { name: 'dep', version: '2.0.0', files },
  ]);
});
afterEach(async () => {
  repository.close();
  await server.close();
});

function declare(dependency: string): void {
  for (const [path, text] of Object.entries(
    chart('charts/main', { extra: `dependencies:\n  - ${dependency}\n`, values: 'text: x\nother: {text: by alias}\n' }),
  ))
    repository.write(path, text);
}

describe('a dependency in another repository that charts/ lacks', () => {
  test('is downloaded in the newest version of its range, once', async () => {
    declare(`{name: dep, version: 1.x, repository: "${url}"}`);
    const { found, stderr, code } = await repository.objects();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(found.find(({ metadata }) => metadata.name === 'web-dep')?.data).toEqual({
      version: '1.4.0',
      text: 'from the dependency',
    });
    const asked = server.requests.length;
    await repository.objects('--force', 'template');
    expect(server.requests.length).toBe(asked);
  });

  test('goes by its alias', async () => {
    declare(`{name: dep, version: ^1.0.0, repository: "${url}/", alias: other}`);
    expect((await repository.object('ConfigMap', 'web-dep'))?.data).toEqual({ version: '1.4.0', text: 'by alias' });
  });

  test('is refused where the repository is an alias, or no version fits', async () => {
    declare('{name: dep, version: 1.x, repository: "@mine"}');
    const aliased = await repository.objects();
    expect(aliased.code).toBe(1);
    expect(aliased.stderr).toContain(
      "failed to add remote dependency 'dep': aliased repository dependency is not supported: @mine",
    );
    declare(`{name: dep, version: 9.x, repository: "${url}"}`);
    const missing = await repository.objects();
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/failed to add remote dependency 'dep': .*dep.*9\.x/);
  });
});

describe('credentials of a dependency', () => {
  const repositories = (namespace: string) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: mine, namespace: ${namespace}}
spec: {url: "${url}", interval: 1h, secretRef: {name: login}}
---
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: ${namespace}}
stringData: {username: me, password: secret}
`;
  // The chart belongs to the HelmChart, which is where its source is.
  const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;

  test('are those of the HelmRepository with its address in the namespace of the source', async () => {
    server.wanted = basic;
    declare(`{name: dep, version: 1.x, repository: "${url}/"}`);
    repository.write('apps/repository.yaml', repositories('flux-system'));
    const { found, stderr, code } = await repository.objects();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(found.find(({ metadata }) => metadata.name === 'web-dep')?.data).toMatchObject({ version: '1.4.0' });
  });

  test('are not those of another namespace', async () => {
    server.wanted = basic;
    declare(`{name: dep, version: 1.x, repository: "${url}"}`);
    repository.write('apps/repository.yaml', repositories('other'));
    const { stderr, code } = await repository.objects();
    expect(code).toBe(1);
    expect(stderr).toMatch(/answered 401: who is asking\?/);
    expect(server.authorizations.every((value) => value === undefined)).toBe(true);
  });

  test('that no key opens are not sent: the repository is asked as nobody', async () => {
    declare(`{name: dep, version: 1.x, repository: "${url}"}`);
    repository.write(
      'apps/repository.yaml',
      `${repositories('flux-system').replace(
        'password: secret',
        'password: "ENC[AES256_GCM,data:bXk=,iv:bXk=,tag:bXk=,type:str]"',
      )}sops: {mac: "ENC[AES256_GCM,data:bXk=,iv:bXk=,tag:bXk=,type:str]", age: [{recipient: age1x, enc: x}]}\n`,
    );
    const { found } = await repository.objects();
    expect(found.find(({ metadata }) => metadata.name === 'web-dep')).toBeDefined();
    expect(server.authorizations.every((value) => value === undefined)).toBe(true);
  });
});
