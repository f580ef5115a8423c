import { describeNode } from '../../nodes/describe.ts';
import {
  emptyOfKind,
  getField,
  isListIndex,
  type NodeKind,
  parseIndex,
  type Slot,
  splitListIndex,
  wrongKind,
} from '../../nodes/edit.ts';
import { isMissingOrNull, type Node, type NodeMap, Scalar } from '../../nodes/node.ts';
import { readNode } from '../../nodes/read.ts';
import { compilePattern } from '../../patterns.ts';
import { KustomizeProblem } from '../../problem.ts';

/**
 * The places that a path leads to: fields, list positions, `*` for each element, `[field=pattern]` for those elements whose
 * field matches a regular expression (`[=pattern]` for scalars).
 * @param create what is made at the end of the path where nothing is there
 * @see kyaml yaml/match.go, PathMatcher
 */
export function matchPath(slot: Slot, path: readonly string[], create: NodeKind | undefined): Slot[] | undefined {
  const [part, ...rest] = path;
  if (part === undefined) return [slot];
  if (isIndex(part)) return atIndex(slot, part, rest, create);
  if (isListIndex(part)) return atElements(slot, part, rest, create);
  if (part === '*') {
    const found = elements(slot).flatMap((element) => matchPath(element, rest, create) ?? []);
    return found.length === 0 ? undefined : found;
  }
  return atField(slot, part, rest, create);
}

function isIndex(part: string): boolean {
  const index = parseIndex(part);
  return index !== undefined && index >= 0;
}

function kindFor(next: string | undefined, last: NodeKind): NodeKind {
  if (next === undefined || next === '') return last;
  return isListIndex(next) || isIndex(next) ? 'SequenceNode' : 'MappingNode';
}

function elements(slot: Slot): Slot[] {
  const { node } = slot;
  if (isMissingOrNull(node)) return [];
  if (!Array.isArray(node)) throw wrongKind('SequenceNode', node);
  return node.map((item, at) => ({ node: item, put: (to: Node) => void node.splice(at, 1, to) }));
}

function atField(slot: Slot, name: string, rest: readonly string[], create: NodeKind | undefined): Slot[] | undefined {
  const { node } = slot;
  let field = getField(node, name);
  if (field === undefined) {
    if (create === undefined) return undefined;
    field = emptyOfKind(kindFor(rest[0], create));
    if (node instanceof Map) node.set(name, field);
  }
  if (field instanceof Scalar && rest.length > 0) {
    // What is found in the text of a scalar is looked at, and a change of it is lost.
    const inner = readNode(field.value);
    if (inner === undefined)
      throw new KustomizeProblem('wrong node kind: expected MappingNode but got : node contents:\n');
    return matchPath({ node: inner, put: () => {} }, rest, create);
  }
  return matchPath({ node: field, put: (to) => void (node as NodeMap).set(name, to) }, rest, create);
}

function atIndex(slot: Slot, part: string, rest: readonly string[], create: NodeKind | undefined): Slot[] | undefined {
  const index = Number(part);
  const { node } = slot;
  if (create !== undefined && Array.isArray(node) && node.length === index)
    node.push(emptyOfKind(kindFor(rest[0], create)));
  const found = elements(slot);
  const element = found[index];
  if (element === undefined)
    throw new KustomizeProblem(`index ${index} specified but only ${found.length} elements found`);
  return matchPath(element, rest, create);
}

function atElements(
  slot: Slot,
  part: string,
  rest: readonly string[],
  create: NodeKind | undefined,
): Slot[] | undefined {
  const [field, pattern] = splitListIndex(part);
  const found: Slot[] = [];
  for (const element of elements(slot)) {
    const matches = compilePattern(pattern);
    if (field === '') {
      if (matches.test(written(element.node))) found.push(element);
      continue;
    }
    const value = element.node instanceof Map ? element.node.get(field) : undefined;
    if (value === undefined || !matches.test(written(value))) continue;
    found.push(...(matchPath(element, rest, create) ?? []));
  }
  if (found.length > 0) return found;
  if (create === undefined) return undefined;
  const { node } = slot;
  if (!Array.isArray(node)) return undefined;
  const value = new Scalar(pattern, '');
  node.push(field === '' ? value : new Map([[field, value]]));
  if (!compilePattern(pattern).test(pattern))
    throw new KustomizeProblem(`failed to create element for ${JSON.stringify(part)}: it does not match itself`);
  return atElements(slot, part, rest, create);
}

/** A value as it stands in the text, quotes included. */
function written(node: Node): string {
  if (!(node instanceof Scalar)) return describeNode(node).trim();
  return node.quoted && node.tag === '!!str' ? JSON.stringify(node.value) : node.value.trim();
}
