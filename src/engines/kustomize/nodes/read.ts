import {
  isMergeKey,
  parseNodes,
  parseTree,
  type ScalarMaker,
  shortTag,
  type YamlError,
  type YamlNode,
} from '../../goyaml/index.ts';
import { KustomizeProblem } from '../problem.ts';
import type { SourcedTree } from './edited-text.ts';
import { IrregularMap, isMissingOrNull, type Node, type NodeMap, Scalar, STRING_TAG, textOf } from './node.ts';
import { resolveTag } from './resolve.ts';

/** Nodes that aliases may add to a text: more is a bomb. (kustomize itself has no bound and runs out of memory.) */
const MAX_ALIASED = 2_000_000;
const MAX_DEPTH = 1000;

/**
 * The documents of a text as kustomize reads resources: CRLF becomes LF; a line that starts with `---` starts a document, of
 * which only the first one up to a `...` counts; empty documents are left out; a single `List` gives its items; aliases and
 * merge keys are expanded.
 * @see kyaml kio/byteio_reader.go, FromBytes
 */
export function readDocuments(text: string): Node[] {
  const source = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text;
  const parts = splitDocuments(source);
  const documents: Node[] = [];
  let line = 0;
  for (const part of parts) {
    const node = readFirst(part.text, line);
    line += part.lines;
    if (node === undefined || isMissingOrNull(node)) continue;
    const items = parts.length === 1 && node instanceof Map ? unwrapped(node) : undefined;
    if (items === undefined) documents.push(node);
    else documents.push(...items);
  }
  return documents;
}

function unwrapped(node: NodeMap): Node[] | undefined {
  const kind = textOf(node.get('kind'));
  if (kind !== 'List' && kind !== 'ResourceList') return undefined;
  const items = node.get('items');
  if (items === undefined) return node.has('functionConfig') ? [] : undefined;
  return Array.isArray(items)
    ? items
    : items instanceof Map
      ? [...items].flatMap(([key, value]) => [new Scalar(key, STRING_TAG), value])
      : [];
}

interface Part {
  readonly text: string;
  /** Lines up to the next part. */
  readonly lines: number;
}

function splitDocuments(text: string): Part[] {
  if (text === '') return [];
  if (!text.includes('\n---')) return [{ text, lines: 0 }];
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(/\n---(.*)\n/g)) {
    const rest = match[1]!.trim();
    if (rest !== '' && rest[0] !== '#')
      throw new KustomizeProblem(`invalid document separator: ${match[0].trim()}`, { reason: 'invalid-yaml' });
    const part = text.slice(from, match.index);
    parts.push({ text: `${part}\n`, lines: part.split('\n').length + 1 });
    from = match.index + match[0].length;
  }
  parts.push({ text: text.slice(from), lines: 0 });
  return parts;
}

/** The first document of `text`; `undefined` where there is none. */
function readFirst(text: string, lineOffset: number): Node | undefined {
  return build(text, lineOffset, 'MalformedYAMLError: ');
}

/** Any single YAML text as kyaml's Unmarshal into a node reads it; `undefined` for an empty one. */
export function readNode(text: string): Node | undefined {
  return build(text, 0, '');
}

/** The same, with what each scalar was read from; `undefined` for an empty text, and for one with aliases or merges. */
export function readSourced(text: string): SourcedTree | undefined {
  const source = parseNodes(text, { dialect: 'v3' }).documents[0]?.root;
  if (source === undefined || hasAliases(source)) return undefined;
  const sources = new Map<Scalar, YamlNode>();
  return { root: new Builder(0, sources).build(source, 0), source, sources };
}

const hasAliases = (node: YamlNode): boolean => node.kind === 'alias' || node.children.some(hasAliases);

const SCALARS: ScalarMaker<Scalar> = {
  make: (text, style) => new Scalar(text, style === 'plain' ? resolveTag(text) : STRING_TAG, style),
  copy: ({ value, tag, style, tagged }) => new Scalar(value, tag, style, tagged),
};

function build(text: string, lineOffset: number, prefix: string): Node | undefined {
  const plain = parseTree(text, SCALARS);
  if (plain !== undefined) return plain[0];
  const { documents, error } = parseNodes(text, { dialect: 'v3' });
  const document = documents[0];
  if (document !== undefined) return new Builder(lineOffset).build(document.root, 0);
  if (error !== undefined) throw malformed(error, lineOffset, prefix);
  return undefined;
}

function malformed(error: YamlError, lineOffset: number, prefix: string): KustomizeProblem {
  return new KustomizeProblem(`${prefix}${error.message}`, {
    reason: 'invalid-yaml',
    ...(error.line === undefined ? {} : { line: error.line + lineOffset }),
  });
}

/** Turns what the parser gives into the tree, aliases and merges expanded. */
class Builder {
  readonly #lineOffset: number;
  readonly #open = new Set<YamlNode>();
  readonly #sources: Map<Scalar, YamlNode> | undefined;
  #aliased = 0;
  #inAlias = 0;

  /** @param sources gets what each scalar was read from, keys left out */
  constructor(lineOffset: number, sources?: Map<Scalar, YamlNode>) {
    this.#lineOffset = lineOffset;
    this.#sources = sources;
  }

