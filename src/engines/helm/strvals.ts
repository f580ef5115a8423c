import { fail, ok, type Result } from '../../core/result.ts';
import type { YamlList, YamlMap, YamlValue } from '../../core/value.ts';
import type { HelmVersion } from './chart.ts';
import { isGoSpace, quoteGo } from './go-text.ts';
import { parseJsonPrefix } from './json-text.ts';

/** The highest index that `list[n]` takes. */
const MAX_INDEX = 65536;
/** Dots and indexes of one key. */
const MAX_NESTED_LEVEL = 30;

/** Where an error of the parser is no end: thrown inside, its message is Helm's. */
class SetError extends Error {
  /** Set where the error wraps the end of the text, which Helm 4 takes for the end of all. */
  readonly wrapsEnd: boolean;
  constructor(message: string, wrapsEnd = false) {
    super(message);
    this.wrapsEnd = wrapsEnd;
  }
}
/** The text ended where a key could begin: the usual end. */
const END = new SetError('EOF', true);

export interface SetOptions {
  /** Default `4`. */
  readonly helmVersion?: HelmVersion | undefined;
}

/**
 * `--set`: `name1=value1,name2.sub=value2,list[0]=x,list2={a,b}` into `target`, in place. `true`, `false`, `null` and integers
 * (as `bigint`: Go's int64) are told apart, all else is text; `\` takes the next character as it is.
 * Flux's `valuesFrom.targetPath` goes the same way.
 * @see Helm pkg/strvals/parser.go, ParseInto
 */
export function parseSet(text: string, target: YamlMap, options: SetOptions = {}): Result<YamlMap, string> {
  return run(new SetParser(text, (value) => typedValue(value)), target, options);
}

/** `--set-string`: every value is text. */
export function parseSetString(text: string, target: YamlMap, options: SetOptions = {}): Result<YamlMap, string> {
  return run(new SetParser(text, (value) => value), target, options);
}

/** `--set-file`: every value is the path of a file whose text is the value. */
export function parseSetFile(
  text: string,
  target: YamlMap,
  read: (path: string) => Result<string, string>,
  options: SetOptions = {},
): Result<YamlMap, string> {
  const reader = (path: string): YamlValue => {
    const content = read(path);
    if (!content.ok) throw new SetError(content.error);
    return content.value;
  };
  return run(new SetParser(text, reader), target, options);
}

/** `--set-json`: every value is JSON, an empty one `null`. */
export function parseSetJson(text: string, target: YamlMap, options: SetOptions = {}): Result<YamlMap, string> {
  return run(new SetParser(text, undefined), target, options);
}

/** `--set-literal`: one key, and all that follows its `=` as text. */
export function parseSetLiteral(text: string, target: YamlMap, options: SetOptions = {}): Result<YamlMap, string> {
  return run(new SetParser(text, (value) => value, true), target, options);
}

function run(parser: SetParser, target: YamlMap, options: SetOptions): Result<YamlMap, string> {
  try {
    for (;;) parser.key(target, 0);
  } catch (error) {
    if (!(error instanceof SetError)) throw error;
    if (error === END || (error.wrapsEnd && options.helmVersion !== '3')) return ok(target);
    return fail(error.message);
  }
}

/** `interface conversion: …`, which Go panics with where data is of another type than the key asks for. */
function conversion(value: YamlValue | undefined, wanted: string): SetError {
  return new SetError(`unable to parse key: interface conversion: interface {} is ${goType(value)}, not ${wanted}`);
}

