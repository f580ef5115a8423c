import type { YamlMap, YamlValue } from '../../core/value.ts';
import { resolveScalar, type YamlNode } from '../../engines/goyaml/index.ts';
import { DecodeError, entries, resolved } from './decode-node.ts';

/** Nodes of one value at most: an alias that stands for a large part counts each time. */
const MAX_NODES = 1_000_000;

/** A node's value as go-yaml v3 decodes it into `any`. */
export function nodeValue(node: YamlNode): YamlValue {
  let left = MAX_NODES;
  const convert = (raw: YamlNode): YamlValue => {
    if (--left < 0) throw new DecodeError(node, ['document contains excessive aliasing']);
    const at = resolved(raw);
    if (at.kind === 'sequence') return at.children.map(convert);
    if (at.kind === 'mapping') {
      const map: YamlMap = new Map();
      for (const [key, value] of entries(at)) map.set(key.value, convert(value));
      return map;
    }
    return resolveScalar(at, 'v3').value;
  };
  return convert(node);
}
