import { GoInt, type GoValue } from '../../gotemplate/value.ts';
import { type Json, JsonNumber } from './json.ts';

/** What is validated: values of a chart, or (against a metaschema) a schema. */
export type Instance = Json | GoValue;

/** The JSON type; `undefined` for what JSON cannot say. Integers are numbers. */
export function typeOf(value: Instance): string | undefined {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'string':
      return 'string';
    case 'number':
      return Number.isFinite(value) ? 'number' : undefined;
  }
  if (value instanceof Map) return 'object';
  if (Array.isArray(value)) return 'array';
  return value instanceof JsonNumber || value instanceof GoInt ? 'number' : undefined;
}

export function numberOf(value: Instance): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof JsonNumber) return value.value;
  return value instanceof GoInt ? Number(value.n) : undefined;
}

export const isInteger = (value: Instance): boolean => Number.isInteger(numberOf(value));

export function equals(a: Instance, b: Instance): boolean {
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    for (const [key, value] of a) {
      const other = b.get(key);
      if (other === undefined || !equals(value, other)) return false;
    }
    return true;
  }
  if (Array.isArray(a)) {
    const other = b as readonly Instance[];
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equals(item, other[i]!));
  }
  const number = numberOf(a);
  return number === undefined ? a === b : number === numberOf(b);
}

/** In the order of the keys, so that errors come in one order (the library's is random). */
export function byKey<T>(map: ReadonlyMap<string, T> | undefined): readonly (readonly [string, T])[] {
  if (map === undefined || map.size === 0) return [];
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Whether a number is a whole multiple of another, by their decimal digits. */
export function isMultiple(value: number, of: JsonNumber): boolean {
  const [a, b] = [decimalOf(String(value)), decimalOf(of.text)];
  if (a === undefined || b === undefined || b.digits === 0n) return false;
  const exponent = Math.min(a.exponent, b.exponent);
  // Numbers so far apart that their digits would fill memory.
  if (Math.max(a.exponent, b.exponent) - exponent > 2000) return a.digits === 0n || a.exponent > b.exponent;
  const scale = (n: { digits: bigint; exponent: number }): bigint => n.digits * 10n ** BigInt(n.exponent - exponent);
  return scale(a) % scale(b) === 0n;
}

function decimalOf(text: string): { digits: bigint; exponent: number } | undefined {
  const match = /^(-?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return undefined;
  const fraction = match[2] ?? '';
  return { digits: BigInt(match[1]! + fraction), exponent: Number(match[3] ?? 0) - fraction.length };
}
