import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { parse, parseNodes, resolveScalar, type YamlNode } from '../../engines/goyaml/index.ts';
import { Branch, Comment, type Entry, Float, type SopsValue, Time } from './tree.ts';
import { type YamlComment, yamlComments } from './yaml-comments.ts';

/** What an item of a list stands behind its `-`. */
const DASH = 2;
const MAX_DEPTH = 1000;
const MAX_NODES = 1_000_000;
const MAX_INT64 = 9223372036854775807n;

/** Thrown while nodes are read and caught by `readYamlFile`. */
class Unreadable extends Error {}

/**
 * The documents of a YAML file with their comments, as sops takes them: a comment stands before what follows it in its mapping or
 * list; aliases are written out.
 * @see getsops/sops stores/yaml/store.go
 */
export function readYamlFile(text: string): Result<readonly Branch[]> {
  const refuse = (why: string): Result<never> => fail(failure('decryption-failed', why));
  const first = parse(text, { dialect: 'v3', into: 'map' });
  if (!first.ok) return refuse(first.error.message);
  const { documents, error } = parseNodes(text, { dialect: 'v3' });
  if (error !== undefined) return refuse(`Error unmarshaling input YAML: ${error.message}`);
  try {
    const reader = new TreeReader(
      yamlComments(
        text,
        documents.map(({ root }) => root),
      ),
    );
    return ok(
      documents.map(({ root }, index) =>
        reader.document(root, { line: documents[index + 1]?.line ?? Number.POSITIVE_INFINITY, column: undefined }),
      ),
    );
  } catch (thrown) {
    if (thrown instanceof Unreadable) return refuse(thrown.message);
    throw thrown;
  }
}

/** Where what follows a mapping or list begins. `column` is not set at a document's end. */
interface Place {
  readonly line: number;
  readonly column: number | undefined;
}

class TreeReader {
  readonly #comments: readonly YamlComment[];
  #next = 0;
  #nodes = 0;
  #depth = 0;

  constructor(comments: readonly YamlComment[]) {
    this.#comments = comments;
  }

