import { getIn, isList, isMap, type YamlMap, type YamlValue } from '../core/value.ts';

/** A reference to another object by kind, namespace and name. */
export interface ObjectReference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const text = (value: YamlValue | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/**
 * `spec.dependsOn` of a Kustomization or HelmRelease: objects of the same kind (a ResourceSet names them), in the object's own namespace unless one
 * is named. Entries without a name are left out: the API server refuses them.
 */
export function dependsOn(
  object: YamlMap,
  kind: string,
  namespace: string,
): (ObjectReference & { readyExpr?: string })[] {
  const entries = getIn(object, 'spec', 'dependsOn');
  if (!isList(entries)) return [];
  const references: (ObjectReference & { readyExpr?: string })[] = [];
  for (const entry of entries) {
    const name = text(getIn(entry, 'name'));
    if (name === undefined) continue;
    const readyExpr = text(getIn(entry, 'readyExpr'));
    // A ResourceSet names kinds, and by default waits for no more than that the object is there.
    const stated = text(getIn(entry, 'kind'));
    if (stated !== undefined && getIn(entry, 'ready') !== true) continue;
    references.push({
      kind: stated ?? kind,
      namespace: text(getIn(entry, 'namespace')) ?? namespace,
      name,
      ...(readyExpr === undefined ? {} : { readyExpr }),
    });
  }
  return references;
}

/** A `sourceRef` or `chartRef`, its namespace filled in. `undefined` where the object has none. */
export function sourceReference(reference: YamlValue | undefined, namespace: string): ObjectReference | undefined {
  if (!isMap(reference)) return undefined;
  const kind = text(reference.get('kind'));
  const name = text(reference.get('name'));
  if (kind === undefined || name === undefined) return undefined;
  return { kind, name, namespace: text(reference.get('namespace')) ?? namespace };
}

export const isSuspended = (object: YamlMap): boolean => getIn(object, 'spec', 'suspend') === true;

/** `spec.path` as a path inside the source: no leading `/` or `./`, `''` for its root. */
export function specPath(object: YamlMap): string {
  const path = text(getIn(object, 'spec', 'path')) ?? '';
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
