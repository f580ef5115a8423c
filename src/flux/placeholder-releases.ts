import { getIn, type YamlMap, type YamlValue } from '../core/value.ts';
import { fluxKind, formatId, objectId } from '../manifests/index.ts';
import { finishObjects } from './build-kustomization.ts';
import { placeholder } from './sops/decrypt-tree.ts';
import type { Variables } from './substitution.ts';

const PLAIN_VARIABLE = /\$\{([A-Za-z_]\w*)\}/g;

/**
 * The `spec` of each HelmRelease that uses variables which nothing at hand tells, with placeholders in their place, by the
 * HelmRelease's id. A variable of a source that is missing is empty, and an empty value may be one that a chart refuses, though
 * in the cluster it is none.
 */
export function placeholderReleases(
  objects: readonly YamlMap[],
  kustomization: YamlMap,
  variables: Variables,
): ReadonlyMap<string, YamlValue> {
  const found = new Map<string, YamlValue>();
  if (variables.missing.length === 0 || !variables.substitute || variables.keepUnset) return found;
  const values = new Map(variables.values);
  const unsure = objects.filter((object) => {
    if (fluxKind(objectId(object)) !== 'HelmRelease') return false;
    const names = plainVariables(object).filter((name) => !variables.values.has(name));
    for (const name of names) values.set(name, placeholder(name));
    return names.length > 0;
  });
  const finished = finishObjects(unsure, kustomization, { ...variables, values });
  if (finished.ok)
    for (const object of finished.value) found.set(formatId(objectId(object)), getIn(object, 'spec') ?? null);
  return found;
}

function plainVariables(value: YamlValue): string[] {
  if (typeof value === 'string') return [...value.matchAll(PLAIN_VARIABLE)].map(([, name]) => name!);
  if (Array.isArray(value)) return value.flatMap(plainVariables);
  if (value instanceof Map)
    return [...value].flatMap(([key, item]) => [...plainVariables(key), ...plainVariables(item)]);
  return [];
}
