import type { YamlMap, YamlValue } from '../../core/value.ts';
import type { DecodeSettings } from './decode.ts';
import { BlockLines } from './fast-block.ts';
import { decodeEscapes, foldQuoted } from './fast-quoted.ts';
import { LEAVE } from './leave.ts';
import { resolvePlain } from './resolve.ts';
import { goTypedKey } from './typed-key.ts';

/** Gives what stands for the scalars of a tree where they are to keep their text and their style. */
export interface ScalarMaker<S extends object> {
  make(text: string, style: 'plain' | 'quoted' | 'folded'): S;
  copy(scalar: S): S;
}

const TEXT = 0;
const WORD = 1;
const NUMBER = 2;
/** No plain scalar starts so (or none that the fast reader takes). */
const OTHER = 3;

/** What a plain scalar may be, by its first character. */
const FIRST = new Uint8Array(128);
FIRST.fill(OTHER, 0, 33);
for (const character of '?:,[]{}#&*!|>\'"%@`<') FIRST[character.charCodeAt(0)] = OTHER;
for (const character of 'yYnNtTfFoO~') FIRST[character.charCodeAt(0)] = WORD;
for (const character of '0123456789+-.') FIRST[character.charCodeAt(0)] = NUMBER;

/** Keys longer than this may pass the 1024 characters within which a `:` has to follow. */
const MAX_KEY = 1000;

/**
 * Lines and scalars for the fast reader: what Kubernetes' files are mostly made of, read straight into values. At anything
 * else it throws `LEAVE`, and the full reader, which alone knows errors, reads the text again.
 */
export class FastText {
  protected readonly s: string;
  protected readonly settings: DecodeSettings;
  protected readonly scalars: ScalarMaker<object> | undefined;
  protected pos = -1;
  protected lineStart = 0;
  /** The column of the content that `toNextLine` found, or -1 at the end of the document. */
  protected column = -1;
  /** The last quoted scalar went over several lines. */
  protected severalLines = false;

  constructor(text: string, settings: DecodeSettings, scalars: ScalarMaker<object> | undefined) {
    this.s = `${text}\0`;
    this.settings = settings;
    this.scalars = scalars;
  }

  /** From a line's end to the next line with content. */
  protected toNextLine(): void {
    const s = this.s;
    let pos = this.pos;
    for (;;) {
      if (s.charCodeAt(pos) === 0) {
        this.pos = pos;
        this.column = -1;
        return;
      }
      const start = ++pos; // over the line feed
      let c = s.charCodeAt(pos);
      while (c === 32) c = s.charCodeAt(++pos);
      if (c === 10 || c === 0) continue;
      if (c === 35) {
        pos = this.lineEnd(pos);
        continue;
      }
      if (c === 9) throw LEAVE;
      this.pos = pos;
      this.lineStart = start;
      this.column = pos - start;
      if (pos === start && (c === 45 || c === 46) && this.#isIndicator(pos, c)) {
        if (c === 46) throw LEAVE;
        this.column = -1;
      }
      return;
    }
  }

  protected lineEnd(pos: number): number {
    const end = this.s.indexOf('\n', pos);
    return end < 0 ? this.s.length - 1 : end;
  }

