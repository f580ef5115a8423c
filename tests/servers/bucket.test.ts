import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  bucketCredentials,
  fetchBucket,
  readBucketSpec,
  resolveBucket,
  type SourceOptions,
} from '../../src/sources/index.ts';
import { problem, secret, source, value } from '../source-objects.ts';
import { newCache } from './support/objects.ts';
import { freePort, Scratch } from './support/programs.ts';

const scratch = new Scratch();
let endpoint: string;
const options: SourceOptions = { ambientCredentials: false, environment: {}, retry: { minWaitMs: 5, maxWaitMs: 50 } };
const KEYS = { accesskey: 'S3RVER', secretkey: 'S3RVER' };
const owner = new AwsClient({ accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER', service: 's3', region: 'us-east-1' });

beforeAll(async () => {
  const servers = process.env.FLUX_LOCAL_SERVERS ?? join(process.env.HOME ?? '', '.cache/flux-local-servers');
  const port = await freePort();
  endpoint = `127.0.0.1:${port}`;
  await scratch.start(
    process.execPath,
    [
      join(servers, 'node_modules/s3rver/bin/s3rver.js'),
      '-d',
      join(scratch.path, 's3'),
      '-a',
      '127.0.0.1',
      '-p',
      String(port),
      '--configure-bucket',
      'apps',
      '--silent',
    ],
    port,
  );
  for (const [key, content] of [
    ['clusters/prod/a b+c&ü.yaml', 'kind: A\n'],
    ['clusters/prod/b.yaml', 'kind: B\n'],
    ['clusters/dev/c.yaml', 'kind: C\n'],
    ['.sourceignore', 'docs/\n'],
  ] as const)
    await put(key, content);
});
afterAll(() => scratch.dispose());

async function put(key: string, body: string): Promise<void> {
  const reply = await owner.fetch(`http://${endpoint}/apps/${key.split('/').map(encodeURIComponent).join('/')}`, {
    method: 'PUT',
    body,
  });
  if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
}

function setUp(spec: Record<string, unknown> = {}, keys: Record<string, string> | null = KEYS) {
  const read = value(readBucketSpec(source('Bucket', { bucketName: 'apps', endpoint, insecure: true, ...spec })));
  return {
    spec: read,
    credentials: value(bucketCredentials(read, keys === null ? {} : { secret: secret(keys) })),
    cache: newCache(scratch),
  };
}

test("a bucket's objects become files under their keys", async () => {
  const { spec, credentials, cache } = setUp();
  const revision = value(await resolveBucket(spec, credentials, cache, options));
  expect(revision).toMatch(/^sha256:[0-9a-f]{64}$/);
  const tree = value(await fetchBucket(spec, revision, credentials, cache, options));
  expect(readFileSync(join(tree.path, 'clusters/prod/a b+c&ü.yaml'), 'utf8')).toBe('kind: A\n');
  expect(readFileSync(join(tree.path, '.sourceignore'), 'utf8')).toBe('docs/\n');
  expect(value(await fetchBucket(spec, revision, credentials, cache, { ...options, offline: true }))).toEqual(tree);
});

test('a prefix takes only what begins with it', async () => {
  const { spec, credentials, cache } = setUp({ prefix: 'clusters/dev' });
  const revision = value(await resolveBucket(spec, credentials, cache, options));
  const tree = value(await fetchBucket(spec, revision, credentials, cache, options));
  expect(readFileSync(join(tree.path, 'clusters/dev/c.yaml'), 'utf8')).toBe('kind: C\n');
  expect(() => readFileSync(join(tree.path, 'clusters/prod/b.yaml'))).toThrow();
});

test('a change gives another revision, and an old one cannot be fetched any more', async () => {
  const { spec, credentials, cache } = setUp();
  const before = value(await resolveBucket(spec, credentials, cache, options));
  await put('clusters/prod/b.yaml', 'kind: Changed\n');
  const after = value(await resolveBucket(spec, credentials, cache, options));
  expect(after).not.toBe(before);
  expect(problem(await fetchBucket(spec, before, credentials, cache, options)).hint).toContain('--refresh');
  const tree = value(await fetchBucket(spec, after, credentials, cache, options));
  expect(readFileSync(join(tree.path, 'clusters/prod/b.yaml'), 'utf8')).toBe('kind: Changed\n');
});

test('an unknown access key and a bucket that is not there are refused', async () => {
  const wrong = setUp({}, { accesskey: 'stranger', secretkey: 'wrong' });
  expect(problem(await resolveBucket(wrong.spec, wrong.credentials, wrong.cache, options)).reason).toBe(
    'authentication-failed',
  );
  const absent = setUp({ bucketName: 'absent' });
  expect(problem(await resolveBucket(absent.spec, absent.credentials, absent.cache, options)).message).toContain('404');
});

test('providers that only a cluster can ask are refused clearly', async () => {
  for (const spec of [
    { provider: 'azure' },
    { provider: 'gcp' },
    { sts: { provider: 'ldap', endpoint: 'https://x' } },
  ]) {
    const { spec: read, credentials, cache } = setUp(spec, null);
    expect((await resolveBucket(read, credentials, cache, options)).ok).toBe(false);
  }
});
