import type { YamlValue } from '../../core/value.ts';
import { hasRawBytes, mapRunes } from './go-string.ts';
import { jsonMembers } from './json.ts';
import { GoBytes, GoInt, GoPointer, GoSlice, GoStruct, type GoValue, TypedMap, typeOf } from './value.ts';

/** Between Go values and the data that YAML and JSON hold. */

/**
 * What json.Marshal makes of a value, as data: structs become mappings, nil maps and slices null, bytes base64.
 * `undefined` where it has no JSON form.
 */
export function toYamlValue(value: GoValue): YamlValue | undefined {
  switch (typeof value) {
    case 'string':
      return hasRawBytes(value) ? mapRunes(value, (char) => char) : value;
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : undefined;
    case 'undefined':
      return null;
  }
  if (value === null) return null;
  if (value instanceof Map) {
    if (value instanceof TypedMap && value.isNil) return null;
    // What needs no change is passed on as it is.
    let out: Map<string, YamlValue> | undefined;
    for (const [key, item] of value) {
      const converted = toYamlValue(item);
      if (converted === undefined) return undefined;
      if (out === undefined && converted !== item) out = new Map(value as Map<string, YamlValue>);
      out?.set(key, converted);
    }
    return out ?? (value as Map<string, YamlValue>);
  }
  if (Array.isArray(value)) return list(value);
  const marshal = typeOf(value)!.methods?.get('MarshalJSON');
  if (marshal !== undefined) return JSON.parse(marshal.call(value) as string) as YamlValue;
  if (value instanceof GoInt) return value.n;
  if (value instanceof GoSlice) return value.isNil ? null : list(value.items);
  if (value instanceof GoBytes) return value.isNil ? null : Buffer.from(value.bytes).toString('base64');
  if (value instanceof GoPointer) {
    if (value.target === null) return null;
    const pointerMarshal = value.target.type.pointerMethods?.get('MarshalJSON');
    if (pointerMarshal !== undefined) return JSON.parse(pointerMarshal.call(value.target) as string) as YamlValue;
    return toYamlValue(value.target as GoValue);
  }
  if (value instanceof GoStruct) return toYamlValue(new Map(jsonMembers(value)));
  return undefined;
}

function list(items: readonly GoValue[]): YamlValue | undefined {
  let out: YamlValue[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const converted = toYamlValue(items[i]);
    if (converted === undefined) return undefined;
    if (out === undefined && converted !== items[i]) out = items.slice(0, i) as YamlValue[];
    out?.push(converted);
  }
  return out ?? (items as YamlValue[]);
}

/** Data as Go's interface{} holds it: every number a float64. */
export function fromYamlValue(value: YamlValue): GoValue {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Map) {
    for (const [key, item] of value) {
      if (typeof item === 'bigint') value.set(key, Number(item));
      else if (typeof item === 'object' && item !== null) fromYamlValue(item);
    }
    return value as Map<string, GoValue>;
  }
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      if (typeof item === 'bigint') value[i] = Number(item);
      else if (typeof item === 'object' && item !== null) fromYamlValue(item);
    });
    return value as GoValue[];
  }
  return value;
}
