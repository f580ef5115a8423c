import { type JsonOf, JsonReader, JsonSyntaxError } from '../../gotemplate/json-reader.ts';

/** A JSON number with its digits: schemas compare decimals exactly, and errors show what was written. */
export class JsonNumber {
  readonly text: string;
  readonly value: number;
  constructor(text: string) {
    this.text = text;
    this.value = Number(text);
  }
}

export type Json = JsonOf<JsonNumber>;
export type JsonObject = Map<string, Json>;

/** What the schema library reads with a decoder says of a text that ends too early. */
const endOfText = (text: string): string => (text.trim() === '' ? 'EOF' : 'unexpected EOF');

/** Reads a whole JSON text, at most 1,000 deep. @throws JsonSyntaxError */
export function readJson(text: string): Json {
  const reader = new JsonReader(text, { number: (written) => new JsonNumber(written), maxDepth: 1000, endOfText });
  const value = reader.next();
  if (text.slice(reader.at).trim() !== '') throw new JsonSyntaxError('invalid character after top-level value');
  return value;
}
