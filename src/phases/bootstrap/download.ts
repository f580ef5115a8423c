import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';

/** Larger files are refused. Bytes. */
const MAX_BYTES = 512 * 1024 * 1024;

/** Gets the bytes of a URL over HTTP or HTTPS, or of a `data:` URL. */
export function downloader(signal: AbortSignal): (url: string) => Promise<Result<Uint8Array>> {
  return async (url) => {
    if (!/^(?:https?|data):/.test(url)) return fail(failure('fetch-failed', `${url} is neither HTTP nor HTTPS`));
    try {
      const answer = await fetch(url, { signal, redirect: 'follow' });
      if (!answer.ok)
        return fail(failure('fetch-failed', `${url} answers ${answer.status}`, { transient: answer.status >= 500 }));
      if (Number(answer.headers.get('content-length') ?? 0) > MAX_BYTES)
        return fail(failure('limit-exceeded', `${url} is larger than ${MAX_BYTES} bytes`));
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return bytes.length > MAX_BYTES
        ? fail(failure('limit-exceeded', `${url} is larger than ${MAX_BYTES} bytes`))
        : ok(bytes);
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return fail(failure('fetch-failed', `${url}: ${(cause as Error).message}`, { transient: true }));
    }
  };
}
