import { YamlProblem } from './error.ts';
import { ParsedNode, type YamlDocument, type YamlNode } from './node.ts';
import { type Dialect, Scanner } from './scanner.ts';
import * as T from './token.ts';

const DEFAULT_TAGS: readonly (readonly [string, string])[] = [
  ['!', '!'],
  ['!!', 'tag:yaml.org,2002:'],
];

const MAX_NESTING = 1000;

/**
 * Builds the nodes of one document after another: libyaml's parser and go-yaml's node builder in one, written as a
 * recursive descent in place of their state machine; what is looked at, and when, is the same.
 * @see go.yaml.in/yaml/v2 and v3, parserc.go and decode.go
 */
export class Parser {
  readonly #scanner: Scanner;
  readonly #dialect: Dialect;
  readonly #tags = new Map<string, string>();
  #anchors = new Map<string, YamlNode>();
  #first = true;
  #depth = 0;

  constructor(text: string, dialect: Dialect) {
    this.#scanner = new Scanner(text, dialect);
    this.#dialect = dialect;
  }

  /** The next document, or `undefined` at the end. Throws `YamlProblem`. */
  next(): YamlDocument | undefined {
    const scanner = this.#scanner;
    let implicit = this.#first;
    if (this.#first) {
      this.#first = false;
      scanner.peek(); // STREAM-START
      scanner.skip();
    }
    let token = scanner.peek();
    if (!implicit)
      while (token.type === T.DOCUMENT_END) {
        scanner.skip();
        token = scanner.peek();
      }
    if (token.type === T.STREAM_END) return undefined;
    if (token.type === T.VERSION_DIRECTIVE || token.type === T.TAG_DIRECTIVE || token.type === T.DOCUMENT_START)
      implicit = false;
    const line = token.line + 1;
    this.#directives();
    let root: YamlNode;
    if (this.#dialect === 'v2') this.#anchors = new Map();
    if (implicit) root = this.#node(true, false);
    else {
      token = scanner.peek();
      if (token.type !== T.DOCUMENT_START) this.#fail('did not find expected <document start>', token);
      scanner.skip();
      token = scanner.peek();
      switch (token.type) {
        case T.VERSION_DIRECTIVE:
        case T.TAG_DIRECTIVE:
        case T.DOCUMENT_START:
        case T.DOCUMENT_END:
        case T.STREAM_END:
          root = this.#empty(token.start, token.line, token.column);
          break;
        default:
          root = this.#node(true, false);
      }
    }
    if (scanner.peek().type === T.DOCUMENT_END) scanner.skip();
    this.#tags.clear();
    return { root, line };
  }

  #fail(problem: string, token: T.Token, contextLine = 0): never {
    const at = this.#dialect === 'v3' && contextLine !== 0 ? contextLine : token.line !== 0 ? token.line : contextLine;
    const where = at === 0 ? '' : `line ${at}: `;
    throw new YamlProblem(`yaml: ${where}${problem}`, token.line + 1);
  }

  #directives(): void {
    const scanner = this.#scanner;
    let version = false;
    for (;;) {
      const token = scanner.peek();
      if (token.type === T.VERSION_DIRECTIVE) {
        if (version) this.#fail('found duplicate %YAML directive', token);
        if (token.value !== '1.1') this.#fail('found incompatible YAML document', token);
        version = true;
      } else if (token.type === T.TAG_DIRECTIVE) {
        if (this.#tags.has(token.value)) this.#fail('found duplicate %TAG directive', token);
        this.#tags.set(token.value, token.suffix);
      } else break;
      scanner.skip();
    }
    for (const [handle, prefix] of DEFAULT_TAGS) if (!this.#tags.has(handle)) this.#tags.set(handle, prefix);
  }

  #empty(at: number, line: number, column: number): YamlNode {
    return new ParsedNode('scalar', '', '', 'plain', '', line + 1, column + 1, at, at);
  }