  /** @param until where the next document begins */
  document(root: YamlNode, until: Place): Branch {
    const node = root.kind === 'alias' ? root.target! : root;
    if (node.kind === 'sequence')
      throw new Unreadable('Error unmarshaling input YAML: YAML documents that are sequences are not supported');
    if (node.kind === 'mapping') return this.#mapping(node, until, 1, true);
    if (resolved(node) !== null)
      throw new Unreadable('Error unmarshaling input YAML: YAML documents that are values are not supported');
    return new Branch(this.#take(until.line));
  }

  #mapping(node: YamlNode, until: Place, column: number, withComments: boolean): Branch {
    const items: (Entry | Comment)[] = [];
    for (let at = 0; at < node.children.length; at += 2) {
      const [key, value] = [node.children[at]!, node.children[at + 1]!];
      if (withComments) items.push(...this.#take(key.line));
      const after: Place = node.children[at + 2] ?? until;
      const before = withComments ? this.#beside(key, value, after.line) : [];
      const entry = { key: keyText(key), value: this.#value(value, after, withComments, key.column) };
      items.push(...before, entry);
    }
    if (withComments) items.push(...this.#takeLast(until, node.style === 'flow' ? 0 : column));
    return new Branch(items);
  }

  #sequence(node: YamlNode, until: Place, withComments: boolean, outer?: number): readonly SopsValue[] {
    const items: SopsValue[] = [];
    for (const [index, item] of node.children.entries()) {
      if (withComments) items.push(...this.#take(item.line));
      const next = node.children[index + 1];
      const after: Place = next === undefined ? until : { line: next.line, column: next.column - DASH };
      const before = withComments && item.kind === 'scalar' ? this.#lineComment(item, after.line, true) : [];
      items.push(...before, this.#value(item, after, withComments));
    }
    if (withComments) items.push(...this.#takeLast(until, (node.children[0]?.column ?? 1) - DASH, outer));
    return items;
  }

  #value(node: YamlNode, until: Place, withComments: boolean, outer?: number): SopsValue {
    if (++this.#nodes > MAX_NODES) throw new Unreadable('the document holds too many nodes');
    if (++this.#depth > MAX_DEPTH) throw new Unreadable('the document is nested too deeply');
    const value = this.#any(node, until, withComments, outer);
    this.#depth--;
    return value;
  }

  #any(node: YamlNode, until: Place, withComments: boolean, outer?: number): SopsValue {
    if (node.kind === 'alias') return this.#value(node.target!, until, false);
    if (node.kind === 'sequence') return this.#sequence(node, until, withComments, outer);
    if (node.kind === 'scalar') return resolved(node);
    return this.#mapping(node, until, node.children[0]?.column ?? 1, withComments);
  }

  /** Comment lines up to a line. */
  #take(until: number): Comment[] {
    const taken: Comment[] = [];
    for (
      let next = this.#comments[this.#next];
      next !== undefined && next.line < until;
      next = this.#comments[this.#next]
    ) {
      taken.push(new Comment(next.text));
      this.#next++;
    }
    return taken;
  }

  /**
   * Comment lines behind the last entry of a mapping or list: those at the column of its entries or right of it. yaml.v3 gives a
   * list, too, what comes right behind its last item at the column of the list's own key, where what follows stands elsewhere.
   * @param outer the column of the list's key
   * @see go.yaml.in/yaml/v3 scannerc.go, yaml_parser_scan_comments
   */
  #takeLast({ line, column }: Place, own: number, outer?: number): Comment[] {
    const taken: Comment[] = [];
    for (;;) {
      const first = this.#comments[this.#next];
      if (first === undefined || first.line >= line) return taken;
      let end = this.#next + 1;
      while (this.#comments[end]?.column === first.column && this.#comments[end]!.line < line) end++;
      const after = this.#comments[end];
      const next = after !== undefined && after.line < line ? after.column : column;
      const isLists =
        taken.length === 0 && outer !== undefined && next !== undefined && first.column === outer && next !== outer;
      if (first.column < own && !isLists) return taken;
      for (const { text } of this.#comments.slice(this.#next, end)) taken.push(new Comment(text));
      this.#next = end;
    }
  }

  /** The comment behind a key or its value. Only that of a scalar stays where it is. */
  #beside(key: YamlNode, value: YamlNode, until: number): Comment[] {
    if (value.kind === 'scalar' || value.kind === 'alias') return this.#lineComment(value, until, true);
    return this.#lineComment(key, Math.min(until, value.line + (value.line === key.line ? 1 : 0)), false);
  }

  #lineComment(node: YamlNode, until: number, inline: boolean): Comment[] {
    const comment = this.#comments[this.#next];
    if (comment === undefined || !comment.inline || comment.line < node.line || comment.line >= until) return [];
    this.#next++;
    return [new Comment(comment.text, inline)];
  }
}

function keyText(node: YamlNode): string {
  const key = node.kind === 'alias' ? node.target! : node;
  const value = key.kind === 'scalar' ? resolved(key) : undefined;
  if (typeof value === 'string') return value;
  throw new Unreadable(
    `error decrypting sops tree: Error walking tree: Tree contains a non-string key: ${key.value}. Only string keys are supported`,
  );
}

function resolved(node: YamlNode): SopsValue {
  let scalar: ReturnType<typeof resolveScalar>;
  try {
    scalar = resolveScalar(node, 'v3');
  } catch {
    return null; // as sops, which does not look whether a scalar can be decoded
  }
  const { tag, value } = scalar;
  if (typeof value === 'bigint' && value > MAX_INT64)
    throw new Unreadable('error decrypting sops tree: Error walking tree: Cannot walk value, unknown type: uint64');
  if (tag === '!!timestamp') return new Time(String(value));
  if (tag === '!!float') return new Float(Number(value));
  return value;
}
