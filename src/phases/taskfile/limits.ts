import { Cancelled, TaskTimeout } from './errors.ts';

/**
 * Runs all at once. The first failure (in time) is thrown when all have ended; with `failfast` it stops the others.
 */
export async function runTogether(
  works: readonly ((signal: AbortSignal | undefined) => Promise<void>)[],
  failfast: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const controller = failfast ? new AbortController() : undefined;
  const inner = controller === undefined ? signal : anySignal(signal, controller.signal);
  let first: { readonly error: unknown } | undefined;
  await Promise.all(
    works.map(async (work) => {
      try {
        await work(inner);
      } catch (error) {
        first ??= { error };
        controller?.abort(new Cancelled());
      }
    }),
  );
  if (first !== undefined) throw first.error;
}

/**
 * Bounds a part of a run in time. When the limit passes, the part's signal is aborted and the part fails with `TaskTimeout`.
 * @param milliseconds 0 for no limit
 */
export async function withTimeLimit(
  milliseconds: number,
  task: string,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<void>,
): Promise<void> {
  if (milliseconds <= 0) return work(signal);
  const limit = new TaskTimeout(task, milliseconds);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(limit), milliseconds);
  try {
    await work(anySignal(signal, controller.signal));
  } catch (error) {
    if (controller.signal.aborted && signal?.aborted !== true) throw limit;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const anySignal = (outer: AbortSignal | undefined, inner: AbortSignal): AbortSignal =>
  outer === undefined ? inner : AbortSignal.any([outer, inner]);

/** Waits for work that somebody else started; gives up when the signal says so. */
export async function waitFor<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new Cancelled());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}
