import type { YamlMap, YamlValue } from '../../core/value.ts';
import type { DecodeSettings } from './decode.ts';
import { FastFlow, MAX_DEPTH } from './fast-flow.ts';
import type { ScalarMaker } from './fast-text.ts';
import { LEAVE } from './leave.ts';

// Control characters, CR and the other line breaks, byte order marks, halves of pairs without their other one.
const SUSPECT = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/;
const NOT_FOR_US = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/u;

/** As many decoded nodes may come from aliases before go-yaml begins to look at their share. */
const MAX_ALIASED = 900;

export interface FastDocument {
  readonly value: YamlValue;
  /** 1-based. */
  readonly line: number;
}

/** A document whose scalars are what a maker made of them. */
export type YamlTree<S extends object> = S | Map<string, YamlTree<S>> | YamlTree<S>[];

const TREE: DecodeSettings = {
  dialect: 'v3',
  duplicateKeys: 'error',
  stringKeys: true,
  numbers: 'exact',
  into: 'any',
  maxDepth: MAX_DEPTH,
};

/**
 * The documents of a text that has at most one, as goyaml.v3 reads it, aliases expanded; each mapping's keys are texts.
 * @returns `undefined` where the text is not of the plain kind: `parseNodes` has to read it
 */
export function parseTree<S extends object>(text: string, scalars: ScalarMaker<S>): YamlTree<S>[] | undefined {
  const maker = scalars as unknown as ScalarMaker<object>;
  return fastParse(text, TREE, false, maker)?.map(({ value }) => value as unknown as YamlTree<S>);
}

/**
 * Reads the first or all documents of a text.
 * @returns `undefined` where the text is not of the plain kind (or not valid): the full reader has to read it
 */
export function fastParse(
  text: string,
  settings: DecodeSettings,
  all: boolean,
  scalars?: ScalarMaker<object>,
): FastDocument[] | undefined {
  if (SUSPECT.test(text) && NOT_FOR_US.test(text)) return undefined;
  try {
    return new FastParser(text, settings, scalars).documents(all);
  } catch (thrown) {
    if (thrown === LEAVE) return undefined;
    throw thrown;
  }
}

class FastParser extends FastFlow {
  #anchors: Map<string, YamlValue> | undefined;
  #aliased = 0;
  documents(all: boolean): FastDocument[] {
    const { s } = this;
    const documents: FastDocument[] = [];
    let line = 1;
    let counted = 0;
    this.toNextLine();
    while (s.charCodeAt(this.pos) !== 0) {
      for (let at = s.indexOf('\n', counted); at >= 0 && at < this.pos; at = s.indexOf('\n', counted)) {
        line++;
        counted = at + 1;
      }
      if (this.column < 0) {
        this.pos += 3; // ---
        this.endLine();
        this.toNextLine();
      } else if (documents.length > 0) throw LEAVE;
      documents.push({ value: this.column < 0 ? this.nothing() : this.#node(-1, this.column), line });
      if (this.column >= 0) throw LEAVE;
      if (!all) {
        // goyaml.v3 looks ahead into the next document.
        if (this.settings.dialect === 'v3' && s.charCodeAt(this.pos) !== 0) throw LEAVE;
        break;
      }
      if (this.settings.dialect === 'v2') this.#anchors = undefined;
    }
    return documents;
  }

  /**
   * A block node, and on to the next line with content.
   * @param indent the column of the collection it stands in
   * @param column where it starts
   */
  #node(indent: number, column: number): YamlValue {
    const s = this.s;
    const c = s.charCodeAt(this.pos);
    if (c === 45 && s.charCodeAt(this.pos + 1) <= 32) return this.#sequence(column);
    if (c === 34 || c === 39) {
      const text = this.quoted(c);
      if (this.#isKeyEnd()) return this.#mapping(column, text);
      this.endLine();
      this.toNextLine();
      return this.scalar(text, 'quoted');
    }
    if (this.startsPlain(c)) {
      const key = this.plainKey();
      if (key !== undefined) return this.#mapping(column, key);
    }
    const value = this.#inline(indent);
    this.toNextLine();
    return value;
  }

  /** Whether a `:` follows a quoted scalar; then `pos` goes behind it. */
  #isKeyEnd(): boolean {
    const s = this.s;
    let pos = this.pos;
    let c = s.charCodeAt(pos);
    while (c === 32) c = s.charCodeAt(++pos);
    if (c !== 58) return false;
    if (s.charCodeAt(pos + 1) > 32 || s.charCodeAt(pos + 1) === 9 || this.severalLines) throw LEAVE;
    if (pos - this.lineStart > 1000) throw LEAVE;
    this.pos = pos + 1;
    return true;
  }

  #nextKey(): string {
    const c = this.s.charCodeAt(this.pos);
    if (c === 34 || c === 39) {
      const text = this.quoted(c);
      if (this.#isKeyEnd()) return text;
    } else if (this.startsPlain(c)) {
      const key = this.plainKey();
      if (key !== undefined) return key;
    }
    throw LEAVE;
  }

  /** @param key its first key, which is read already */
  #mapping(column: number, key: string): YamlMap {
    if (++this.depth > MAX_DEPTH) throw LEAVE;
    const map: YamlMap = new Map();
    let size = 0;
    for (;;) {
      map.set(key, this.#value(column));
      if (map.size === size) {
        if (this.uniqueKeys) throw LEAVE;
      } else size++;
      if (this.column !== column) break;
      key = this.#nextKey();
    }
    if (this.column > column) throw LEAVE;
    this.depth--;
    return map;
  }

  /** What stands behind a key's `:`, and on to the next line with content. */
  #value(column: number): YamlValue {
    const s = this.s;
    let c = s.charCodeAt(this.pos);
    while (c === 32) c = s.charCodeAt(++this.pos);
    if (c === 38) {
      const anchor = this.#anchorOfNode();
      const value = this.#value(column);
      this.#setAnchor(anchor, value);
      return value;
    }
    if (c === 10 || c === 0 || c === 35) {
      if (c === 35) {
        if (s.charCodeAt(this.pos - 1) !== 32) throw LEAVE;
        this.pos = this.lineEnd(this.pos);
      }
      this.toNextLine();
      if (this.column > column) return this.#node(column, this.column);
      if (this.column === column && s.charCodeAt(this.pos) === 45 && s.charCodeAt(this.pos + 1) <= 32)
        return this.#sequence(column);
      return this.nothing();
    }
    const value = this.#inline(column);
    this.toNextLine();
    return value;
  }