  /** Deeper than anything but an attack; Go goes on to 10,000, for which our stack is too small. */
  #tooDeep(line: number): never {
    // The scanner may still find what Go would say.
    const scanner = this.#scanner;
    while (scanner.peek().type !== T.STREAM_END) scanner.skip();
    throw new YamlProblem(`yaml: exceeded max depth of ${MAX_NESTING}`, line + 1);
  }

  #node(block: boolean, indentlessSequence: boolean): YamlNode {
    const scanner = this.#scanner;
    let token = scanner.peek();
    const { line, column } = token;
    if (token.type === T.ALIAS) {
      const name = token.value;
      const target = this.#anchors.get(name);
      if (target === undefined) throw new YamlProblem(`yaml: unknown anchor '${name}' referenced`, line + 1);
      scanner.skip();
      return new ParsedNode('alias', '', name, 'plain', '', line + 1, column + 1, token.start, token.end, [], target);
    }
    let anchor = '';
    let tag = '';
    if (token.type === T.ANCHOR || token.type === T.TAG) {
      let tagToken: T.Token | undefined;
      for (let i = 0; i < 2; i++) {
        if (token.type === T.ANCHOR && anchor === '') anchor = token.value;
        else if (token.type === T.TAG && tagToken === undefined) tagToken = token;
        else break;
        scanner.skip();
        token = scanner.peek();
      }
      if (tagToken !== undefined) {
        tag = tagToken.value === '' ? tagToken.suffix : (this.#tags.get(tagToken.value) ?? '');
        if (tagToken.value !== '') {
          if (tag !== '') tag += tagToken.suffix;
          else this.#fail('found undefined tag handle', tagToken, line);
        }
      }
    }
    switch (token.type) {
      case T.BLOCK_ENTRY:
        if (indentlessSequence) return this.#indentlessSequence(tag, anchor, line, column);
        break;
      case T.SCALAR: {
        const node = new ParsedNode(
          'scalar',
          tag,
          token.value,
          token.style,
          anchor,
          line + 1,
          column + 1,
          token.start,
          token.end,
        );
        if (anchor !== '') this.#setAnchor(anchor, node);
        scanner.skip();
        return node;
      }
      case T.FLOW_SEQUENCE_START:
        return this.#flowSequence(tag, anchor, line, column);
      case T.FLOW_MAPPING_START:
        return this.#flowMapping(tag, anchor, line, column);
      case T.BLOCK_SEQUENCE_START:
        if (block) return this.#blockSequence(tag, anchor, line, column);
        break;
      case T.BLOCK_MAPPING_START:
        if (block) return this.#blockMapping(tag, anchor, line, column);
        break;
      default:
        break;
    }
    if (anchor !== '' || tag !== '') {
      const node = new ParsedNode('scalar', tag, '', 'plain', anchor, line + 1, column + 1, token.start, token.start);
      if (anchor !== '') this.#setAnchor(anchor, node);
      return node;
    }
    this.#fail('did not find expected node content', token, line);
  }

  #setAnchor(anchor: string, node: YamlNode): void {
    this.#anchors.set(anchor, node);
  }

  #collection(
    kind: 'mapping' | 'sequence',
    style: 'block' | 'flow',
    tag: string,
    anchor: string,
    line: number,
    column: number,
    children: YamlNode[],
  ): YamlNode {
    if (++this.#depth > MAX_NESTING) this.#tooDeep(line);
    const node = new ParsedNode(kind, tag, '', style, anchor, line + 1, column + 1, 0, 0, children);
    if (anchor !== '') this.#setAnchor(anchor, node);
    return node;
  }

  #blockSequence(tag: string, anchor: string, line: number, column: number): YamlNode {
    const scanner = this.#scanner;
    const children: YamlNode[] = [];
    const node = this.#collection('sequence', 'block', tag, anchor, line, column, children);
    const contextLine = scanner.peek().line;
    scanner.skip();
    for (;;) {
      let token = scanner.peek();
      if (token.type === T.BLOCK_ENTRY) {
        const { end, endLine, endColumn } = token;
        scanner.skip();
        token = scanner.peek();
        if (token.type !== T.BLOCK_ENTRY && token.type !== T.BLOCK_END) children.push(this.#node(true, false));
        else children.push(this.#empty(end, endLine, endColumn));
      } else if (token.type === T.BLOCK_END) {
        scanner.skip();
        this.#depth--;
        return node;
      } else this.#fail("did not find expected '-' indicator", token, contextLine);
    }
  }

  #indentlessSequence(tag: string, anchor: string, line: number, column: number): YamlNode {
    const scanner = this.#scanner;
    const children: YamlNode[] = [];
    const node = this.#collection('sequence', 'block', tag, anchor, line, column, children);
    for (;;) {
      let token = scanner.peek();
      if (token.type !== T.BLOCK_ENTRY) {
        this.#depth--;
        return node;
      }
      const { end, endLine, endColumn } = token;
      scanner.skip();
      token = scanner.peek();
      switch (token.type) {
        case T.BLOCK_ENTRY:
        case T.KEY:
        case T.VALUE:
        case T.BLOCK_END:
          children.push(this.#empty(end, endLine, endColumn));
          break;
        default:
          children.push(this.#node(true, false));
      }
    }
  }

  #blockMapping(tag: string, anchor: string, line: number, column: number): YamlNode {
    const scanner = this.#scanner;
    const children: YamlNode[] = [];
    const node = this.#collection('mapping', 'block', tag, anchor, line, column, children);
    const contextLine = scanner.peek().line;
    scanner.skip();
    for (;;) {
      let token = scanner.peek();
      if (token.type === T.BLOCK_END) {
        scanner.skip();
        this.#depth--;
        return node;
      }
      if (token.type !== T.KEY) this.#fail('did not find expected key', token, contextLine);
      scanner.skip();
      children.push(this.#blockPart(token));
      token = scanner.peek();
      if (token.type === T.VALUE) {
        scanner.skip();
        children.push(this.#blockPart(token));
      } else children.push(this.#empty(token.start, token.line, token.column));
    }
  }

  /** What stands behind a KEY or VALUE of a block mapping. */
  #blockPart(indicator: T.Token): YamlNode {
    switch (this.#scanner.peek().type) {
      case T.KEY:
      case T.VALUE:
      case T.BLOCK_END:
        return this.#empty(indicator.end, indicator.endLine, indicator.endColumn);
      default:
        return this.#node(true, true);
    }
  }

  #flowSequence(tag: string, anchor: string, line: number, column: number): YamlNode {
    const scanner = this.#scanner;
    const children: YamlNode[] = [];
    const node = this.#collection('sequence', 'flow', tag, anchor, line, column, children);
    const contextLine = scanner.peek().line;
    scanner.skip();
    for (let first = true; ; first = false) {
      let token = scanner.peek();
      if (token.type !== T.FLOW_SEQUENCE_END && !first) {
        if (token.type !== T.FLOW_ENTRY) this.#fail("did not find expected ',' or ']'", token, contextLine);
        scanner.skip();
        token = scanner.peek();
      }
      if (token.type === T.FLOW_SEQUENCE_END) {
        scanner.skip();
        this.#depth--;
        return node;
      }
      children.push(token.type === T.KEY ? this.#flowPair() : this.#node(false, false));
    }
  }

  /** `key: value` as an item of a flow sequence: a mapping of one pair. */
  #flowPair(): YamlNode {
    const scanner = this.#scanner;
    const start = scanner.peek();
    scanner.skip();
    const children: YamlNode[] = [];
    const node = this.#collection('mapping', 'flow', '', '', start.line, start.column, children);
    let token = scanner.peek();
    if (token.type !== T.VALUE && token.type !== T.FLOW_ENTRY && token.type !== T.FLOW_SEQUENCE_END)
      children.push(this.#node(false, false));
    else {
      scanner.skip(); // as the original does, the `:` of an empty key is lost
      children.push(this.#empty(token.end, token.endLine, token.endColumn));
    }
    token = scanner.peek();
    if (token.type === T.VALUE) {
      scanner.skip();
      const next = scanner.peek().type;
      if (next !== T.FLOW_ENTRY && next !== T.FLOW_SEQUENCE_END) {
        children.push(this.#node(false, false));
        scanner.peek();
        this.#depth--;
        return node;
      }
    }
    children.push(this.#empty(token.start, token.line, token.column));
    scanner.peek();
    this.#depth--;
    return node;
  }

  #flowMapping(tag: string, anchor: string, line: number, column: number): YamlNode {
    const scanner = this.#scanner;
    const children: YamlNode[] = [];
    const node = this.#collection('mapping', 'flow', tag, anchor, line, column, children);
    const contextLine = scanner.peek().line;
    scanner.skip();
    for (let first = true; ; first = false) {
      let token = scanner.peek();
      if (token.type !== T.FLOW_MAPPING_END && !first) {
        if (token.type !== T.FLOW_ENTRY) this.#fail("did not find expected ',' or '}'", token, contextLine);
        scanner.skip();
        token = scanner.peek();
      }
      if (token.type === T.FLOW_MAPPING_END) {
        scanner.skip();
        this.#depth--;
        return node;
      }
      if (token.type !== T.KEY) {
        children.push(this.#node(false, false));
        token = scanner.peek();
        children.push(this.#empty(token.start, token.line, token.column));
        continue;
      }
      scanner.skip();
      token = scanner.peek();
      if (token.type !== T.VALUE && token.type !== T.FLOW_ENTRY && token.type !== T.FLOW_MAPPING_END)
        children.push(this.#node(false, false));
      else children.push(this.#empty(token.start, token.line, token.column));
      token = scanner.peek();
      if (token.type === T.VALUE) {
        scanner.skip();
        token = scanner.peek();
        if (token.type !== T.FLOW_ENTRY && token.type !== T.FLOW_MAPPING_END) {
          children.push(this.#node(false, false));
          continue;
        }
      }
      children.push(this.#empty(token.start, token.line, token.column));
    }
  }
}
