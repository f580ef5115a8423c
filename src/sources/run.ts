import { canonicalJson, sha256 } from '../core/digest.ts';
import { type Failure, failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { Trouble } from './trouble.ts';
import type { SourceCache, SourceOptions } from './types.ts';

/** Fetches of one process at once, whatever they fetch. */
const PARALLEL = 12;
const running = new Map<string, Promise<Result<unknown>>>();
let queue: { add<T>(run: () => Promise<T>): Promise<T> } | undefined;

/** Runs at an entry of the room: troubles become failures, disk errors too; anything else thrown is a bug and goes on. */
export async function attempt<T>(run: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await run());
  } catch (error) {
    return fail(asFailure(error));
  }
}

export function asFailure(error: unknown): Failure {
  if (error instanceof Trouble) return error.failure;
  if (error instanceof Error && error.name === 'AbortError')
    return failure('fetch-failed', 'the fetch was cancelled', { transient: true });
  const code = (error as NodeJS.ErrnoException).code;
  const isDisk = error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
  if (isDisk && typeof code === 'string')
    return failure('fetch-failed', `the source cache cannot be written: ${error.message}`, {
      transient: true,
      hint:
        code === 'ENOSPC'
          ? 'Free some disk space, or choose another place with --cache-dir.'
          : 'Check the cache directory.',
    });
  throw error;
}

/**
 * One of equal fetches at a time: the others wait for its result. A failed one is forgotten.
 * @param credentials fetches for someone else are not equal: one may be refused where the other is not
 */
export function once<T>(
  cache: SourceCache,
  key: string,
  credentials: object,
  run: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const name = sha256(canonicalJson([cache.directory, key, credentials]));
  const before = running.get(name);
  if (before !== undefined) return before as Promise<Result<T>>;
  const now = run().finally(() => running.delete(name));
  running.set(name, now);
  return now;
}

/** Waits for one of the slots that fetches share. */
export async function inSlot<T>(run: () => Promise<T>): Promise<T> {
  if (queue === undefined) {
    const { default: PQueue } = await import('p-queue');
    queue ??= new PQueue({ concurrency: PARALLEL });
  }
  return await queue.add(run);
}

/** Tries again after transient troubles, with growing waits and as late as a server's `Retry-After` asks. */
export async function withRetries<T>(
  options: SourceOptions,
  atMost: number | undefined,
  run: () => Promise<T>,
): Promise<T> {
  const { attempts = 4, minWaitMs = 300, maxWaitMs = 20_000 } = options.retry ?? {};
  const { default: pRetry } = await import('p-retry');
  return await pRetry(run, {
    retries: Math.min(attempts, atMost ?? attempts) - 1,
    minTimeout: minWaitMs,
    maxTimeout: maxWaitMs,
    factor: 2,
    randomize: true,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    shouldRetry: ({ error }) => error instanceof Trouble && error.again,
    onFailedAttempt: async ({ error, retriesLeft }) => {
      const asked = error instanceof Trouble ? (error.retryAfterMs ?? 0) : 0;
      if (asked > 0 && retriesLeft > 0) await wait(Math.min(asked, maxWaitMs), options.signal);
    },
  });
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { setTimeout } = await import('node:timers/promises');
  await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
}
