import type { Failure } from './failure.ts';

/** What a step gives: a value, or a failure as a value. A throw is a bug, and becomes `reason: 'bug'` where a task is run. */
export type Result<T, E = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const fail = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });
