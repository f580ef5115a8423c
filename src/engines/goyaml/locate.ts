import type { YamlNode } from './node.ts';
import { parseNodes } from './parse.ts';

export interface YamlPosition {
  /** Both 1-based. */
  readonly line: number;
  readonly column: number;
}

/**
 * Where a path of keys and indices stands in a text: its key (or list item), or the deepest part of the path that is there.
 * @param document which document of the stream, from 0
 * @returns `undefined` where the text has no such document
 */
export function locate(text: string, path: readonly (string | number)[], document = 0): YamlPosition | undefined {
  const root = parseNodes(text).documents[document]?.root;
  return root === undefined ? undefined : locateIn(root, path);
}

/** The same within a node. */
export function locateIn(root: YamlNode, path: readonly (string | number)[]): YamlPosition {
  let at = root;
  let position: YamlPosition = { line: root.line, column: root.column };
  for (const step of path) {
    if (at.kind === 'alias') at = at.target!;
    const found = at.kind === 'mapping' ? entryOf(at, String(step)) : itemOf(at, step);
    if (found === undefined) break;
    position = { line: found.key.line, column: found.key.column };
    at = found.value;
  }
  return position;
}

function entryOf(mapping: YamlNode, key: string): { key: YamlNode; value: YamlNode } | undefined {
  for (let i = mapping.children.length - 2; i >= 0; i -= 2) {
    const node = mapping.children[i]!;
    if (node.kind === 'scalar' && node.value === key) return { key: node, value: mapping.children[i + 1]! };
  }
  return undefined;
}

function itemOf(node: YamlNode, step: string | number): { key: YamlNode; value: YamlNode } | undefined {
  if (node.kind !== 'sequence') return undefined;
  const item = node.children[Number(step)];
  return item === undefined ? undefined : { key: item, value: item };
}
