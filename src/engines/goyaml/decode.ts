import { quoteGo } from '../../core/go-quote.ts';
import type { YamlMap, YamlValue } from '../../core/value.ts';
import { allowedAliasRatio } from './alias-ratio.ts';
import { YamlProblem } from './error.ts';
import { goKeySyntax, invalidKey } from './go-syntax.ts';
import type { YamlNode } from './node.ts';
import { shortTag } from './resolve.ts';
import { isMergeKey, nodeTag, resolveScalar } from './resolve-node.ts';
import type { Dialect } from './scanner.ts';
import { goTypedKey } from './typed-key.ts';

export interface DecodeSettings {
  readonly dialect: Dialect;
  readonly duplicateKeys: 'last' | 'error';
  /** A key that is no text is a failure, as where Go marshals the mapping to JSON. */
  readonly stringKeys: boolean;
  readonly numbers: 'exact' | 'float64';
  readonly into: 'any' | 'map' | 'list';
  readonly maxDepth: number;
}

interface Key {
  /** Its identity in Go's map: a text as it is, others with their type before it. */
  readonly id: string;
  /** What it is in JSON. */
  readonly text: string;
  /** Go takes the mapping for one of texts. */
  readonly textual: boolean;
}

/**
 * Turns nodes into values, as go-yaml decodes into `interface{}` and `sigs.k8s.io/yaml` converts that to JSON.
 * @see go.yaml.in/yaml/v2 and v3, decode.go; sigs.k8s.io/yaml yaml.go, convertToJSONableObject
 */
export class Decoder {
  readonly #settings: DecodeSettings;
  readonly #v3: boolean;
  readonly #open = new Set<YamlNode>();
  /** What go-yaml gathers and reports together at the end. */
  readonly #errors: string[] = [];
  #errorLine = 0;
  #decoded = 1; // the document
  #aliased = 0;
  #aliasDepth = 0;
  #depth = 0;
  /** The first failure of the conversion to JSON, which comes after all of decoding. */
  #unconvertible: string | undefined;
  /** The mapping and the key that `#unconvertible` tells of: the same key again has another value. */
  #unconvertibleKey: readonly [map: YamlMap, id: string] | undefined;
  #notFinite = false;

  constructor(settings: DecodeSettings) {
    this.#settings = settings;
    this.#v3 = settings.dialect === 'v3';
  }

  decode(root: YamlNode): YamlValue {
    const value = this.#v3 && this.#settings.into !== 'any' ? this.#target(root) : this.#value(root);
    if (this.#errors.length > 0)
      throw new YamlProblem(`yaml: unmarshal errors:\n  ${this.#errors.join('\n  ')}`, this.#errorLine);
    if (this.#unconvertible !== undefined) throw new YamlProblem(this.#unconvertible);
    const notFinite = this.#notFinite ? firstNotFinite(value) : undefined;
    if (notFinite !== undefined) throw new YamlProblem(`json: unsupported value: ${notFinite}`);
    return value;
  }

  /** v3 unmarshals into the target itself, which decides what keys and values it takes. */
  #target(node: YamlNode): YamlValue {
    const { into } = this.#settings;
    const at = node.kind === 'alias' ? node.target! : node;
    if (at.kind === 'scalar' && resolveScalar(at, 'v3').value === null) return null;
    if (at.kind !== (into === 'map' ? 'mapping' : 'sequence')) {
      if (at.kind === 'mapping' && !this.#uniqueInV3(at)) return null;
      this.#refuse(at, into === 'map' ? 'map[string]interface {}' : '[]interface {}');
      return null;
    }
    if (into === 'list') return this.#value(node);
    this.#count();
    const map: YamlMap = new Map();
    this.#mapping(at, map, undefined, true);
    return map;
  }

  /** Notes, as go-yaml does, that a node is not of the type it is read into. */
  #refuse(node: YamlNode, type: string): void {
    const tag = nodeTag(node);
    const bytes = Buffer.from(node.value);
    const shown = bytes.length > 10 ? `${bytes.toString('utf8', 0, 7)}...` : node.value;
    const value = tag === '!!seq' || tag === '!!map' ? '' : ` \`${shown}\``;
    this.#errors.push(`line ${node.line}: cannot unmarshal ${tag}${value} into ${type}`);
    this.#errorLine ||= node.line;
  }

  #count(): void {
    this.#decoded++;
    if (this.#aliasDepth > 0) {
      this.#aliased++;
      if (
        this.#aliased > 100 &&
        this.#decoded > 1000 &&
        this.#aliased / this.#decoded > allowedAliasRatio(this.#decoded)
      )
        throw new YamlProblem('yaml: document contains excessive aliasing');
    }
  }

  #value(node: YamlNode): YamlValue {
    this.#count();
    switch (node.kind) {
      case 'scalar':
        return this.#scalar(node);
      case 'mapping': {
        this.#enter();
        const map: YamlMap = new Map();
        this.#mapping(node, map, undefined, this.#v3 && this.#hasOnlyTexts(node));
        this.#depth--;
        return map;
      }
      case 'sequence': {
        this.#enter();
        const { children } = node;
        const list: YamlValue[] = new Array(children.length);
        for (let i = 0; i < children.length; i++) list[i] = this.#value(children[i]!);
        this.#depth--;
        return list;
      }
      default:
        this.#openAlias(node);
        try {
          return this.#value(node.target!);
        } finally {
          this.#closeAlias(node);
        }
    }
  }

