import type { FailureReason } from '../../core/failure.ts';
import type { RemoteRequest } from './options.ts';

/**
 * Carries a refusal out of the engine's depth, with kustomize's own words; caught at the engine's entry. `message` grows a
 * prefix for each level it passes, as Go's wrapped errors do.
 */
export class KustomizeProblem extends Error {
  readonly reason: FailureReason;
  /** The file that is to blame, where one is. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly hint: string | undefined;
  readonly missingRemotes: readonly RemoteRequest[];
  /** An answer of an HTTP server other than 2xx: kustomize then looks no further. */
  readonly http: boolean;

  constructor(message: string, details: ProblemDetails = {}) {
    // Problems are part of the work (each path is tried as a file first); nobody reads where they were made.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.reason = details.reason ?? 'build-failed';
    this.file = details.file;
    this.line = details.line;
    this.hint = details.hint;
    this.missingRemotes = details.missingRemotes ?? [];
    this.http = details.http ?? false;
  }

  /** The same problem with other words. */
  withMessage(message: string, details: ProblemDetails = {}): KustomizeProblem {
    return new KustomizeProblem(message, {
      reason: this.reason,
      missingRemotes: this.missingRemotes,
      http: this.http,
      ...(this.file === undefined ? {} : { file: this.file }),
      ...(this.line === undefined ? {} : { line: this.line }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...details,
    });
  }
}

export interface ProblemDetails {
  readonly reason?: FailureReason;
  readonly file?: string;
  readonly line?: number;
  readonly hint?: string;
  readonly missingRemotes?: readonly RemoteRequest[];
  readonly http?: boolean;
}

/** What was thrown, as a problem; anything that is none is a bug and goes on its way. */
export function asProblem(thrown: unknown): KustomizeProblem {
  if (thrown instanceof KustomizeProblem) return thrown;
  throw thrown;
}

/** Runs `work`; a problem in it gets `prefix: ` in front, as kyaml's errors.WrapPrefixf does. */
export function prefixed<T>(prefix: string | (() => string), work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(`${typeof prefix === 'string' ? prefix : prefix()}: ${problem.message}`);
  }
}
