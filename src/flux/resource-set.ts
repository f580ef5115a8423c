import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/digest.ts';
import { failure } from '../core/failure.ts';
import type { Result } from '../core/result.ts';
import { getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { attempt } from './attempt.ts';
import { FluxError, mapsAt, metadataText, scalarText, textAt, textMapAt } from './fields.ts';
import { ownerLabels, withMetadata } from './metadata.ts';
import { type DataLookup, objectData } from './object-data.ts';
import { inputSets, type ProvidedInputs } from './resource-set-inputs.ts';
import { renderResource, renderTemplate } from './resource-set-template.ts';
import { parseYaml } from './yaml.ts';

const GROUP = 'fluxcd.controlplane.io';
const RECONCILE = `${GROUP}/reconcile`;
const COPY_FROM = `${GROUP}/copyFrom`;
const CONVERT_FROM = `${GROUP}/convertKubeConfigFrom`;
const CHECKSUM_FROM = `${GROUP}/checksumFrom`;
const CHECKSUM = `${GROUP}/checksum`;

export interface RenderedResourceSet {
  /** In the order of the steps, then of the inputs, then of the resources. */
  readonly objects: readonly YamlMap[];
  /** ConfigMaps and Secrets that annotations name and nothing provides: the objects lack their data. */
  readonly missing: readonly string[];
}

/** Whether a ResourceSet (or an object that one renders) says that it is not to be reconciled. */
export const isReconcileDisabled = (object: YamlMap): boolean =>
  metadataText(object, 'annotations', RECONCILE).toLowerCase() === 'disabled';

/**
 * The objects of a ResourceSet, rendered for each set of inputs: first come, first kept where two have one name. Labelled with
 * their owner, common metadata over what they state. One that is disabled gives nothing.
 * @param provided what `spec.inputsFrom` selected, in order
 * @see flux-operator docs/api/v1/resourceset.md
 */
export function renderResourceSet(
  resourceSet: YamlMap,
  provided: readonly ProvidedInputs[],
  lookup: DataLookup,
): Result<RenderedResourceSet> {
  return attempt(() => {
    if (isReconcileDisabled(resourceSet)) return { objects: [], missing: [] };
    const inputs = inputSets(resourceSet, provided);
    const steps = mapsAt(resourceSet, 'spec', 'steps');
    const rendered = new Map<string, YamlMap>();
    if (steps.length === 0) renderStep(resourceSet, ['spec'], inputs, rendered);
    for (const [index, step] of steps.entries()) {
      const own = new Map<string, YamlMap>();
      renderStep(step, [], inputs, own, `spec.steps[${index}].`);
      for (const [key, object] of own) {
        if (rendered.has(key))
          throw new FluxError(failure('invalid-object', `duplicate resource ${key} in step "${textAt(step, 'name')}"`));
        rendered.set(key, object);
      }
    }
    const missing = new Set<string>();
    const labels = new Map([...textMapAt(resourceSet, 'spec', 'commonMetadata', 'labels'), ...owner(resourceSet)]);
    const annotations = textMapAt(resourceSet, 'spec', 'commonMetadata', 'annotations');
    const filled = [...rendered.values()]
      .filter((object) => !isReconcileDisabled(object))
      .map((object) => withMetadata(withMetadata(object, 'annotations', annotations), 'labels', labels))
      .map((object) => convertKubeConfig(copyData(object, lookup, missing), lookup, missing));
    return { objects: filled.map((object) => withChecksums(object, filled, lookup, missing)), missing: [...missing] };
  });
}

const owner = (resourceSet: YamlMap): ReadonlyMap<string, string> =>
  ownerLabels(
    `resourceset.${GROUP}`,
    scalarText(getIn(resourceSet, 'metadata', 'name')),
    scalarText(getIn(resourceSet, 'metadata', 'namespace')),
  );

function renderStep(
  step: YamlMap,
  path: readonly string[],
  inputs: readonly YamlMap[],
  into: Map<string, YamlMap>,
  prefix = 'spec.',
): void {
  const resources = mapsAt(step, ...path, 'resources');
  const template = textAt(step, ...path, 'resourcesTemplate');
  const keep = (object: YamlMap): void => {
    const key = objectKey(object);
    if (!into.has(key)) into.set(key, object);
  };
  for (const input of inputs)
    for (const [index, resource] of resources.entries())
      keep(renderResource(resource, input, `${prefix}resources[${index}]`));
  if (template === '') return;
  for (const input of inputs) renderTemplate(template, input, `${prefix}resourcesTemplate`).forEach(keep);
}

/** `apiVersion/Kind/namespace/name` */
const objectKey = (object: YamlMap): string =>
  [
    object.get('apiVersion'),
    object.get('kind'),
    getIn(object, 'metadata', 'namespace'),
    getIn(object, 'metadata', 'name'),
  ]
    .map(scalarText)
    .join('/');

const isData = (object: YamlMap): object is YamlMap =>
  object.get('apiVersion') === 'v1' && (object.get('kind') === 'ConfigMap' || object.get('kind') === 'Secret');

function copyData(object: YamlMap, lookup: DataLookup, missing: Set<string>): YamlMap {
  const from = metadataText(object, 'annotations', COPY_FROM);
  if (from === '' || !isData(object)) return object;
  const kind = object.get('kind') as 'ConfigMap' | 'Secret';
  const source = find(kind, from, lookup, missing);
  if (source === undefined) return object;
  const copy: YamlMap = new Map(object);
  for (const field of ['data', 'binaryData', 'type']) {
    const value = source.get(field);
    if (value !== undefined && (field !== 'type' || kind === 'Secret')) copy.set(field, value);
  }
  const texts = source.get('stringData');
  if (!isMap(texts)) return copy;
  const encoded = [...texts].map(([key, value]) => [key, Buffer.from(scalarText(value)).toString('base64')] as const);
  const data = copy.get('data');
  return copy.set('data', new Map<string, YamlValue>([...(isMap(data) ? data : []), ...encoded]));
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
  if (from === '' || object.get('kind') !== 'ConfigMap') return object;
  const [reference = '', key] = from.split(':');
  const secret = find('Secret', reference, lookup, missing);
  if (secret === undefined) return object;
  const texts = objectData(secret);
  const text = key === undefined ? (texts.get('kubeconfig') ?? texts.get('value')) : texts.get(key);
  const parsed = text === undefined ? undefined : parseYaml(text);
  const cluster = parsed?.ok ? getIn(parsed.value, 'clusters', 0, 'cluster') : undefined;
  if (!isMap(cluster))
    throw new FluxError(failure('invalid-object', `Secret ${reference} holds no kubeconfig with a cluster`));
  const data = new Map<string, YamlValue>([['address', scalarText(cluster.get('server'))]]);
  const authority = scalarText(cluster.get('certificate-authority-data'));
  if (authority !== '') data.set('ca.crt', Buffer.from(authority, 'base64').toString('utf8'));
  const own = object.get('data');
  return new Map(object).set('data', new Map([...data, ...(isMap(own) ? own : [])]));
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

function digestOf(references: string, siblings: readonly YamlMap[], lookup: DataLookup, missing: Set<string>): string {
  const hash = createHash('sha256');
  for (const reference of references.split(',').map((part) => part.trim())) {
    if (reference === '') continue;
    const [kind = '', namespace = '', name = ''] = reference.split('/');
    if (kind !== 'ConfigMap' && kind !== 'Secret')
      throw new FluxError(
        failure(
          'invalid-object',
          `invalid checksumFrom reference '${reference}', must be in the format 'Kind/namespace/name'`,
        ),
      );
    const own = siblings.find((sibling) => isData(sibling) && objectKey(sibling) === `v1/${kind}/${namespace}/${name}`);
    const object = own ?? find(kind, `${namespace}/${name}`, lookup, missing);
    hash.update(`${reference}\0${object === undefined ? '' : canonicalJson(objectData(object))}\0`);
  }
  return `sha256:${hash.digest('hex')}`;
}
