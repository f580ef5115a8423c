import type { YamlValue } from '../../core/value.ts';
import { JsonReader, JsonSyntaxError } from '../gotemplate/json-reader.ts';

/**
 * The JSON value that `text` begins with, numbers as float64, and where it ends; `undefined` where there is none.
 * @see Go encoding/json, Decoder.Decode
 */
export function parseJsonPrefix(text: string): { value: YamlValue; end: number } | undefined {
  return read(text, (reader) => ({ value: reader.next(), end: reader.at }));
}

/** A whole JSON text; a later key of a mapping wins. */
export function parseJson(text: string): YamlValue | undefined {
  return read(text, (reader) => reader.whole());
}

function read<T>(text: string, reading: (reader: JsonReader<number>) => T): T | undefined {
  let fits = true;
  const number = (written: string): number => {
    const value = Number(written);
    fits &&= Number.isFinite(value);
    return value;
  };
  try {
    const found = reading(new JsonReader(text, { number }));
    return fits ? found : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}
