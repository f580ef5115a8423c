/**
 * The tree that transformers work on. Scalars keep their text, their tag and whether they are quoted, since kustomize's
 * results depend on all three: a number put where a quoted string stood comes out as a string, for one.
 *
 * A scalar is changed in place, never replaced by another one where both are scalars, and the same scalar may stand in
 * several places: kustomize's label transformer puts one node into all the fields that it makes, and a later change of one
 * of them changes them all.
 * @see kyaml yaml/rnode.go
 */
export type Node = Scalar | NodeMap | NodeList;
export type NodeMap = Map<string, Node>;
export type NodeList = Node[];

export const NULL_TAG = '!!null';
export const STRING_TAG = '!!str';
export const INT_TAG = '!!int';

/** How a scalar is written: bare, in quotes or as a literal block (`|`), or as a folded block (`>`). */
export type ScalarStyle = 'plain' | 'quoted' | 'folded';

export class Scalar {
  /** The text without quotes and escapes. */
  value: string;
  /** The short tag (`!!int`), or '' for "as the text looks" once it is written. */
  tag: string;
  style: ScalarStyle;
  /** Whether the text names the tag itself (`!!str 5`). */
  tagged: boolean;

  constructor(value: string, tag: string, style: ScalarStyle = 'plain', tagged = false) {
    this.value = value;
    this.tag = tag;
    this.style = style;
    this.tagged = tagged;
  }

  /** Whether it is a string by the way it is written. */
  get quoted(): boolean {
    return this.style !== 'plain';
  }

  assign(other: Scalar): void {
    this.value = other.value;
    this.tag = other.tag;
    this.style = other.style;
    this.tagged = other.tagged;
  }
}

/** A mapping that the text can hold and a Go map cannot: the final conversion refuses it. */
export class IrregularMap extends Map<string, Node> {
  /** A key that stands there twice; the first one is in the map. */
  duplicate: { readonly key: string; readonly line: number; readonly firstLine: number } | undefined;
  /** A key that is no string (`8080:`). */
  nonStringKey: string | undefined;
}

/** yaml.IsMissingOrNull. (The type says half of it: the node is nothing or a null scalar.) */
export const isMissingOrNull = (node: Node | undefined): node is undefined =>
  node === undefined || (node instanceof Scalar && node.tag === NULL_TAG);

/** yaml.RNode.IsNilOrEmpty: nothing, null, an empty mapping or an empty sequence. */
export function isNilOrEmpty(node: Node | undefined): boolean {
  if (node === undefined) return true;
  if (node instanceof Scalar) return node.tag === NULL_TAG;
  return node instanceof Map ? node.size === 0 : node.length === 0;
}

/** yaml.GetValue: '' for null and for what is no scalar. */
export const scalarText = (node: Node | undefined): string =>
  node instanceof Scalar && node.tag !== NULL_TAG ? node.value : '';

/** node.Value: the text, of a null as well; '' for what is no scalar. */
export const textOf = (node: Node | undefined): string => (node instanceof Scalar ? node.value : '');

/** A scalar that counts as a string: tagged so, or not tagged at all. */
export const isStringNode = (node: Node | undefined): node is Scalar =>
  node instanceof Scalar && (node.tag === STRING_TAG || node.tag === '');

export function copyNode<T extends Node>(node: T): T;
export function copyNode(node: Node): Node {
  if (node instanceof Scalar) return new Scalar(node.value, node.tag, node.style, node.tagged);
  if (node instanceof Map) {
    const copy = node instanceof IrregularMap ? copyIrregular(node) : new Map<string, Node>();
    for (const [key, item] of node) copy.set(key, copyNode(item));
    return copy;
  }
  return node.map((item) => copyNode(item));
}

function copyIrregular(node: IrregularMap): IrregularMap {
  const copy = new IrregularMap();
  copy.duplicate = node.duplicate;
  copy.nonStringKey = node.nonStringKey;
  return copy;
}

export const stringNode = (value: string): Scalar => new Scalar(value, STRING_TAG);

/** What the Go source calls a node's kind, for messages. */
export function kindName(node: Node): string {
  return node instanceof Scalar ? 'ScalarNode' : node instanceof Map ? 'MappingNode' : 'SequenceNode';
}
