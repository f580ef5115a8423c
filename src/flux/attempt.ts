import type { Failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { FluxError } from './fields.ts';

/** Runs a function of this room: a `FluxError` becomes its failure. */
export function attempt<T>(step: () => T): Result<T, Failure> {
  try {
    return ok(step());
  } catch (error) {
    if (error instanceof FluxError) return fail(error.failure);
    throw error;
  }
}

/** The value, or the failure thrown for `attempt` to catch. */
export function unwrap<T>(result: Result<T, Failure>): T {
  if (result.ok) return result.value;
  throw new FluxError(result.error);
}
