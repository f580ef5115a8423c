import type { YamlNode } from '../../goyaml/index.ts';
import { needsQuotes } from './from-value.ts';
import { type Node, Scalar, STRING_TAG } from './node.ts';
import { resolveTag } from './resolve.ts';

/** A tree with the nodes of the text that its scalars were read from. */
export interface SourcedTree {
  readonly root: Node;
  readonly source: YamlNode;
  readonly sources: ReadonlyMap<Scalar, YamlNode>;
}

/**
 * The text with the scalars that have been changed since, laid out as kustomize's YAML library does it: two spaces a level, lists
 * not indented, comments and quotes as they were. `undefined` where more than scalars of one line has changed.
 */
export function editedText(tree: SourcedTree, text: string): string | undefined {
  const edits: { from: number; to: number; text: string }[] = [];
  const seen = new Set<Scalar>();
  if (!collect(tree, tree.root, edits, seen) || seen.size !== tree.sources.size) return undefined;
  const shifts = new Map<number, number>();
  layOut(tree.source, 0, shifts);
  for (const node of tree.sources.values()) {
    const gap = /^ {2,}(?=#)/.exec(text.slice(node.end));
    if (gap !== null && node.style !== 'literal' && node.style !== 'folded')
      edits.push({ from: node.end, to: node.end + gap[0].length, text: ' ' });
  }
  edits.sort((a, b) => b.from - a.from);
  let edited = text;
  for (const edit of edits) edited = edited.slice(0, edit.from) + edit.text + edited.slice(edit.to);
  return shifted(edited.split('\n'), shifts);
}

/** Finds the changed scalars; false if there is something that the text cannot be edited for. */
function collect(
  tree: SourcedTree,
  node: Node,
  edits: { from: number; to: number; text: string }[],
  seen: Set<Scalar>,
): boolean {
  if (node instanceof Map) return [...node.values()].every((item) => collect(tree, item, edits, seen));
  if (!(node instanceof Scalar)) return node.every((item) => collect(tree, item, edits, seen));
  const source = tree.sources.get(node);
  if (source === undefined) return false;
  seen.add(node);
  if (node.value === source.value) return true;
  if (source.style === 'literal' || source.style === 'folded' || node.value.includes('\n')) return false;
  if (source.value.includes('\n') || source.tag !== '' || source.anchor !== '') return false;
  const separator = source.start === source.end ? ' ' : '';
  edits.push({ from: source.start, to: source.end, text: separator + written(node, source) });
  return true;
}

function written(node: Scalar, source: YamlNode): string {
  const { value } = node;
  if (source.style === 'single') return `'${value.replaceAll("'", "''")}'`;
  if (source.style === 'double' || (node.tag === STRING_TAG && resolveTag(value) !== STRING_TAG))
    return JSON.stringify(value);
  return resolveTag(value) === STRING_TAG && needsQuotes(value) ? `'${value.replaceAll("'", "''")}'` : value;
}

/** By how much each line moves to the left, by the line's number. */
function layOut(node: YamlNode, column: number, shifts: Map<number, number>): void {
  if (node.style !== 'block') return;
  const shift = node.column - 1 - column;
  if (node.kind === 'mapping')
    for (let at = 0; at < node.children.length; at += 2) {
      const [key, value] = [node.children[at]!, node.children[at + 1]!];
      if (!shifts.has(key.line)) shifts.set(key.line, shift);
      layOut(value, value.kind === 'sequence' ? column : column + 2, shifts);
    }
  else
    for (const item of node.children) {
      if (!shifts.has(item.line)) shifts.set(item.line, shift);
      layOut(item, column + 2, shifts);
    }
}

/** Lines that start nothing go with the one before, comments with the one after. */
function shifted(lines: readonly string[], shifts: ReadonlyMap<number, number>): string {
  let last = 0;
  return lines
    .map((line, at) => {
      const isComment = /^\s*#/.test(line);
      let shift = shifts.get(at + 1);
      if (shift === undefined && isComment) {
        let next = at + 1;
        while (next < lines.length && /^\s*(?:#|$)/.test(lines[next]!)) next++;
        shift = shifts.get(next + 1);
      }
      shift ??= last;
      if (!isComment) last = shift;
      const indent = /^ */.exec(line)![0].length;
      return line.slice(Math.min(Math.max(shift, 0), indent));
    })
    .join('\n');
}
