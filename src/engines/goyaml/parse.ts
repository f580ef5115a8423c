import { fail, ok, type Result } from '../../core/result.ts';
import type { YamlValue } from '../../core/value.ts';
import { Decoder, type DecodeSettings } from './decode.ts';
import { catchProblem, type YamlError, yamlError } from './error.ts';
import { fastParse } from './fast-parse.ts';
import type { YamlDocument } from './node.ts';
import { Parser } from './parser.ts';
import type { Dialect } from './scanner.ts';

export interface ParseOptions {
  /**
   * Which library reads. `v2` (the default): `sigs.k8s.io/yaml`, as Helm and Kubernetes do; `yes`, `on`, `n` are booleans, timestamps are
   * texts, merge keys overwrite what stands before them. `v3`: goyaml.v3, as kustomize does; those are texts, timestamps become
   * RFC 3339 texts, merge keys never overwrite, duplicate keys are failures.
   */
  readonly dialect?: Dialect;
  /** Two equal keys in one mapping. By default the last one wins in `v2` (as `Unmarshal`), and it is a failure in `v3`. */
  readonly duplicateKeys?: 'last' | 'error';
  /** A key that is no text (`1: x`) is a failure, as it is where Go marshals to JSON what goyaml.v3 read. By default it becomes a text. */
  readonly stringKeys?: boolean;
  /** `exact` (the default): an integer beyond 2^53 is a `bigint`. `float64`: it is the nearest number, as Go's `interface{}` has it. */
  readonly numbers?: 'exact' | 'float64';
  /**
   * What Go unmarshals into: `map` (`map[string]interface{}`) and `list` (`[]interface{}`) refuse other values with Go's message.
   * No document is an empty one, and so is `null` in `v2`; in `v3` it stays `null`.
   */
  readonly into?: 'any' | 'map' | 'list';
  /** How deep mappings and sequences may nest, aliases followed; 1000 by default. */
  readonly maxDepth?: number;
}

const MAX_DEPTH = 1000;

function settings(options: ParseOptions): DecodeSettings {
  const dialect = options.dialect ?? 'v2';
  return {
    dialect,
    duplicateKeys: options.duplicateKeys ?? (dialect === 'v3' ? 'error' : 'last'),
    stringKeys: options.stringKeys ?? false,
    numbers: options.numbers ?? 'exact',
    into: options.into ?? 'any',
    maxDepth: options.maxDepth ?? MAX_DEPTH,
  };
}

/**
 * Reads the first document of a YAML (or JSON) text. An empty text is `null`.
 * The failure's message is Go's: with `error converting YAML to JSON: ` before it in `v2`, as `sigs.k8s.io/yaml` says it.
 */
export function parse(text: string, options: ParseOptions = {}): Result<YamlValue, YamlError> {
  const chosen = settings(options);
  const fast = chosen.dialect === 'v3' && chosen.into !== 'any' ? undefined : fastParse(text, chosen, false);
  if (fast !== undefined) return intoTarget(fast.length === 0 ? null : fast[0]!.value, options.into);
  try {
    const document = new Parser(text, chosen.dialect).next();
    if (document === undefined) return intoTarget(null, options.into);
    const value = new Decoder(chosen).decode(document.root);
    return chosen.dialect === 'v3' ? ok(value) : intoTarget(value, options.into);
  } catch (thrown) {
    return fail(catchProblem(thrown, chosen.dialect === 'v2' ? 'error converting YAML to JSON: ' : ''));
  }
}

/** Go's JSON decoder speaks of arrays, objects, numbers, strings and bools. */
function jsonKind(value: YamlValue): string {
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'object';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'number';
}

function intoTarget(value: YamlValue, into: ParseOptions['into']): Result<YamlValue, YamlError> {
  if (into === undefined || into === 'any') return ok(value);
  if (value === null) return ok(into === 'map' ? new Map() : []);
  if (into === 'map' ? value instanceof Map : Array.isArray(value)) return ok(value);
  const type = into === 'map' ? 'map[string]interface {}' : '[]interface {}';
  return fail(
    yamlError(
      `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`,
    ),
  );
}

export interface ParsedDocument {
  readonly value: YamlValue;
  /** Where it starts: its `---` or its first token. 1-based. */
  readonly line: number;
}

/** Reads all documents of a stream; at a failure, those before it are given, too. Messages carry no prefix. */
export function parseDocuments(
  text: string,
  options: ParseOptions = {},
): { documents: ParsedDocument[]; error?: YamlError } {
  const chosen = settings(options);
  const fast = fastParse(text, chosen, true);
  if (fast !== undefined) return { documents: fast };
  const documents: ParsedDocument[] = [];
  try {
    const parser = new Parser(text, chosen.dialect);
    for (let document = parser.next(); document !== undefined; document = parser.next())
      documents.push({ value: new Decoder(chosen).decode(document.root), line: document.line });
    return { documents };
  } catch (thrown) {
    return { documents, error: catchProblem(thrown) };
  }
}

/** The nodes of all documents of a stream, with styles, tags and places; nothing is resolved yet. */
export function parseNodes(
  text: string,
  options: Pick<ParseOptions, 'dialect'> = {},
): { documents: YamlDocument[]; error?: YamlError } {
  const documents: YamlDocument[] = [];
  try {
    const parser = new Parser(text, options.dialect ?? 'v2');
    for (let document = parser.next(); document !== undefined; document = parser.next()) documents.push(document);
    return { documents };
  } catch (thrown) {
    return { documents, error: catchProblem(thrown) };
  }
}
