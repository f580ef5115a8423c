import type { ScalarStyle } from './token.ts';

export type NodeKind = 'scalar' | 'mapping' | 'sequence' | 'alias';
export type NodeStyle = ScalarStyle | 'block' | 'flow';

/** A node of a YAML document as it stands in the text. */
export interface YamlNode {
  readonly kind: NodeKind;
  /** The tag written in the text with its handle resolved (`tag:yaml.org,2002:str`, `!own`, `!`), or '' where none is. */
  readonly tag: string;
  /** A scalar's text without quotes, escapes and folding; an alias' name. */
  readonly value: string;
  readonly style: NodeStyle;
  /** The anchor's name, or ''. */
  readonly anchor: string;
  /** Where the node starts, both 1-based. (A tag or an anchor belongs to its node.) */
  readonly line: number;
  readonly column: number;
  /** Where its own text (not its tag or anchor) starts and ends in the source, as offsets; of scalars only. */
  readonly start: number;
  readonly end: number;
  /** A mapping's keys and values in turn, a sequence's items. */
  readonly children: readonly YamlNode[];
  /** What an alias stands for. */
  readonly target: YamlNode | undefined;
}

export interface YamlDocument {
  readonly root: YamlNode;
  /** Where the document starts: its `---` or its first token. 1-based. */
  readonly line: number;
}

const NO_CHILDREN: readonly YamlNode[] = [];

/** One shape for all nodes, which keeps reading them fast. */
export class ParsedNode implements YamlNode {
  readonly kind: NodeKind;
  readonly tag: string;
  readonly value: string;
  readonly style: NodeStyle;
  readonly anchor: string;
  readonly line: number;
  readonly column: number;
  readonly start: number;
  readonly end: number;
  readonly children: readonly YamlNode[];
  readonly target: YamlNode | undefined;

  constructor(
    kind: NodeKind,
    tag: string,
    value: string,
    style: NodeStyle,
    anchor: string,
    line: number,
    column: number,
    start: number,
    end: number,
    children: readonly YamlNode[] = NO_CHILDREN,
    target?: YamlNode,
  ) {
    this.kind = kind;
    this.tag = tag;
    this.value = value;
    this.style = style;
    this.anchor = anchor;
    this.line = line;
    this.column = column;
    this.start = start;
    this.end = end;
    this.children = children;
    this.target = target;
  }
}
