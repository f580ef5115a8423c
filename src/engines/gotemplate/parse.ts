import { GoError } from './errors.ts';
import { quoteGo, unquote } from './go-quote.ts';
import { describeItem, type Item, type ItemType, Lexer } from './lex.ts';
import {
  type ArgNode,
  type BodyNode,
  type BranchNode,
  type CommandNode,
  type EndNode,
  isEmptyTree,
  type ListNode,
  type Node,
  type NumberNode,
  nodeText,
  type PipeNode,
  type Tree,
} from './node.ts';
import { parseNumber } from './parse-number.ts';

/** The parser of template texts. @see Go src/text/template/parse/parse.go, node.go */

const MAX_PARENS = 10_000;

export interface ParseOptions {
  readonly left: string;
  readonly right: string;
  /** Whether a function of that name exists. */
  readonly hasFunction: (name: string) => boolean;
}

export interface ParsedTrees {
  readonly trees: Map<string, Tree>;
  readonly definesOwnName: boolean;
}

/**
 * All templates of a text by name, its own included; later ones of a name replace empty ones. `definesOwnName`: the text has
 * a definition of the name that the text itself has.
 * Throws `GoError` with Go's text (`template: name:line: …`).
 */
export function parseTemplate(name: string, text: string, options: ParseOptions): ParsedTrees {
  const trees = new Map<string, Tree>();
  const lexer = new Lexer(text, options.left, options.right);
  const parser = new Parser(name, name, text, lexer, options, trees);
  parser.parse();
  const definesOwnName = trees.has(name);
  parser.add();
  return { trees, definesOwnName };
}

class Parser {
  readonly tree: Tree;
  readonly #lexer: Lexer;
  readonly #options: ParseOptions;
  readonly #trees: Map<string, Tree>;
  #tokens: Item[];
  #peekCount = 0;
  #vars = ['$'];
  #actionLine = 0;
  #rangeDepth = 0;
  #parens = 0;

  constructor(
    name: string,
    parseName: string,
    text: string,
    lexer: Lexer,
    options: ParseOptions,
    trees: Map<string, Tree>,
  ) {
    const tree: Tree = { name, parseName, text, root: undefined as unknown as ListNode };
    tree.root = { kind: 'list', tree, pos: 0, nodes: [] };
    this.tree = tree;
    this.#lexer = lexer;
    this.#options = options;
    this.#trees = trees;
    const none: Item = { type: 'error', pos: 0, text: '', line: 0 };
    this.#tokens = [none, none, none];
    lexer.options = { breakOk: !options.hasFunction('break'), continueOk: !options.hasFunction('continue') };
  }

