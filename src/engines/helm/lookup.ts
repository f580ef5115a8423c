import { type GoValue, goInt64 } from '../gotemplate/value.ts';
import type { Lookup, LookupObject } from './rendered.ts';

/** `lookup` as templates call it. */
export type LookupFunction = (
  apiVersion: string,
  kind: string,
  namespace: string,
  name: string,
) => Map<string, GoValue>;

/**
 * `lookup` over given objects: one by name, or a list. Without objects it finds nothing, as in `helm template`.
 * @see Helm pkg/engine/lookup_func.go
 */
export function lookupFunction(lookup: Lookup | undefined): LookupFunction | undefined {
  if (lookup === undefined) return undefined;
  return (apiVersion, kind, namespace, name) => {
    const found =
      typeof lookup === 'function'
        ? lookup(apiVersion, kind, namespace, name)
        : search(lookup, apiVersion, kind, namespace, name);
    if (found === undefined) return new Map();
    if (!Array.isArray(found)) return toGoMap(found as LookupObject);
    return new Map<string, GoValue>([
      ['apiVersion', apiVersion],
      ['kind', `${kind}List`],
      ['metadata', new Map<string, GoValue>([['resourceVersion', '']])],
      ['items', (found as readonly LookupObject[]).map(toGoMap)],
    ]);
  };
}

function search(
  objects: readonly LookupObject[],
  apiVersion: string,
  kind: string,
  namespace: string,
  name: string,
): LookupObject | readonly LookupObject[] | undefined {
  const matching = objects.filter((object) => {
    if (member(object, 'apiVersion') !== apiVersion || member(object, 'kind') !== kind) return false;
    const own = member(member(object, 'metadata'), 'namespace');
    return namespace === '' || own === undefined || own === namespace;
  });
  return name === '' ? matching : matching.find((object) => member(member(object, 'metadata'), 'name') === name);
}

function member(object: unknown, key: string): unknown {
  if (object instanceof Map) return object.get(key);
  return object !== null && typeof object === 'object' && Object.hasOwn(object, key)
    ? (object as Record<string, unknown>)[key]
    : undefined;
}

function toGoMap(object: LookupObject): Map<string, GoValue> {
  const entries: Iterable<readonly [string, unknown]> = object instanceof Map ? object : Object.entries(object);
  const map = new Map<string, GoValue>();
  for (const [key, value] of entries) if (value !== undefined) map.set(key, toGo(value));
  return map;
}

/** As the API client decodes JSON: whole numbers are int64. */
function toGo(value: unknown): GoValue {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return goInt64(value);
  if (Array.isArray(value)) return value.map(toGo);
  if (value !== null && typeof value === 'object') return toGoMap(value as LookupObject);
  return value as GoValue;
}
