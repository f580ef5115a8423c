import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { expect, test } from 'vitest';
import {
  fetchOciRepository,
  ociCredentials,
  readOciRepositorySpec,
  resolveOciRepository,
} from '../../src/sources/index.ts';
import { parseRegistryUrl } from '../../src/sources/registry-name.ts';
import { problem, secret, source, value } from '../source-objects.ts';
import { newCache, options, scratch, serve } from './support.ts';

const sha = (data: Buffer | string): string => `sha256:${createHash('sha256').update(data).digest('hex')}`;

async function artifact(): Promise<{ layer: Buffer; manifest: Buffer }> {
  const directory = scratch();
  mkdirSync(join(directory, 'in'));
  writeFileSync(join(directory, 'in/a.yaml'), 'a: 1\n');
  await create({ gzip: true, cwd: join(directory, 'in'), file: join(directory, 'out.tgz') }, ['.']);
  const layer = readFileSync(join(directory, 'out.tgz'));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: 'x', digest: sha('{}'), size: 2 },
      layers: [{ mediaType: 'y', digest: sha(layer), size: layer.length }],
    }),
  );
  return { layer, manifest };
}

const setUp = (host: string, spec: Record<string, unknown> = {}) => {
  const read = value(
    readOciRepositorySpec(source('OCIRepository', { url: `oci://${host}/org/app`, insecure: true, ...spec })),
  );
  const config = JSON.stringify({ auths: { [host]: { username: 'u', password: 'p' } } });
  return {
    spec: read,
    credentials: value(ociCredentials(read, { secret: secret({ '.dockerconfigjson': config }) })),
    cache: newCache(),
  };
};

test('a token is fetched once and used for all, and the password goes to the token service only', async () => {
  const { layer, manifest } = await artifact();
  const tokens = await serve((_, response) => response.end(JSON.stringify({ token: 'T' })));
  const server = await serve((request, response) => {
    if (request.headers.authorization !== 'Bearer T')
      return void response
        .writeHead(401, {
          'www-authenticate': `Bearer realm="${tokens.url}/token",service="reg",scope="repository:org/app:pull"`,
        })
        .end();
    if (request.url?.includes('/blobs/')) return void response.end(layer);
    response.writeHead(200, { 'docker-content-digest': sha(manifest) }).end(request.method === 'HEAD' ? '' : manifest);
  });
  const { spec, credentials, cache } = setUp(server.host);
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  const tree = value(await fetchOciRepository(spec, revision, credentials, cache, options));
  expect(readFileSync(join(tree.path, 'a.yaml'), 'utf8')).toBe('a: 1\n');
  expect(tokens.seen).toEqual([
    {
      path: '/token?service=reg&scope=repository%3Aorg%2Fapp%3Apull',
      authorization: `Basic ${Buffer.from('u:p').toString('base64')}`,
    },
  ]);
  expect(server.seen.some(({ authorization }) => authorization?.startsWith('Basic') === true)).toBe(false);
});

test('a token that expires in the middle is asked for again, of a token service on another host', async () => {
  const { layer, manifest } = await artifact();
  let given = 0;
  const tokens = await serve((_, response) =>
    response.end(JSON.stringify({ access_token: `T${++given}`, expires_in: 60 })),
  );
  let valid = 'T1';
  const server = await serve((request, response) => {
    if (request.headers.authorization !== `Bearer ${valid}`)
      return void response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}/token",service="reg"` })
        .end('{"errors":[{"code":"UNAUTHORIZED","message":"the token has expired"}]}');
    if (request.url?.includes('/blobs/')) return void response.end(layer);
    if (request.method !== 'HEAD') valid = 'T2'; // from now on
    response.writeHead(200, { 'docker-content-digest': sha(manifest) }).end(request.method === 'HEAD' ? '' : manifest);
  });
  const { spec, credentials, cache } = setUp(server.host);
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  expect((await fetchOciRepository(spec, revision, credentials, cache, options)).ok).toBe(true);
  expect(tokens.seen).toHaveLength(2);
  expect(server.seen.some(({ authorization }) => authorization?.startsWith('Basic') === true)).toBe(false);
});

test('a token service that gives tokens which nobody takes is not asked for ever', async () => {
  const tokens = await serve((_, response) => response.end(JSON.stringify({ token: 'useless' })));
  const server = await serve((_, response) =>
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}/token",service="reg"` }).end('{}'),
  );
  const { spec, credentials, cache } = setUp(server.host);
  expect(problem(await resolveOciRepository(spec, credentials, cache, options)).reason).toBe('authentication-failed');
  expect(tokens.seen.length).toBeLessThan(4);
  expect(server.seen.length).toBeLessThan(8);
});

