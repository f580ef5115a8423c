import type { YamlMap, YamlValue } from '../../core/value.ts';
import type { DecodeSettings } from './decode.ts';
import { FastText, type ScalarMaker } from './fast-text.ts';
import { LEAVE } from './leave.ts';

/** Deeper nesting is for the full reader and its bounds. */
export const MAX_DEPTH = 200;

/** Flow collections (and so JSON) for the fast reader. */
export class FastFlow extends FastText {
  protected depth = 0;
  protected readonly uniqueKeys: boolean;

  constructor(text: string, settings: DecodeSettings, scalars: ScalarMaker<object> | undefined) {
    super(text, settings, scalars);
    this.uniqueKeys = settings.duplicateKeys === 'error';
  }

  /** Goes over blanks and line breaks within a flow collection, and gives the character that follows. */
  #toFlowContent(): number {
    const s = this.s;
    for (;;) {
      const c = s.charCodeAt(this.pos);
      if (c === 10) {
        const next = s.charCodeAt(this.pos + 1);
        if (next === 45 || next === 46 || next === 37) throw LEAVE;
      } else if (c !== 32 && c !== 9) return c;
      this.pos++;
    }
  }

  protected flow(c: number): YamlValue {
    switch (c) {
      case 91:
        return this.#flowSequence();
      case 123:
        return this.#flowMapping();
      case 34:
      case 39:
        return this.scalar(this.quoted(c), 'quoted');
      default:
        return this.resolve(this.#flowPlain());
    }
  }

  #flowSequence(): YamlValue[] {
    if (++this.depth > MAX_DEPTH) throw LEAVE;
    const list: YamlValue[] = [];
    this.pos++;
    for (;;) {
      let c = this.#toFlowContent();
      if (c === 93) break;
      list.push(this.flow(c));
      c = this.#toFlowContent();
      if (c === 93) break;
      if (c !== 44) throw LEAVE;
      this.pos++;
    }
    this.pos++;
    this.depth--;
    return list;
  }

  #flowMapping(): YamlMap {
    if (++this.depth > MAX_DEPTH) throw LEAVE;
    const map: YamlMap = new Map();
    let size = 0;
    this.pos++;
    for (;;) {
      let c = this.#toFlowContent();
      if (c === 125) break;
      const from = this.pos;
      let key: string;
      if (c === 34 || c === 39) {
        key = this.quoted(c);
        if (this.severalLines) throw LEAVE;
      } else key = this.keyText(this.#flowPlain());
      while (this.s.charCodeAt(this.pos) === 32) this.pos++;
      if (this.s.charCodeAt(this.pos) !== 58 || this.pos - from > 1000) throw LEAVE;
      this.pos++;
      c = this.#toFlowContent();
      map.set(key, c === 44 || c === 125 ? this.nothing() : this.flow(c));
      if (map.size === size) {
        if (this.uniqueKeys) throw LEAVE;
      } else size++;
      c = this.#toFlowContent();
      if (c === 125) break;
      if (c !== 44) throw LEAVE;
      this.pos++;
    }
    this.pos++;
    this.depth--;
    return map;
  }

  /** A plain scalar of one line in a flow collection. */
  #flowPlain(): string {
    const s = this.s;
    const from = this.pos;
    if (!this.startsPlain(s.charCodeAt(from))) throw LEAVE;
    let pos = from;
    for (; ; pos++) {
      const c = s.charCodeAt(pos);
      if (c === 44 || c === 93 || c === 125 || c === 10) break;
      if (c === 58) {
        const next = s.charCodeAt(pos + 1);
        if (next === 32 || next === 10) break;
        if (next === 9) throw LEAVE;
      } else if (c === 91 || c === 123 || c === 63 || c === 0 || c === 9 || (c === 35 && s.charCodeAt(pos - 1) === 32))
        throw LEAVE;
    }
    if (s.charCodeAt(pos) === 10) throw LEAVE;
    this.pos = pos;
    let end = pos;
    while (s.charCodeAt(end - 1) === 32) end--;
    return s.slice(from, end);
  }
}
