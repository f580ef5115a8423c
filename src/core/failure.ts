import type { Location } from './location.ts';

/**
 * Why something could not be done. `reason` is the stable part: one word for each cause that a reader acts on differently.
 * `message` is one sentence for a person (it may hold the engine's own text over several lines); `hint` says what to do.
 */
export interface Failure {
  readonly reason: FailureReason;
  readonly message: string;
  readonly at?: Location;
  readonly hint?: string;
  /** The id (`Kustomization/flux-system/apps`) of the object whose failure stands behind this one. */
  readonly blockedBy?: readonly string[];
  /** Set where trying again may help (a network error): such a failure is never kept as a record. */
  readonly transient?: boolean;
}

export type FailureReason =
  /** A YAML or JSON text cannot be read. */
  | 'invalid-yaml'
  /** An object is not what its kind asks for. */
  | 'invalid-object'
  /** A file or directory that something names does not exist. */
  | 'path-not-found'
  /** A path leads outside its source. */
  | 'path-escapes'
  /** kustomize refuses a build. */
  | 'build-failed'
  /** Variable substitution refuses a text. */
  | 'substitution-failed'
  /** Values of a HelmRelease cannot be composed. */
  | 'values-failed'
  /** A chart cannot be loaded. */
  | 'chart-invalid'
  /** No version of the chart satisfies the constraint. */
  | 'chart-version-not-found'
  /** A chart's templates cannot be rendered. */
  | 'template-failed'
  /** Values do not match the chart's `values.schema.json`. */
  | 'schema-violation'
  /** A source cannot be fetched. */
  | 'fetch-failed'
  | 'fetch-timed-out'
  | 'authentication-failed'
  /** What came is not what was asked for (digest, signature). */
  | 'verification-failed'
  /** `--offline` and the revision is not in the cache. */
  | 'offline'
  /** An object that another one names is nowhere in the run. */
  | 'object-not-found'
  /** An object that this one depends on failed. */
  | 'dependency-failed'
  /** Objects that wait for each other. */
  | 'dependency-cycle'
  | 'decryption-failed'
  /** A user's own command failed. */
  | 'command-failed'
  | 'precondition-failed'
  /** A bound on time, depth, size or aliases was met. */
  | 'limit-exceeded'
  /** The tool itself is wrong. */
  | 'bug';

export function failure(
  reason: FailureReason,
  message: string,
  rest: Omit<Failure, 'reason' | 'message'> = {},
): Failure {
  return { reason, message, ...rest };
}
