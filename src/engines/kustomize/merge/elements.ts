import { fieldMatches, findElement, wrongKind } from '../nodes/edit.ts';
import { isMissingOrNull, type Node, Scalar, scalarText } from '../nodes/node.ts';

/**
 * Replaces the elements whose fields `keys` have the texts `values` by `element`, or takes them out if there is none; puts
 * `element` at the end if none matches. Null and empty elements go in passing. Changes `list`.
 * @see kyaml yaml/fns.go, ElementSetter
 */
export function setElement(
  list: Node[],
  element: Node | undefined,
  keys: readonly string[],
  values: readonly string[],
): void {
  const forMaps = keys[0] !== '' && values.length > 0 && values[0] !== '';
  let matched = false;
  let to = 0;
  for (let at = 0; at < list.length; at++) {
    const item = list[at]!;
    if (isMissingOrNull(item) || (item instanceof Map && item.size === 0)) continue;
    if (forMaps && !(item instanceof Map)) {
      list[to++] = item;
      continue;
    }
    if (!matchesAll(item, keys, values)) {
      if (values.length > 0) list[to++] = item;
      continue;
    }
    matched = true;
    if (element !== undefined) list[to++] = element;
  }
  list.length = to;
  if (!isMissingOrNull(element) && !matched) list.push(element!);
}

function matchesAll(item: Node, keys: readonly string[], values: readonly string[]): boolean {
  let found = false;
  for (let at = 0; at < keys.length; at++) {
    if (at < values.length) found = matches(item, keys[at]!, values[at]!);
    if (!found) return false;
  }
  return found;
}

function matches(item: Node, key: string, value: string): boolean {
  if (key === '') {
    if (!(item instanceof Scalar)) throw wrongKind('ScalarNode', item);
    return scalarText(item) === value;
  }
  if (!(item instanceof Map)) throw wrongKind('MappingNode', item);
  return value === '' ? item.has(key) : fieldMatches(item, key, value);
}

/** The first element whose fields `keys` have the texts `values`; with the key '' the scalar `values[0]`. */
export function matchElement(
  list: readonly Node[],
  keys: readonly string[],
  values: readonly string[],
): Node | undefined {
  if (keys.length === 0 || keys[0] === '') return findElement(list, '', values[0] ?? '');
  if (keys.length !== values.length) return undefined;
  return list.find((item) => item instanceof Map && keys.every((key, at) => fieldMatches(item, key, values[at]!)));
}
