import { createHash } from 'node:crypto';
import { type HttpClient, type HttpReply, header } from './http.ts';
import { basicHeader } from './http-connections.ts';
import { registryCredentials } from './registry-credentials.ts';
import { isLocal, type RegistryName } from './registry-name.ts';
import { showUrl, Trouble, worldTrouble } from './trouble.ts';
import type { BasicCredentials, OciCredentials, SourceOptions } from './types.ts';

const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;
const MAX_TAG_PAGES = 1000;
const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const TOKEN_MS = 50_000;
/** Which scheme a host of this machine's network speaks. */
const origins = new Map<string, { readonly origin: URL; readonly until: number }>();
/** How a host asked last who asks: the next one says so before it is asked. */
const challenges = new Map<string, string>();
const answers = new Map<string, { readonly answer: string; readonly until: number }>();
const DIGEST = /^sha256:[0-9a-f]{64}$|^sha512:[0-9a-f]{128}$/;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: ReadonlyMap<string, string>;
  readonly artifactType?: string;
}

export interface Manifest {
  readonly digest: string;
  readonly configMediaType: string;
  readonly layers: readonly Descriptor[];
  readonly annotations: ReadonlyMap<string, string>;
}

/**
 * The reading half of the distribution API for one repository, with Bearer and Basic authentication.
 * @see https://github.com/opencontainers/distribution-spec
 */
export class Registry {
  readonly #client: HttpClient;
  readonly #at: RegistryName;
  readonly #credentials: Pick<OciCredentials, 'registries' | 'exclusive'>;
  readonly #options: SourceOptions;
  readonly #insecure: boolean;
  #base: Promise<URL> | undefined;
  #authorization: string | undefined;
  #basic: Promise<BasicCredentials | undefined> | undefined;

  constructor(
    client: HttpClient,
    at: RegistryName,
    credentials: Pick<OciCredentials, 'registries' | 'exclusive'>,
    options: SourceOptions,
    insecure: boolean,
  ) {
    this.#client = client;
    this.#at = at;
    this.#credentials = credentials;
    this.#options = options;
    this.#insecure = insecure;
  }

  /** All tags, in the registry's order. */
  async tags(): Promise<readonly string[]> {
    const tags: string[] = [];
    let url: URL | undefined = await this.#url('tags/list?n=1000');
    for (let page = 0; url !== undefined; page++) {
      if (page === MAX_TAG_PAGES) throw worldTrouble('limit-exceeded', `${showUrl(url)}: too many pages of tags`);
      const reply: HttpReply = await this.#get(url, { maxBytes: MAX_MANIFEST_BYTES });
      const list = parseJson(reply.body, url).tags;
      if (Array.isArray(list)) for (const tag of list) if (typeof tag === 'string') tags.push(tag);
      const next: string | undefined = /<([^>]*)>\s*;\s*rel="?next"?/.exec(header(reply, 'link') ?? '')?.[1];
      const following: URL | undefined = next === undefined ? undefined : new URL(next, url.href);
      url = following?.host === url.host ? following : undefined;
    }
    return tags;
  }

  /** The digest that a tag stands for now. */
  async digestOf(tag: string): Promise<string> {
    const url = await this.#url(`manifests/${encodeURIComponent(tag)}`);
    const accept = [...MANIFESTS, ...INDEXES].join(', ');
    const reply = await this.#get(url, { method: 'HEAD', headers: { accept }, maxBytes: 0, accept: [404, 405, 400] });
    const digest = reply.status < 300 ? header(reply, 'docker-content-digest') : undefined;
    if (digest !== undefined && DIGEST.test(digest)) return digest;
    const whole = await this.#get(url, { headers: { accept }, maxBytes: MAX_MANIFEST_BYTES });
    return `sha256:${createHash('sha256').update(whole.body).digest('hex')}`;
  }

  /** The manifest of a digest, checked; of an index, that of linux/amd64. */
  async manifest(digest: string): Promise<Manifest> {
    const content = await this.#rawManifest(digest);
    if (INDEXES.includes(String(content.mediaType)) || Array.isArray(content.manifests)) {
      const items = Array.isArray(content.manifests) ? content.manifests.filter(isObject) : [];
      const chosen = items.find(({ platform }) => {
        if (!isObject(platform)) return true;
        return platform.os === 'linux' && platform.architecture === 'amd64';
      });
      if (chosen === undefined)
        throw worldTrouble('fetch-failed', `${this.#label(digest)}: no child with platform linux/amd64 in index`);
      return await this.manifest(descriptor(chosen).digest);
    }
    const config = content.config;
    return {
      digest,
      configMediaType: isObject(config) ? String(config.mediaType ?? '') : '',
      layers: (Array.isArray(content.layers) ? content.layers : []).filter(isObject).map(descriptor),
      annotations: annotationsOf(content),
    };
  }

