import { generateKeyPairSync, sign } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { toWarning } from '../../src/core/warning.ts';
import {
  fetchHelmChart,
  fetchOciRepository,
  helmCredentials,
  type OciRepositorySpec,
  ociCredentials,
  readHelmRepositorySpec,
  readOciRepositorySpec,
  resolveHelmChart,
  resolveOciRepository,
  type SourceOptions,
} from '../../src/sources/index.ts';
import { run as command } from '../cluster/rig.ts';
import { problem, secret, source, value } from '../source-objects.ts';
import { chartFiles, tarball } from './support/archives.ts';
import { type Certificates, makeCertificates } from './support/certificates.ts';
import { newCache } from './support/objects.ts';
import { Scratch } from './support/programs.ts';
import { type RunningProxy, startProxy } from './support/proxy.ts';
import { PASSWORD, type RunningRegistry, sha256, startRegistry, USER } from './support/registry.ts';

const FLUX_LAYER = 'application/vnd.cncf.flux.content.v1.tar+gzip';
const CHART_LAYER = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const CHART_CONFIG = 'application/vnd.cncf.helm.config.v1+json';
const scratch = new Scratch();
let certificates: Certificates;
let registry: RunningRegistry;
let proxy: RunningProxy;
let manifests: Uint8Array;
const digests = new Map<string, string>();
const options: SourceOptions = { ambientCredentials: false, retry: { minWaitMs: 5, maxWaitMs: 50 }, environment: {} };

beforeAll(async () => {
  certificates = makeCertificates(scratch);
  registry = await startRegistry(scratch, certificates);
  proxy = await startProxy(scratch, `https://${registry.host}`, certificates);
  manifests = tarball(scratch, {
    'apps/web.yaml': 'kind: ConfigMap\n',
    'kustomization.yaml': 'resources: [apps/web.yaml]\n',
  });
  const layer = { mediaType: FLUX_LAYER, data: manifests };
  for (const tag of ['latest', 'v1.0.0', '1.2.0', '1.10.0', '2.0.0-rc.1', 'main'])
    digests.set(
      tag,
      await registry.push('org/manifests', tag, [layer], { annotations: { 'org.opencontainers.image.revision': tag } }),
    );
  for (const version of ['1.0.0', '1.1.0', '1.1.0_build.5', '2.0.0-beta.1'])
    await registry.push(
      'charts/web',
      version,
      [{ mediaType: CHART_LAYER, data: tarball(scratch, chartFiles('web', version.replace('_', '+'))) }],
      {
        configMediaType: CHART_CONFIG,
      },
    );
});
afterAll(() => scratch.dispose());
beforeEach(() => {
  proxy.seen.length = 0;
  proxy.intercept = ({ pass }) => pass();
});

const dockerSecret = (host: string) =>
  secret(
    {
      '.dockerconfigjson': JSON.stringify({
        auths: { [host]: { auth: Buffer.from(`${USER}:${PASSWORD}`).toString('base64') } },
      }),
    },
    'kubernetes.io/dockerconfigjson',
  );

function setUp(spec: Record<string, unknown>, host = registry.host, verifySecret?: ReturnType<typeof secret>) {
  const read: OciRepositorySpec = value(
    readOciRepositorySpec(source('OCIRepository', { url: `oci://${host}/org/manifests`, ...spec })),
  );
  const credentials = value(
    ociCredentials(read, {
      secret: dockerSecret(host),
      certSecret: secret({ 'ca.crt': certificates.ca }),
      ...(verifySecret === undefined ? {} : { verifySecret }),
    }),
  );
  return { spec: read, credentials, cache: newCache(scratch) };
}

