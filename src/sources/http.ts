import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import { failure } from '../core/failure.ts';
import { connections } from './http-connections.ts';
import { inSlot, withRetries } from './run.ts';
import { showUrl, Trouble, worldTrouble } from './trouble.ts';
import type { ProxyCredentials, SourceOptions, TlsCredentials } from './types.ts';

const MAX_REDIRECTS = 10;
const USER_AGENT = 'flux-local';

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  /** Sent with POST; a redirected request goes without it. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of a body; more gives `limit-exceeded`. */
  readonly maxBytes: number;
  /**
   * Headers that prove who asks. Asked again for each address on the way, so that none reaches a host it is not meant for;
   * `first` is the address that the request was made to.
   */
  readonly authorize?: (
    url: URL,
    first: URL,
  ) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** Statuses besides 2xx that the caller reads itself. */
  readonly accept?: readonly number[];
  /** Tries in all, where it should be fewer than the options say. */
  readonly attempts?: number;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The address after redirects. */
  readonly url: URL;
  readonly body: Buffer;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
  readonly headers: HttpReply['headers'];
}

export const header = (reply: Pick<HttpReply, 'headers'>, name: string): string | undefined => {
  const value = reply.headers[name];
  return typeof value === 'string' ? value : value?.[0];
};

/** Authorization for the host that was asked first, and over nothing weaker than it was asked with. */
export const onlyFirstHost =
  (headers: Readonly<Record<string, string>>) =>
  (url: URL, first: URL): Readonly<Record<string, string>> =>
    url.host === first.host && (url.protocol === first.protocol || url.protocol === 'https:') ? headers : {};

/**
 * HTTP for sources: own trust and client certificates, proxies, redirects that never carry credentials to another host,
 * bounded bodies, a time limit for each attempt, and another try after what a moment may mend.
 */
export class HttpClient {
  readonly #tls: TlsCredentials | undefined;
  readonly #proxy: ProxyCredentials | undefined;
  readonly #options: SourceOptions;
  /** One attempt, connection included. Milliseconds. Expiry gives the failure `fetch-timed-out`. */
  readonly #timeoutMs: number;

  constructor(
    options: SourceOptions,
    timeoutMs: number,
    tls: TlsCredentials | undefined,
    proxy: ProxyCredentials | undefined,
  ) {
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    this.#tls = tls;
    this.#proxy = proxy;
  }

