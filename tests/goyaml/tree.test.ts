import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMergeKey, parseNodes, parseTree, type YamlNode } from '../../src/engines/goyaml/index.ts';
import { fuzz } from '../fuzz.ts';
import { alteredTexts } from './altered.ts';

class Leaf {
  readonly text: string;
  readonly style: string;
  constructor(text: string, style: string) {
    this.text = text;
    this.style = style;
  }
}
const scalars = {
  make: (text: string, style: string) => new Leaf(text, style),
  copy: ({ text, style }: Leaf) => new Leaf(text, style),
};

function shown(tree: unknown): unknown {
  if (tree instanceof Leaf) return `${tree.style} ${tree.text}`;
  if (tree instanceof Map) return ['map', ...[...tree].map(([key, item]) => [key, shown(item)])];
  return (tree as unknown[]).map(shown);
}

/** The same of a node of the full reader; texts only where the tree may hold them. */
function shownNode(node: YamlNode): unknown {
  if (node.kind === 'alias') return shownNode(node.target!);
  if (node.kind === 'sequence') return node.children.map(shownNode);
  if (node.kind === 'scalar') {
    expect(node.tag).toBe('');
    return `${node.style === 'plain' || node.style === 'folded' ? node.style : 'quoted'} ${node.value}`;
  }
  const entries: unknown[] = [];
  for (let at = 0; at < node.children.length; at += 2) {
    const key = node.children[at]!;
    expect(key.kind).toBe('scalar');
    expect(isMergeKey(key, 'v3')).toBe(false);
    entries.push([key.value, shownNode(node.children[at + 1]!)]);
  }
  return ['map', ...entries];
}

test('a tree with scalars of its maker is the one that the full reader gives', () => {
  let taken = 0;
  fc.assert(
    fc.property(alteredTexts, (text) => {
      const tree = parseTree(text, scalars);
      if (tree === undefined) return;
      taken++;
      const { documents, error } = parseNodes(text, { dialect: 'v3' });
      expect(error).toBeUndefined();
      expect(tree.map(shown)).toEqual(documents.map(({ root }) => shownNode(root)));
    }),
    fuzz(5000),
  );
  expect(taken).toBeGreaterThan(1000);
});
