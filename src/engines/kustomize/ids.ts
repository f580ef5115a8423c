/**
 * Group, version, kind, name and namespace: what an object is known by.
 * @see kyaml resid/gvk.go and resid/resid.go
 */
export interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface ResId extends Gvk {
  readonly name: string;
  readonly namespace: string;
  /** Known to have no namespace. */
  readonly clusterScoped: boolean;
}

/** Stands for the namespace of what has none. */
export const NOT_A_NAMESPACE = '_non_namespaceable_';
export const DEFAULT_NAMESPACE = 'default';

export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const at = apiVersion.indexOf('/');
  return at < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, at), version: apiVersion.slice(at + 1) };
}

export function gvkString(gvk: Gvk): string {
  return `${gvk.kind || '[noKind]'}.${gvk.version || '[noVer]'}.${gvk.group || '[noGrp]'}`;
}

export function idString(id: Omit<ResId, 'clusterScoped'>): string {
  return `${gvkString(id)}/${id.name || '[noName]'}.${id.namespace || '[noNs]'}`;
}

export const gvkEquals = (a: Gvk, b: Gvk): boolean =>
  a.kind === b.kind && a.group === b.group && a.version === b.version;

/** Whether `gvk` is one that `selector` asks for; an empty part asks for any. */
export const isSelected = (gvk: Gvk, selector: Gvk): boolean =>
  (selector.group === '' || selector.group === gvk.group) &&
  (selector.version === '' || selector.version === gvk.version) &&
  (selector.kind === '' || selector.kind === gvk.kind);

export function effectiveNamespace(id: ResId): string {
  if (id.clusterScoped) return NOT_A_NAMESPACE;
  return id.namespace === '' ? DEFAULT_NAMESPACE : id.namespace;
}

/** One text for ids that kustomize takes for equal: an empty namespace is the default one. */
export const idKey = (id: ResId): string =>
  `${id.kind}\0${id.version}\0${id.group}\0${id.name}\0${effectiveNamespace(id)}`;

const KIND_ORDER = new Map<string, number>();
export const ORDER_FIRST: readonly string[] = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
export const ORDER_LAST: readonly string[] = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
for (const [at, kind] of ORDER_FIRST.entries()) KIND_ORDER.set(kind, at - ORDER_FIRST.length);
for (const [at, kind] of ORDER_LAST.entries()) KIND_ORDER.set(kind, at + 1);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of kinds in configuration: what others need first. */
export function compareGvk(a: Gvk, b: Gvk): number {
  const order = (KIND_ORDER.get(a.kind) ?? 0) - (KIND_ORDER.get(b.kind) ?? 0);
  return order !== 0 ? order : compareText(stableText(a), stableText(b));
}

/** Group, version and kind with marks for absent parts, which sort after letters. */
export const stableText = (gvk: Gvk): string => `${gvk.group || '~G'}_${gvk.version || '~V'}_${gvk.kind || '~K'}`;
