import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bucketCredentials, fetchBucket, readBucketSpec, resolveBucket } from '../../src/sources/index.ts';
import { problem, secret, source, value } from '../source-objects.ts';
import { newCache, options, serve } from './support.ts';

const FILES = new Map([
  ['a b+c&ü%20.yaml', 'one'],
  ['dir/é/two.yaml', 'two'],
  ['../../escape.yaml', 'inside'],
]);
const etag = (text: string): string => createHash('md5').update(text).digest('hex');
const escapeXml = (text: string): string => text.replaceAll('&', '&amp;');

/** Checks a request's Signature V4 by the book, for unsigned payloads. @see the AWS documentation, "Create a signed request" */
function isSigned(request: IncomingMessage, secretKey: string): boolean {
  const [, scope = '', names = '', signature = ''] =
    /Credential=KEY\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)/.exec(
      request.headers.authorization ?? '',
    ) ?? [];
  const url = new URL(request.url ?? '/', 'http://x');
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams]
    .map(([key, item]) => `${encode(key)}=${encode(item)}`)
    .sort()
    .join('&');
  const headers = names
    .split(';')
    .map((name) => `${name}:${String(request.headers[name]).trim()}\n`)
    .join('');
  const path = decodeURIComponent(url.pathname).split('/').map(encode).join('/');
  const canonical = [request.method, path, query, headers, names, request.headers['x-amz-content-sha256']].join('\n');
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, hash(canonical)].join('\n');
  let key: Buffer | string = `AWS4${secretKey}`;
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  return createHmac('sha256', key).update(text).digest('hex') === signature;
}

const startBucket = (encoded: boolean) =>
  serve((request, response) => {
    if (!isSigned(request, 'SECRET'))
      return void response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
    const url = new URL(request.url ?? '/', 'http://x');
    if (url.searchParams.get('list-type') === '2') {
      const all = [...FILES];
      const from = Number(url.searchParams.get('continuation-token') ?? 0);
      const items = all.slice(from, from + 2).map(([key, text]) => {
        const shown = encoded ? encodeURIComponent(key).replaceAll('%20', '+') : escapeXml(key);
        return `<Contents><Key>${shown}</Key><ETag>&quot;${etag(text)}&quot;</ETag><Size>${text.length}</Size></Contents>`;
      });
      const more = from + 2 < all.length;
      return void response.end(
        `<?xml version="1.0"?><ListBucketResult>${encoded ? '<EncodingType>url</EncodingType>' : ''}<IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : ''}${items.join('')}<Contents><Key>dir/</Key><ETag>x</ETag><Size>0</Size></Contents></ListBucketResult>`,
      );
    }
    // The URL's own normalization takes `..` away; such an object is asked for by its escaped name.
    const key = decodeURIComponent((request.url ?? '').replace(/^\/apps\//, ''));
    const text = FILES.get(key);
    if (text === undefined) return void response.writeHead(404).end();
    if (request.headers['if-match'] !== `"${etag(text)}"`) return void response.writeHead(412).end();
    response.end(text);
  });

test('requests are signed, lists are paged, and every key stays inside', async () => {
  FILES.delete('../../escape.yaml');
  for (const encoded of [true, false]) {
    const server = await startBucket(encoded);
    const spec = value(
      readBucketSpec(
        source('Bucket', { bucketName: 'apps', endpoint: server.host, insecure: true, region: 'eu-north-1' }),
      ),
    );
    const credentials = value(bucketCredentials(spec, { secret: secret({ accesskey: 'KEY', secretkey: 'SECRET' }) }));
    const cache = newCache();
    FILES.set('dir/three.yaml', 'three');
    const revision = value(await resolveBucket(spec, credentials, cache, options));
    const tree = value(await fetchBucket(spec, revision, credentials, cache, options));
    for (const [key, text] of FILES) expect(readFileSync(join(tree.path, key), 'utf8')).toBe(text);
    const wrong = { ...credentials, secretKey: 'OTHER' };
    expect(problem(await resolveBucket(spec, wrong, newCache(), options)).reason).toBe('authentication-failed');
  }
});

test("a bucket's revision is the digest of its keys and ETags, as in Flux", async () => {
  const server = await serve((_, response) =>
    response.end(
      '<ListBucketResult><Contents><Key>b</Key><ETag>"2"</ETag><Size>1</Size></Contents><Contents><Key>a</Key><ETag>"1"</ETag><Size>1</Size></Contents><Contents><Key>.sourceignore</Key><ETag>"3"</ETag><Size>1</Size></Contents></ListBucketResult>',
    ),
  );
  const spec = value(readBucketSpec(source('Bucket', { bucketName: 'apps', endpoint: server.host, insecure: true })));
  const expected = createHash('sha256').update('a 1\nb 2\n').digest('hex');
  expect(value(await resolveBucket(spec, {}, newCache(), options))).toBe(`sha256:${expected}`);
});
