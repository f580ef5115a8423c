import { indirect } from '../access.ts';
import { DURATION, durationNanos, durationText } from '../duration.ts';
import { GoError } from '../errors.ts';
import { formatFloat } from '../strconv.ts';
import { GoTime } from '../time.ts';
import {
  GoComplex,
  GoInt,
  GoStruct,
  type GoValue,
  isNil,
  isSlice,
  kindOf,
  sliceItems,
  sortedKeys,
  typeOf,
} from '../value.ts';
import { LOCAL_DATE, LOCAL_DATETIME, LOCAL_TIME, parseToml, TomlSyntax } from './toml-parse.ts';

/** TOML as Helm writes and reads it. @see github.com/BurntSushi/toml v1.6.0, encode.go */

class TomlProblem extends Error {}

const BARE = /^[A-Za-z0-9_-]+$/;
const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\t', '\\t'],
  ['\b', '\\b'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\f', '\\f'],
]);
const escapeChar = (char: string): string =>
  SHORT.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
const quoted = (text: string): string => `"${text.replace(/["\\\x00-\x1f\x7f]/g, escapeChar)}"`;
const keyText = (name: string): string => (BARE.test(name) ? name : quoted(name));

/** What kind of TOML a value is, as far as its place depends on it. */
function isTable(value: GoValue): boolean {
  if (isNil(value) || value instanceof GoTime) return false;
  return value instanceof Map || value instanceof GoStruct || isTableArray(value);
}
function isTableArray(value: GoValue): boolean {
  if (!isSlice(value) || isNil(value)) return false;
  const items = sliceItems(value)!.map(indirect);
  if (items.some(isNil)) throw new TomlProblem('toml: cannot encode array with nil element');
  for (const item of items) if (isSlice(item)) isTableArray(item);
  return items.length > 0 && items.every((item) => item instanceof Map || item instanceof GoStruct);
}

class Writer {
  out = '';

  #newLine(): void {
    if (this.out !== '') this.out += '\n';
  }
  #indent(key: readonly string[]): string {
    return '  '.repeat(key.length - 1);
  }

  encode(key: readonly string[], given: GoValue): void {
    const value = indirect(given);
    if (isNil(value) && !(key.length === 0 && isSlice(value))) return;
    if (isSlice(value) && isTableArray(value)) {
      if (key.length === 0) throw new TomlProblem('toml: top-level values must be Go maps or structs');
      for (const item of sliceItems(value)!) {
        this.#newLine();
        this.out += `${this.#indent(key)}[[${key.map(keyText).join('.')}]]`;
        this.#newLine();
        this.#table(key, indirect(item));
      }
    } else if ((value instanceof Map || value instanceof GoStruct) && !this.#isText(value)) {
      if (key.length === 1) this.#newLine();
      if (key.length > 0) {
        this.out += `${this.#indent(key)}[${key.map(keyText).join('.')}]`;
        this.#newLine();
      }
      this.#table(key, value);
    } else if (value instanceof GoComplex && key.length === 0)
      throw new TomlProblem(`unsupported type for key '': ${kindOf(value)}`);
    else if (key.length === 0) this.#element(value);
    else {
      this.#keyValue(key, value);
      this.#newLine();
    }
  }
  #isText(value: GoValue): boolean {
    return typeof value === 'object' && typeOf(value)?.methods?.has('MarshalJSON') === true;
  }

  #keyValue(key: readonly string[], value: GoValue): void {
    this.out += `${this.#indent(key)}${keyText(key.at(-1)!)} = `;
    this.#element(value);
  }

  #members(value: GoValue): [string, GoValue][] {
    if (value instanceof Map) return sortedKeys(value).map((name) => [name, indirect(value.get(name))]);
    const struct = value as GoStruct;
    return struct.type.fields!.flatMap((field, i): [string, GoValue][] => {
      if (field.unexported) return [];
      const item = indirect(struct.values[i]);
      return field.embedded && item instanceof GoStruct ? this.#members(item) : [[field.name, item]];
    });
  }

  #table(key: readonly string[], value: GoValue): void {
    const members = this.#members(value);
    const tables = members.filter(([, item]) => isTable(item));
    for (const [name, item] of members)
      if (!tables.some(([table]) => table === name)) this.encode([...key, name], item);
    for (const [name, item] of tables) this.encode([...key, name], item);
  }

  #inlineTable(value: GoValue): void {
    const members = this.#members(value);
    const tables = members.filter(([, item]) => isTable(item));
    const direct = members.filter(([, item]) => !isTable(item));
    this.out += '{';
    direct.forEach(([name, item], i) => {
      if (isNil(item)) return;
      this.#keyValue([name], item);
      if (tables.length > 0 || i !== direct.length - 1) this.out += ', ';
    });
    tables.forEach(([name, item], i) => {
      this.#keyValue([name], item);
      if (i !== tables.length - 1) this.out += ', ';
    });
    this.out += '}';
  }

  #element(given: GoValue): void {
    const value = indirect(given);
    switch (typeof value) {
      case 'string':
        this.out += quoted(value);
        return;
      case 'boolean':
        this.out += String(value);
        return;
      case 'number':
        this.out += floatText(value);
        return;
    }
    if (value instanceof GoTime) this.out += timeText(value);
    else if (value instanceof GoInt)
      this.out += value.type === DURATION ? quoted(durationText(durationNanos(value))) : String(value.n);
    else if (isSlice(value)) {
      this.out += '[';
      sliceItems(value)!.forEach((item, i) => {
        if (i > 0) this.out += ', ';
        this.#element(item);
      });
      this.out += ']';
    } else if (value instanceof GoStruct && this.#isText(value)) {
      this.out += quoted(JSON.parse(value.type.methods!.get('MarshalJSON')!.call(value) as string) as string);
    } else if (value instanceof Map || value instanceof GoStruct) this.#inlineTable(value);
    else throw new TomlProblem(`unsupported type: ${kindOf(value)}`);
  }
}

function timeText(value: GoTime): string {
  if (value.zone === LOCAL_DATETIME) return value.format('2006-01-02T15:04:05.999999999');
  if (value.zone === LOCAL_DATE) return value.format('2006-01-02');
  if (value.zone === LOCAL_TIME) return value.format('15:04:05.999999999');
  return value.format('2006-01-02T15:04:05.999999999Z07:00');
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const text = formatFloat(value, 'g', -1);
  return /[e.]/.test(text) ? text : `${text}.0`;
}

/** The TOML of a value, or Go's error. */
export function tomlOrError(value: GoValue): { readonly text: string } | { readonly error: string } {
  if (value === null || value === undefined) throw new GoError('reflect: call of reflect.Value.Type on zero Value');
  const writer = new Writer();
  try {
    writer.encode([], value);
    return { text: writer.out };
  } catch (error) {
    if (error instanceof TomlProblem) return { error: error.message };
    throw error;
  }
}
/** Helm's toToml: an error is given as text. */
export function toToml(value: GoValue): string {
  const result = tomlOrError(value);
  return 'error' in result ? result.error : result.text;
}

/** Helm's fromToml: an error is given under the key `Error`. */
export function fromToml(text: string): GoValue {
  try {
    // The mark of an order of bytes is passed over, that of UTF-16 as well.
    return parseToml(text.replace(/^(?:\udcff\udcfe|\udcfe\udcff|\ufeff)/, ''));
  } catch (error) {
    if (!(error instanceof TomlSyntax)) throw error;
    return new Map<string, GoValue>([['Error', error.message]]);
  }
}
