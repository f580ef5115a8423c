/**
 * The data that YAML and JSON hold, as every room passes it on. Mappings are `Map`s: any string is an ordinary key
 * (`__proto__` too), and keys keep the order of the text.
 *
 * Numbers: a `number` with no fraction stands for an integer of the text, one with a fraction for a float; an integer that
 * a double cannot hold exactly is a `bigint`. (Helm's values are float64 throughout: there `number` is Go's float64.)
 */
export type YamlValue = YamlScalar | YamlList | YamlMap;
export type YamlScalar = string | number | bigint | boolean | null;
export type YamlList = YamlValue[];
export type YamlMap = Map<string, YamlValue>;

export const isMap = (value: unknown): value is YamlMap => value instanceof Map;
export const isList = (value: unknown): value is YamlList => Array.isArray(value);

/** A copy that shares nothing with `value`. */
export function cloneValue<T extends YamlValue>(value: T): T;
export function cloneValue(value: YamlValue): YamlValue {
  if (value instanceof Map) {
    const copy: YamlMap = new Map();
    for (const [key, item] of value) copy.set(key, cloneValue(item));
    return copy;
  }
  return Array.isArray(value) ? value.map((item) => cloneValue(item)) : value;
}

/** Plain JavaScript data (from `JSON.parse` or a literal) as a `YamlValue`. Own properties only; `undefined` is left out. */
export function fromPlain(value: unknown): YamlValue {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [String(key), fromPlain(item)]));
  if (value !== null && typeof value === 'object') {
    const map: YamlMap = new Map();
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key];
      if (item !== undefined) map.set(key, fromPlain(item));
    }
    return map;
  }
  return (value ?? null) as YamlScalar;
}

/** The reverse of `fromPlain`. `__proto__` becomes an own property, never the prototype; a `bigint` stays one. */
export function toPlain(value: YamlValue): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (!(value instanceof Map)) return value;
  const object: Record<string, unknown> = {};
  for (const [key, item] of value) {
    if (key === '__proto__')
      Object.defineProperty(object, key, {
        value: toPlain(item),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    else object[key] = toPlain(item);
  }
  return object;
}

/** The value at a path of keys, or `undefined` where the path leaves the data. */
export function getIn(value: YamlValue | undefined, ...path: (string | number)[]): YamlValue | undefined {
  let at: YamlValue | undefined = value;
  for (const step of path) {
    if (at instanceof Map) at = at.get(String(step));
    else if (Array.isArray(at) && typeof step === 'number') at = at[step];
    else return undefined;
  }
  return at;
}
