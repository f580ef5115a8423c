import { canonicalJson, type Digest, sha256 } from '../core/digest.ts';
import type { AnyKind, Json } from './task.ts';

/** SHA-256 of the kind's name, its version, and what it declares of its input. */
export function taskKey(kind: AnyKind, input: never): Digest {
  return sha256(canonicalJson([kind.name, kind.version, kind.declare(input)]));
}

/** Whether JSON says a value whole: plain objects, arrays, finite numbers; no `Map`s, no class instances, no functions. */
export function isJson(value: unknown): value is Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object': {
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isJson);
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) return false;
      return Object.values(value).every((item) => item === undefined || isJson(item));
    }
    default:
      return false;
  }
}
