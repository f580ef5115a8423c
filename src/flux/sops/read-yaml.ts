import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { parse, parseNodes, resolveScalar, type YamlNode } from '../../engines/goyaml/index.ts';
import { Branch, Comment, type Entry, Float, type SopsValue, Time } from './tree.ts';
import { type YamlComment, yamlComments } from './yaml-comments.ts';

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
    return ok(documents.map(({ root }, index) => reader.document(root, documents[index + 1]?.line ?? Infinity)));
  } catch (thrown) {
    if (thrown instanceof Unreadable) return refuse(thrown.message);
    throw thrown;
  }
}

class TreeReader {
  readonly #comments: readonly YamlComment[];
  #next = 0;
  #nodes = 0;
  #depth = 0;

  constructor(comments: readonly YamlComment[]) {
    this.#comments = comments;
  }

  /** @param until the line of the next document */
  document(root: YamlNode, until: number): Branch {
    const node = root.kind === 'alias' ? root.target! : root;
    if (node.kind === 'sequence')
      throw new Unreadable('Error unmarshaling input YAML: YAML documents that are sequences are not supported');
    if (node.kind === 'mapping') return this.#mapping(node, until, 1, true);
    if (resolved(node) !== null)
      throw new Unreadable('Error unmarshaling input YAML: YAML documents that are values are not supported');
    return new Branch(this.#take(until, 0));
  }

  #mapping(node: YamlNode, until: number, column: number, withComments: boolean): Branch {
    const items: (Entry | Comment)[] = [];
    for (let at = 0; at < node.children.length; at += 2) {
      const [key, value] = [node.children[at]!, node.children[at + 1]!];
      if (withComments) items.push(...this.#take(key.line, 0));
      const after = node.children[at + 2]?.line ?? until;
      const before = withComments ? this.#beside(key, value, after) : [];
      const entry = { key: keyText(key), value: this.#value(value, after, withComments) };
      items.push(...before, entry);
    }
    if (withComments) items.push(...this.#take(until, node.style === 'flow' ? 0 : column));
    return new Branch(items);
  }

  #sequence(node: YamlNode, until: number, withComments: boolean): readonly SopsValue[] {
    const items: SopsValue[] = [];
    for (const [index, item] of node.children.entries()) {
      if (withComments) items.push(...this.#take(item.line, 0));
      const after = node.children[index + 1]?.line ?? until;
      const before = withComments && item.kind === 'scalar' ? this.#lineComment(item, after, true) : [];
      items.push(...before, this.#value(item, after, withComments));
    }
    // The `-` of an item stands before it by no more than a level.
    if (withComments) items.push(...this.#take(until, (node.children[0]?.column ?? 1) - 2));
    return items;
  }

  #value(node: YamlNode, until: number, withComments: boolean): SopsValue {
    if (++this.#nodes > MAX_NODES) throw new Unreadable('the document holds too many nodes');
    if (++this.#depth > MAX_DEPTH) throw new Unreadable('the document is nested too deeply');
    const value = this.#any(node, until, withComments);
    this.#depth--;
    return value;
  }

  #any(node: YamlNode, until: number, withComments: boolean): SopsValue {
    if (node.kind === 'alias') return this.#value(node.target!, until, false);
    if (node.kind === 'sequence') return this.#sequence(node, until, withComments);
    if (node.kind === 'scalar') return resolved(node);
    return this.#mapping(node, until, node.children[0]?.column ?? 1, withComments);
  }

  /** Comment lines up to a line that stand at a column or right of it. */
  #take(until: number, column: number): Comment[] {
    const taken: Comment[] = [];
    for (;;) {
      const comment = this.#comments[this.#next];
      if (comment === undefined || comment.line >= until || comment.column < column) return taken;
      taken.push(new Comment(comment.text));
      this.#next++;
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