test('an artifact is unpacked by tag, by range and by digest', async () => {
  for (const [ref, tag] of [
    [{}, 'latest'],
    [{ tag: 'main' }, 'main'],
    [{ semver: '1.x' }, '1.10.0'],
    [{ semver: '>=1.0.0-0' }, '2.0.0-rc.1'],
    [{ semver: '*', semverFilter: '^1\\.2' }, '1.2.0'],
    [{ semver: '<1.2' }, 'v1.0.0'],
    [{ tag: 'main', semver: '1.2.x' }, '1.2.0'],
  ] as const) {
    const { spec, credentials, cache } = setUp({ ref });
    const revision = value(await resolveOciRepository(spec, credentials, cache, options));
    expect(revision).toBe(`${tag}@${digests.get(tag)}`);
    const tree = value(await fetchOciRepository(spec, revision, credentials, cache, options));
    expect(tree).toMatchObject({ type: 'tree', revision });
    expect(tree.annotations.get('org.opencontainers.image.revision')).toBe(tag);
    expect(readFileSync(join(tree.path, 'apps/web.yaml'), 'utf8')).toBe('kind: ConfigMap\n');
  }
  const digest = digests.get('main')!;
  const { spec, credentials, cache } = setUp({ ref: { digest, tag: 'latest' } });
  expect(value(await resolveOciRepository(spec, credentials, cache, { ...options, offline: true }))).toBe(digest);
  expect(value(await fetchOciRepository(spec, digest, credentials, cache, options)).revision).toBe(digest);
});

test('a layer is copied as it is', async () => {
  const { spec, credentials, cache } = setUp({ layerSelector: { mediaType: FLUX_LAYER, operation: 'copy' } });
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  const file = value(await fetchOciRepository(spec, revision, credentials, cache, options));
  expect(file.type).toBe('file');
  expect(Buffer.compare(readFileSync(file.path), manifests)).toBe(0);
});

test('a layer of another media type is an error that names it', async () => {
  const { spec, credentials, cache } = setUp({ layerSelector: { mediaType: 'text/none' } });
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  expect(problem(await fetchOciRepository(spec, revision, credentials, cache, options)).message).toContain(
    "failed to find layer with media type 'text/none' in artifact",
  );
});

test('without credentials, with wrong ones and without the CA the registry refuses, and the failure says what to give', async () => {
  const { spec, credentials, cache } = setUp({});
  const none = problem(await resolveOciRepository(spec, { ...credentials, registries: new Map() }, cache, options));
  expect(none).toMatchObject({ reason: 'authentication-failed', transient: true });
  expect(none.hint).toContain('secretRef');
  const wrong = new Map([[registry.host, { username: USER, password: 'wrong' }]]);
  expect(problem(await resolveOciRepository(spec, { ...credentials, registries: wrong }, cache, options)).reason).toBe(
    'authentication-failed',
  );
  const { tls: _, ...untrusting } = credentials;
  expect(problem(await resolveOciRepository(spec, untrusting, cache, options))).toMatchObject({
    reason: 'fetch-failed',
    hint: expect.stringContaining('certSecretRef'),
  });
});

test('a docker configuration of the machine serves where the object names no Secret', async () => {
  const { spec, credentials, cache } = setUp({});
  const { writeFileSync } = await import('node:fs');
  const config = join(scratch.path, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({ auths: { [`https://${registry.host}/v1/`]: { username: USER, password: PASSWORD } } }),
  );
  const own = { tls: credentials.tls! };
  const machine = { ...options, ambientCredentials: true, dockerConfig: config };
  expect((await resolveOciRepository(spec, own, cache, machine)).ok).toBe(true);
  expect((await resolveOciRepository(spec, { ...own, exclusive: true }, cache, machine)).ok).toBe(false);
});

test('a credential helper of the machine is asked', async () => {
  const { spec, credentials, cache } = setUp({});
  const { mkdirSync, writeFileSync } = await import('node:fs');
  const bin = join(scratch.path, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'docker-credential-test'),
    `#!/bin/sh\nread host\n[ "$host" = "${registry.host}" ] || exit 1\nprintf '%s' '${JSON.stringify({ Username: USER, Secret: PASSWORD })}'\n`,
    { mode: 0o755 },
  );
  const config = join(scratch.path, 'helpers.json');
  writeFileSync(config, JSON.stringify({ credHelpers: { [registry.host]: 'test' } }));
  const machine = {
    ...options,
    ambientCredentials: true,
    dockerConfig: config,
    environment: { PATH: `${bin}:${process.env.PATH}` },
  };
  expect(value(await resolveOciRepository(spec, { tls: credentials.tls! }, cache, machine))).toContain('latest@');
});

