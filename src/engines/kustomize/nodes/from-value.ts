import type { YamlMap, YamlValue } from '../../../core/value.ts';
import { type Node, type NodeMap, Scalar, STRING_TAG } from './node.ts';
import { resolveTag } from './resolve.ts';

/** Data as nodes, as kyaml makes them when it writes data as YAML and reads it back. */
export function fromValue(value: YamlValue): Node {
  if (value instanceof Map) return mapFromValue(value);
  if (Array.isArray(value)) return value.map(fromValue);
  switch (typeof value) {
    case 'string':
      return new Scalar(value, STRING_TAG, needsQuotes(value) ? 'quoted' : 'plain');
    case 'boolean':
      return new Scalar(String(value), '!!bool');
    case 'bigint':
      return new Scalar(String(value), '!!int');
    case 'number':
      return new Scalar(String(value), resolveTag(String(value)));
    default:
      return new Scalar('null', '!!null');
  }
}

export function mapFromValue(value: YamlMap): NodeMap {
  const map: NodeMap = new Map();
  for (const [key, item] of value) map.set(key, fromValue(item));
  return map;
}

/** Whether yaml.v3 writes the string with quotes or as a block: it would read back as something else, or not at all. */
export function needsQuotes(text: string): boolean {
  return UNSAFE.test(text) || RESERVED.test(text) || resolveTag(text) !== STRING_TAG;
}

/** Empty, a leading indicator, `: `, ` #`, white space at either end, characters that need escapes. */
const UNSAFE =
  /^$|^[,[\]{}#&*!|>'"%@`\s]|^[-?:](?:\s|$)|:(?:\s|$)|\s#|\s$|[\n\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\ufeff]/;
const RESERVED =
  /^(?:y|n|yes|no|on|off|Y|N|Yes|No|On|Off|YES|NO|ON|OFF)$|^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
