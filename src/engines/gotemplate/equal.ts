import { GoBytes, GoInt, GoPointer, GoStruct, type GoValue, isNil, isSlice, sliceItems, typeOf } from './value.ts';

/** reflect.DeepEqual. */
export function deepEqual(a: GoValue, b: GoValue): boolean {
  if (a === b) return typeof a !== 'number' || !Number.isNaN(a);
  if (a === null || b === null || a === undefined || b === undefined) return (a ?? null) === (b ?? null);
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (typeOf(a) !== typeOf(b)) return false;
  if (a instanceof GoInt) return a.n === (b as GoInt).n;
  if (a instanceof Map) {
    const other = b as Map<string, GoValue>;
    if (a.size !== other.size || isNil(a) !== isNil(b)) return false;
    for (const [key, value] of a) {
      const matching = other.get(key);
      if (matching === undefined || !deepEqual(value, matching)) return false;
    }
    return true;
  }
  if (a instanceof GoBytes) return isNil(a) === isNil(b) && Buffer.compare(a.bytes, (b as GoBytes).bytes) === 0;
  if (isSlice(a)) {
    const x = sliceItems(a)!;
    const y = sliceItems(b)!;
    return x.length === y.length && isNil(a) === isNil(b) && x.every((item, i) => deepEqual(item, y[i]));
  }
  if (a instanceof GoStruct) return a.values.every((value, i) => deepEqual(value, (b as GoStruct).values[i]));
  if (a instanceof GoPointer) return deepEqual(a.target, (b as GoPointer).target);
  return (
    JSON.stringify(a, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ===
    JSON.stringify(b, (_, value) => (typeof value === 'bigint' ? String(value) : value))
  );
}
