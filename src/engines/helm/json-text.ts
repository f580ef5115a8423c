import type { YamlMap, YamlValue } from '../../core/value.ts';

const MAX_DEPTH = 10_000;

/**
 * The JSON value that `text` begins with, numbers as float64, and where it ends; `undefined` where there is none.
 * @see Go encoding/json, Decoder.Decode
 */
export function parseJsonPrefix(text: string): { value: YamlValue; end: number } | undefined {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    return { value, end: reader.at };
  } catch (error) {
    if (error === BROKEN || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A whole JSON text; a later key of a mapping wins. */
export function parseJson(text: string): YamlValue | undefined {
  const parsed = parseJsonPrefix(text);
  return parsed === undefined || text.slice(parsed.end).trim() !== '' ? undefined : parsed.value;
}

const BROKEN = new Error('broken JSON');

class Reader {
  at = 0;
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): YamlValue {
    if (depth > MAX_DEPTH) throw BROKEN;
    this.#space();
    switch (this.#text[this.at]) {
      case '{':
        return this.#map(depth);
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
    if (match === null) throw BROKEN;
    this.at += match[0].length;
    const value = Number(match[0]);
    if (!Number.isFinite(value)) throw BROKEN;
    return value;
  }

  #map(depth: number): YamlMap {
    const map: YamlMap = new Map();
    this.at++;
    this.#space();
    if (this.#text[this.at] === '}') {
      this.at++;
      return map;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.at] !== '"') throw BROKEN;
      const key = this.#string();
      this.#space();
      if (this.#text[this.at++] !== ':') throw BROKEN;
      map.set(key, this.value(depth + 1));
      this.#space();
      const next = this.#text[this.at++];
      if (next === '}') return map;
      if (next !== ',') throw BROKEN;
    }
  }

  #list(depth: number): YamlValue[] {
    const list: YamlValue[] = [];
    this.at++;
    this.#space();
    if (this.#text[this.at] === ']') {
      this.at++;
      return list;
    }
    for (;;) {
      list.push(this.value(depth + 1));
      this.#space();
      const next = this.#text[this.at++];
      if (next === ']') return list;
      if (next !== ',') throw BROKEN;
    }
  }

  #string(): string {
    const string = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
    string.lastIndex = this.at;
    const match = string.exec(this.#text);
    if (match === null) throw BROKEN;
    this.at += match[0].length;
    return (JSON.parse(match[0]) as string).replace(
      /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
      '\uFFFD',
    );
  }

  #word<T extends YamlValue>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.at)) throw BROKEN;
    this.at += word.length;
    return value;
  }

  #space(): void {
    while (' \t\n\r'.includes(this.#text[this.at] ?? 'x')) this.at++;
  }
}
