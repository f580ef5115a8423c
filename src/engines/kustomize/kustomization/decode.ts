import type { YamlMap, YamlValue } from '../../../core/value.ts';
import { KustomizeProblem } from '../problem.ts';

/** Reads a value as Go's encoding/json would into a field; `at` names the field in messages. */
export type Decoder<T> = (value: YamlValue | undefined, at: Place) => T;

export interface Place {
  /** `patches.target`. */
  readonly field: string;
  /** The Go type that the field is in, for messages. */
  readonly struct?: string;
  /** Numbers and booleans become text where text is asked for (sigs.k8s.io/yaml with a target), or are refused. */
  readonly lenient: boolean;
}

function refuse(value: YamlValue, type: string, at: Place): never {
  const what =
    value instanceof Map
      ? 'object'
      : Array.isArray(value)
        ? 'array'
        : typeof value === 'bigint'
          ? 'number'
          : value === null
            ? 'null'
            : typeof value === 'boolean'
              ? 'bool'
              : typeof value;
  const where = at.field === '' ? 'Go value' : `Go struct field ${at.struct ?? ''}.${at.field}`;
  throw new KustomizeProblem(`json: cannot unmarshal ${what} into ${where} of type ${type}`, {
    hint: `the field ${at.field} takes ${described(type)}`,
  });
}

function described(type: string): string {
  if (type === 'string') return 'text (put a number or a boolean in quotes)';
  if (type.startsWith('[]')) return 'a list';
  if (type === 'bool') return 'true or false';
  if (type === 'int' || type === 'int64') return 'a whole number';
  return 'a mapping';
}

export const text: Decoder<string> = (value, at) => {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (at.lenient && typeof value !== 'object') return String(value);
  return refuse(value, 'string', at);
};

export const optionalText: Decoder<string | undefined> = (value, at) =>
  value === undefined || value === null ? undefined : text(value, at);

export const flag: Decoder<boolean> = (value, at) => {
  if (value === undefined || value === null) return false;
  return typeof value === 'boolean' ? value : refuse(value, 'bool', at);
};

const wholeOf =
  (type: string): Decoder<number> =>
  (value, at) => {
    if (value === undefined || value === null) return 0;
    if (typeof value === 'bigint') return Number(value);
    return typeof value === 'number' && Number.isInteger(value) ? value : refuse(value, type, at);
  };
export const whole = wholeOf('int');
export const whole64 = wholeOf('int64');

/** Anything, as it is. */
export const anyMap: Decoder<YamlMap | undefined> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  return value instanceof Map ? value : refuse(value, 'map[string]interface {}', at);
};

/** A list; `undefined` where there is none. */
export const listOf =
  <T>(element: Decoder<T>, type: string): Decoder<T[] | undefined> =>
  (value, at) => {
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) return refuse(value, `[]${type}`, at);
    return value.map((item) => element(item, at));
  };

export const texts = listOf(text, 'string');

/** A mapping to text; `undefined` where there is none. */
export const textMap: Decoder<Map<string, string> | undefined> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (!(value instanceof Map)) return refuse(value, 'map[string]string', at);
  const map = new Map<string, string>();
  for (const [key, item] of value) map.set(key, text(item, at));
  return map;
};

type Fields<T> = { readonly [K in keyof T]-?: Decoder<T[K]> };

/**
 * A mapping with known fields, found without regard to case as Go's JSON does.
 * @param strict another field is refused (`json: unknown field "x"`), or left aside
 */
export function structOf<T>(name: string, fields: Fields<T>, strict: boolean): Decoder<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const byFold = new Map(names.map((field) => [field.toLowerCase(), field]));
  const known = new Set<string>(names);
  return (value, at) => {
    if (value !== undefined && value !== null && !(value instanceof Map)) return refuse(value, name, at);
    const given = new Map<string, YamlValue>();
    if (value instanceof Map)
      for (const [key, item] of value) {
        const field = known.has(key) ? key : byFold.get(key.toLowerCase());
        if (field !== undefined) given.set(field, item);
        else if (strict)
          throw new KustomizeProblem(`json: unknown field ${JSON.stringify(key)}`, {
            hint: nearest(key, names),
          });
      }
    const result: Partial<T> = {};
    const prefix = at.field === '' ? '' : `${at.field}.`;
    const struct = shortName(name);
    for (const field of names) {
      const item = given.get(field);
      // Most fields are absent, and nothing is to be said of those.
      const place = item === undefined ? at : { field: `${prefix}${field}`, struct, lenient: at.lenient };
      result[field] = fields[field](item, place);
    }
    return result as T;
  };
}

export const optional =
  <T>(decoder: Decoder<T>): Decoder<T | undefined> =>
  (value, at) =>
    value === undefined || value === null ? undefined : decoder(value, at);

const shortName = (type: string): string => type.slice(type.lastIndexOf('.') + 1);

function nearest(key: string, names: readonly string[]): string {
  const folded = key.toLowerCase();
  const alike = names.filter((name) => {
    const other = name.toLowerCase();
    return other.startsWith(folded) || folded.startsWith(other) || distance(folded, other) <= 2;
  });
  return alike.length === 0 ? `the fields are ${names.join(', ')}` : `did you mean ${alike.slice(0, 3).join(' or ')}?`;
}

function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
