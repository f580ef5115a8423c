import type { BucketSpec } from './bucket-spec.ts';
import { HttpClient } from './http.ts';
import { showUrl, worldTrouble } from './trouble.ts';
import type { BucketCredentials, SourceOptions } from './types.ts';

const MAX_LIST_BYTES = 16 * 1024 * 1024;
const MAX_OBJECTS = 100_000;

export interface StoredObject {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
}

/** The reading half of S3 for one bucket: listing and getting, signed (Signature V4) where there are keys. */
export class S3Bucket {
  readonly #spec: BucketSpec;
  readonly #credentials: BucketCredentials;
  readonly #client: HttpClient;
  readonly #base: URL;
  readonly #region: string;

  constructor(spec: BucketSpec, credentials: BucketCredentials, options: SourceOptions) {
    this.#spec = spec;
    this.#credentials = credentials;
    this.#client = new HttpClient(options, spec.timeoutMs, credentials.tls, credentials.proxy);
    const scheme = spec.insecure ? 'http' : 'https';
    // As minio's client does by itself: the bucket is part of the host where the service is known to want that.
    const inHost = /(?:amazonaws\.com(?:\.cn)?|storage\.googleapis\.com|aliyuncs\.com)$/.test(spec.endpoint);
    const plain = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(spec.bucketName);
    this.#base = new URL(
      inHost && plain
        ? `${scheme}://${spec.bucketName}.${spec.endpoint}/`
        : `${scheme}://${spec.endpoint}/${encodeURIComponent(spec.bucketName)}/`,
    );
    const named = /\bs3[.-]([a-z]{2}(?:-[a-z]+)+-[0-9])\.amazonaws\.com/.exec(spec.endpoint)?.[1];
    this.#region = spec.region || (named ?? 'us-east-1');
  }

  /** All objects below the prefix, in the order of their keys. */
  async list(): Promise<readonly StoredObject[]> {
    const objects: StoredObject[] = [];
    let token: string | undefined;
    do {
      const url = new URL(this.#base.href);
      url.search = new URLSearchParams({
        'list-type': '2',
        'encoding-type': 'url',
        prefix: this.#spec.prefix,
        ...(token === undefined ? {} : { 'continuation-token': token }),
      })
        .toString()
        .replaceAll('+', '%20');
      const reply = await this.#client.get(url, {
        maxBytes: MAX_LIST_BYTES,
        authorize: (at, first) => this.#sign(at, first),
      });
      const text = reply.body.toString('utf8');
      if (!text.includes('<ListBucketResult'))
        throw worldTrouble('fetch-failed', `${showUrl(url)} answered with something that is no bucket's list`);
      const isEncoded = element(text, 'EncodingType') === 'url';
      for (const [, item = ''] of text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
        const written = element(item, 'Key');
        const key = isEncoded ? decodeURIComponent(written.replaceAll('+', '%20')) : written;
        objects.push({ key, etag: element(item, 'ETag').replaceAll('"', ''), size: Number(element(item, 'Size')) });
      }
      if (objects.length > MAX_OBJECTS)
        throw worldTrouble(
          'limit-exceeded',
          `bucket '${this.#spec.bucketName}' holds more than ${MAX_OBJECTS} objects`,
        );
      token = element(text, 'IsTruncated') === 'true' ? element(text, 'NextContinuationToken') || undefined : undefined;
    } while (token !== undefined);
    return objects;
  }

  /** An object into a file, if it is still the one that was listed. */
  async download({ key, etag, size }: StoredObject, path: string): Promise<void> {
    const url = new URL(key.split('/').map(encodeURIComponent).join('/').replace(/^\/+/, ''), this.#base.href);
    await this.#client.download(
      url,
      {
        maxBytes: Math.max(size, 1),
        headers: { 'if-match': `"${etag}"` },
        authorize: (at, first) => this.#sign(at, first),
      },
      path,
    );
  }

  async #sign(at: URL, first: URL): Promise<Readonly<Record<string, string>>> {
    const { accessKey, secretKey, sessionToken } = this.#credentials;
    if (accessKey === undefined || secretKey === undefined || at.host !== first.host) return {};
    const { AwsV4Signer } = await import('aws4fetch');
    const signer = new AwsV4Signer({
      url: at.href,
      method: 'GET',
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 's3',
      region: this.#region,
    });
    const { headers } = await signer.sign();
    return Object.fromEntries([...headers].filter(([name]) => name !== 'host'));
  }
}

/** The text of the first element of a name. S3's answers nest no element in one of the same name. */
function element(xml: string, name: string): string {
  const start = xml.indexOf(`<${name}>`);
  if (start < 0) return '';
  const from = start + name.length + 2;
  const end = xml.indexOf(`</${name}>`, from);
  const text = end < 0 ? '' : xml.slice(from, end);
  return text.replace(/&(?:#([0-9]+)|#x([0-9a-fA-F]+)|(lt|gt|amp|quot|apos));/g, (_, decimal, hex, entity) => {
    if (entity !== undefined) return ENTITIES.get(entity) ?? '';
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

const ENTITIES = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);
