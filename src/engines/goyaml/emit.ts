import { isPrintableAscii } from '../../core/plain-text.ts';
import { isList, type YamlMap, type YamlValue } from '../../core/value.ts';
import { isBreak } from './characters.ts';
import { escapeOf } from './escape-of.ts';
import { asReadBack } from './json-text.ts';
import { compareKeys, compareKeysV3, sortKeys } from './key-order.ts';
import { bigintText, floatText, numberText } from './number-text.ts';
import { DOUBLE, isPrintable, LITERAL, PLAIN, SINGLE, scalarStyle } from './scalar-style.ts';
import type { Dialect } from './scanner.ts';

const WIDTH = 80;
const OTHER_BREAK = /[\r\x85\u2028\u2029]/;
const SPACES = ' '.repeat(256);

/** Keys as they are written, kept from one text to the next: most come again and again. */
const KEYS = { v2: new Map<string, string>(), v3: new Map<string, string>() };
const MAX_KEYS = 5000;

function spaces(count: number): string {
  return count <= 256 ? SPACES.slice(0, count) : ' '.repeat(count);
}

/**
 * Writes a value as `sigs.k8s.io/yaml` does, which is goyaml.v2 behind JSON, or as goyaml.v3 does with an indentation of two.
 * @see go.yaml.in/yaml/v2 and v3, encode.go and emitterc.go (whose state machine is a recursion here); sigs.k8s.io/yaml yaml.go, Marshal
 */
export class Emitter {
  #out = '';
  #column = 0;
  #indent = -1;
  /** Whether the last character written parts words, and whether the line holds only indentation and `-`, `?`, `:` so far. */
  #whitespace = true;
  #indention = true;
  #mappingContext = false;
  readonly #v3: boolean;
  readonly #dialect: Dialect;
  readonly #width: number;
  readonly #keys: Map<string, string>;

  constructor(dialect: Dialect) {
    this.#keys = KEYS[dialect];
    this.#dialect = dialect;
    this.#v3 = dialect === 'v3';
    this.#width = this.#v3 ? Number.POSITIVE_INFINITY : WIDTH;
  }

  write(value: YamlValue): string {
    this.#node(value);
    this.#indent = -1;
    this.#writeIndent();
    return this.#out;
  }

