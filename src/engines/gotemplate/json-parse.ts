import { quoteString } from './go-quote.ts';
import { hasRawBytes, mapRunes } from './go-string.ts';
import type { GoValue } from './value.ts';

/** Go's encoding/json, reading into interface{}. @see Go src/encoding/json/scanner.go, decode.go */

export interface JsonParsed {
  readonly value: GoValue;
  /** Set where the text is no JSON (`value` is null then), or a number does not fit (it is null in `value` then). */
  readonly error: string | undefined;
}

const MAX_DEPTH = 10_000;

class Syntax extends Error {}

/** How errors are worded: as by encoding/json up to Go 1.26, or as from Go 1.27 on, where its second version stands behind it. */
export type JsonWords = 'v1' | 'v2';

/** Json.Unmarshal of a text into an interface{}. */
export function parseJson(text: string, words: JsonWords = 'v1'): JsonParsed {
  const reader = new Reader(hasRawBytes(text) ? mapRunes(text, (char) => char) : text, words);
  try {
    const value = reader.value(0);
    reader.end();
    return { value, error: reader.problem };
  } catch (error) {
    if (error instanceof Syntax) return { value: null, error: error.message };
    if (error instanceof RangeError) return { value: null, error: 'exceeded max depth' };
    throw error;
  }
}

/** What a JSON value is called where it does not fit. */
export function jsonKind(value: GoValue): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'bool';
  return value instanceof Map ? 'object' : 'array';
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const STRING = /"[^"\\\x00-\x1f]*"/y;

class Reader {
  problem: string | undefined;
  #at = 0;
  readonly #text: string;
  readonly #words: JsonWords;
  constructor(text: string, words: JsonWords) {
    this.#text = text;
    this.#words = words;
  }

  /** @param open the text ends within a word or number: Go then sees a space there */
  #invalid(context: string, open = false): never {
    const code = this.#text.codePointAt(this.#at) ?? (open && this.#words === 'v1' ? 0x20 : undefined);
    if (code === undefined) throw new Syntax('unexpected end of JSON input');
    // The first version names the byte, the second the character.
    const shownCode = this.#words === 'v1' && code >= 0x80 ? Buffer.from(String.fromCodePoint(code))[0]! : code;
    const char = String.fromCodePoint(shownCode);
    const shown = char === "'" ? "\\'" : char === '"' ? '"' : quoteString(char).slice(1, -1);
    throw new Syntax(`invalid character '${shown}' ${context}`);
  }
  #invalidEscape(start: number, context: string): never {
    if (this.#words === 'v1' || this.#at >= this.#text.length) this.#invalid(context, true);
    throw new Syntax(`invalid escape sequence \`${this.#text.slice(start, this.#at + 1)}\` in string`);
  }
  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at++;
    }
  }
  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.#invalid('after top-level value');
  }

  value(depth: number): GoValue {
    this.#space();
    const char = this.#text[this.#at];
    switch (char) {
      case '{':
        return this.#object(this.#deeper(depth));
      case '[':
        return this.#array(this.#deeper(depth));
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
    }
    if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) return this.#number();
    return this.#invalid('looking for beginning of value');
  }
  #deeper(depth: number): number {
    if (depth >= MAX_DEPTH) throw new Syntax('exceeded max depth');
    return depth + 1;
  }

  #object(depth: number): GoValue {
    const map = new Map<string, GoValue>();
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return map;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#invalid('looking for beginning of object key string');
      const key = this.#string();
      this.#space();
      if (this.#text[this.#at] !== ':') this.#invalid('after object key');
      this.#at++;
      map.set(key, this.value(depth));
      this.#space();
      const next = this.#text[this.#at];
      if (next === ',') {
        this.#at++;
        continue;
      }
      if (next !== '}') this.#invalid('after object key:value pair');
      this.#at++;
      return map;
    }
  }
  #array(depth: number): GoValue {
    const list: GoValue[] = [];
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return list;
    }
    for (;;) {
      list.push(this.value(depth));
      this.#space();
      const next = this.#text[this.#at];
      if (next === ',') {
        this.#at++;
        continue;
      }
      if (next !== ']') this.#invalid('after array element');
      this.#at++;
      return list;
    }
  }

  #string(): string {
    STRING.lastIndex = this.#at;
    const plain = STRING.exec(this.#text);
    if (plain !== null) {
      this.#at += plain[0].length;
      return plain[0].slice(1, -1);
    }
    let out = '';
    this.#at++;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) {
        this.#at++;
        return hasRawBytes(out) ? mapRunes(out, (char) => char) : out;
      }
      if (Number.isNaN(code) || code < 0x20) this.#invalid(this.#words === 'v1' ? 'in string literal' : 'in string');
      if (code !== 0x5c) {
        out += this.#text[this.#at++];
        continue;
      }
      const start = this.#at++;
      const escaped = this.#text[this.#at];
      const at = escaped === undefined ? -1 : 'bfnrt"\\/'.indexOf(escaped);
      if (at >= 0) {
        out += '\b\f\n\r\t"\\/'[at];
        this.#at++;
      } else if (escaped === 'u') {
        this.#at++;
        const digits = this.#at;
        for (let i = 0; i < 4; i++) {
          if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? ''))
            this.#invalidEscape(start, 'in \\u hexadecimal character escape');
          this.#at++;
        }
        out += String.fromCharCode(Number.parseInt(this.#text.slice(digits, this.#at), 16));
      } else this.#invalidEscape(start, 'in string escape code');
    }
  }

  #word<T>(word: string, value: T): T {
    for (let i = 0; i < word.length; i++) {
      if (this.#text[this.#at] !== word[i]) this.#invalid(`in literal ${word} (expecting '${word[i]}')`, true);
      this.#at++;
    }
    return value;
  }

  #number(): GoValue {
    const isDigit = (char: string | undefined) => char !== undefined && char >= '0' && char <= '9';
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) {
      this.#at++;
      this.#invalid('in numeric literal', true);
    }
    this.#at += match[0].length;
    const next = this.#text[this.#at];
    if (next === '.' && !/[.eE]/.test(match[0])) {
      this.#at++;
      if (!isDigit(this.#text[this.#at])) this.#invalid('after decimal point in numeric literal', true);
    }
    if ((next === 'e' || next === 'E') && !/[eE]/.test(match[0])) {
      this.#at++;
      if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at++;
      this.#invalid('in exponent of numeric literal', true);
    }
    const value = Number(match[0]);
    if (Number.isFinite(value)) return value;
    this.problem ??= `json: cannot unmarshal number ${match[0]} into Go value of type float64`;
    return null;
  }
}