  #enter(): void {
    if (++this.#depth > this.#settings.maxDepth)
      throw new YamlProblem(`yaml: exceeded max depth of ${this.#settings.maxDepth}`);
  }

  #openAlias(node: YamlNode): void {
    if (this.#open.has(node)) throw new YamlProblem(`yaml: anchor '${node.value}' value contains itself`, node.line);
    this.#open.add(node);
    this.#aliasDepth++;
  }

  #closeAlias(node: YamlNode): void {
    this.#aliasDepth--;
    this.#open.delete(node);
  }

  #scalar(node: YamlNode): YamlValue {
    if (node.style !== 'plain' && node.tag === '') return node.value;
    const { tag, value } = resolveScalar(node, this.#settings.dialect);
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) this.#notFinite = true;
      return value;
    }
    if (typeof value === 'bigint') return this.#settings.numbers === 'float64' ? Number(value) : value;
    // v2 keeps the text of a timestamp, v3 makes it a time.
    if (tag === '!!timestamp' && !this.#v3) return node.value;
    return value;
  }

  #key(node: YamlNode): Key {
    this.#count();
    let at = node;
    const aliases: YamlNode[] = [];
    while (at.kind === 'alias') {
      this.#openAlias(at);
      aliases.push(at);
      at = at.target!;
      this.#count();
    }
    if (at.kind !== 'scalar') {
      this.#value(at); // whose own failures come first
      throw new YamlProblem(invalidKey(at, this.#settings.dialect), node.line);
    }
    for (const alias of aliases) this.#closeAlias(alias);
    if (at.tag === '' && at.style !== 'plain') return { id: at.value, text: at.value, textual: true };
    const resolved = resolveScalar(at, this.#settings.dialect);
    if (typeof resolved.value === 'string') {
      const text = resolved.tag === '!!timestamp' && !this.#v3 ? at.value : resolved.value;
      if (resolved.tag === '!!timestamp' && this.#v3) return { id: `\0time:${text}`, text, textual: false };
      return { id: text, text, textual: !this.#v3 || at.tag === '' || at.tag === '!' || shortTag(at.tag) === '!!str' };
    }
    return { ...goTypedKey(resolved), textual: false };
  }

  /** Whether v3 reads the mapping into a map of texts. */
  #hasOnlyTexts(mapping: YamlNode): boolean {
    const { children } = mapping;
    for (let i = 0; i < children.length; i += 2) {
      const key = children[i]!.kind === 'alias' ? children[i]!.target! : children[i]!;
      if (key.tag === '' && key.kind === 'scalar' && (key.style !== 'plain' || key.value === '<<')) continue;
      const tag = key.tag !== '' && key.tag !== '!' ? shortTag(key.tag) : this.#impliedTag(key);
      if (tag !== '!!str' && tag !== '!!merge') return false;
    }
    return true;
  }

  #impliedTag(node: YamlNode): string {
    return node.kind === 'scalar' ? resolveScalar(node, 'v3').tag : '';
  }

  /** A key of a map of texts; `undefined` where it is skipped. */
  #textKey(node: YamlNode): Key | undefined {
    this.#count();
    const at = node.kind === 'alias' ? node.target! : node;
    if (at !== node) this.#count();
    if (at.kind !== 'scalar') {
      this.#refuse(at, 'string');
      return undefined;
    }
    const resolved = resolveScalar(at, 'v3');
    if (resolved.value === null) return undefined;
    const text = resolved.tag === '!!binary' ? String(resolved.value) : at.value;
    return { id: text, text, textual: true };
  }

  /**
   * @param onlyTexts in v3: `out` is Go's map of texts, for which every scalar is a key as it is written
   * @param merged where this mapping is merged into another one in v3: the identities of the keys already there, which stay
   */
  #mapping(node: YamlNode, out: YamlMap, merged: Set<string> | undefined, onlyTexts: boolean): void {
    const { children } = node;
    const v3 = this.#v3;
    if (v3 && this.#settings.duplicateKeys === 'error' && !this.#uniqueInV3(node)) return;
    const strict = !v3 && this.#settings.duplicateKeys === 'error';
    let mergeValue: YamlNode | undefined;
    for (let i = 0; i < children.length; i += 2) {
      const keyNode = children[i]!;
      const valueNode = children[i + 1]!;
      if (keyNode.value === '<<' && isMergeKey(keyNode, this.#settings.dialect)) {
        if (v3) mergeValue = valueNode;
        else this.#merge(valueNode, out, undefined, false);
        continue;
      }
      const key = onlyTexts ? this.#textKey(keyNode) : this.#key(keyNode);
      if (key === undefined) continue;
      if (merged !== undefined) {
        if (merged.has(key.id)) continue;
        merged.add(key.id);
      }
      const value = this.#value(valueNode);
      if (strict) {
        const seen = this.#seenIn(out);
        if (seen.has(key.id)) {
          this.#errors.push(`line ${valueNode.line}: key ${goKeySyntax(keyNode)} already set in map`);
          this.#errorLine ||= valueNode.line;
          continue;
        }
        seen.add(key.id);
      }
      if (!key.textual && !onlyTexts) this.#checkKey(keyNode, key.id, valueNode, out);
      out.set(key.text, value);
    }
    if (mergeValue !== undefined) this.#merge(mergeValue, out, merged ?? this.#keysOf(node), onlyTexts);
  }

  readonly #seen = new WeakMap<YamlMap, Set<string>>();
  #seenIn(map: YamlMap): Set<string> {
    let seen = this.#seen.get(map);
    if (seen === undefined) {
      seen = new Set();
      this.#seen.set(map, seen);
    }
    return seen;
  }

  /** The conversion to JSON knows texts, whole numbers, floats and booleans as keys. */
  #checkKey(keyNode: YamlNode, id: string, valueNode: YamlNode, map: YamlMap): void {
    const known = this.#unconvertibleKey;
    if (this.#unconvertible !== undefined && (known?.[0] !== map || known[1] !== id)) return;
    this.#unconvertibleKey = [map, id];
    if (this.#settings.stringKeys) this.#unconvertible = 'json: unsupported type: map[interface {}]interface {}';
    else if (id.startsWith('\0nil') || id.startsWith('\0uint64')) {
      const type = id.startsWith('\0nil') ? '%!s(<nil>)' : 'uint64';
      this.#unconvertible = `unsupported map key of type: ${type}, key: ${goKeySyntax(keyNode)}, value: ${goKeySyntax(valueNode)}`;
    }
  }

  #keysOf(node: YamlNode): Set<string> {
    const keys = new Set<string>();
    for (let i = 0; i < node.children.length; i += 2) keys.add(this.#key(node.children[i]!).id);
    return keys;
  }

  #uniqueInV3(node: YamlNode): boolean {
    const { children } = node;
    const lines = new Map<string, number[]>();
    let duplicates = false;
    for (let i = 0; i < children.length; i += 2) {
      const { kind, value, line } = children[i]!;
      const id = `${kind} ${value}`;
      const found = lines.get(id);
      if (found === undefined) lines.set(id, [line]);
      else {
        duplicates = true;
        found.push(line);
      }
    }
    if (!duplicates) return true;
    for (let i = 0; i < children.length; i += 2) {
      const { kind, value, line } = children[i]!;
      const later = lines.get(`${kind} ${value}`)!;
      later.shift();
      for (const other of later) {
        this.#errors.push(`line ${other}: mapping key ${quoteGo(value)} already defined at line ${line}`);
        this.#errorLine ||= other;
      }
    }
    return false;
  }

  #merge(node: YamlNode, out: YamlMap, merged: Set<string> | undefined, onlyTexts: boolean): void {
    const wantMap = (): never => {
      throw new YamlProblem('yaml: map merge requires map or sequence of maps as the value', node.line);
    };
    const one = (source: YamlNode): void => {
      this.#count();
      if (source.kind === 'alias') {
        if (source.target!.kind !== 'mapping') wantMap();
        this.#openAlias(source);
        this.#count();
        this.#mapping(source.target!, out, merged, onlyTexts);
        this.#closeAlias(source);
      } else if (source.kind === 'mapping') this.#mapping(source, out, merged, onlyTexts);
      else wantMap();
    };
    if (node.kind !== 'sequence') one(node);
    else if (this.#v3) for (const item of node.children) one(item);
    else for (let i = node.children.length - 1; i >= 0; i--) one(node.children[i]!);
  }
}

/** The number that Go's JSON encoder meets first: it goes through mappings in the order of their keys. */
function firstNotFinite(value: YamlValue): string | undefined {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return undefined;
    return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = firstNotFinite(item);
      if (found !== undefined) return found;
    }
  } else if (value instanceof Map) {
    for (const key of [...value.keys()].sort()) {
      const found = firstNotFinite(value.get(key)!);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
