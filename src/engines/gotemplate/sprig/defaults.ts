import { GoError } from '../errors.ts';
import type { FunctionFamily } from '../functions.ts';
import { GoBytes, GoComplex, GoInt, GoPointer, GoSlice, type GoValue } from '../value.ts';

/** @see sprig defaults.go */

export function isEmpty(value: GoValue): boolean {
  switch (typeof value) {
    case 'string':
      return value.length === 0;
    case 'boolean':
      return !value;
    case 'number':
      return value === 0;
    case 'undefined':
      return true;
  }
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  if (value instanceof GoInt) return Number(value.n) === 0;
  if (value instanceof GoSlice) return value.items.length === 0;
  if (value instanceof GoBytes) return value.bytes.length === 0;
  if (value instanceof GoPointer) return value.target === null;
  if (value instanceof GoComplex) return value.re === 0 && value.im === 0;
  return false;
}

export const DEFAULTS: FunctionFamily = {
  default: [
    'any ...any',
    (otherwise: GoValue, ...given: GoValue[]) => (given.length === 0 || isEmpty(given[0]) ? otherwise : given[0]),
  ],
  empty: ['any', isEmpty],
  coalesce: ['...any', (...values: GoValue[]) => values.find((value) => !isEmpty(value)) ?? null],
  all: ['...any', (...values: GoValue[]) => values.every((value) => !isEmpty(value))],
  any: ['...any', (...values: GoValue[]) => values.some((value) => !isEmpty(value))],
  ternary: ['any any bool', (yes: GoValue, no: GoValue, which: boolean) => (which ? yes : no)],
  fail: [
    'string',
    (message: string) => {
      throw new GoError(message);
    },
  ],
};
