import { type Failure, failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { EnvsubstError } from './failure.ts';
import { operation } from './functions.ts';
import { type Expansion, type Node, parse } from './parse.ts';
import { type ByteString, fromByteString, isUtf8, toByteString } from './runes.ts';

export interface SubstituteOptions {
  /** A variable that is not given and has no default is a failure. Otherwise it is the empty text. */
  readonly strict?: boolean;
  /**
   * For values that are yet to come: what asks for a variable that is not given stays as it is written where no operator says what
   * that is, and `$$` stays too, so that the result can be substituted again.
   */
  readonly keepUnset?: boolean;
}

/** Operators that say what an unset variable gives: no failure in strict mode. */
const TOLERATES_UNSET = new Set(['-', '+', '=', '?', ':-', ':+', ':=', ':?']);
/** The expansion of nested defaults may grow a text; past this many bytes it is refused. */
const MAX_OUTPUT = 256 * 1024 * 1024;

/**
 * Replaces `${variable}` and its operators (`${v:=default}`, `${v:offset:length}`, `${v/a/b}`, `${v^^}`, …) as Flux does;
 * `$$` gives `$`. Lengths and offsets count bytes. A cut inside a character gives U+FFFD.
 * @see github.com/fluxcd/pkg/envsubst 1.8, Eval
 */
export function substitute(
  text: string,
  variables: ReadonlyMap<string, string>,
  options: SubstituteOptions = {},
): Result<string> {
  const evaluated = substituteBytes(text, variables, options);
  return evaluated.ok ? ok(evaluated.value.text) : evaluated;
}

/** As `substitute`; `utf8` is false where the text was cut inside a character (a YAML reader refuses such bytes). */
export function substituteBytes(
  text: string,
  variables: ReadonlyMap<string, string>,
  { strict = false, keepUnset = false }: SubstituteOptions = {},
): Result<{ readonly text: string; readonly utf8: boolean }> {
  if (!text.includes('$') && !text.includes('\0')) return ok({ text, utf8: true });
  try {
    const evaluation = new Evaluation(variables, strict, keepUnset);
    const bytes = parse(toByteString(text), { keepEscapes: keepUnset }).map((node) => evaluation.node(node));
    const out = bytes.join('');
    return ok({ text: fromByteString(out), utf8: isUtf8(out) });
  } catch (error) {
    if (error instanceof EnvsubstError) return fail(evaluationFailure(error));
    throw error;
  }
}

const evaluationFailure = (error: EnvsubstError): Failure =>
  failure(error.limit ? 'limit-exceeded' : 'substitution-failed', error.message);

class Evaluation {
  readonly #variables: ReadonlyMap<string, string>;
  readonly #strict: boolean;
  readonly #keepUnset: boolean;
  #size = 0;
  constructor(variables: ReadonlyMap<string, string>, strict: boolean, keepUnset: boolean) {
    this.#variables = variables;
    this.#strict = strict;
    this.#keepUnset = keepUnset;
  }

  node(node: Node): ByteString {
    return typeof node === 'string' ? node : this.#expand(node);
  }

  #expand({ variable, operator, args, source }: Expansion): ByteString {
    const values = args.map((arg) => this.node(arg));
    const name = fromByteString(variable);
    const value = this.#variables.get(name);
    if (value === undefined && this.#strict && !TOLERATES_UNSET.has(operator))
      throw new EnvsubstError(`variable not set (strict mode): ${JSON.stringify(name)}`);
    if (value === undefined && this.#keepUnset && !TOLERATES_UNSET.has(operator)) return source;
    const result = operation(operator, values.length)(toByteString(value ?? ''), values);
    this.#size += result.length;
    if (this.#size > MAX_OUTPUT) throw new EnvsubstError('substitution gives more than 256 MiB', true);
    return result;
  }
}