test('what is in the cache needs no network; what is not, says so', async () => {
  const { spec, credentials, cache } = setUp({});
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  const offline = { ...options, offline: true };
  expect(problem(await fetchOciRepository(spec, revision, credentials, cache, offline)).reason).toBe('offline');
  const first = value(await fetchOciRepository(spec, revision, credentials, cache, options));
  expect(value(await fetchOciRepository(spec, revision, credentials, cache, offline))).toEqual(first);
  expect(problem(await resolveOciRepository(spec, credentials, cache, offline))).toMatchObject({ reason: 'offline' });
  const lock = new Map([[`${spec.url}:latest`, revision]]);
  expect(value(await resolveOciRepository(spec, credentials, cache, { ...offline, lock }))).toBe(revision);
});

test('a registry that dies mid-download is tried again, and nothing half-done is kept', async () => {
  const { spec, credentials, cache } = setUp({}, proxy.host);
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  let broken = 0;
  proxy.intercept = ({ request, response, pass }) => {
    if (!request.url?.includes('/blobs/') || request.headers.authorization === undefined || broken >= 2) return pass();
    broken++;
    response.writeHead(200, { 'content-length': manifests.length });
    response.write(manifests.subarray(0, 50));
    setTimeout(() => response.destroy(), 20);
  };
  const tree = value(await fetchOciRepository(spec, revision, credentials, cache, options));
  expect(broken).toBe(2);
  expect(readFileSync(join(tree.path, 'apps/web.yaml'), 'utf8')).toBe('kind: ConfigMap\n');

  const again = setUp({}, proxy.host);
  broken = -100;
  const failed = problem(await fetchOciRepository(again.spec, revision, again.credentials, again.cache, options));
  expect(failed).toMatchObject({ reason: 'fetch-failed', transient: true });
  expect(readdirSync(again.cache.directory)).toEqual(['tmp']);
  expect(readdirSync(join(again.cache.directory, 'tmp'))).toEqual([]);
});

test('a blob and a manifest of another digest are refused and not kept', async () => {
  for (const part of ['/blobs/', '/manifests/sha256']) {
    const { spec, credentials, cache } = setUp({}, proxy.host);
    proxy.intercept = ({ pass }) => pass();
    const revision = value(await resolveOciRepository(spec, credentials, cache, options));
    proxy.intercept = ({ request, pass }) =>
      request.url?.includes(part)
        ? pass((body) =>
            part === '/blobs/'
              ? Buffer.from(body).fill(0, 20, 30)
              : Buffer.from(body.toString().replace('"schemaVersion":2', '"schemaVersion": 2')),
          )
        : pass();
    const failed = problem(await fetchOciRepository(spec, revision, credentials, cache, options));
    expect(failed.reason).toBe('verification-failed');
    expect(readdirSync(cache.directory).filter((name) => name !== 'tmp')).toEqual([]);
  }
});

test('429 is waited out as Retry-After asks, 503 is tried again, 404 is not', async () => {
  const { spec, credentials, cache } = setUp({}, proxy.host);
  const answers = [429, 503];
  proxy.intercept = ({ request, response, pass }) => {
    const status = request.url?.includes('/manifests/') ? answers.shift() : undefined;
    if (status === undefined) return pass();
    response.writeHead(status, { 'retry-after': '1' }).end();
  };
  const start = performance.now();
  value(await resolveOciRepository(spec, credentials, cache, { ...options, retry: { minWaitMs: 5, maxWaitMs: 300 } }));
  expect(performance.now() - start).toBeGreaterThan(500);
  proxy.seen.length = 0;
  const absent = { ...spec, ref: { tag: 'absent' } };
  expect(problem(await resolveOciRepository(absent, credentials, cache, options)).message).toContain('404');
  expect(proxy.seen.filter(({ url }) => url.includes('absent')).length).toBeLessThanOrEqual(4);
});

