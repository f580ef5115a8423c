import { KustomizeProblem } from '../problem.ts';
import { describeNode } from './describe.ts';
import { isMissingOrNull, isStringNode, kindName, type Node, type NodeMap, Scalar } from './node.ts';
import { resolveTag } from './resolve.ts';

/** A place that holds a node: what is there, and how to put something else there. */
export interface Slot {
  readonly node: Node;
  put(node: Node): void;
}

export type NodeKind = 'ScalarNode' | 'MappingNode' | 'SequenceNode';

export function wrongKind(expected: NodeKind, node: Node): KustomizeProblem {
  return new KustomizeProblem(
    `wrong node kind: expected ${expected} but got ${kindName(node)}: node contents:\n${describeNode(node)}`,
  );
}

/** yaml.ErrorIfInvalid: null and nothing pass for anything. */
export function requireKind(node: Node | undefined, kind: NodeKind): void {
  if (!isMissingOrNull(node) && kindName(node) !== kind) throw wrongKind(kind, node);
}

export function emptyOfKind(kind: NodeKind): Node {
  return kind === 'ScalarNode' ? new Scalar('', '') : kind === 'MappingNode' ? new Map() : [];
}

/**
 * Puts `value` into the field, in place if a scalar is there already: the quotes stay those of the scalar that was there.
 * Nothing, or a null, takes the field away unless `keepNull`.
 * @see kyaml yaml/fns.go, FieldSetter
 */
export function setField(map: NodeMap, name: string, value: Node | undefined, keepNull = false): void {
  if (value === undefined || (!keepNull && isMissingOrNull(value))) {
    map.delete(name);
    return;
  }
  quoteIfNeeded(value);
  const field = map.get(name);
  if (field instanceof Scalar && value instanceof Scalar) {
    value.style = field.style;
    if (field !== value) field.assign(value);
  } else map.set(name, value);
}

/** A plain text that YAML 1.1 takes for another type gets quotes. */
function quoteIfNeeded(value: Node): void {
  if (isStringNode(value) && !value.quoted && isYaml11NonString(value.value)) value.style = 'quoted';
}

/** FieldSetter without a name: sets the scalar itself. A null `value` changes nothing. */
export function setScalar(slot: Slot, value: Scalar): void {
  quoteIfNeeded(value);
  const { node } = slot;
  requireKind(node, 'ScalarNode');
  if (isMissingOrNull(value)) return;
  if (node instanceof Scalar) {
    value.style = node.style;
    node.assign(value);
  } else slot.put(value);
}

const YAML11_BOOLEAN = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)$/;

/** @see kyaml yaml/compatibility.go, IsValueNonString */
export function isYaml11NonString(text: string): boolean {
  if (text === '' || text.includes('\n')) return false;
  return YAML11_BOOLEAN.test(text) || resolveTag(text) !== '!!str';
}

/** The field of a mapping; `undefined` in null or nothing. Throws for any other kind. */
export function getField(node: Node | undefined, name: string): Node | undefined {
  if (isMissingOrNull(node)) return undefined;
  if (!(node instanceof Map)) throw wrongKind('MappingNode', node);
  return node.get(name);
}

/** The mapping in the field, made where there is none (`Lookup` with `Create: MappingNode`). */
export function ensureMap(map: NodeMap, name: string): NodeMap {
  const field = map.get(name);
  if (field instanceof Map) return field;
  if (field !== undefined && !isMissingOrNull(field)) throw wrongKind('MappingNode', field);
  const made: NodeMap = new Map();
  map.set(name, made);
  return made;
}

/** strconv.Atoi for path parts. */
export function parseIndex(part: string): number | undefined {
  return /^[-+]?[0-9]+$/.test(part) ? Number(part) : undefined;
}

/**
 * Follows a path that names list elements by index, `-` (the last) or `[key=value]`.
 * @see kyaml yaml/fns.go, PathGetter without Create
 */
export function lookup(node: Node | undefined, path: readonly string[]): Node | undefined {
  let at = node;
  for (const raw of path) {
    const part = raw.trim();
    if (part === '') continue;
    if (at === undefined) return undefined;
    at = step(at, part);
  }
  return at;
}

function step(node: Node, part: string): Node | undefined {
  const index = parseIndex(part);
  if (index !== undefined || part === '-') {
    if (index !== undefined && index < 0) throw new KustomizeProblem(`array index ${index} cannot be negative`);
    if (isMissingOrNull(node)) return undefined;
    if (!Array.isArray(node)) throw wrongKind('SequenceNode', node);
    return index === undefined ? node.at(-1) : node[index];
  }
  if (part === '*') throw new KustomizeProblem('wildcard is not supported in PathGetter');
  if (isListIndex(part)) {
    const [name, value] = splitListIndex(part);
    if (isMissingOrNull(node)) return undefined;
    if (!Array.isArray(node)) throw wrongKind('SequenceNode', node);
    return findElement(node, name, value);
  }
  return getField(node, part);
}

export function findElement(list: readonly Node[], name: string, value: string): Node | undefined {
  if (name === '') return list.find((item) => item instanceof Scalar && item.value === value);
  return list.find((item) => item instanceof Map && fieldMatches(item, name, value));
}

/** FieldMatcher with a value: the field is there and its text is `value` (a mapping's or a list's text is empty). */
export function fieldMatches(map: NodeMap, name: string, value: string): boolean {
  const field = map.get(name);
  return field !== undefined && (field instanceof Scalar ? field.value : '') === value;
}

export const isListIndex = (part: string): boolean => part.startsWith('[') && part.endsWith(']');

/** `[name=value]` in its two halves. */
export function splitListIndex(part: string): [string, string] {
  const inner = part.replace(/\]$/, '').replace(/^\[/, '');
  const at = inner.indexOf('=');
  if (at < 0) throw new KustomizeProblem('list path element must contain fieldName=fieldValue for element to match');
  return [inner.slice(0, at), inner.slice(at + 1)];
}
