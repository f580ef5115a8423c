import { type Failure, failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { SourceOptions } from './types.ts';

/** What needs no network to resolve: a revision of the lock file; under `offline` all else is a failure. */
export function pinned(name: string, options: SourceOptions): Result<string> | undefined {
  const locked = options.lock?.get(name);
  if (locked !== undefined) return ok(locked);
  return options.offline === true ? fail(offlineFailure(name)) : undefined;
}

export function offlineFailure(what: string): Failure {
  return failure('offline', `${what} is not in the cache, and the network is not asked (--offline)`, {
    transient: true,
    hint: 'Run once without --offline to fetch it.',
  });
}
