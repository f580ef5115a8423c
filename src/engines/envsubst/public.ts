import type { Failure } from '../../core/failure.ts';
import type { Result } from '../../core/result.ts';
import { type SubstituteOptions, substitute as substituteMap } from './index.ts';

export type { Failure, Result, SubstituteOptions };

/**
 * Replaces `${variable}` and its operators in `text` as Flux's `postBuild.substitute` does; `$$` gives `$`.
 * @param variables name to value; only own properties count
 * @param options `strict`: a variable that is not given and has no default is a failure, otherwise it is the empty text
 * @returns `{ ok: true, value }`, or `{ ok: false, error }` with Flux's own message
 */
export function substitute(
  text: string,
  variables: Readonly<Record<string, string>>,
  options: SubstituteOptions = {},
): Result<string, Failure> {
  return substituteMap(text, new Map(Object.entries(variables)), options);
}
