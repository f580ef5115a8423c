/** Charts of an OCI registry whose signatures are checked, against what cosign itself wrote into a registry. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recorded } from '../flux/recorded.ts';
import { Repository, release } from './support.ts';

const { publicKey, otherKey, answers } = recorded('cosign.json') as {
  publicKey: string;
  otherKey: string;
  answers: Record<string, { type: string; digest?: string; body?: string; base64?: string }>;
};

let server: Server;
let host: string;
let repository: Repository;

beforeEach(async () => {
  server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').replace('/v2/charts/signed/', '');
    const answer = answers[path];
    if (path === '/v2/' || answer === undefined) {
      response.writeHead(path === '/v2/' ? 200 : 404).end();
      return;
    }
    response.writeHead(200, { 'content-type': answer.type, 'docker-content-digest': answer.digest ?? '' });
    response.end(answer.body ?? Buffer.from(answer.base64 ?? '', 'base64'));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  repository.close();
  await new Promise((done) => server.close(done));
});

async function build(version: string, verify: string, keys?: Record<string, string>) {
  repository = new Repository({
    'cluster/chart.yaml': `apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: charts, namespace: apps}
spec: {type: oci, url: "oci://${host}/charts", insecure: true, interval: 1h}
---
${release('web', `chart: {spec: {chart: signed, version: ${version}, verify: ${verify}, sourceRef: {kind: HelmRepository, name: charts}}}\n`)}`,
    ...(keys === undefined
      ? {}
      : {
          'cluster/keys.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: apps}\nstringData: ${JSON.stringify(keys)}\n`,
        }),
  });
  return await repository.objects();
}

const COSIGN = '{provider: cosign, secretRef: {name: keys}}';

describe('flate (7) spec.verify is not implemented', () => {
  for (const [version, format] of [
    ['0.1.0', 'the older format'],
    ['0.2.0', 'a bundle'],
  ] as const)
    test(`takes a signature in ${format} of one of the keys, and no other's`, async () => {
      const good = await build(version, COSIGN, { 'other.pub': otherKey, 'cosign.pub': publicKey });
      expect({ code: good.code, stderr: good.stderr }).toEqual({ code: 0, stderr: '' });
      expect(good.found.some(({ metadata }) => metadata.name === 'web')).toBe(true);
      repository.close();
      const bad = await build(version, COSIGN, { 'other.pub': otherKey });
      expect(bad.code).toBe(1);
      expect(bad.stderr).toMatch(/no matching signatures were found/);
    });

  test('refuses a chart that nobody signed', async () => {
    const { code, stderr } = await build('0.3.0', COSIGN, { 'cosign.pub': publicKey });
    expect(code).toBe(1);
    expect(stderr).toMatch(/no matching signatures were found/);
  });

  test('refuses a Secret without keys; one that is not known is warned of', async () => {
    const empty = await build('0.1.0', COSIGN, { 'cosign.key': 'x' });
    expect(empty.code).toBe(1);
    expect(empty.stderr).toMatch(/no public keys found in secret 'keys'/);
    repository.close();
    const unknown = await build('0.1.0', COSIGN);
    expect(unknown.code).toBe(0);
    expect(unknown.stderr).toMatch(/the signature was not verified \(Secret keys is not known\)/);
  });

  test('says where it does not check, in each run: keyless signatures, and those of notation', async () => {
    const keyless = await build('0.1.0', '{provider: cosign}');
    expect(keyless.code).toBe(0);
    expect(keyless.stderr).toMatch(/the signature was not verified \(a keyless cosign signature/);
    expect((await repository.objects('--jobs', '1')).stderr).toBe(keyless.stderr);
    repository.write(
      'cluster/second.yaml',
      release(
        'second',
        `chart: {spec: {chart: signed, version: 0.2.0, verify: {provider: cosign}, sourceRef: {kind: HelmRepository, name: charts}}}\n`,
      ),
    );
    expect((await repository.objects()).stderr).toMatch(
      /^warning: the signatures of 2 artifacts were not verified \(a keyless cosign signature .*\): oci:.*\n$/,
    );
    repository.close();
    const notation = await build('0.1.0', '{provider: notation, secretRef: {name: keys}}', { 'x.crt': 'x' });
    expect(notation.stderr).toMatch(/the signature was not verified \(signatures of notation/);
    repository.close();
    expect((await build('0.1.0', '{provider: notation}')).stderr).toMatch(/verification secret cannot be empty/);
  });
});

test('an OCIRepository is verified in the same way', async () => {
  const check = async (version: string, key: string) => {
    repository = new Repository({
      'cluster/chart.yaml': `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: signed, namespace: apps}
spec: {url: "oci://${host}/charts/signed", insecure: true, interval: 1h, ref: {tag: ${version}}, verify: ${COSIGN}}
---
${release('web', 'chartRef: {kind: OCIRepository, name: signed}\n')}---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: apps}
stringData: ${JSON.stringify({ 'cosign.pub': key })}
`,
    });
    return (await repository.objects()).code;
  };
  expect(await check('0.2.0', publicKey)).toBe(0);
  repository.close();
  expect(await check('0.2.0', otherKey)).toBe(1);
});
