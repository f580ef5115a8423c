import { deepEqual } from '../equal.ts';
import type { FunctionFamily } from '../functions.ts';
import { type GoValue, kindOf, typeName } from '../value.ts';

/** @see sprig reflect.go */
export const REFLECTION: FunctionFamily = {
  typeOf: ['any', typeName],
  typeIs: ['string any', (target: string, value: GoValue) => target === typeName(value)],
  typeIsLike: [
    'string any',
    (target: string, value: GoValue) => target === typeName(value) || `*${target}` === typeName(value),
  ],
  kindOf: ['any', kindOf],
  kindIs: ['string any', (target: string, value: GoValue) => target === kindOf(value)],
  deepEqual: ['any any', deepEqual],
};
