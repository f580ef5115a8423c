import { quoteGo } from './go-quote.ts';
import { hasRawBytes, mapRunes } from './go-string.ts';

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const STRING = /"[^"\\\x00-\x1f]*"/y;

/** A text that is no JSON: the message is encoding/json's. */
export class JsonSyntaxError extends Error {}

/** How errors are worded: as by encoding/json up to Go 1.26, or as from Go 1.27 on, where its second version stands behind it. */
export type JsonWords = 'v1' | 'v2';

export interface JsonRules<N> {
  /** What stands for a number: `text` is as it is written. */
  number(text: string): N;
  readonly words?: JsonWords;
  /** Of lists and objects; 10,000 in encoding/json. */
  readonly maxDepth?: number;
  /** What is said where the text ends too early, where it is read with a decoder. */
  readonly endOfText?: (text: string) => string;
}

/** A JSON value with `N` for numbers. */
export type JsonOf<N> = null | boolean | string | N | JsonOf<N>[] | Map<string, JsonOf<N>>;

/**
 * Reads a JSON text as Go does: a later key of an object wins, half a surrogate pair is U+FFFD.
 * @see Go src/encoding/json/scanner.go, decode.go
 */
export class JsonReader<N> {
  readonly #given: string;
  readonly #text: string;
  readonly #rules: JsonRules<N>;
  readonly #words: JsonWords;
  readonly #maxDepth: number;
  #at = 0;
  constructor(text: string, rules: JsonRules<N>) {
    this.#given = text;
    this.#text = hasRawBytes(text) ? mapRunes(text, (char) => char) : text;
    this.#rules = rules;
    this.#words = rules.words ?? 'v1';
    this.#maxDepth = rules.maxDepth ?? 10_000;
  }

  /** How far it has read, in UTF-16 units. */
  get at(): number {
    return this.#at;
  }

  /** The value that follows. @throws JsonSyntaxError */
  next(): JsonOf<N> {
    try {
      return this.#value(0);
    } catch (error) {
      if (error instanceof RangeError) throw new JsonSyntaxError('exceeded max depth'); // of this machine's stack
      throw error;
    }
  }

  /** The value that is the whole text. @throws JsonSyntaxError */
  whole(): JsonOf<N> {
    const value = this.next();
    this.#space();
    if (this.#at < this.#text.length) this.#invalid('after top-level value');
    return value;
  }

  /** @param open the text ends within a word or number: json.Unmarshal then sees a space there */
  #invalid(context: string, open = false): never {
    const { endOfText } = this.#rules;
    const seesSpace = open && this.#words === 'v1' && endOfText === undefined;
    const code = this.#text.codePointAt(this.#at) ?? (seesSpace ? 0x20 : undefined);
    if (code === undefined) throw new JsonSyntaxError(endOfText?.(this.#text) ?? 'unexpected end of JSON input');
    // The first version names the byte as if it were a character, the second the character.
    const raw = this.#given.charCodeAt(this.#at);
    if (raw >= 0xdc80 && raw <= 0xdcff) {
      const byte = raw - 0xdc00;
      const named = this.#words === 'v1' ? String.fromCharCode(byte) : String.fromCharCode(raw);
      throw new JsonSyntaxError(`invalid character '${quoteGo(named).slice(1, -1)}' ${context}`);
    }
    const shownCode = this.#words === 'v1' && code >= 0x80 ? Buffer.from(String.fromCodePoint(code))[0]! : code;
    const char = String.fromCodePoint(shownCode);
    const shown = char === "'" ? "\\'" : char === '"' ? '"' : quoteGo(char).slice(1, -1);
    throw new JsonSyntaxError(`invalid character '${shown}' ${context}`);
  }
  #invalidEscape(start: number, context: string): never {
    if (this.#words === 'v1' || this.#at >= this.#text.length) this.#invalid(context, true);
    throw new JsonSyntaxError(`invalid escape sequence \`${this.#text.slice(start, this.#at + 1)}\` in string`);
  }
  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at++;
    }
  }

  #value(depth: number): JsonOf<N> {
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
    if (depth >= this.#maxDepth) throw new JsonSyntaxError('exceeded max depth');
    return depth + 1;
  }

  #object(depth: number): JsonOf<N> {
    const map = new Map<string, JsonOf<N>>();
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
      map.set(key, this.#value(depth));
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
  #array(depth: number): JsonOf<N> {
    const list: JsonOf<N>[] = [];
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return list;
    }
    for (;;) {
      list.push(this.#value(depth));
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

  #number(): N {
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
    return this.#rules.number(match[0]);
  }
}