  #next(): Item {
    if (this.#peekCount > 0) this.#peekCount--;
    else this.#tokens[0] = this.#lexer.nextItem();
    return this.#tokens[this.#peekCount]!;
  }
  #backup(): void {
    this.#peekCount++;
  }
  #backup2(t1: Item): void {
    this.#tokens[1] = t1;
    this.#peekCount = 2;
  }
  #backup3(t2: Item, t1: Item): void {
    this.#tokens[1] = t1;
    this.#tokens[2] = t2;
    this.#peekCount = 3;
  }
  #peek(): Item {
    if (this.#peekCount > 0) return this.#tokens[this.#peekCount - 1]!;
    this.#peekCount = 1;
    this.#tokens[0] = this.#lexer.nextItem();
    return this.#tokens[0];
  }
  #nextNonSpace(): Item {
    while (this.#peekCount > 0) {
      const token = this.#tokens[--this.#peekCount]!;
      if (token.type !== 'space') return token;
    }
    const token = this.#lexer.nextItem(true);
    this.#tokens[0] = token;
    return token;
  }
  #peekNonSpace(): Item {
    const token = this.#nextNonSpace();
    this.#backup();
    return token;
  }

  #fail(message: string): never {
    throw new GoError(`template: ${this.tree.parseName}:${this.#tokens[0]!.line}: ${message}`);
  }
  #expect(expected: ItemType, context: string): Item {
    const token = this.#nextNonSpace();
    if (token.type !== expected) this.#unexpected(token, context);
    return token;
  }
  #unexpected(token: Item, context: string): never {
    if (token.type === 'error') {
      let extra = '';
      if (this.#actionLine !== 0 && this.#actionLine !== token.line) {
        extra = ` in action started at ${this.tree.parseName}:${this.#actionLine}`;
        if (token.text.endsWith(' action')) extra = extra.slice(' in action'.length);
      }
      this.#fail(token.text + extra);
    }
    this.#fail(`unexpected ${describeItem(token)} in ${context}`);
  }

  add(): void {
    const { tree } = this;
    const before = this.#trees.get(tree.name);
    if (before === undefined || isEmptyTree(before.root)) this.#trees.set(tree.name, tree);
    else if (!isEmptyTree(tree.root)) this.#fail(`template: multiple definition of template ${quoteGo(tree.name)}`);
  }

  parse(): void {
    this.tree.root = this.#newList(this.#peek().pos);
    while (this.#peek().type !== 'eof') {
      if (this.#peek().type === 'leftDelim') {
        const delim = this.#next();
        if (this.#nextNonSpace().type === 'define') {
          this.#definition();
          continue;
        }
        this.#backup2(delim);
      }
      const node = this.#textOrAction();
      if (node.kind === 'end' || node.kind === 'else') this.#fail(`unexpected ${nodeText(node)}`);
      this.tree.root.nodes.push(node as BodyNode);
    }
  }

  #child(name: string): Parser {
    return new Parser(name, this.tree.parseName, this.tree.text, this.#lexer, this.#options, this.#trees);
  }
  #definition(): void {
    const child = this.#child('definition');
    const context = 'define clause';
    const name = child.#nextNonSpace();
    if (name.type !== 'string' && name.type !== 'rawString') child.#unexpected(name, context);
    child.tree.name = child.#unquote(name.text);
    child.#expect('rightDelim', context);
    const [root, end] = child.#itemList();
    child.tree.root = root;
    if (end.kind !== 'end') child.#fail(`unexpected ${nodeText(end)} in ${context}`);
    child.add();
  }
  #unquote(text: string): string {
    return unquote(text) ?? this.#fail('invalid syntax');
  }

  #newList(pos: number): ListNode {
    return { kind: 'list', tree: this.tree, pos, nodes: [] };
  }
  #itemList(): [ListNode, EndNode] {
    const list = this.#newList(this.#peekNonSpace().pos);
    while (this.#peekNonSpace().type !== 'eof') {
      const node = this.#textOrAction();
      if (node.kind === 'end' || node.kind === 'else') return [list, node];
      list.nodes.push(node as BodyNode);
    }
    return this.#fail('unexpected EOF');
  }
  #textOrAction(): BodyNode | EndNode {
    const token = this.#nextNonSpace();
    if (token.type === 'text') return { kind: 'text', tree: this.tree, pos: token.pos, text: token.text };
    if (token.type !== 'leftDelim') this.#unexpected(token, 'input');
    this.#actionLine = token.line;
    const node = this.#action();
    this.#actionLine = 0;
    return node;
  }

  #action(): BodyNode | EndNode {
    const token = this.#nextNonSpace();
    switch (token.type) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue': {
        const { tree } = this;
        const after = this.#nextNonSpace();
        if (after.type !== 'rightDelim') this.#unexpected(after, `{{${token.type}}}`);
        if (this.#rangeDepth === 0) this.#fail(`{{${token.type}}} outside {{range}}`);
        return { kind: token.type, tree, pos: token.pos };
      }
      case 'else':
        return this.#else();
      case 'end':
        return { kind: 'end', tree: this.tree, pos: this.#expect('rightDelim', 'end').pos };
      case 'if':
      case 'range':
      case 'with':
        return this.#control(token.type);
      case 'template':
        return this.#template();
    }
    this.#backup();
    const { pos } = this.#peek();
    return { kind: 'action', tree: this.tree, pos, pipe: this.#pipeline('command', 'rightDelim') };
  }

  #pipeline(context: string, end: ItemType): PipeNode {
    const pipe: PipeNode = {
      kind: 'pipe',
      tree: this.tree,
      pos: this.#peekNonSpace().pos,
      isAssign: false,
      decl: [],
      cmds: [],
    };
    for (;;) {
      const variable = this.#peekNonSpace();
      if (variable.type !== 'variable') break;
      this.#next();
      const after = this.#peek();
      const next = this.#peekNonSpace();
      if (next.type === 'assign' || next.type === 'declare') {
        pipe.isAssign = next.type === 'assign';
        this.#nextNonSpace();
        pipe.decl.push(this.#variable(variable.pos, variable.text));
        this.#vars.push(variable.text);
        break;
      }
      if (next.type === 'char' && next.text === ',') {
        this.#nextNonSpace();
        pipe.decl.push(this.#variable(variable.pos, variable.text));
        this.#vars.push(variable.text);
        if (context === 'range' && pipe.decl.length < 2) {
          const { type } = this.#peekNonSpace();
          if (type === 'variable' || type === 'rightDelim' || type === 'rightParen') continue;
          this.#fail('range can only initialize variables');
        }
        this.#fail(`too many declarations in ${context}`);
      }
      if (after.type === 'space') this.#backup3(variable, after);
      else this.#backup2(variable);
      break;
    }
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) {
        this.#checkPipeline(pipe, context);
        return pipe;
      }
      switch (token.type) {
        case 'bool':
        case 'charConstant':
        case 'complex':
        case 'dot':
        case 'field':
        case 'identifier':
        case 'number':
        case 'nil':
        case 'rawString':
        case 'string':
        case 'variable':
        case 'leftParen':
          this.#backup();
          pipe.cmds.push(this.#command());
          break;
        default:
          this.#unexpected(token, context);
      }
    }
  }
  #checkPipeline(pipe: PipeNode, context: string): void {
    if (pipe.cmds.length === 0) this.#fail(`missing value for ${context}`);
    for (let i = 1; i < pipe.cmds.length; i++) {
      const { kind } = pipe.cmds[i]!.args[0]!;
      if (kind === 'bool' || kind === 'dot' || kind === 'nil' || kind === 'number' || kind === 'string')
        this.#fail(`non executable command in pipeline stage ${i + 1}`);
    }
  }

  #control(kind: 'if' | 'range' | 'with'): BranchNode {
    const vars = this.#vars.length;
    const pipe = this.#pipeline(kind, 'rightDelim');
    if (kind === 'range') this.#rangeDepth++;
    let [list, next] = this.#itemList();
    if (kind === 'range') this.#rangeDepth--;
    let elseList: ListNode | undefined;
    if (next.kind === 'else') {
      const { type } = this.#peek();
      if ((kind === 'if' && type === 'if') || (kind === 'with' && type === 'with')) {
        this.#next();
        elseList = this.#newList(next.pos);
        elseList.nodes.push(this.#control(kind));
      } else {
        [elseList, next] = this.#itemList();
        if (next.kind !== 'end') this.#fail(`expected end; found ${nodeText(next)}`);
      }
    }
    this.#vars.length = vars;
    return { kind, tree: this.tree, pos: pipe.pos, pipe, list, elseList };
  }
  #else(): EndNode {
    const peek = this.#peekNonSpace();
    if (peek.type === 'if' || peek.type === 'with') return { kind: 'else', tree: this.tree, pos: peek.pos };
    return { kind: 'else', tree: this.tree, pos: this.#expect('rightDelim', 'else').pos };
  }

  #block(): BodyNode {
    const context = 'block clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, 'rightDelim');
    const child = this.#child(name);
    const [root, end] = child.#itemList();
    child.tree.root = root;
    if (end.kind !== 'end') child.#fail(`unexpected ${nodeText(end)} in ${context}`);
    child.add();
    return { kind: 'template', tree: this.tree, pos: token.pos, name, pipe };
  }
  #template(): BodyNode {
    const context = 'template clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    let pipe: PipeNode | undefined;
    if (this.#nextNonSpace().type !== 'rightDelim') {
      this.#backup();
      pipe = this.#pipeline(context, 'rightDelim');
    }
    return { kind: 'template', tree: this.tree, pos: token.pos, name, pipe };
  }
  #templateName(token: Item, context: string): string {
    if (token.type !== 'string' && token.type !== 'rawString') this.#unexpected(token, context);
    return this.#unquote(token.text);
  }

  #command(): CommandNode {
    const { pos } = this.#peekNonSpace();
    let args: ArgNode[] | undefined;
    for (;;) {
      const operand = this.#operand();
      if (operand !== undefined)
        if (args === undefined)
          args = [operand]; // most have one: an empty list would grow to seventeen places
        else args.push(operand);
      const token = this.#next();
      if (token.type === 'space') continue;
      if (token.type === 'rightDelim' || token.type === 'rightParen') this.#backup();
      else if (token.type !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    if (args === undefined) this.#fail('empty command');
    return { kind: 'command', tree: this.tree, pos, args };
  }

  #operand(): ArgNode | undefined {
    const node = this.#term();
    if (node === undefined) return node;
    const { type, pos } = this.#peek();
    if (type !== 'field') return node;
    const { kind } = node;
    const fields = kind === 'field' || kind === 'variable' ? [node.ident[0]!] : [];
    do fields.push(this.#next().text.slice(1));
    while (this.#peek().type === 'field');
    switch (kind) {
      case 'field':
      case 'variable':
        return { kind, tree: this.tree, pos, ident: fields };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${quoteGo(nodeText(node))}`);
      default:
        return { kind: 'chain', tree: this.tree, pos, node, fields };
    }
  }

  #term(): ArgNode | undefined {
    const token = this.#nextNonSpace();
    const { tree } = this;
    const { pos } = token;
    switch (token.type) {
      case 'identifier':
        if (!this.#options.hasFunction(token.text)) this.#fail(`function ${quoteGo(token.text)} not defined`);
        return { kind: 'identifier', tree, pos, name: token.text };
      case 'dot':
        return { kind: 'dot', tree, pos };
      case 'nil':
        return { kind: 'nil', tree, pos };
      case 'variable': {
        const variable = this.#variable(pos, token.text);
        const name = variable.ident[0]!;
        return this.#vars.includes(name) ? variable : this.#fail(`undefined variable ${quoteGo(name)}`);
      }
      case 'field':
        return { kind: 'field', tree, pos, ident: [token.text.slice(1)] };
      case 'bool':
        return { kind: 'bool', tree, pos, value: token.text === 'true' };
      case 'charConstant':
      case 'complex':
      case 'number':
        return this.#number(token);
      case 'leftParen': {
        if (this.#parens >= MAX_PARENS) this.#fail('max expression depth exceeded');
        this.#parens++;
        const pipe = this.#pipeline('parenthesized pipeline', 'rightParen');
        this.#parens--;
        return pipe;
      }
      case 'string':
      case 'rawString':
        return { kind: 'string', tree, pos, quoted: token.text, text: this.#unquote(token.text) };
    }
    this.#backup();
    return undefined;
  }
  #variable(pos: number, text: string): Node & { kind: 'variable' } {
    return { kind: 'variable', tree: this.tree, pos, ident: [text] };
  }

  #number(token: Item): NumberNode {
    try {
      return parseNumber(this.tree, token);
    } catch (error) {
      if (error instanceof GoError) this.#fail(error.message);
      throw error;
    }
  }
}
