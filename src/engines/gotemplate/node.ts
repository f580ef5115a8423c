import { quoteGo } from './go-quote.ts';
import { trimSpace } from './go-string.ts';

/** The parse tree of a template. @see Go src/text/template/parse/node.go */

/** One template's tree: a file's own, or one of its definitions. */
export interface Tree {
  /** The template's name. */
  name: string;
  /** The name of the text that it was first met in; the same text may stand in other files. */
  readonly parseName: string;
  readonly text: string;
  /** As actions are printed: Go before 1.27 always prints `{{` and `}}`. */
  root: ListNode;
}

interface At {
  readonly tree: Tree;
  /** Offset in the text, in UTF-16 units. */
  readonly pos: number;
}
export type ListNode = At & { readonly kind: 'list'; readonly nodes: BodyNode[] };
export type TextNode = At & { readonly kind: 'text'; readonly text: string };
export type ActionNode = At & { readonly kind: 'action'; readonly pipe: PipeNode };
export type BranchNode = At & {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly elseList: ListNode | undefined;
};
export type BreakNode = At & { readonly kind: 'break' | 'continue' };
export type TemplateNode = At & {
  readonly kind: 'template';
  readonly name: string;
  readonly pipe: PipeNode | undefined;
};
export type EndNode = At & { readonly kind: 'end' | 'else' };
export type BodyNode = TextNode | ActionNode | BranchNode | BreakNode | TemplateNode;

export type PipeNode = At & {
  readonly kind: 'pipe';
  isAssign: boolean;
  readonly decl: VariableNode[];
  readonly cmds: CommandNode[];
};
export type CommandNode = At & { readonly kind: 'command'; readonly args: ArgNode[] };
export type IdentifierNode = At & { readonly kind: 'identifier'; readonly name: string };
export type VariableNode = At & { readonly kind: 'variable'; readonly ident: readonly string[] };
export type FieldNode = At & { readonly kind: 'field'; readonly ident: readonly string[] };
export type ChainNode = At & { readonly kind: 'chain'; readonly node: ArgNode; readonly fields: string[] };
export type DotNode = At & { readonly kind: 'dot' };
export type NilNode = At & { readonly kind: 'nil' };
export type BoolNode = At & { readonly kind: 'bool'; readonly value: boolean };
export type StringNode = At & { readonly kind: 'string'; readonly quoted: string; readonly text: string };
export type NumberNode = At & {
  readonly kind: 'number';
  readonly text: string;
  readonly int: bigint | undefined;
  readonly uint: bigint | undefined;
  readonly float: number | undefined;
  readonly complex: { readonly re: number; readonly im: number } | undefined;
};
export type ArgNode =
  | IdentifierNode
  | VariableNode
  | FieldNode
  | ChainNode
  | DotNode
  | NilNode
  | BoolNode
  | StringNode
  | NumberNode
  | PipeNode;
export type Node = ListNode | BodyNode | EndNode | CommandNode | ArgNode;

/** As errors show a node: `at <…>`. */
export function nodeText(node: Node): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(nodeText).join('');
    case 'text':
      return node.text;
    case 'action':
      return `{{${nodeText(node.pipe)}}}`;
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.elseList === undefined ? '' : `{{else}}${nodeText(node.elseList)}`;
      return `{{${node.kind} ${nodeText(node.pipe)}}}${nodeText(node.list)}${otherwise}{{end}}`;
    }
    case 'break':
    case 'continue':
    case 'end':
    case 'else':
      return `{{${node.kind}}}`;
    case 'template':
      return `{{template ${quoteGo(node.name)}${node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`}}}`;
    case 'pipe': {
      let text = '';
      if (node.decl.length > 0) text = `${node.decl.map(nodeText).join(', ')} ${node.isAssign ? '=' : ':='} `;
      return text + node.cmds.map(nodeText).join(' | ');
    }
    case 'command':
      return node.args.map((arg) => (arg.kind === 'pipe' ? `(${nodeText(arg)})` : nodeText(arg))).join(' ');
    case 'identifier':
      return node.name;
    case 'variable':
      return node.ident.join('.');
    case 'field':
      return node.ident.map((name) => `.${name}`).join('');
    case 'chain': {
      const head = node.node.kind === 'pipe' ? `(${nodeText(node.node)})` : nodeText(node.node);
      return head + node.fields.map((name) => `.${name}`).join('');
    }
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'string':
      return node.quoted;
    case 'number':
      return node.text;
  }
}

/** `line:column` of a node: the line from 1, the column in bytes from 0. */
export function nodePlace(node: Node): string {
  const before = node.tree.text.slice(0, node.pos);
  const line = before.split('\n').length;
  const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
  return `${line}:${column}`;
}

/** Whether a tree holds nothing but white space. */
export function isEmptyTree(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && trimSpace(node.text) === '');
}
