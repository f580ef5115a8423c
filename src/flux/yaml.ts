import type { Result } from '../core/result.ts';
import type { YamlValue } from '../core/value.ts';
import { type ParseOptions, parse, stringify, type YamlError } from '../engines/goyaml/index.ts';

/** One YAML document as data; several documents: the first, as sigs.k8s.io/yaml reads. */
export function parseYaml(text: string, options: ParseOptions = {}): Result<YamlValue, YamlError> {
  return parse(text, options);
}

export { stringify as stringifyYaml };

/** Control characters that YAML readers refuse raw and JSON writers do not escape. */
const ESCAPED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Data as JSON on one line: valid YAML whatever strings it holds. */
export function toJsonText(value: YamlValue): string {
  return encode(value).replace(ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function encode(value: YamlValue): string {
  if (value instanceof Map)
    return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${encode(item)}`).join(',')}}`;
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}
