import { isMap, type YamlMap, type YamlValue } from '../core/value.ts';

/**
 * A copy of an object with entries added to `metadata.labels` or `metadata.annotations`; they win over what is there. Where there
 * is nothing to add and nothing to mend, the object itself. Values that are no text (`enabled: false`) become text, since
 * the API takes nothing else there; a null, which it takes as empty text, does so where something is added.
 * @see k8s.io/apimachinery unstructured, GetLabels (NestedNullCoercingStringMap); fluxcd/pkg ssa/utils/meta.go
 */
export function withMetadata(
  object: YamlMap,
  field: 'labels' | 'annotations',
  entries: ReadonlyMap<string, string>,
): YamlMap {
  const metadata = object.get('metadata');
  const present = isMap(metadata) ? metadata.get(field) : undefined;
  if (entries.size === 0 && isTextMap(present)) return object;
  const merged: YamlMap = new Map();
  if (isMap(present)) for (const [key, value] of present) merged.set(key, asText(value));
  for (const [key, value] of entries) merged.set(key, value);
  const copy: YamlMap = new Map(object);
  return copy.set('metadata', new Map(isMap(metadata) ? metadata : []).set(field, merged));
}

/** Whether all values are ones that the API takes. */
function isTextMap(value: YamlValue | undefined): boolean {
  if (!isMap(value)) return true;
  for (const item of value.values()) if (typeof item !== 'string' && item !== null) return false;
  return true;
}

const asText = (value: YamlValue): string => (value === null || typeof value === 'object' ? '' : String(value));

/** The labels by which a controller knows what it applied: `<group>/name` and `<group>/namespace`. */
export function ownerLabels(group: string, name: string, namespace: string): ReadonlyMap<string, string> {
  return new Map([
    [`${group}/name`, name],
    [`${group}/namespace`, namespace],
  ]);
}