test('a redirect to another host gets no credentials', async () => {
  const other = await startProxy(scratch, `https://${registry.host}`, certificates);
  other.intercept = ({ response }) => {
    response.writeHead(200, { 'content-length': manifests.length }).end(manifests);
  };
  proxy.intercept = ({ request, response, pass }) => {
    if (!request.url?.includes('/blobs/') || request.headers.authorization === undefined) return pass();
    response.writeHead(307, { location: `https://${other.host}/storage/blob?signature=x` }).end();
  };
  const { spec, credentials, cache } = setUp({}, proxy.host);
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  value(await fetchOciRepository(spec, revision, credentials, cache, options));
  expect(other.seen).toEqual([{ url: '/storage/blob?signature=x', authorization: undefined }]);
});

test('a server that never answers runs into the time limit', async () => {
  proxy.intercept = () => {};
  const { spec, credentials, cache } = setUp({ timeout: '300ms' }, proxy.host);
  const failed = problem(await resolveOciRepository(spec, credentials, cache, { ...options, retry: { attempts: 1 } }));
  expect(failed).toMatchObject({ reason: 'fetch-timed-out', transient: true });
});

test('equal fetches at once ask once, and two caches filled at once agree', async () => {
  const { spec, credentials, cache } = setUp({}, proxy.host);
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  proxy.seen.length = 0;
  const trees = await Promise.all(
    Array.from({ length: 5 }, () => fetchOciRepository(spec, revision, credentials, cache, options)),
  );
  expect(new Set(trees.map((tree) => value(tree).path)).size).toBe(1);
  expect(
    proxy.seen.filter(({ url, authorization }) => url.includes('/blobs/') && authorization !== undefined),
  ).toHaveLength(1);
});

test('a damaged entry is noticed, dropped and fetched again', async () => {
  const { unlinkSync } = await import('node:fs');
  const { spec, credentials, cache } = setUp({});
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  const tree = value(await fetchOciRepository(spec, revision, credentials, cache, options));
  unlinkSync(join(tree.path, 'apps/web.yaml'));
  expect(
    problem(await fetchOciRepository(spec, revision, credentials, cache, { ...options, offline: true })).reason,
  ).toBe('offline');
  const again = value(await fetchOciRepository(spec, revision, credentials, cache, options));
  expect(readFileSync(join(again.path, 'apps/web.yaml'), 'utf8')).toBe('kind: ConfigMap\n');
});

test('a cosign signature is checked with the given key', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const digest = digests.get('main')!;
  const payload = Buffer.from(
    JSON.stringify({
      critical: { identity: {}, image: { 'docker-manifest-digest': digest }, type: 'cosign container image signature' },
    }),
  );
  await registry.push('org/manifests', `${digest.replace(':', '-')}.sig`, [
    {
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      data: payload,
      annotations: { 'dev.cosignproject.cosign/signature': sign('sha256', payload, privateKey).toString('base64') },
    },
  ]);
  const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
  const verify = { provider: 'cosign', secretRef: { name: 'keys' } };
  const good = setUp({ ref: { tag: 'main' }, verify }, registry.host, secret({ 'cosign.pub': pem }));
  expect((await fetchOciRepository(good.spec, `main@${digest}`, good.credentials, good.cache, options)).ok).toBe(true);
  const unsigned = digests.get('1.2.0')!;
  expect(
    problem(await fetchOciRepository(good.spec, `1.2.0@${unsigned}`, good.credentials, good.cache, options)).reason,
  ).toBe('verification-failed');
  const other = String(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }),
  );
  const bad = setUp({ ref: { tag: 'main' }, verify }, registry.host, secret({ 'cosign.pub': other }));
  expect(
    problem(await fetchOciRepository(bad.spec, `main@${digest}`, bad.credentials, bad.cache, options)).reason,
  ).toBe('verification-failed');
  const warnings: string[] = [];
  const keyless = setUp({ verify: { provider: 'cosign' } });
  expect(
    (
      await fetchOciRepository(keyless.spec, `main@${digest}`, keyless.credentials, keyless.cache, {
        ...options,
        warn: (warning) => warnings.push(toWarning(warning).message),
      })
    ).ok,
  ).toBe(true);
  expect(warnings).toEqual([expect.stringContaining('was not verified')]);
});

