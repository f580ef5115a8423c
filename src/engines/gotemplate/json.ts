import { hasRawBytes } from './go-string.ts';
import { ownText } from './own-text.ts';
import { formatFloat } from './strconv.ts';
import {
  GoBytes,
  GoInt,
  GoPointer,
  GoSlice,
  GoStruct,
  type GoValue,
  isNil,
  type Method,
  sortedKeys,
  TypedMap,
  typeName,
  typeOf,
} from './value.ts';

/** Go's encoding/json, writing. @see Go src/encoding/json/encode.go */

/** A value has no JSON form. The message is Go's. */
export class JsonProblem extends Error {}

export interface JsonOptions {
  /** `<`, `>` and `&` as `\u003c` and so on; the default. */
  readonly escapeHtml?: boolean;
  /** One level of indentation. */
  readonly indent?: string;
  /** Encoding/json's second version writes bytes that are not UTF-8 as U+FFFD itself, the first as an escape. */
  readonly rawReplacement?: boolean;
}

const PLAIN = /^[\x20\x21\x23-\x25\x27-\x3b\x3d\x3f-\x5b\x5d-\x7e\x7f]*$/;
const ESCAPED = /["\\\x00-\x1f<>&\u2028\u2029]/g;
const ESCAPED_RAW = /["\\\x00-\x1f\u2028\u2029]/g;
const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);
const escapeChar = (char: string): string =>
  SHORT.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

export function jsonString(text: string, options: JsonOptions = {}): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (hasRawBytes(text)) {
    const replacement = options.rawReplacement ? '\ufffd' : '\\ufffd';
    let out = '"';
    for (const char of text) {
      const code = char.charCodeAt(0);
      const raw = char.length === 1 && code >= 0xd800 && code <= 0xdfff;
      out += raw ? replacement : jsonString(char, options).slice(1, -1);
    }
    return `${out}"`;
  }
  return `"${text.replace(options.escapeHtml === false ? ESCAPED_RAW : ESCAPED, escapeChar)}"`;
}

export function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new JsonProblem(`json: unsupported value: ${formatFloat(value, 'g', -1)}`);
  const abs = Math.abs(value);
  if (abs !== 0 && (abs < 1e-6 || abs >= 1e21)) return formatFloat(value, 'e', -1).replace(/e-0(\d)$/, 'e-$1');
  return Object.is(value, -0) ? '-0' : formatFloat(value, 'f', -1);
}

const MAX_DEPTH = 1000;

class Writer {
  readonly #options: JsonOptions;
  readonly #indent: string | undefined;
  /** What is being written: bounded, as a value may hold itself. */
  #depth = 0;
  /** Lists and objects around it. */
  #level = 0;
  constructor(options: JsonOptions) {
    this.#options = options;
    this.#indent = options.indent;
  }

  write(value: GoValue): string {
    switch (typeof value) {
      case 'string':
        return jsonString(value, this.#options);
      case 'number':
        return jsonNumber(value);
      case 'boolean':
        return value ? 'true' : 'false';
    }
    if (value === null || value === undefined) return 'null';
    if (++this.#depth > MAX_DEPTH)
      throw new JsonProblem(`json: unsupported value: encountered a cycle via ${typeName(value)}`);
    try {
      return this.#object(value);
    } finally {
      this.#depth--;
    }
  }

  #object(value: Exclude<GoValue, undefined | null | boolean | number | string>): string {
    const marshal = (typeOf(value)!.methods ?? emptyMethods).get('MarshalJSON');
    if (marshal !== undefined) return marshal.call(value) as string;
    if (value instanceof Map) {
      if (value instanceof TypedMap && value.isNil) return 'null';
      return this.#members(
        sortedKeys(value).map((key) => [key, value.get(key)] as const),
        '{',
        '}',
      );
    }
    if (Array.isArray(value)) return this.#elements(value);
    if (value instanceof GoInt) return String(value.n);
    if (value instanceof GoSlice) return value.isNil ? 'null' : this.#elements(value.items);
    if (value instanceof GoBytes) return value.isNil ? 'null' : `"${Buffer.from(value.bytes).toString('base64')}"`;
    if (value instanceof GoPointer) {
      if (value.target === null) return 'null';
      const pointerMarshal = value.target.type.pointerMethods?.get('MarshalJSON');
      if (pointerMarshal !== undefined) return pointerMarshal.call(value.target) as string;
      return this.write(value.target as GoValue);
    }
    if (value instanceof GoStruct) return this.#members(jsonMembers(value), '{', '}');
    const text = ownText(value as GoValue);
    if (text !== undefined && typeOf(value as GoValue)!.kind !== 'struct') return jsonString(text, this.#options);
    throw new JsonProblem(`json: unsupported type: ${typeName(value as GoValue)}`);
  }

  #break(): string {
    return this.#indent === undefined ? '' : `\n${this.#indent.repeat(this.#level)}`;
  }
  #closeBreak(): string {
    return this.#indent === undefined ? '' : `\n${this.#indent.repeat(this.#level)}`;
  }
  #members(members: readonly (readonly [string, GoValue])[], open: string, close: string): string {
    if (members.length === 0) return open + close;
    const colon = this.#indent === undefined ? ':' : ': ';
    let out = open;
    this.#level++;
    for (let i = 0; i < members.length; i++) {
      const [key, value] = members[i]!;
      out += `${i > 0 ? ',' : ''}${this.#break()}${jsonString(key, this.#options)}${colon}${this.write(value)}`;
    }
    this.#level--;
    return out + this.#closeBreak() + close;
  }
  #elements(items: readonly GoValue[]): string {
    if (items.length === 0) return '[]';
    let out = '[';
    this.#level++;
    for (let i = 0; i < items.length; i++) out += `${i > 0 ? ',' : ''}${this.#break()}${this.write(items[i])}`;
    this.#level--;
    return `${out}${this.#closeBreak()}]`;
  }
}
const emptyMethods: ReadonlyMap<string, Method> = new Map();

/** The members of a struct in JSON: embedded structs' as its own, empty ones left out where they say so. */
export function jsonMembers(value: GoStruct): [string, GoValue][] {
  const members: [string, GoValue][] = [];
  value.type.fields!.forEach((field, i) => {
    const item = value.values[i];
    if (field.unexported || field.json === '-') return;
    if (field.embedded && item instanceof GoStruct && field.json === undefined) members.push(...jsonMembers(item));
    else if (!(field.omitEmpty && isOmitted(item))) members.push([field.json ?? field.name, item]);
  });
  return members;
}
function isOmitted(value: GoValue): boolean {
  if (isNil(value) || value === false || value === 0 || value === '') return true;
  if (value instanceof GoInt) return Number(value.n) === 0;
  if (value instanceof Map) return value.size === 0;
  if (value instanceof GoSlice) return value.items.length === 0;
  if (value instanceof GoBytes) return value.bytes.length === 0;
  return Array.isArray(value) && value.length === 0;
}

/** json.Marshal. Throws `JsonProblem`. */
export function toJson(value: GoValue, options: JsonOptions = {}): string {
  return new Writer(options).write(value);
}
