import { readFileSync } from 'node:fs';
import { fromPlain, type YamlMap, type YamlValue } from '../../src/core/value.ts';
import type { DataLookup } from '../../src/flux/object-data.ts';

/** A file of conformance/. */
export const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../conformance/${name}`, import.meta.url), 'utf8'));

/** Literal data as an object. */
export const object = (plain: Record<string, unknown>): YamlMap => fromPlain(plain) as YamlMap;

export function lookupIn(objects: readonly YamlMap[]): DataLookup {
  return (kind, namespace, name) =>
    objects.find((item) => {
      const metadata = item.get('metadata') as YamlMap;
      return item.get('kind') === kind && metadata.get('namespace') === namespace && metadata.get('name') === name;
    });
}

/** One spelling for each value: keys sorted, numbers as doubles. */
export function canonical(value: YamlValue | undefined): string {
  if (value === undefined) return 'undefined';
  if (value instanceof Map)
    return `{${[...value]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
      .join(',')}}`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  return typeof value === 'bigint' ? String(Number(value)) : JSON.stringify(value);
}