  /** The whole body in memory. */
  async get(url: URL, request: HttpRequest): Promise<HttpReply> {
    return await withRetries(this.#options, request.attempts, () =>
      inSlot(() =>
        this.#attempt(url, request, async (reply, at) => {
          const chunks: Buffer[] = [];
          for await (const chunk of limited(reply.body, request.maxBytes, at)) chunks.push(chunk as Buffer);
          return { status: reply.statusCode, headers: reply.headers, url: at, body: Buffer.concat(chunks) };
        }),
      ),
    );
  }

  /** The body into a file. A broken try leaves no file. */
  async download(url: URL, request: HttpRequest, path: string): Promise<Downloaded> {
    return await withRetries(this.#options, request.attempts, () =>
      inSlot(() =>
        this.#attempt(url, request, async (reply, at) => {
          const hash = createHash('sha256');
          let bytes = 0;
          const count = new Transform({
            transform(chunk: Buffer, _encoding, done) {
              hash.update(chunk);
              bytes += chunk.length;
              done(null, chunk);
            },
          });
          try {
            await pipeline(limited(reply.body, request.maxBytes, at), count, createWriteStream(path));
          } catch (error) {
            await rm(path, { force: true });
            throw error;
          }
          return { bytes, sha256: hash.digest('hex'), headers: reply.headers };
        }),
      ),
    );
  }

  async #attempt<T>(
    first: URL,
    request: HttpRequest,
    read: (reply: Dispatcher.ResponseData, at: URL) => Promise<T>,
  ): Promise<T> {
    const { request: send } = await import('undici');
    const dispatcher = await this.#dispatcher();
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = this.#options.signal === undefined ? timeout : AbortSignal.any([timeout, this.#options.signal]);
    let at = first;
    try {
      for (let redirects = 0; ; redirects++) {
        const reply = await send(at, {
          method: at === first ? (request.method ?? 'GET') : request.method === 'HEAD' ? 'HEAD' : 'GET',
          ...(request.body === undefined || at !== first ? {} : { body: request.body }),
          headers: { 'user-agent': USER_AGENT, ...request.headers, ...(await request.authorize?.(at, first)) },
          dispatcher,
          signal,
          headersTimeout: this.#timeoutMs,
          bodyTimeout: this.#timeoutMs,
        });
        const location = isRedirect(reply.statusCode) ? reply.headers.location : undefined;
        if (typeof location === 'string') {
          await reply.body.dump().catch(() => {});
          if (redirects === MAX_REDIRECTS)
            throw worldTrouble('fetch-failed', `${showUrl(first)} redirects without end`);
          at = redirected(at, location);
          continue;
        }
        if ((reply.statusCode < 200 || reply.statusCode > 299) && !request.accept?.includes(reply.statusCode)) {
          const text = await excerpt(reply.body);
          throw refused(reply, at, text);
        }
        return await read(reply, at);
      }
    } catch (error) {
      throw this.#explain(error, at, timeout);
    }
  }

  #explain(error: unknown, at: URL, timeout: AbortSignal): unknown {
    if (error instanceof Trouble) return error;
    const where = showUrl(at);
    if (timeout.aborted && this.#options.signal?.aborted !== true) {
      const seconds = this.#timeoutMs / 1000;
      return new Trouble(
        failure('fetch-timed-out', `${where} did not answer within ${seconds} s`, {
          transient: true,
          hint: 'Raise spec.timeout of the source if the server is slow.',
        }),
        true,
      );
    }
    const code = errorCode(error);
    if (code === undefined || DISK.has(code)) return error;
    if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|SSL/.test(code))
      return worldTrouble(
        'fetch-failed',
        `${where}: the TLS connection was refused: ${reasonOf(error)}`,
        'Give the CA in certSecretRef (ca.crt), or to all of Node.js with NODE_EXTRA_CA_CERTS.',
      );
    const isName = code === 'ENOTFOUND' || code === 'EAI_AGAIN';
    const again = code !== 'ENOTFOUND' && !(isName && isKnownUnresolved(at.hostname));
    const why = isName ? 'the host name cannot be resolved' : reasonOf(error);
    return new Trouble(failure('fetch-failed', `${where}: ${why}`, { transient: true }), again);
  }

  #dispatcher(): Promise<Dispatcher> {
    return connections(this.#timeoutMs, this.#tls, this.#proxy, this.#options.environment ?? process.env);
  }
}

/** Troubles of the disk that a download is written to: no server mends them. */
const DISK = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

/** A machine without a network resolves no name at all: one source waits for the resolver, the others need not. */
function isKnownUnresolved(host: string): boolean {
  const now = Date.now();
  const known = (unresolved.get(host) ?? 0) > now;
  unresolved.set(host, now + UNRESOLVED_MS);
  return known;
}
const UNRESOLVED_MS = 10_000;
const unresolved = new Map<string, number>();

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined || (to.protocol !== 'http:' && to.protocol !== 'https:'))
    throw worldTrouble('fetch-failed', `${showUrl(from)} redirects to an address that is none`);
  return to;
}

/** What a server's refusal means to the reader. */
function refused(reply: Dispatcher.ResponseData, at: URL, text: string): Trouble {
  const status = reply.statusCode;
  const message = `${showUrl(at)} answered ${status}${text === '' ? '' : `: ${text}`}`;
  if (status === 401 || status === 403)
    return new Trouble(
      failure('authentication-failed', message, {
        transient: true,
        hint: 'Give credentials in the Secret that the source names (secretRef).',
      }),
      false,
      undefined,
      header(reply, 'www-authenticate'),
    );
  const again = status === 408 || status === 429 || status >= 500;
  return new Trouble(failure('fetch-failed', message, { transient: true }), again, retryAfterMs(reply));
}

function retryAfterMs(reply: Dispatcher.ResponseData): number | undefined {
  const value = header(reply, 'retry-after');
  if (value === undefined) return undefined;
  if (/^[0-9]+$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** The beginning of an error's text, on one line. */
async function excerpt(body: Readable): Promise<string> {
  let text = '';
  try {
    for await (const chunk of body) {
      text += String(chunk);
      if (text.length > 2000) break;
    }
  } catch {
    // the status says enough
  }
  if (/<html|<!doctype/i.test(text)) return '';
  return text.replace(/\s+/g, ' ').trim().slice(0, 300);
}

function limited(body: Readable, maxBytes: number, at: URL): Readable {
  let bytes = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(worldTrouble('limit-exceeded', `${showUrl(at)} is larger than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
  body.on('error', (error) => check.destroy(error));
  return body.pipe(check);
}

function errorCode(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
    if (at instanceof AggregateError) return errorCode(at.errors[0]);
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