  #isIndicator(pos: number, c: number): boolean {
    const s = this.s;
    if (s.charCodeAt(pos + 1) !== c || s.charCodeAt(pos + 2) !== c) return false;
    const after = s.charCodeAt(pos + 3);
    return after === 10 || after === 32 || after === 0 || after === 9;
  }

  /** After a value nothing but a comment may stand in its line. Leaves `pos` at the line's end. */
  protected endLine(): void {
    const s = this.s;
    let c = s.charCodeAt(this.pos);
    if (c === 10 || c === 0) return;
    if (c !== 32) throw LEAVE;
    while (c === 32) c = s.charCodeAt(++this.pos);
    if (c === 35) this.pos = this.lineEnd(this.pos);
    else if (c !== 10 && c !== 0) throw LEAVE;
  }

  protected startsPlain(c: number): boolean {
    if (c >= 128) return true;
    if (FIRST[c] === OTHER) return false;
    if (c !== 45) return true;
    const next = this.s.charCodeAt(this.pos + 1);
    return next > 32;
  }

  /** The value of a scalar that is a text; with a maker, what that makes of it. */
  protected scalar(text: string, style: 'plain' | 'quoted' | 'folded'): YamlValue {
    return this.scalars === undefined ? text : (this.scalars.make(text, style) as YamlMap);
  }

  protected nothing(): YamlValue {
    return this.scalars === undefined ? null : this.scalar('', 'plain');
  }

  protected resolve(text: string): YamlValue {
    if (this.scalars !== undefined) return this.scalar(text, 'plain');
    const first = text.charCodeAt(0);
    if (first >= 128) return text;
    const kind = FIRST[first];
    if (kind === TEXT || (kind === WORD && text.length > 5)) return text;
    if (first >= 49 && first <= 57 && text.length < 16) {
      let value = first - 48;
      let i = 1;
      for (; i < text.length; i++) {
        const digit = text.charCodeAt(i) - 48;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (i === text.length) return value;
    }
    const { tag, value } = resolvePlain(text, this.settings.dialect);
    if (typeof value === 'number' && !Number.isFinite(value)) throw LEAVE;
    if (typeof value === 'bigint') return this.settings.numbers === 'float64' ? Number(value) : value;
    return tag === '!!timestamp' && this.settings.dialect === 'v2' ? text : value;
  }

  protected keyText(raw: string): string {
    const first = raw.charCodeAt(0);
    if (first >= 128) return raw;
    const kind = FIRST[first];
    if (kind === TEXT || (kind === WORD && raw.length > 5)) return raw;
    const resolved = resolvePlain(raw, this.settings.dialect);
    if (resolved.tag === '!!str') return raw;
    if (this.scalars !== undefined) throw LEAVE;
    if (resolved.tag === '!!timestamp' && this.settings.dialect === 'v2') return raw;
    if (resolved.value === null || this.settings.stringKeys || resolved.tag === '!!timestamp') throw LEAVE;
    if (typeof resolved.value === 'bigint') throw LEAVE;
    return goTypedKey(resolved).text;
  }

  /** The plain key at `pos`, which goes behind its `:`; `undefined` (and `pos` stays) where the line holds none. */
  protected plainKey(): string | undefined {
    const s = this.s;
    const from = this.pos;
    let pos = from;
    for (;;) {
      const c = s.charCodeAt(pos);
      if (c === 58) {
        const next = s.charCodeAt(pos + 1);
        if (next === 32 || next === 10 || next === 0) break;
        if (next === 9) throw LEAVE;
      } else if (c === 10 || c === 0 || (c === 35 && s.charCodeAt(pos - 1) === 32)) return undefined;
      else if (c === 9) throw LEAVE;
      pos++;
    }
    if (pos - from > MAX_KEY) throw LEAVE;
    let end = pos;
    while (s.charCodeAt(end - 1) === 32) end--;
    this.pos = pos + 1;
    return this.keyText(s.slice(from, end));
  }

  /**
   * A plain scalar with the lines it goes on over; `pos` goes to the end of its last line.
   * @param indent the column of the collection it stands in
   */
  protected plain(indent: number): YamlValue {
    const s = this.s;
    const from = this.pos;
    let pos = from;
    let end = from;
    for (;;) {
      const c = s.charCodeAt(pos);
      if (c === 32) {
        let next = s.charCodeAt(++pos);
        while (next === 32) next = s.charCodeAt(++pos);
        if (next === 35) {
          this.pos = this.lineEnd(pos);
          return this.resolve(s.slice(from, end));
        }
        continue;
      }
      if (c === 10 || c === 0) break;
      if (c === 58) {
        const next = s.charCodeAt(pos + 1);
        if (next === 32 || next === 10 || next === 0 || next === 9) throw LEAVE;
      } else if (c === 9) throw LEAVE;
      end = ++pos;
    }
    this.pos = pos;
    const text = s.slice(from, end);
    return this.#goesOn(indent) ? this.#plainLines(text, indent) : this.resolve(text);
  }

  /** Whether the next line with content belongs to a plain scalar that ends at `pos`. */
  #goesOn(indent: number): boolean {
    const s = this.s;
    let pos = this.pos;
    let start = pos;
    let c = s.charCodeAt(pos);
    while (c === 10) {
      start = ++pos;
      c = s.charCodeAt(pos);
      while (c === 32) c = s.charCodeAt(++pos);
    }
    if (c === 9) throw LEAVE;
    if (c === 0 || c === 35 || pos - start <= indent) return false;
    if (pos === start && (c === 45 || c === 46) && this.#isIndicator(pos, c)) throw LEAVE;
    return true;
  }

  #plainLines(text: string, indent: number): YamlValue {
    const s = this.s;
    do {
      let pos = this.pos;
      let breaks = 0;
      let c = s.charCodeAt(pos);
      while (c === 10) {
        breaks++;
        c = s.charCodeAt(++pos);
        while (c === 32) c = s.charCodeAt(++pos);
      }
      const from = pos;
      let end = pos;
      for (; c !== 10 && c !== 0; c = s.charCodeAt(++pos)) {
        if (c === 9) throw LEAVE;
        if (c === 32) continue;
        if (c === 35 && end < pos) break;
        if (c === 58) {
          const next = s.charCodeAt(pos + 1);
          if (next === 32 || next === 10 || next === 0 || next === 9) throw LEAVE;
        }
        end = pos + 1;
      }
      text += (breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)) + s.slice(from, end);
      this.pos = pos;
      if (c === 35) {
        this.pos = this.lineEnd(pos);
        break;
      }
    } while (this.#goesOn(indent));
    // A day and a time on two lines are a timestamp all the same.
    return this.resolve(text);
  }

  /** A quoted scalar; `pos` goes behind it. */
  protected quoted(quote: number): string {
    const s = this.s;
    const from = this.pos + 1;
    let pos = from;
    let escaped = false;
    let several = false;
    for (;;) {
      const c = s.charCodeAt(pos);
      if (c === quote) {
        if (quote === 34 || s.charCodeAt(pos + 1) !== 39) break;
        escaped = true;
        pos++;
      } else if (c === 92) {
        if (quote === 34) {
          escaped = true;
          pos++;
          if (s.charCodeAt(pos) === 0) throw LEAVE;
        }
      } else if (c === 10) several = true;
      else if (c === 0) throw LEAVE;
      pos++;
    }
    this.pos = pos + 1;
    this.severalLines = several;
    let text = s.slice(from, pos);
    if (several) text = foldQuoted(text);
    if (!escaped) return text;
    return quote === 39 ? text.replaceAll("''", "'") : decodeEscapes(text);
  }

  /** A block scalar; `pos` goes to the end of its last line. @param indent the column of the collection it stands in */
  protected block(indent: number): YamlValue {
    const s = this.s;
    const literal = s.charCodeAt(this.pos) === 124;
    let chomping = 0;
    let increment = 0;
    for (let i = 0; i < 2; i++) {
      const c = s.charCodeAt(this.pos + 1);
      if ((c === 43 || c === 45) && chomping === 0) chomping = c === 43 ? 1 : -1;
      else if (c >= 49 && c <= 57 && increment === 0) increment = c - 48;
      else break;
      this.pos++;
    }
    this.pos++;
    this.endLine();
    const style = literal ? 'quoted' : 'folded';
    if (s.charCodeAt(this.pos) === 0) return this.scalar('', style);
    const lines = new BlockLines(s, this.pos + 1, indent, increment);
    const text = lines.read(literal, chomping);
    this.pos = lines.lineStart - 1;
    if (s.charCodeAt(lines.pos) === 0) this.pos = lines.pos;
    return this.scalar(text, style);
  }
}
