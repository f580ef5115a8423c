import { GoError } from '../errors.ts';
import type { FunctionFamily } from '../functions.ts';
import { asPlainMap } from '../unnamed-map.ts';
import {
  GoBytes,
  GoPointer,
  GoSlice,
  GoStruct,
  type GoValue,
  MAP_ANY,
  NIL_MAP,
  sortedKeys,
  stringSlice,
  TypedMap,
  typeName,
  typeOf,
  zeroOf,
} from '../value.ts';
import { isEmpty } from './defaults.ts';
import { strval } from './text.ts';

/** @see sprig dict.go; dario.cat/mergo v1.0.1, merge.go */

type Dict = Map<string, GoValue>;

function set(dict: Dict, key: string, value: GoValue): GoValue {
  if (dict === NIL_MAP || (dict instanceof TypedMap && dict.isNil)) throw new GoError('assignment to entry in nil map');
  dict.set(key, value);
  return asPlainMap(dict);
}
function unset(dict: Dict, key: string): GoValue {
  dict.delete(key);
  return asPlainMap(dict);
}
function makeDict(...values: GoValue[]): GoValue {
  const dict: Dict = new Map();
  for (let i = 0; i < values.length; i += 2) dict.set(strval(values[i]), i + 1 < values.length ? values[i + 1] : '');
  return dict;
}
/** Go's order of a map is random; here keys come sorted. */
function keys(...dicts: Dict[]): GoValue {
  return stringSlice(dicts.flatMap((dict) => sortedKeys(dict)));
}
const pick = (dict: Dict, ...names: string[]): GoValue => {
  const out: Dict = new Map();
  for (const name of names) {
    const value = dict.get(name);
    if (value !== undefined) out.set(name, value);
  }
  return out;
};
const omit = (dict: Dict, ...names: string[]): GoValue => {
  const out: Dict = new Map(dict);
  for (const name of names) out.delete(name);
  return out;
};
const pluck = (key: string, ...dicts: Dict[]): GoValue =>
  dicts.map((dict) => dict.get(key)).filter((value) => value !== undefined);

/** A copy of the maps and slices of a value. */
export function deepCopy(value: GoValue): GoValue {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof TypedMap)
    return value.isNil
      ? value
      : new TypedMap(
          value.type,
          [...value].map(([key, item]) => [key, deepCopy(item)] as const),
        );
  if (value instanceof Map) {
    const copy: Dict = new Map();
    for (const [key, item] of value) copy.set(key, deepCopy(item));
    return copy;
  }
  if (Array.isArray(value)) return value.map(deepCopy);
  if (value instanceof GoSlice) return value.isNil ? value : new GoSlice(value.type, value.items.map(deepCopy));
  if (value instanceof GoBytes) return new GoBytes(value.isNil ? null : value.bytes.slice(), value.type);
  if (value instanceof GoStruct) return copiedStruct(value);
  if (value instanceof GoPointer && value.target instanceof GoStruct)
    return new GoPointer(copiedStruct(value.target), value.type);
  return value;
}

/** What a struct does not export is not copied. */
function copiedStruct(value: GoStruct): GoStruct {
  const items = value.type.fields!.map((field, i) =>
    field.unexported ? zeroOf(field.type) : deepCopy(value.values[i]),
  );
  return new GoStruct(value.type, items, value.addressable);
}

/** copystructure looks at the type of what it is given, and there is none for nil. */
function copied(value: GoValue): GoValue {
  if (value === null) throw new GoError('reflect: call of reflect.Value.Type on zero Value');
  return deepCopy(value);
}

/**
 * mergo.Merge of maps: nested maps merge, all else is taken whole where the destination has nothing (or what counts as
 * empty), or, with `overwrite`, always. A nil of the source is left out, or with `overwrite` set. Nested maps of the source
 * are shared, not copied.
 */
export function mergeDicts(destination: Dict, source: Dict, overwrite: boolean): void {
  if (destination === source) return;
  for (const [key, from] of [...source]) {
    const to = destination.get(key);
    if (from === null || from === undefined) {
      if (overwrite) destination.set(key, null);
      continue;
    }
    const unset = to === undefined || isEmpty(to);
    if (from instanceof Map && to instanceof Map) {
      mergeDicts(to, from, overwrite);
      if (!unset) continue;
    }
    if (unset || overwrite) destination.set(key, from);
  }
}

const merging =
  (overwrite: boolean) =>
  (destination: Dict, ...sources: Dict[]): GoValue => {
    const target: Dict = destination instanceof TypedMap && destination.isNil ? new Map() : asPlainMap(destination);
    for (const source of sources) mergeDicts(target, asPlainMap(source), overwrite);
    return target;
  };

function dig(...values: GoValue[]): GoValue {
  if (values.length < 3) throw new GoError('dig needs at least three arguments');
  const dict = values.at(-1);
  const otherwise = values.at(-2);
  let at = digStep(dict);
  const names = values.slice(0, -2).map((name) => {
    if (typeof name === 'string') return name;
    throw conversion(name, 'string');
  });
  for (const [i, name] of names.entries()) {
    const step = at.get(name);
    if (step === undefined) return otherwise;
    if (i === names.length - 1) return step;
    at = digStep(step);
  }
  return otherwise;
}
function conversion(value: GoValue, wanted: string): GoError {
  return new GoError(
    `interface conversion: interface {} is ${value === null || value === undefined ? 'nil' : typeName(value)}, not ${wanted}`,
  );
}
function digStep(value: GoValue): Dict {
  if (value instanceof Map && typeOf(value) === MAP_ANY) return value;
  throw conversion(value, 'map[string]interface {}');
}
export const DICTS: FunctionFamily = {
  dict: ['...any', makeDict],
  get: ['map string', (dict: Dict, key: string) => dict.get(key) ?? (dict.has(key) ? null : '')],
  set: ['map string any', set],
  unset: ['map string', unset],
  hasKey: ['map string', (dict: Dict, key: string) => dict.has(key)],
  pluck: ['string ...map', pluck],
  keys: ['...map', keys],
  pick: ['map ...string', pick],
  omit: ['map ...string', omit],
  values: ['map', (dict: Dict) => sortedKeys(dict).map((key) => dict.get(key))],
  deepCopy: ['any', copied],
  mustDeepCopy: ['any', copied],
  dig: ['...any', dig],
  merge: ['map ...map', merging(false)],
  mustMerge: ['map ...map', merging(false)],
  mergeOverwrite: ['map ...map', merging(true)],
  mustMergeOverwrite: ['map ...map', merging(true)],
};