  #node(value: YamlValue): void {
    switch (typeof value) {
      case 'string':
        this.#text(value);
        break;
      case 'number':
        this.#word(this.#v3 ? floatText(value) : numberText(value));
        break;
      case 'boolean':
        this.#word(value ? 'true' : 'false');
        break;
      case 'bigint':
        this.#word(this.#v3 ? value.toString() : bigintText(value));
        break;
      default:
        if (value === null) this.#word('null');
        else if (isList(value)) this.#sequence(value);
        else this.#mapping(value);
    }
  }

  #sequence(items: readonly YamlValue[]): void {
    if (items.length === 0) {
      this.#word('[]');
      return;
    }
    const outer = this.#indent;
    if (outer < 0) this.#indent = 0;
    else if (this.#v3 || !this.#mappingContext || this.#indention) this.#indent = outer + 2;
    for (const item of items) {
      this.#writeIndent();
      this.#out += '-';
      this.#column++;
      this.#whitespace = false;
      this.#mappingContext = false;
      this.#node(item);
    }
    this.#indent = outer;
  }

  #mapping(map: YamlMap): void {
    if (map.size === 0) {
      this.#word('{}');
      return;
    }
    const outer = this.#indent;
    this.#indent = outer < 0 ? 0 : outer + 2;
    for (const key of sortKeys([...map.keys()], this.#v3 ? compareKeysV3 : compareKeys)) {
      this.#writeIndent();
      const value = map.get(key)!;
      const name = this.#simpleKey(key);
      if (name !== undefined) {
        this.#out += name;
        this.#column += name.length;
        this.#whitespace = false;
        this.#indention = false;
      } else {
        this.#put('?');
        this.#whitespace = false;
        this.#scalar(this.#v3 ? key : asReadBack(key, true), false);
        this.#writeIndent();
        this.#put(':');
        this.#whitespace = false;
      }
      this.#mappingContext = true;
      this.#node(value);
    }
    this.#indent = outer;
  }

  /** A key with its `:`, which is the same wherever it stands; `undefined` for one that needs a `?`. */
  #simpleKey(key: string): string | undefined {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const name = this.#v3 ? key : asReadBack(key, true);
    if (!isSimpleKey(name)) return undefined;
    const emitter = new Emitter(this.#dialect);
    emitter.#scalar(name, true);
    const text = `${emitter.#out}:`;
    if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
    this.#keys.set(key, text);
    return text;
  }

  /** A number, a word or an empty collection. */
  #word(word: string): void {
    if (this.#whitespace) {
      this.#out += word;
      this.#column += word.length;
    } else {
      this.#out += ` ${word}`;
      this.#column += word.length + 1;
    }
    this.#whitespace = false;
    this.#indention = false;
  }

  #text(text: string): void {
    this.#scalar(this.#v3 ? text : asReadBack(text, false), false);
  }

  #scalar(text: string, simpleKey: boolean): void {
    const style = scalarStyle(text, simpleKey, this.#dialect);
    if (style === PLAIN && (simpleKey || this.#column + text.length < this.#width)) {
      this.#word(text);
      return;
    }
    const outer = this.#indent;
    this.#indent = outer < 0 ? 2 : outer + 2;
    if (style === PLAIN) this.#plain(text);
    else if (style === SINGLE) this.#single(text, !simpleKey);
    else if (style === DOUBLE) this.#double(text, !simpleKey);
    else if (style === LITERAL) this.#literal(text);
    this.#indent = outer;
  }

  #writeIndent(): void {
    const indent = Math.max(this.#indent, 0);
    if (!this.#indention || this.#column > indent || (this.#column === indent && !this.#whitespace)) {
      this.#out += '\n';
      this.#column = 0;
    }
    if (this.#column < indent) {
      this.#out += spaces(indent - this.#column);
      this.#column = indent;
    }
    this.#whitespace = true;
    this.#indention = true;
  }

  #put(text: string): void {
    this.#out += text;
    this.#column += text.length;
  }

  #plain(text: string): void {
    if (!this.#whitespace) this.#put(' ');
    let from = 0;
    // A line ends at the first single space beyond the width.
    for (let i = text.indexOf(' ', this.#width - this.#column + 1); i >= 0; ) {
      if (text.charCodeAt(i - 1) === 32 || text.charCodeAt(i + 1) === 32) {
        i = text.indexOf(' ', i + 1);
        continue;
      }
      this.#put(text.slice(from, i));
      this.#indention = false;
      this.#writeIndent();
      from = i + 1;
      i = text.indexOf(' ', from + this.#width - this.#column + 1);
    }
    this.#put(text.slice(from));
    this.#whitespace = false;
    this.#indention = false;
  }

  #break(c: number): void {
    this.#out += String.fromCharCode(c);
    this.#column = 0;
  }

  #single(text: string, allowBreaks: boolean): void {
    this.#put(this.#whitespace ? "'" : " '");
    this.#whitespace = false;
    this.#indention = false;
    const last = byteLast(text);
    let spaced = false;
    let broken = false;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === 32) {
        if (allowBreaks && !spaced && this.#column > this.#width && i > 0 && i < last && text.charCodeAt(i + 1) !== 32)
          this.#writeIndent();
        else this.#put(' ');
        spaced = true;
      } else if (isBreak(c)) {
        if (!broken && c === 10) this.#break(10);
        this.#break(c);
        this.#indention = true;
        broken = true;
      } else {
        if (broken) this.#writeIndent();
        this.#put(c === 39 ? "''" : text[i]!);
        this.#indention = false;
        spaced = false;
        broken = false;
      }
    }
    this.#put("'");
    this.#whitespace = false;
    this.#indention = false;
  }

  #double(text: string, allowBreaks: boolean): void {
    this.#put(this.#whitespace ? '"' : ' "');
    this.#whitespace = false;
    this.#indention = false;
    const last = byteLast(text);
    // A leading byte order mark makes the original escape all.
    const escapeAll = text.charCodeAt(0) === 0xfeff;
    let spaced = false;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (escapeAll || !isPrintable(c) || isBreak(c) || c === 34 || c === 92) {
        const code = text.codePointAt(i)!;
        if (code > 0xffff) i++;
        this.#put(escapeOf(code));
        spaced = false;
      } else if (c === 32) {
        if (allowBreaks && !spaced && this.#column > this.#width && i > 0 && i < last) {
          this.#writeIndent();
          if (text.charCodeAt(i + 1) === 32) this.#put('\\');
        } else this.#put(' ');
        spaced = true;
      } else {
        let end = i + 1;
        while (end < text.length && isOrdinary(text.charCodeAt(end))) end++;
        this.#put(text.slice(i, end));
        i = end - 1;
        spaced = false;
      }
    }
    this.#put('"');
    this.#whitespace = false;
    this.#indention = false;
  }

  #literal(text: string): void {
    const first = text.charCodeAt(0);
    const hint = first === 32 || isBreak(first) ? '2' : '';
    let chomp = '';
    const last = text.length - 1;
    if (!isBreak(text.charCodeAt(last))) chomp = '-';
    else if (last === 0 || isBreak(text.charCodeAt(last - 1))) chomp = '+';
    this.#out += `${this.#whitespace ? '|' : ' |'}${hint}${chomp}\n`;
    this.#column = 0;
    this.#indention = true;
    this.#whitespace = true;
    const margin = spaces(this.#indent);
    if (!OTHER_BREAK.test(text)) {
      const body = text.replace(/\n(?=[^\n])/g, `\n${margin}`);
      this.#out += first === 10 ? body : margin + body;
      if (text.charCodeAt(last) !== 10) {
        this.#column = this.#indent + last - text.lastIndexOf('\n');
        this.#indention = false;
      }
      return;
    }
    for (let at = 0; at < text.length; ) {
      let end = at;
      while (end < text.length && !isBreak(text.charCodeAt(end))) end++;
      if (end > at) {
        this.#out += margin + text.slice(at, end);
        this.#column = this.#indent + end - at;
        this.#indention = false;
      }
      if (end < text.length) {
        this.#break(text.charCodeAt(end));
        this.#indention = true;
      }
      at = end + 1;
    }
  }
}

/** Up to where a space may become a line's end: the original counts bytes, and the last one is part of the last character. */
function byteLast(text: string): number {
  const c = text.charCodeAt(text.length - 1);
  return c < 0x80 ? text.length - 1 : text.length;
}

/** Written as it is between double quotes, and no space. */
function isOrdinary(c: number): boolean {
  return c !== 32 && c !== 34 && c !== 92 && isPrintable(c) && !isBreak(c);
}

function isSimpleKey(key: string): boolean {
  if (key.length > 42 && (key.length > 128 || Buffer.byteLength(key) > 128)) return false;
  return isPrintableAscii(key) || !/[\n\r\x85\u2028\u2029]/.test(key);
}