function goType(value: YamlValue | undefined): string {
  if (value === null || value === undefined) return 'nil';
  if (Array.isArray(value)) return '[]interface {}';
  if (value instanceof Map) return 'map[string]interface {}';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

class SetParser {
  readonly #text: string[];
  #at = 0;
  readonly #read: ((text: string) => YamlValue) | undefined;
  readonly #literal: boolean;

  /** @param read makes a value of its text; absent for JSON */
  constructor(text: string, read: ((text: string) => YamlValue) | undefined, literal = false) {
    this.#text = [...text];
    this.#read = read;
    this.#literal = literal;
  }

  key(data: YamlMap, level: number): void {
    const { text: key, stop } = this.#until(this.#literal ? '=[.' : '=[,.');
    switch (stop) {
      case undefined:
        if (key === '') throw END;
        throw new SetError(`key ${quoteGo(key)} has no value`);
      case '[': {
        const index = this.#index();
        let list: YamlList = [];
        if (data.has(key)) {
          const known = data.get(key)!;
          if (!Array.isArray(known)) throw conversion(known, '[]interface {}');
          list = known;
        }
        const item: { list: YamlList } = { list };
        try {
          this.#listItem(item, index, level);
        } finally {
          assign(data, key, item.list);
        }
        return;
      }
      case '=':
        this.#value((value) => assign(data, key, value));
        return;
      case ',':
        assign(data, key, '');
        throw new SetError(`key ${quoteGo(key)} has no value (cannot end with ,)`);
      default: {
        if (level + 1 > MAX_NESTED_LEVEL) throw tooDeep();
        let inner: YamlMap = new Map();
        if (data.has(key)) {
          const known = data.get(key)!;
          if (!(known instanceof Map)) throw conversion(known, 'map[string]interface {}');
          inner = known;
        }
        try {
          this.key(inner, level + 1);
        } catch (error) {
          if (inner.size > 0) assign(data, key, inner);
          throw error;
        }
        if (inner.size === 0) throw new SetError(`key map ${quoteGo(key)} has no value`);
        assign(data, key, inner);
      }
    }
  }

  /** Reads the value after `=` and hands it on. */
  #value(set: (value: YamlValue) => void): void {
    if (this.#literal) {
      set(this.#until('').text);
      return;
    }
    if (this.#read === undefined) {
      if (this.#isEmptyValue()) {
        set(null);
        return;
      }
      const rest = this.#text.slice(this.#at).join('');
      const json = parseJsonPrefix(rest);
      if (json === undefined) throw new SetError('invalid JSON');
      set(json.value);
      this.#at += [...rest.slice(0, json.end)].length;
      this.#isEmptyValue();
      return;
    }
    if (this.#at >= this.#text.length) {
      set('');
      throw END;
    }
    if (this.#text[this.#at] === '{') {
      this.#at++;
      set(this.#list());
    } else set(this.#read(this.#until(',').text));
  }

  #list(): YamlList {
    const list: YamlList = [];
    for (;;) {
      const { text, stop } = this.#until(',}');
      if (stop === undefined) throw new SetError("list must terminate with '}'");
      if (stop === '}' && this.#text[this.#at] === ',') this.#at++;
      list.push(this.#read!(text));
      if (stop === '}') return list;
    }
  }

  #listItem(holder: { list: YamlList }, index: number, level: number): void {
    if (index < 0) throw new SetError(`negative ${index} index not allowed`);
    const { text, stop } = this.#until('[.=');
    if (text !== '')
      throw new SetError(`unexpected data at end of array index: [${[...text].map(quoteRune).join(' ')}]`);
    switch (stop) {
      case undefined:
        throw END;
      case '=':
        try {
          this.#value((value) => setIndex(holder, index, value));
        } catch (error) {
          // An empty value at the very end is set, and the end is found by the next key.
          if (error !== END || this.#read === undefined) throw error;
        }
        return;
      case '[': {
        const next = this.#index();
        let inner: YamlList = [];
        const known = holder.list[index];
        if (known !== undefined && known !== null) {
          if (!Array.isArray(known)) throw conversion(known, '[]interface {}');
          inner = known;
        }
        const nested = { list: inner };
        this.#listItem(nested, next, level);
        setIndex(holder, index, nested.list);
        return;
      }
      default: {
        let inner: YamlMap = new Map();
        if (holder.list.length > index) {
          const known = holder.list[index];
          if (known instanceof Map) inner = known;
          else holder.list[index] = inner;
        }
        this.key(inner, level);
        setIndex(holder, index, inner);
      }
    }
  }

  #index(): number {
    const { text, stop } = this.#until(']');
    if (stop === undefined) throw new SetError('error parsing index: EOF', true);
    if (!/^[+-]?[0-9]+$/.test(text))
      throw new SetError(`error parsing index: strconv.Atoi: parsing ${quoteGo(text)}: invalid syntax`);
    const index = BigInt(text.replace(/^\+/, ''));
    if (BigInt.asIntN(64, index) !== index)
      throw new SetError(`error parsing index: strconv.Atoi: parsing ${quoteGo(text)}: value out of range`);
    return Number(index);
  }

  /** Takes blanks up to a comma, the end (an empty value) or another character (not taken). */
  #isEmptyValue(): boolean {
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!;
      if (character === ',') {
        this.#at++;
        return true;
      }
      if (!isGoSpace(character)) return false;
    }
    return true;
  }

  /** The text up to one of `stops`, which is taken too. An escape at the very end is dropped. */
  #until(stops: string): { text: string; stop: string | undefined } {
    let text = '';
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at++]!;
      if (stops.includes(character)) return { text, stop: character };
      if (character === '\\' && !this.#literal) {
        if (this.#at >= this.#text.length) break;
        text += this.#text[this.#at++];
      } else text += character;
    }
    return { text, stop: undefined };
  }
}

const tooDeep = (): SetError =>
  new SetError(`value name nested level is greater than maximum supported nested level of ${MAX_NESTED_LEVEL}`);

/** An empty key is not set. */
function assign(data: YamlMap, key: string, value: YamlValue): void {
  if (key !== '') data.set(key, value);
}

function setIndex(holder: { list: YamlList }, index: number, value: YamlValue): void {
  if (index > MAX_INDEX)
    throw new SetError(`index of ${index} is greater than maximum supported index of ${MAX_INDEX}`);
  if (holder.list.length <= index) {
    const longer = holder.list.slice();
    while (longer.length <= index) longer.push(null);
    holder.list = longer;
  }
  holder.list[index] = value;
}

function quoteRune(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  return `'${quoteGo(character).slice(1, -1)}'`;
}

function typedValue(text: string): YamlValue {
  switch (text.toLowerCase()) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
    case '0':
      return 0n;
  }
  if (/^[+-]?[0-9]+$/.test(text) && text[0] !== '0') {
    const value = BigInt(text.replace(/^\+/, ''));
    if (BigInt.asIntN(64, value) === value) return value;
  }
  return text;
}
