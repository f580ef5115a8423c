import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fetchHelmChart, helmCredentials, readHelmRepositorySpec, resolveHelmChart } from '../../src/sources/index.ts';
import { problem, secret, source, value } from '../source-objects.ts';
import { newCache, options, serve } from './support.ts';

const PACKAGE = Buffer.from('package');
const DIGEST = createHash('sha256').update(PACKAGE).digest('hex');
const indexOf = (url: string, digest = DIGEST): string =>
  `apiVersion: v1\nentries:\n  web:\n  - name: web\n    version: 1.0.0\n    digest: ${digest}\n    urls:\n    - ${url}\n`;
const setUp = (url: string, spec: Record<string, unknown> = {}) => {
  const repository = value(readHelmRepositorySpec(source('HelmRepository', { url, ...spec })));
  const credentials = value(helmCredentials(repository, { secret: secret({ username: 'u', password: 'p' }) }));
  return { repository, credentials, cache: newCache() };
};
const BASIC = `Basic ${Buffer.from('u:p').toString('base64')}`;
const chart = { name: 'web', version: '1.x' };

test('an index is asked for once for all charts, and not sent again while it is the same', async () => {
  let sent = 0;
  const server = await serve((request, response) => {
    if (request.headers['if-none-match'] === '"1"') return void response.writeHead(304).end();
    sent++;
    response.writeHead(200, { etag: '"1"' }).end(indexOf('web.tgz'));
  });
  const { repository, credentials, cache } = setUp(`${server.url}/charts`);
  await Promise.all([1, 2, 3].map(() => resolveHelmChart(repository, chart, credentials, cache, options)));
  expect(server.seen.map(({ path }) => path)).toEqual(['/charts/index.yaml']);
  const second = setUp(`${server.url}/charts/`);
  value(await resolveHelmChart(second.repository, chart, second.credentials, second.cache, options));
  expect(sent).toBe(2); // another cache
});

test('relative addresses build on the repository, with its query; absolute ones stand alone', async () => {
  const server = await serve((request, response) => {
    if (request.url?.startsWith('/repo/index.yaml')) response.end(indexOf('files/web.tgz'));
    else response.end(PACKAGE);
  });
  const { repository, credentials, cache } = setUp(`${server.url}/repo?token=x`);
  const revision = value(await resolveHelmChart(repository, chart, credentials, cache, options));
  expect(revision).toBe(`1.0.0@sha256:${DIGEST}`);
  const file = value(await fetchHelmChart(repository, chart, revision, credentials, cache, options));
  expect(readFileSync(file.path)).toEqual(PACKAGE);
  expect(server.seen.map(({ path }) => path)).toEqual(['/repo/index.yaml?token=x', '/repo/files/web.tgz?token=x']);
});

test('user and password stay with their host unless passCredentials is set', async () => {
  const files = await serve((_, response) => response.end(PACKAGE));
  const server = await serve((_, response) => response.end(indexOf(`${files.url}/web.tgz`)));
  for (const passCredentials of [false, true]) {
    files.seen.length = 0;
    server.seen.length = 0;
    const { repository, credentials, cache } = setUp(server.url, { passCredentials });
    const revision = value(await resolveHelmChart(repository, chart, credentials, cache, options));
    value(await fetchHelmChart(repository, chart, revision, credentials, cache, options));
    expect(server.seen[0]?.authorization).toBe(BASIC);
    expect(files.seen[0]?.authorization).toBe(passCredentials ? BASIC : undefined);
  }
});

test('a redirect takes credentials nowhere else, not even with passCredentials', async () => {
  const other = await serve((_, response) => response.end(indexOf('web.tgz')));
  const server = await serve((_, response) => response.writeHead(302, { location: `${other.url}/index.yaml` }).end());
  const { repository, credentials, cache } = setUp(server.url, { passCredentials: true });
  value(await resolveHelmChart(repository, chart, credentials, cache, options));
  expect(server.seen[0]?.authorization).toBe(BASIC);
  expect(other.seen[0]?.authorization).toBeUndefined();
});

test('the same chart at the same version is fetched once ever', async () => {
  const server = await serve((request, response) =>
    response.end(request.url === '/index.yaml' ? indexOf('web.tgz') : PACKAGE),
  );
  const { repository, credentials, cache } = setUp(server.url);
  const exact = { name: 'web', version: '1.0.0' };
  for (let run = 0; run < 3; run++) {
    const revision = value(await resolveHelmChart(repository, exact, credentials, cache, options));
    value(await fetchHelmChart(repository, exact, revision, credentials, cache, options));
  }
  expect(server.seen.map(({ path }) => path)).toEqual(['/index.yaml', '/web.tgz']);
});

test('a server without end is cut off, one that loops is left', async () => {
  const endless = await serve((_, response) => {
    const write = (): void => {
      if (!response.destroyed) response.write(Buffer.alloc(1024 * 1024), write);
    };
    write();
  });
  const { repository, credentials, cache } = setUp(endless.url);
  expect(problem(await resolveHelmChart(repository, chart, credentials, cache, options)).reason).toBe('limit-exceeded');
  const looping = await serve((_, response) => response.writeHead(302, { location: '/again' }).end());
  const second = setUp(looping.url);
  expect(
    problem(await resolveHelmChart(second.repository, chart, second.credentials, second.cache, options)).message,
  ).toContain('redirects without end');
});

test('charts that an index keeps in a registry are refused with what to use', async () => {
  const server = await serve((_, response) => response.end(indexOf('oci://registry.example/web:1.0.0')));
  const { repository, credentials, cache } = setUp(server.url);
  const revision = value(await resolveHelmChart(repository, chart, credentials, cache, options));
  expect(problem(await fetchHelmChart(repository, chart, revision, credentials, cache, options)).hint).toContain(
    'type oci',
  );
});

test('an index may come compressed, but not as a bomb', async () => {
  let body: Buffer = gzipSync(indexOf('web.tgz'));
  const server = await serve((request, response) => {
    expect(request.headers['accept-encoding']).toBe('gzip');
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
  });
  const { repository, credentials, cache } = setUp(server.url);
  expect(value(await resolveHelmChart(repository, chart, credentials, cache, options))).toContain('1.0.0@');
  body = gzipSync(Buffer.alloc(60 * 1024 * 1024));
  const second = setUp(server.url);
  expect((await resolveHelmChart(second.repository, chart, second.credentials, second.cache, options)).ok).toBe(false);
});