  build(source: YamlNode, depth: number): Node {
    if (this.#inAlias > 0 && ++this.#aliased > MAX_ALIASED)
      throw new KustomizeProblem('yaml: document contains excessive aliasing', {
        reason: 'limit-exceeded',
        line: source.line + this.#lineOffset,
      });
    if (depth > MAX_DEPTH) throw new KustomizeProblem('yaml: exceeded max depth', { reason: 'limit-exceeded' });
    switch (source.kind) {
      case 'scalar':
        return this.#scalar(source);
      case 'alias':
        return this.#expand(source, (target) => this.build(target, depth + 1));
      case 'sequence':
        return source.children.map((child) => this.build(child, depth + 1));
      default:
        return this.#mapping(source, depth);
    }
  }

  #scalar(source: YamlNode): Scalar {
    const made = scalar(source);
    this.#sources?.set(made, source);
    return made;
  }

  #expand<T>(alias: YamlNode, work: (target: YamlNode) => T): T {
    const target = alias.target!;
    if (this.#open.has(target))
      throw new KustomizeProblem(`yaml: anchor '${alias.value}' value contains itself`, {
        reason: 'invalid-yaml',
        line: alias.line + this.#lineOffset,
      });
    this.#open.add(target);
    this.#inAlias++;
    const result = work(target);
    this.#inAlias--;
    this.#open.delete(target);
    return result;
  }

  #mapping(source: YamlNode, depth: number): NodeMap {
    const { children } = source;
    let map: NodeMap = new Map();
    let lines: Map<string, number> | undefined;
    let merge: YamlNode | undefined;
    this.#open.add(source);
    for (let at = 0; at < children.length; at += 2) {
      let keyNode = children[at]!;
      if (keyNode.kind === 'alias') keyNode = keyNode.target!;
      const value = children[at + 1]!;
      if (isMergeKey(keyNode, 'v3')) {
        if (merge !== undefined) throw new KustomizeProblem('duplicate merge key', { reason: 'invalid-yaml' });
        merge = value;
        continue;
      }
      const key = keyNode.kind === 'scalar' ? keyNode.value : '';
      if (map.has(key)) {
        lines ??= keyLines(children);
        map = irregular(map, (to) => {
          to.duplicate ??= { key, line: keyNode.line, firstLine: lines!.get(key) ?? keyNode.line };
        });
        continue;
      }
      if (keyNode.kind !== 'scalar' || (keyNode.style === 'plain' && scalar(keyNode).tag !== STRING_TAG))
        map = irregular(map, (to) => {
          to.nonStringKey ??= key;
        });
      map.set(key, this.build(value, depth + 1));
    }
    this.#open.delete(source);
    if (merge !== undefined) map = this.#merged(map, merge, depth);
    return map;
  }

  /** The merged mappings under the mapping's own keys: of several, the first one named wins. */
  #merged(own: NodeMap, merge: YamlNode, depth: number): NodeMap {
    const result: NodeMap = new Map();
    for (const source of this.#mergeSources(merge, depth)) for (const [key, item] of source) result.set(key, item);
    for (const [key, item] of own) result.set(key, item);
    if (!(own instanceof IrregularMap)) return result;
    return irregular(result, (to) => {
      to.duplicate = own.duplicate;
      to.nonStringKey = own.nonStringKey;
    });
  }

  #mergeSources(value: YamlNode, depth: number): NodeMap[] {
    switch (value.kind) {
      case 'mapping':
        return [this.build(value, depth + 1) as NodeMap];
      case 'alias': {
        if (value.target?.kind !== 'mapping')
          throw new KustomizeProblem('invalid map merge: received alias for a non-map value', {
            reason: 'invalid-yaml',
          });
        return [this.#expand(value, (target) => this.build(target, depth + 1) as NodeMap)];
      }
      case 'sequence': {
        const found: NodeMap[] = [];
        for (const child of value.children) {
          if (child.kind === 'sequence')
            throw new KustomizeProblem('invalid map merge: received a nested sequence', { reason: 'invalid-yaml' });
          found.unshift(...this.#mergeSources(child, depth));
        }
        return found;
      }
      default:
        throw new KustomizeProblem('map merge requires map or sequence of maps as the value', {
          reason: 'invalid-yaml',
        });
    }
  }
}

function irregular(map: NodeMap, mark: (to: IrregularMap) => void): IrregularMap {
  const to = map instanceof IrregularMap ? map : new IrregularMap(map);
  mark(to);
  return to;
}

function keyLines(children: readonly YamlNode[]): Map<string, number> {
  const lines = new Map<string, number>();
  for (let at = 0; at < children.length; at += 2) {
    const { value, line } = children[at]!;
    if (!lines.has(value)) lines.set(value, line);
  }
  return lines;
}

function scalar(source: YamlNode): Scalar {
  const style = source.style === 'plain' ? 'plain' : source.style === 'folded' ? 'folded' : 'quoted';
  if (source.tag !== '' && source.tag !== '!') return new Scalar(source.value, shortTag(source.tag), style, true);
  return new Scalar(source.value, style === 'plain' ? resolveTag(source.value) : STRING_TAG, style);
}
