import { JsonReader, JsonSyntaxError, type JsonWords } from './json-reader.ts';
import type { GoValue } from './value.ts';

export interface JsonParsed {
  readonly value: GoValue;
  /** Set where the text is no JSON (`value` is null then), or a number does not fit (it is null in `value` then). */
  readonly error: string | undefined;
}

/** Go's json.Unmarshal of a text into an interface{}: numbers are float64. */
export function parseJson(text: string, words: JsonWords = 'v1'): JsonParsed {
  let problem: string | undefined;
  const number = (written: string): number | null => {
    const value = Number(written);
    if (Number.isFinite(value)) return value;
    problem ??= `json: cannot unmarshal number ${written} into Go value of type float64`;
    return null;
  };
  try {
    return { value: new JsonReader(text, { number, words }).whole(), error: problem };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { value: null, error: error.message };
    throw error;
  }
}

/** What a JSON value is called where it does not fit. @see encoding/json decode.go, UnmarshalTypeError */
export function jsonKind(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (value instanceof Map) return 'object';
  return Array.isArray(value) ? 'array' : 'number';
}