test('a server in trouble is asked again until it answers', async () => {
  const { layer, manifest } = await artifact();
  let troubles = 0;
  const server = await serve((request, response) => {
    if (request.url !== '/v2/' && troubles++ % 3 < 2) return void response.writeHead(502 + (troubles % 2)).end();
    if (request.url?.includes('/blobs/')) return void response.end(layer);
    response.writeHead(200, { 'docker-content-digest': sha(manifest) }).end(request.method === 'HEAD' ? '' : manifest);
  });
  const { spec, credentials, cache } = setUp(server.host);
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  expect((await fetchOciRepository(spec, revision, credentials, cache, options)).ok).toBe(true);
});

test('tags are read page by page, never from another host', async () => {
  const elsewhere = await serve((_, response) => response.end(JSON.stringify({ tags: ['9.0.0'] })));
  const server = await serve((request, response) => {
    if (request.url === '/v2/') return void response.end('{}');
    if (request.url?.includes('/manifests/'))
      return void response.writeHead(200, { 'docker-content-digest': sha('x') }).end();
    const second = request.url?.includes('last=') === true;
    response.setHeader(
      'link',
      second
        ? `<${elsewhere.url}/v2/org/app/tags/list?last=z>; rel="next"`
        : '</v2/org/app/tags/list?n=1000&last=b>; rel="next"',
    );
    response.end(JSON.stringify({ tags: second ? ['1.2.0'] : ['1.0.0', 'latest'] }));
  });
  const { spec, credentials, cache } = setUp(server.host, { ref: { semver: '*' } });
  expect(value(await resolveOciRepository(spec, credentials, cache, options))).toBe(`1.2.0@${sha('x')}`);
  expect(elsewhere.seen).toEqual([]);
});

test('an index of platforms gives the manifest of linux/amd64', async () => {
  const { layer, manifest } = await artifact();
  const list = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        { mediaType: 'm', digest: sha('other'), size: 1, platform: { os: 'linux', architecture: 'arm64' } },
        {
          mediaType: 'm',
          digest: sha(manifest),
          size: manifest.length,
          platform: { os: 'linux', architecture: 'amd64' },
        },
      ],
    }),
  );
  const server = await serve((request, response) => {
    if (request.url?.includes('/blobs/')) return void response.end(layer);
    response.end(request.url?.endsWith(sha(manifest)) ? manifest : list);
  });
  const { spec, credentials, cache } = setUp(server.host);
  const revision = value(await resolveOciRepository(spec, credentials, cache, options));
  expect(revision).toBe(`latest@${sha(list)}`);
  expect((await fetchOciRepository(spec, revision, credentials, cache, options)).ok).toBe(true);
});

test('names are taken apart as container tools do', () => {
  expect(parseRegistryUrl('oci://docker.io/envoyproxy/gateway-helm')).toEqual({
    host: 'registry-1.docker.io',
    name: 'envoyproxy/gateway-helm',
  });
  expect(parseRegistryUrl('oci://docker.io/nginx')).toEqual({ host: 'registry-1.docker.io', name: 'library/nginx' });
  expect(parseRegistryUrl('oci://localhost:5000/a/b/')).toEqual({ host: 'localhost:5000', name: 'a/b' });
  for (const [url, message] of [
    ['oci://ghcr.io/org/app:v1', "URL must not contain a tag; remove ':v1'"],
    ['oci://ghcr.io/org/app@sha256:ab', 'URL must not contain a tag'],
    ['oci://ghcr.io/Org/app', 'is no repository'],
    ['oci://ghcr.io/../app', 'is no repository'],
  ] as const)
    expect(() => parseRegistryUrl(url)).toThrow(message);
});

test('an insecure mark lets plain HTTP, and nothing else does', async () => {
  const server = await serve((_, response) => response.writeHead(200, { 'docker-content-digest': sha('x') }).end());
  const port = server.host.split(':')[1];
  expect((await resolveOciRepository(setUp(`127.0.0.1:${port}`).spec, {}, newCache(), options)).ok).toBe(true);
  const { spec } = setUp(`notlocal.invalid:${port}`, { insecure: false });
  expect(problem(await resolveOciRepository(spec, {}, newCache(), options)).message).toMatch(
    /^https:\/\/notlocal\.invalid/,
  );
});
