/** With whose credentials a source is asked, from the objects of a run. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kustomization, Repository } from './support.ts';

let server: Server;
let host: string;
let users: Set<string>;
let repository: Repository;

beforeEach(async () => {
  users = new Set();
  // A registry that asks who is there and knows nobody: what matters is who came.
  server = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) users.add(Buffer.from(authorization.slice(6), 'base64').toString());
    response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  repository.close();
  await new Promise((done) => server.close(done));
});

const pullSecret = (name: string, config: unknown): string => `---
apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: flux-system}
type: kubernetes.io/dockerconfigjson
stringData: {.dockerconfigjson: '${JSON.stringify(config)}'}
`;
const auths = (...entries: [string, string][]) => ({
  auths: Object.fromEntries(entries.map(([address, username]) => [address, { username, password: 'p' }])),
});

async function asked(spec: string, objects: string): Promise<string[]> {
  repository = new Repository({
    'cluster/sources.yaml': `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: app, namespace: flux-system}
spec: {url: "oci://${host}/team/app", interval: 1h, insecure: true, ${spec}}
${objects}`,
    'cluster/apps.yaml': kustomization('apps').replace(
      'kind: GitRepository, name: flux-system',
      'kind: OCIRepository, name: app',
    ),
  });
  expect((await repository.objects()).code).toBe(1);
  return [...users];
}

test('an OCIRepository takes the pull secrets of its ServiceAccount, and of several addresses the nearest', async () => {
  const account = `---
apiVersion: v1
kind: ServiceAccount
metadata: {name: puller, namespace: flux-system}
imagePullSecrets: [{name: one}, {name: absent}]
`;
  const secret = pullSecret('one', auths([host, 'any'], [`${host}/team`, 'team'], [`${host}/other`, 'other']));
  expect(await asked('serviceAccountName: puller', account + secret)).toEqual(['team:p']);
});

test("its own Secret's come first", async () => {
  const account =
    '---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: puller, namespace: flux-system}\nimagePullSecrets: [{name: two}]\n';
  const secrets = pullSecret('one', auths([host, 'own'])) + pullSecret('two', auths([host, 'pull']));
  expect(await asked('serviceAccountName: puller, secretRef: {name: one}', account + secrets)).toEqual(['own:p']);
});
