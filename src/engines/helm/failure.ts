import { type Failure, type FailureReason, failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';

/** Thrown inside the engine, and made a value again where the engine is entered. `message` is Helm's own text. */
export class HelmError extends Error {
  readonly reason: FailureReason;
  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Runs a step of the engine: what it throws as `HelmError` becomes the failure. */
export function attempt<T>(step: () => T): Result<T, Failure> {
  try {
    return ok(step());
  } catch (error) {
    if (error instanceof HelmError) return fail(failure(error.reason, error.message));
    if (error instanceof RangeError && error.message.includes('call stack'))
      return fail(failure('limit-exceeded', 'data is nested too deeply'));
    throw error;
  }
}
