/** A JSON number with its digits: schemas compare decimals exactly, and errors show what was written. */
export class JsonNumber {
  readonly text: string;
  readonly value: number;
  constructor(text: string) {
    this.text = text;
    this.value = Number(text);
  }
}

export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

const MAX_DEPTH = 1000;

/** A JSON text that cannot be read: the message is encoding/json's. */
export class JsonProblem extends Error {}

/** Reads a whole JSON text. @throws JsonProblem */
export function readJson(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.space();
  if (reader.at < text.length) throw new JsonProblem('invalid character after top-level value');
  return value;
}

class Reader {
  at = 0;
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }

  #unexpected(context: string): JsonProblem {
    const code = this.#text.codePointAt(this.at);
    if (code === undefined) return new JsonProblem(this.#text.trim() === '' ? 'EOF' : 'unexpected EOF');
    const character = String.fromCodePoint(code);
    const shown =
      character === "'" ? `'\\''` : character === '"' ? `'"'` : `'${JSON.stringify(character).slice(1, -1)}'`;
    return new JsonProblem(`invalid character ${shown} ${context}`);
  }

  value(depth: number): Json {
    if (depth > MAX_DEPTH) throw new JsonProblem('exceeded max depth');
    this.space();
    switch (this.#text[this.at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#list(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
    }
    const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
    number.lastIndex = this.at;
    const match = number.exec(this.#text);
    if (match === null) throw this.#unexpected('looking for beginning of value');
    this.at += match[0].length;
    return new JsonNumber(match[0]);
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = new Map();
    this.at++;
    this.space();
    if (this.#text[this.at] === '}') {
      this.at++;
      return object;
    }
    for (;;) {
      this.space();
      if (this.#text[this.at] !== '"') throw this.#unexpected('looking for beginning of object key string');
      const key = this.#string();
      this.space();
      if (this.#text[this.at] !== ':') throw this.#unexpected('after object key');
      this.at++;
      object.set(key, this.value(depth + 1));
      this.space();
      const next = this.#text[this.at];
      if (next !== '}' && next !== ',') throw this.#unexpected('after object key:value pair');
      this.at++;
      if (next === '}') return object;
    }
  }

  #list(depth: number): Json[] {
    const list: Json[] = [];
    this.at++;
    this.space();
    if (this.#text[this.at] === ']') {
      this.at++;
      return list;
    }
    for (;;) {
      list.push(this.value(depth + 1));
      this.space();
      const next = this.#text[this.at];
      if (next !== ']' && next !== ',') throw this.#unexpected('after array element');
      this.at++;
      if (next === ']') return list;
    }
  }

  #string(): string {
    const string = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
    string.lastIndex = this.at;
    const match = string.exec(this.#text);
    if (match === null) {
      const bad = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
      bad.lastIndex = this.at;
      this.at += bad.exec(this.#text)![0].length;
      if (this.#text[this.at] === '\\' && this.at + 1 < this.#text.length) {
        this.at++;
        throw this.#unexpected('in string escape code');
      }
      throw this.#unexpected('in string literal');
    }
    this.at += match[0].length;
    return match[0].includes('\\') ? (JSON.parse(match[0]) as string) : match[0].slice(1, -1);
  }

  #word<T extends Json>(word: string, value: T): T {
    for (let i = 1; i < word.length; i++) {
      if (this.#text[this.at + i] === word[i]) continue;
      this.at += i;
      throw this.#unexpected(`in literal ${word} (expecting ${`'${word[i]}'`})`);
    }
    this.at += word.length;
    return value;
  }

  space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.at++;
    }
  }
}