  #sequence(column: number): YamlValue[] {
    const s = this.s;
    if (++this.depth > MAX_DEPTH) throw LEAVE;
    const list: YamlValue[] = [];
    do {
      this.pos++;
      list.push(this.#item(column));
    } while (this.column === column && s.charCodeAt(this.pos) === 45 && s.charCodeAt(this.pos + 1) <= 32);
    if (this.column > column) throw LEAVE;
    this.depth--;
    return list;
  }

  #item(column: number): YamlValue {
    const s = this.s;
    let c = s.charCodeAt(this.pos);
    while (c === 32) c = s.charCodeAt(++this.pos);
    switch (c) {
      case 9:
        throw LEAVE;
      case 38: {
        const anchor = this.#anchorOfNode();
        // An anchor before a key on its line is the key's.
        const after = s.charCodeAt(this.pos);
        if (after === 32 && !this.#isScalarLine()) throw LEAVE;
        const value = this.#item(column);
        this.#setAnchor(anchor, value);
        return value;
      }
      case 35:
        this.pos = this.lineEnd(this.pos);
        break;
      case 10:
      case 0:
        break;
      default:
        return this.#node(column, this.pos - this.lineStart);
    }
    this.toNextLine();
    return this.column > column ? this.#node(column, this.column) : this.nothing();
  }

  /** What follows on the line is a flow collection, a quoted scalar or a comment; surely no key. */
  #isScalarLine(): boolean {
    const end = this.lineEnd(this.pos);
    const rest = this.s.slice(this.pos, end);
    return !rest.includes(':') && !/^ *(?:[-?*!&]|$)/.test(rest);
  }

  /** The name of the anchor at `pos`, which goes behind it. */
  #anchor(): string {
    const from = ++this.pos;
    const s = this.s;
    let c = s.charCodeAt(this.pos);
    while ((c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 95 || c === 45)
      c = s.charCodeAt(++this.pos);
    if (this.pos === from || (c !== 32 && c !== 10 && c !== 0)) throw LEAVE;
    return s.slice(from, this.pos);
  }

  /** An anchor's name. Neither another anchor nor an alias may follow it. */
  #anchorOfNode(): string {
    const name = this.#anchor();
    const s = this.s;
    let pos = this.pos;
    let c = s.charCodeAt(pos);
    while (c === 32 || c === 10) c = s.charCodeAt(++pos);
    if (c === 38 || c === 42 || c === 35) throw LEAVE;
    return name;
  }

  #setAnchor(name: string, value: YamlValue): void {
    this.#anchors ??= new Map();
    if (this.#anchors.has(name)) throw LEAVE;
    this.#anchors.set(name, value);
  }

  #alias(): YamlValue {
    const value = this.#anchors?.get(this.#anchor());
    if (value === undefined) throw LEAVE;
    return this.#copy(value);
  }

  #copy(value: YamlValue): YamlValue {
    if (++this.#aliased > MAX_ALIASED) throw LEAVE;
    if (Array.isArray(value)) return value.map((item) => this.#copy(item));
    if (!(value instanceof Map))
      return this.scalars === undefined ? value : (this.scalars.copy(value as unknown as object) as YamlMap);
    const copy: YamlMap = new Map();
    for (const [key, item] of value) {
      this.#aliased++;
      copy.set(key, this.#copy(item));
    }
    return copy;
  }

  /** A value that starts on the line and is no block collection; `pos` goes to the end of its last line. */
  #inline(indent: number): YamlValue {
    const c = this.s.charCodeAt(this.pos);
    let value: YamlValue;
    switch (c) {
      case 34:
      case 39:
        value = this.scalar(this.quoted(c), 'quoted');
        break;
      case 123:
      case 91:
        value = this.flow(c);
        break;
      case 124:
      case 62:
        if (indent < 0) throw LEAVE;
        return this.block(indent);
      case 42:
        value = this.#alias();
        break;
      default:
        if (!this.startsPlain(c)) throw LEAVE;
        return this.plain(indent);
    }
    this.endLine();
    return value;
  }
}
