import { fromBytes } from '../../gotemplate/go-string.ts';
import { JsonSyntaxError } from '../../gotemplate/json-reader.ts';
import type { Values } from '../work-chart.ts';
import { compileSchema } from './compile.ts';
import { readJson } from './json.ts';
import { SchemaProblem } from './resources.ts';
import type { Schema } from './schema.ts';
import { validate } from './validate.ts';

interface Compiled {
  /** The schema, or what is wrong with it. */
  readonly schema: Schema | string;
  readonly warnings: readonly string[];
}

/** By the schema's bytes, which live as long as their chart. */
const compiled = new WeakMap<Uint8Array, Compiled>();
/** By the text: a chart loaded again, or a library that many charts hold, is compiled once. */
const recent = new Map<string, Compiled>();
const MAX_RECENT = 64;

function compile(bytes: Uint8Array): Compiled {
  let result = compiled.get(bytes);
  if (result !== undefined) return result;
  const text = fromBytes(bytes);
  result = recent.get(text);
  if (result === undefined) {
    const warnings: string[] = [];
    let schema: Schema | string;
    try {
      schema = compileSchema(readJson(text), { warn: (line) => warnings.push(line) });
    } catch (error) {
      if (!(error instanceof SchemaProblem || error instanceof JsonSyntaxError)) throw error;
      schema = error.message;
    }
    result = { schema, warnings };
    if (recent.size >= MAX_RECENT) recent.delete(recent.keys().next().value!);
    recent.set(text, result);
  }
  compiled.set(bytes, result);
  return result;
}

const PREFIX = "jsonschema validation failed with 'file:///values.schema.json#'\n";

/**
 * Holds values against a schema, a `values.schema.json`.
 * @param warn called with each address that could not be reached
 * @returns what is wrong with the schema, or does not fit, or `undefined`
 */
export function schemaProblem(bytes: Uint8Array, values: Values, warn: (line: string) => void): string | undefined {
  const { schema, warnings } = compile(bytes);
  for (const warning of warnings) warn(warning);
  if (typeof schema === 'string') return schema;
  const error = validate(schema, values)?.toString();
  if (error === undefined) return undefined;
  return `${error.startsWith(PREFIX) ? error.slice(PREFIX.length) : error}\n`;
}
