import { IrregularMap, type Node, type NodeMap, STRING_TAG } from './node.ts';
import { resolveTag } from './resolve.ts';

/**
 * A mapping with keys that kustomize makes: it writes them bare, so that `8080` is a number once it is read again, which the
 * final conversion refuses.
 */
export function mapOfKeys(entries: Iterable<readonly [string, Node]>): NodeMap {
  let map: NodeMap = new Map();
  for (const [key, value] of entries) map = withKey(map, key, value);
  return map;
}

/** The mapping with another key; it is the same one unless the key makes it irregular. */
export function withKey(map: NodeMap, key: string, value: Node): NodeMap {
  if (map.has(key) || resolveTag(key) === STRING_TAG) {
    map.set(key, value);
    return map;
  }
  const irregular = map instanceof IrregularMap ? map : new IrregularMap(map);
  irregular.nonStringKey ??= key;
  irregular.set(key, value);
  return irregular;
}
