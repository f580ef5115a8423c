import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  fetchHelmChart,
  helmCredentials,
  readHelmRepositorySpec,
  resolveHelmChart,
  type SourceOptions,
} from '../../src/sources/index.ts';
import { run as command } from '../cluster/rig.ts';
import { problem, secret, source, value } from '../source-objects.ts';
import { chartFiles, tarball } from './support/archives.ts';
import { type Certificates, makeCertificates } from './support/certificates.ts';
import { newCache } from './support/objects.ts';
import { freePort, run, Scratch } from './support/programs.ts';
import { sha256 } from './support/registry.ts';

const scratch = new Scratch();
let certificates: Certificates;
let url: string;
const options: SourceOptions = { environment: {}, retry: { minWaitMs: 5, maxWaitMs: 50 } };

beforeAll(async () => {
  certificates = makeCertificates(scratch);
  const www = join(scratch.path, 'www/charts');
  mkdirSync(join(www, 'packages'), { recursive: true });
  let index = 'apiVersion: v1\nentries:\n  web:\n';
  for (const version of ['1.0.0', '1.1.0', '2.0.0-rc.1']) {
    const data = tarball(scratch, chartFiles('web', version));
    writeFileSync(join(www, `packages/web-${version}.tgz`), data);
    index += `  - apiVersion: v2\n    created: "2026-01-01T00:00:00Z"\n    digest: ${sha256(data).slice(7)}\n    name: web\n    urls:\n    - packages/web-${version}.tgz\n    version: ${version}\n`;
  }
  index += `  wrong:\n  - apiVersion: v2\n    digest: ${'ab'.repeat(32)}\n    name: wrong\n    urls: [packages/web-1.0.0.tgz]\n    version: 1.0.0\n`;
  writeFileSync(join(www, 'index.yaml'), index);
  writeFileSync(join(scratch.path, 'passwords'), `robot:${run('openssl', ['passwd', '-apr1', 'secret']).trim()}\n`);
  const port = await freePort();
  writeFileSync(
    join(scratch.path, 'nginx.conf'),
    `daemon off; pid ${scratch.path}/nginx.pid; error_log stderr; worker_processes 1; ${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
  access_log off;
  client_body_temp_path ${scratch.path}/body; proxy_temp_path ${scratch.path}/proxy; fastcgi_temp_path ${scratch.path}/fastcgi;
  uwsgi_temp_path ${scratch.path}/uwsgi; scgi_temp_path ${scratch.path}/scgi;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificates.certificatePath}; ssl_certificate_key ${certificates.keyPath};
    root ${scratch.path}/www;
    auth_basic test; auth_basic_user_file ${scratch.path}/passwords;
  }
}
`,
  );
  await scratch.start('nginx', ['-e', 'stderr', '-c', join(scratch.path, 'nginx.conf')], port);
  url = `https://localhost:${port}/charts/`;
});
afterAll(() => scratch.dispose());

function setUp(data: Record<string, string> = { username: 'robot', password: 'secret' }) {
  const repository = value(readHelmRepositorySpec(source('HelmRepository', { url })));
  const credentials = value(
    helmCredentials(repository, { secret: secret(data), certSecret: secret({ 'ca.crt': certificates.ca }) }),
  );
  return { repository, credentials, cache: newCache(scratch) };
}

test('a chart is chosen by range from the index and fetched from its relative address', async () => {
  const { repository, credentials, cache } = setUp();
  for (const [version, expected] of [
    ['', '1.1.0'],
    ['*', '1.1.0'],
    ['<1.1', '1.0.0'],
    ['>0.0.0-0', '2.0.0-rc.1'],
    ['1.0.0', '1.0.0'],
  ] as const) {
    const chart = { name: 'web', version };
    const revision = value(await resolveHelmChart(repository, chart, credentials, cache, options));
    expect(revision.split('@')[0]).toBe(expected);
    const file = value(await fetchHelmChart(repository, chart, revision, credentials, cache, options));
    expect(`@${sha256(readFileSync(file.path))}`).toBe(revision.slice(expected.length));
  }
});

test('charts and versions that are not there are named, with the nearest', async () => {
  const { repository, credentials, cache } = setUp();
  expect(
    problem(await resolveHelmChart(repository, { name: 'none', version: '' }, credentials, cache, options)),
  ).toMatchObject({
    reason: 'chart-version-not-found',
    message: expect.stringContaining("no chart named 'none'"),
  });
  expect(
    problem(await resolveHelmChart(repository, { name: 'web', version: '7.x' }, credentials, cache, options)),
  ).toMatchObject({
    reason: 'chart-version-not-found',
    hint: 'The newest versions are 2.0.0-rc.1, 1.1.0, 1.0.0.',
  });
});

test('a package of another digest than the index says is refused', async () => {
  const { repository, credentials, cache } = setUp();
  const chart = { name: 'wrong', version: '1.0.0' };
  const revision = value(await resolveHelmChart(repository, chart, credentials, cache, options));
  expect(problem(await fetchHelmChart(repository, chart, revision, credentials, cache, options)).reason).toBe(
    'verification-failed',
  );
});

test('a wrong password is refused', async () => {
  const { repository, credentials, cache } = setUp({ username: 'robot', password: 'wrong' });
  expect(
    problem(await resolveHelmChart(repository, { name: 'web', version: '' }, credentials, cache, options)).reason,
  ).toBe('authentication-failed');
});

test('offline, the index of the last run still chooses', async () => {
  const { repository, credentials, cache } = setUp();
  const chart = { name: 'web', version: '1.x' };
  const offline = { ...options, offline: true };
  expect(problem(await resolveHelmChart(repository, chart, credentials, cache, offline)).reason).toBe('offline');
  const revision = value(await resolveHelmChart(repository, chart, credentials, cache, options));
  expect(value(await resolveHelmChart(repository, chart, credentials, cache, offline))).toBe(revision);
});

test('`template` finds a chart in the repository that is named, or that `helm repo add` wrote down', async () => {
  const login = ['--username', 'robot', '--password', 'secret', '--ca-file', certificates.caPath];
  const shown = async (...argv: string[]) => {
    const { stdout, stderr } = await command(scratch.path, ['template', 'x', ...argv, '--cache-dir', 'cache'], {
      HELM_CONFIG_HOME: join(scratch.path, 'helm'),
    });
    return stdout.split('\n').find((line) => line.startsWith('chart: ')) ?? stderr;
  };
  expect(await shown('web', '--repo', url, ...login)).toBe('chart: web-1.1.0');
  expect(await shown('web', '--repo', url, ...login, '--version', '1.0.0')).toBe('chart: web-1.0.0');
  expect(await shown('web', '--repo', url, ...login, '--devel')).toBe('chart: web-2.0.0-rc.1');
  expect(await shown(`${url}packages/web-1.0.0.tgz`, ...login)).toBe('chart: web-1.0.0');
  mkdirSync(join(scratch.path, 'helm'), { recursive: true });
  writeFileSync(
    join(scratch.path, 'helm/repositories.yaml'),
    `apiVersion: ""\nrepositories:\n- name: lab\n  url: ${url}\n  username: robot\n  password: secret\n  caFile: ${certificates.caPath}\n`,
  );
  expect(await shown('lab/web', '--version', '<1.1.0')).toBe('chart: web-1.0.0');
  expect(await shown('lab/nothing')).toContain("has no chart named 'nothing'");
  expect(await shown('other/web')).toBe('Error: repo other not found\n');
  expect(
    await shown('web', '--repo', url, '--ca-file', certificates.caPath, '--offline', '--version', '9.9.9'),
  ).toContain('Error: ');
});
