import { createHash } from 'node:crypto';
import { failure } from '../core/failure.ts';
import { getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { FluxError, mapsAt, metadataText, scalarText } from './fields.ts';
import { type DataLookup, objectBytes, objectData } from './object-data.ts';
import { placeholder } from './sops/decrypt-tree.ts';
import { parseYaml } from './yaml.ts';

const GROUP = 'fluxcd.controlplane.io';
const COPY_FROM = `${GROUP}/copyFrom`;
const CONVERT_FROM = `${GROUP}/convertKubeConfigFrom`;
const CHECKSUM_FROM = `${GROUP}/checksumFrom`;
const CHECKSUM = `${GROUP}/checksum`;

/**
 * Objects of a ResourceSet with the data that annotations on them ask for: copied, read out of a kubeconfig, or digested.
 * Throws `FluxError` for annotations that the operator refuses.
 */
export function withReferencedData(
  objects: readonly YamlMap[],
  lookup: DataLookup,
): { readonly objects: readonly YamlMap[]; readonly missing: readonly string[] } {
  const missing = new Set<string>();
  const filled = objects.map((object) => convertKubeConfig(copyData(object, lookup, missing), lookup, missing));
  return { objects: filled.map((object) => withChecksums(object, filled, lookup, missing)), missing: [...missing] };
}

const isData = (object: YamlMap): object is YamlMap =>
  object.get('apiVersion') === 'v1' && (object.get('kind') === 'ConfigMap' || object.get('kind') === 'Secret');

const refuse = (message: string): never => {
  throw new FluxError(failure('invalid-object', message));
};

/** The data of another ConfigMap or Secret, over the object's own; a Secret's type, where the object states none. */
function copyData(object: YamlMap, lookup: DataLookup, missing: Set<string>): YamlMap {
  const from = metadataText(object, 'annotations', COPY_FROM);
  if (from === '' || !isData(object)) return object;
  if (from.split('/').length !== 2)
    refuse(`invalid ${COPY_FROM} annotation value '${from}' must be in the format 'namespace/name'`);
  const kind = object.get('kind') as 'ConfigMap' | 'Secret';
  const source = find(kind, from, lookup, missing);
  if (source === undefined) return object;
  const copy: YamlMap = new Map(object);
  const mapIn = (from: YamlMap, field: string): YamlMap => {
    const value = from.get(field);
    return isMap(value) ? value : new Map();
  };
  if (kind === 'ConfigMap') {
    copy.set('data', mapIn(source, 'data'));
    const binary = mapIn(source, 'binaryData');
    return binary.size === 0 ? copy : copy.set('binaryData', binary);
  }
  if (!copy.has('type')) copy.set('type', source.get('type') ?? 'Opaque');
  const encoded = [...objectBytes(source)].map(([key, bytes]) => [key, bytes.toString('base64')] as const);
  copy.delete('stringData');
  return copy.set('data', new Map<string, YamlValue>([...mapIn(object, 'data'), ...encoded]));
}

function find(
  kind: 'ConfigMap' | 'Secret',
  reference: string,
  lookup: DataLookup,
  missing: Set<string>,
): YamlMap | undefined {
  const [namespace = '', name = ''] = reference.trim().split('/');
  const object = lookup(kind, namespace, name);
  if (object === undefined) missing.add(`${kind}/${namespace}/${name}`);
  return object;
}

/** Fills `address` and `ca.crt` of a ConfigMap from the first cluster of a kubeconfig in a Secret; values that are there stay. */
function convertKubeConfig(object: YamlMap, lookup: DataLookup, missing: Set<string>): YamlMap {
  const from = metadataText(object, 'annotations', CONVERT_FROM);
  if (from === '' || !isData(object) || object.get('kind') !== 'ConfigMap') return object;
  const colon = from.lastIndexOf(':');
  const named = from.indexOf('/') > 0 && colon > from.indexOf('/');
  const reference = named ? from.slice(0, colon) : from;
  if (reference.split('/').length !== 2)
    refuse(
      `invalid ${CONVERT_FROM} annotation value '${from}' must be in the format 'namespace/name' or 'namespace/name:key'`,
    );
  const secret = find('Secret', reference, lookup, missing);
  if (secret === undefined) return object;
  const keys = named && colon < from.length - 1 ? [from.slice(colon + 1)] : ['kubeconfig', 'value'];
  const texts = objectData(secret);
  const key = keys.find((one) => texts.has(one));
  const text = key === undefined ? undefined : texts.get(key);
  if (key === undefined || text === undefined)
    return refuse(`kubeconfig Secret/${reference} does not have ${keys.map((one) => `'${one}'`).join(' or ')} field`);
  if (text === placeholder(key)) {
    missing.add(`Secret/${reference}`);
    return object;
  }
  const own = object.get('data');
  return new Map(object).set('data', new Map([...clusterFields(text, from), ...(isMap(own) ? own : [])]));
}

function clusterFields(kubeconfig: string, from: string): Map<string, YamlValue> {
  const prefix = `failed to extract fields from kubeconfig Secret/${from}:`;
  const parsed = parseYaml(kubeconfig);
  if (!parsed.ok) return refuse(`${prefix} failed to parse kubeconfig YAML: ${parsed.error.message}`);
  const clusters = isMap(parsed.value) ? mapsAt(parsed.value, 'clusters') : [];
  if (clusters.length === 0) refuse(`${prefix} no clusters found in kubeconfig`);
  const found = clusters.map((cluster) =>
    ['server', 'certificate-authority-data'].map((field) => {
      const value = scalarText(getIn(cluster, 'cluster', field));
      if (value === '')
        refuse(`${prefix} ${field} field is empty in kubeconfig cluster "${scalarText(cluster.get('name'))}"`);
      return value;
    }),
  );
  const [server = '', authority = ''] = found[0] ?? [];
  return new Map([
    ['address', server],
    ['ca.crt', Buffer.from(authority, 'base64').toString('utf8')],
  ]);
}

/** Beside each `checksumFrom` annotation, anywhere in an object, the digest of the data that it names. */
function withChecksums(
  object: YamlMap,
  siblings: readonly YamlMap[],
  lookup: DataLookup,
  missing: Set<string>,
): YamlMap {
  const walk = (value: YamlValue): YamlValue => {
    if (Array.isArray(value)) return value.map(walk);
    if (!isMap(value)) return value;
    const copy: YamlMap = new Map([...value].map(([key, item]) => [key, walk(item)]));
    const annotations = getIn(copy, 'metadata', 'annotations');
    if (!isMap(annotations)) return copy;
    const from = scalarText(annotations.get(CHECKSUM_FROM));
    if (from !== '') annotations.set(CHECKSUM, digestOf(from, siblings, lookup, missing));
    return copy;
  };
  return mentions(object, CHECKSUM_FROM) ? (walk(object) as YamlMap) : object;
}

function mentions(value: YamlValue, key: string): boolean {
  if (Array.isArray(value)) return value.some((item) => mentions(item, key));
  return isMap(value) && (value.has(key) || [...value.values()].some((item) => mentions(item, key)));
}

/** SHA-256 over each reference, and each key and value of its data in the order of the keys, all ended by a NUL. */
function digestOf(references: string, siblings: readonly YamlMap[], lookup: DataLookup, missing: Set<string>): string {
  const hash = createHash('sha256');
  const add = (part: string | Buffer): unknown => hash.update(part).update('\0');
  for (const reference of references.split(',').map((part) => part.trim())) {
    if (reference === '') continue;
    const parts = reference.split('/');
    const [kind = '', namespace = '', name = ''] = parts;
    if (parts.length !== 3 || parts.includes(''))
      refuse(`invalid ${CHECKSUM_FROM} reference '${reference}' must be in the format 'Kind/namespace/name'`);
    if (kind !== 'ConfigMap' && kind !== 'Secret')
      return refuse(`unsupported kind '${kind}' in ${CHECKSUM_FROM}, only ConfigMap and Secret are allowed`);
    const own = siblings.find(
      (sibling) =>
        sibling.get('kind') === kind &&
        scalarText(getIn(sibling, 'metadata', 'namespace')) === namespace &&
        scalarText(getIn(sibling, 'metadata', 'name')) === name,
    );
    const object = own ?? find(kind, `${namespace}/${name}`, lookup, missing);
    add(reference);
    const data = [...(object === undefined ? [] : objectBytes(object))];
    for (const [key, bytes] of data.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      add(key);
      add(bytes);
    }
  }
  return `sha256:${hash.digest('hex')}`;
}