  /** What refers to a manifest (signatures, attestations), by the referrers API or its fallback tag. */
  async referrers(digest: string): Promise<readonly Descriptor[]> {
    const url = await this.#url(`referrers/${digest}`);
    let reply = await this.#get(url, { maxBytes: MAX_MANIFEST_BYTES, accept: [404, 400, 405] });
    if (reply.status !== 200) {
      const tag = await this.#url(`manifests/${digest.replace(':', '-')}`);
      const accept = INDEXES.join(', ');
      reply = await this.#get(tag, { headers: { accept }, maxBytes: MAX_MANIFEST_BYTES, accept: [404] });
    }
    if (reply.status !== 200) return [];
    const { manifests } = parseJson(reply.body, url) as { manifests?: unknown };
    return Array.isArray(manifests) ? manifests.filter(isObject).map(descriptor) : [];
  }

  /** The digest of a tag, or `undefined` where there is no such tag. */
  async findTag(tag: string): Promise<string | undefined> {
    try {
      return await this.digestOf(tag);
    } catch (error) {
      if (error instanceof Trouble && / answered 404/.test(error.message)) return undefined;
      throw error;
    }
  }

  /** A blob into a file, its digest and size checked. */
  async blob({ digest, size }: Descriptor, path: string, maxBytes: number): Promise<void> {
    if (!digest.startsWith('sha256:'))
      throw worldTrouble('verification-failed', `${this.#label(digest)}: only sha256 digests can be checked`);
    if (size > maxBytes)
      throw worldTrouble('limit-exceeded', `${this.#label(digest)}: ${size} bytes are more than ${maxBytes}`);
    const url = await this.#url(`blobs/${digest}`);
    const got = await this.#authorized(() =>
      this.#client.download(url, { maxBytes, authorize: (at, first) => this.#headers(at, first) }, path),
    );
    if (`sha256:${got.sha256}` !== digest)
      throw worldTrouble(
        'verification-failed',
        `${showUrl(url)}: what came has the digest sha256:${got.sha256}, not ${digest}`,
        'The registry or something between changes what it serves.',
      );
  }

  async #rawManifest(digest: string): Promise<Record<string, unknown>> {
    const url = await this.#url(`manifests/${digest}`);
    const accept = [...MANIFESTS, ...INDEXES].join(', ');
    const { body } = await this.#get(url, { headers: { accept }, maxBytes: MAX_MANIFEST_BYTES });
    const [algorithm = ''] = digest.split(':');
    const got = `${algorithm}:${createHash(algorithm === 'sha512' ? 'sha512' : 'sha256')
      .update(body)
      .digest('hex')}`;
    if (got !== digest)
      throw worldTrouble('verification-failed', `${showUrl(url)}: what came has the digest ${got}, not ${digest}`);
    return parseJson(body, url);
  }

  async #get(
    url: URL,
    request: {
      readonly method?: 'GET' | 'HEAD';
      readonly headers?: Readonly<Record<string, string>>;
      readonly maxBytes: number;
      readonly accept?: readonly number[];
    },
  ): Promise<HttpReply> {
    const maxBytes = Math.max(request.maxBytes, 1);
    return await this.#authorized(() =>
      this.#client.get(url, { ...request, maxBytes, authorize: (at, first) => this.#headers(at, first) }),
    );
  }

  #headers(at: URL, first: URL): Readonly<Record<string, string>> {
    if (this.#authorization === undefined || at.host !== first.host) return {};
    if (at.protocol !== first.protocol && at.protocol !== 'https:') return {};
    return { authorization: this.#authorization };
  }

  /** Answers a registry's challenge once: it says in its 401 how it wants to be asked. */
  async #authorized<T>(run: () => Promise<T>): Promise<T> {
    const asked = challenges.get(`${this.#at.host} ${this.#insecure}`);
    if (this.#authorization === undefined && asked !== undefined)
      this.#authorization = await this.#answerOnce(asked).catch(() => undefined);
    const before = this.#authorization;
    try {
      return await run();
    } catch (error) {
      const challenge = error instanceof Trouble ? error.challenge : undefined;
      if (challenge === undefined) throw error;
      challenges.set(`${this.#at.host} ${this.#insecure}`, challenge);
      if (this.#authorization === before) this.#authorization = await this.#answerOnce(challenge);
      if (this.#authorization === before) throw error;
      return await run();
    }
  }

  /** Equal questions within a minute (the least a token lasts) get the same answer. */
  async #answerOnce(challenge: string): Promise<string | undefined> {
    this.#basic ??= registryCredentials(this.#at, this.#credentials, this.#options);
    const name = JSON.stringify([this.#at, await this.#basic, challenge]);
    const before = answers.get(name);
    if (before !== undefined && before.until > Date.now() && before.answer !== this.#authorization)
      return before.answer;
    const answer = await this.#answer(challenge);
    if (answer !== undefined) answers.set(name, { answer, until: Date.now() + TOKEN_MS });
    return answer;
  }

  async #answer(challenge: string): Promise<string | undefined> {
    this.#basic ??= registryCredentials(this.#at, this.#credentials, this.#options);
    const basic = await this.#basic;
    if (/^basic\b/i.test(challenge)) return basic === undefined ? undefined : basicHeader(basic);
    const parameters = new Map([...challenge.matchAll(/([a-z_]+)="([^"]*)"/gi)].map(([, key, value]) => [key, value]));
    const realm = parameters.get('realm');
    if (!/^bearer\b/i.test(challenge) || realm === undefined || !URL.canParse(realm)) return undefined;
    const url = new URL(realm);
    const base = await this.#origin();
    if (url.protocol !== 'https:' && base.protocol === 'https:') return undefined;
    const service = parameters.get('service');
    const scope = `repository:${this.#at.name}:pull`;
    let reply: HttpReply;
    if (basic?.username === '<token>') {
      const form = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: basic.password,
        client_id: 'flux-local',
        scope,
        ...(service === undefined ? {} : { service }),
      });
      reply = await this.#client.get(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        maxBytes: MAX_MANIFEST_BYTES,
      });
    } else {
      if (service !== undefined) url.searchParams.set('service', service);
      url.searchParams.set('scope', scope);
      const headers: Readonly<Record<string, string>> =
        basic === undefined ? {} : { authorization: basicHeader(basic) };
      reply = await this.#client.get(url, {
        maxBytes: MAX_MANIFEST_BYTES,
        authorize: (at, first) => (at.host === first.host && at.protocol === first.protocol ? headers : {}),
      });
    }
    const answer = parseJson(reply.body, url);
    const token = answer.token ?? answer.access_token;
    return typeof token === 'string' && token !== '' ? `Bearer ${token}` : undefined;
  }

  async #url(path: string): Promise<URL> {
    return new URL(`/v2/${this.#at.name}/${path}`, (await this.#origin()).href);
  }

  /** Registries on this machine or marked insecure may speak plain HTTP; HTTPS is tried first, as go-containerregistry does. */
  #origin(): Promise<URL> {
    this.#base ??= this.#knownOrigin();
    return this.#base;
  }

  async #knownOrigin(): Promise<URL> {
    const name = `${this.#at.host} ${this.#insecure}`;
    const before = origins.get(name);
    if (before !== undefined && before.until > Date.now()) return before.origin;
    const origin = await this.#findOrigin();
    origins.set(name, { origin, until: Date.now() + TOKEN_MS });
    return origin;
  }

  async #findOrigin(): Promise<URL> {
    const { host } = this.#at;
    const secure = new URL(`https://${host}`);
    if (!this.#insecure && !isLocal(host)) return secure;
    const ping = (origin: URL): Promise<HttpReply> =>
      this.#client.get(new URL('/v2/', origin.href), {
        maxBytes: MAX_MANIFEST_BYTES,
        accept: [401, 403, 404],
        attempts: 1,
      });
    try {
      await ping(secure);
      return secure;
    } catch (error) {
      const plain = new URL(`http://${host}`);
      try {
        await ping(plain);
        return plain;
      } catch {
        if (error instanceof Trouble && error.again) return this.#insecure ? plain : secure; // the request itself tries again
        throw error;
      }
    }
  }

  #label(digest: string): string {
    return `oci://${this.#at.host}/${this.#at.name}@${digest}`;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseJson(body: Buffer, url: URL): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (isObject(value)) return value;
  } catch {
    // said below
  }
  throw worldTrouble('fetch-failed', `${showUrl(url)} answered with something that is not JSON`);
}

function descriptor(item: Record<string, unknown>): Descriptor {
  const digest = String(item.digest ?? '');
  if (!DIGEST.test(digest))
    throw worldTrouble('fetch-failed', `a manifest names the invalid digest ${JSON.stringify(digest)}`);
  return {
    mediaType: String(item.mediaType ?? ''),
    digest,
    size: typeof item.size === 'number' ? item.size : 0,
    annotations: annotationsOf(item),
    ...(typeof item.artifactType === 'string' ? { artifactType: item.artifactType } : {}),
  };
}

function annotationsOf(item: Record<string, unknown>): ReadonlyMap<string, string> {
  const annotations = new Map<string, string>();
  if (isObject(item.annotations))
    for (const [key, value] of Object.entries(item.annotations))
      if (typeof value === 'string') annotations.set(key, value);
  return annotations;
}