test('charts of an OCI HelmRepository: ranges, exact versions with build metadata, fetched once', async () => {
  const repository = value(
    readHelmRepositorySpec(source('HelmRepository', { type: 'oci', url: `oci://${proxy.host}/charts` })),
  );
  const credentials = value(
    helmCredentials(repository, {
      secret: dockerSecret(proxy.host),
      certSecret: secret({ 'ca.crt': certificates.ca }),
    }),
  );
  const cache = newCache(scratch);
  for (const [version, expected] of [
    ['', /^1\.1\.0(\+build\.5)?@sha256:/],
    ['<1.1', /^1\.0\.0@sha256:/],
    ['>=2.0.0-0', /^2\.0\.0-beta\.1@sha256:/],
    ['1.1.0+build.5', /^1\.1\.0\+build\.5@sha256:/],
  ] as const) {
    const chart = { name: 'web', version };
    const revision = value(await resolveHelmChart(repository, chart, credentials, cache, options));
    expect(revision).toMatch(expected);
    const file = value(await fetchHelmChart(repository, chart, revision, credentials, cache, options));
    expect(file).toMatchObject({ type: 'file', revision });
  }
  proxy.seen.length = 0;
  const chart = { name: 'web', version: '1.1.0+build.5' };
  const revision = value(await resolveHelmChart(repository, chart, credentials, cache, options));
  value(await fetchHelmChart(repository, chart, revision, credentials, cache, options));
  expect(proxy.seen).toEqual([]);
  const absent = problem(
    await resolveHelmChart(repository, { name: 'web', version: '9.x' }, credentials, cache, options),
  );
  expect(absent.reason).toBe('chart-version-not-found');
  expect(absent.hint).toContain('2.0.0-beta.1');
  expect(sha256('')).toContain('sha256:');
});

test('`template` takes a chart of a registry by tag, range and digest', async () => {
  const login = ['--username', USER, '--password', PASSWORD, '--ca-file', certificates.caPath];
  const shown = async (...argv: string[]) => {
    const { stdout, stderr } = await command(scratch.path, [
      'template',
      'x',
      ...argv,
      ...login,
      '--cache-dir',
      'cache',
    ]);
    return [stdout.split('\n').find((line) => line.startsWith('chart: ')) ?? '', stderr] as const;
  };
  const web = `oci://${registry.host}/charts/web`;
  const [newest, told] = await shown(web);
  expect(newest).toMatch(/^chart: web-1\.1\.0(\+build\.5)?$/);
  expect(told).toMatch(/^Pulled: localhost:\d+\/charts\/web:1\.1\.0(?:\+build\.5)?\nDigest: sha256:[0-9a-f]{64}\n$/);
  expect((await shown(`${web}:1.0.0`))[0]).toBe('chart: web-1.0.0');
  expect((await shown(web, '--version', '<1.1.0'))[0]).toBe('chart: web-1.0.0');
  const digest = /sha256:[0-9a-f]{64}/.exec((await shown(`${web}:1.0.0`))[1])?.[0];
  expect((await shown(`${web}@${digest}`))[0]).toBe('chart: web-1.0.0');
  expect((await shown(`${web}:1.0.0`, '--version', '1.1.0'))[1]).toBe(
    'Error: chart reference and version mismatch: 1.1.0 is not 1.0.0\n',
  );
});
