import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../core/digest.ts';
import type { Result } from '../core/result.ts';
import { fail, ok } from '../core/result.ts';
import type { BucketSpec } from './bucket-spec.ts';
import { optional } from './git-spec.ts';
import { offlineFailure, pinned } from './pinned.ts';
import { attempt, once } from './run.ts';
import { S3Bucket, type StoredObject } from './s3.ts';
import { entryKey, findEntry, makeEntry } from './source-cache.ts';
import { trouble, worldTrouble } from './trouble.ts';
import type { BucketCredentials, FetchedTree, SourceCache, SourceOptions } from './types.ts';

const IGNORE_FILE = '.sourceignore';
const MAX_BYTES = 2 * 1024 ** 3;

/** Names what is asked: for the graph's resolve and the lock file. */
export const bucketReferenceName = (spec: BucketSpec): string =>
  `s3://${spec.endpoint}/${spec.bucketName}${spec.prefix === '' ? '' : `/${spec.prefix}`}`;

/** The digest of a bucket's keys and ETags, `sha256:…`, as source-controller's index makes it (before `ignore`). */
export async function resolveBucket(
  spec: BucketSpec,
  credentials: BucketCredentials,
  cache: SourceCache,
  options: SourceOptions = {},
): Promise<Result<string>> {
  const name = bucketReferenceName(spec);
  const known = pinned(name, options);
  if (known !== undefined) return known;
  return await once(cache, `resolve ${name}`, credentials, () =>
    attempt(async () => revisionOf(await open(spec, credentials, options).list())),
  );
}

function revisionOf(objects: readonly StoredObject[]): string {
  const lines = objects
    .filter(({ key }) => isFile(key) && key !== IGNORE_FILE)
    .map(({ key, etag }) => `${key} ${etag}\n`);
  return `sha256:${sha256(lines.sort().join(''))}`;
}

const isFile = (key: string): boolean => !key.endsWith('/');

/** The objects of a revision as files, each under its whole key. */
export async function fetchBucket(
  spec: BucketSpec,
  revision: string,
  credentials: BucketCredentials,
  cache: SourceCache,
  options: SourceOptions = {},
): Promise<Result<FetchedTree>> {
  const key = entryKey('buckets', bucketReferenceName(spec), revision);
  return await once(cache, key, credentials, async () => {
    let entry = await findEntry(cache, key);
    if (entry === undefined) {
      if (options.offline === true) return fail(offlineFailure(`${bucketReferenceName(spec)} at ${revision}`));
      const made = await attempt(() =>
        makeEntry(cache, key, async (content) => {
          const bucket = open(spec, credentials, options);
          const objects = await bucket.list();
          if (revisionOf(objects) !== revision)
            throw worldTrouble(
              'fetch-failed',
              `${bucketReferenceName(spec)} no longer is what ${revision} was`,
              'A bucket keeps no history: run again with --refresh.',
            );
          const files = objects.filter((object) => isFile(object.key));
          if (files.reduce((sum, { size }) => sum + size, 0) > MAX_BYTES)
            throw worldTrouble('limit-exceeded', `${bucketReferenceName(spec)} holds more than ${MAX_BYTES} bytes`);
          await Promise.all(files.map((object) => place(bucket, object, content)));
          return ok({ revision, origin: bucketReferenceName(spec) });
        }),
      );
      if (!made.ok) return made;
      if (!made.value.ok) return made.value;
      entry = made.value.value;
    }
    return ok({ type: 'tree' as const, path: entry.path, revision, annotations: new Map() });
  });
}

async function place(bucket: S3Bucket, object: StoredObject, content: string): Promise<void> {
  const path = join(content, join('/', object.key)); // `..` ends at the root, as with securejoin
  await mkdir(dirname(path), { recursive: true });
  await bucket.download(object, path);
}

function open(spec: BucketSpec, credentials: BucketCredentials, options: SourceOptions): S3Bucket {
  if (spec.provider === 'azure' || spec.provider === 'gcp')
    throw trouble(
      'fetch-failed',
      `${bucketReferenceName(spec)}: the provider ${spec.provider} cannot be asked from here`,
      spec.provider === 'gcp' ? 'With HMAC keys the bucket can be read as provider generic.' : undefined,
    );
  if (spec.sts !== undefined && credentials.accessKey === undefined && !isAmbient(spec))
    throw trouble(
      'authentication-failed',
      `${bucketReferenceName(spec)}: spec.sts (${spec.sts}) cannot be used from here`,
    );
  const environment = options.environment ?? process.env;
  const useOwn = credentials.accessKey === undefined && isAmbient(spec) && options.ambientCredentials !== false;
  const own = {
    ...optional('accessKey', environment.AWS_ACCESS_KEY_ID),
    ...optional('secretKey', environment.AWS_SECRET_ACCESS_KEY),
    ...optional('sessionToken', environment.AWS_SESSION_TOKEN),
  };
  return new S3Bucket(spec, useOwn ? { ...credentials, ...own } : credentials, options);
}

/** AWS buckets without a Secret are read as whom the environment says, as in the cluster as whom the pod runs. */
const isAmbient = (spec: BucketSpec): boolean => spec.provider === 'aws';
