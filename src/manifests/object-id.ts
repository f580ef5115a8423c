import { getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';

/** What names an object in a cluster. `namespace` is `''` where the object states none. */
export interface ObjectId {
  /** `apps`, `''` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const text = (value: YamlValue | undefined): string =>
  value === undefined || value === null || typeof value === 'object' ? '' : String(value);

/** The identity an object states. Missing parts are empty; whether they may be is the reader's question. */
export function objectId(object: YamlMap): ObjectId {
  const apiVersion = text(object.get('apiVersion'));
  const slash = apiVersion.lastIndexOf('/');
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind: text(object.get('kind')),
    namespace: text(getIn(object, 'metadata', 'namespace')),
    name: text(getIn(object, 'metadata', 'name')),
  };
}

/** `Kind/namespace/name`, as people read it; `Kind/name` for an object without a namespace. */
export function formatId(id: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return id.namespace === '' ? `${id.kind}/${id.name}` : `${id.kind}/${id.namespace}/${id.name}`;
}

/** What `formatId` made a text of. */
export function parseId(id: string): { readonly kind: string; readonly namespace: string; readonly name: string } {
  const [kind = '', ...rest] = id.split('/');
  const name = rest.pop() ?? '';
  return { kind, namespace: rest.join('/'), name };
}

/**
 * What tells objects apart in a cluster: group, kind, namespace and name. The version is no part of it, since the API
 * server serves one object under all versions of its group.
 */
export function objectKey(id: ObjectId): string {
  return `${id.group}/${id.kind}/${id.namespace}/${id.name}`;
}

/** By namespace, then name, then kind and group: the order of listings. Code units, never a locale. */
export function compareIds(a: ObjectId, b: ObjectId): number {
  return (
    compare(a.namespace, b.namespace) || compare(a.name, b.name) || compare(a.kind, b.kind) || compare(a.group, b.group)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether a value has the shape of a Kubernetes object: a mapping with `apiVersion`, `kind` and a named `metadata`. */
export function isObject(value: YamlValue): value is YamlMap {
  return (
    isMap(value) &&
    typeof value.get('apiVersion') === 'string' &&
    typeof value.get('kind') === 'string' &&
    isMap(value.get('metadata') ?? null)
  );
}
