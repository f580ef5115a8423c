import { mapOfKeys } from '../../nodes/keys.ts';
import { isMissingOrNull, Scalar, STRING_TAG, scalarText } from '../../nodes/node.ts';
import { asProblem, KustomizeProblem } from '../../problem.ts';
import type { Resource } from '../../resource.ts';
import { goId } from '../../resource-map.ts';
import { base64 } from './config-maps.ts';

const ORIGIN = 'config.kubernetes.io/origin';

/**
 * Makes a generated object take the place of one that is there: name, labels, annotations and bookkeeping come from the old
 * one, its data under the new one's if the behavior is `merge`.
 * @see kustomize api/resmap/reswrangler.go, appendReplaceOrMerge
 */
export function mergeGenerated(resource: Resource, old: Resource): void {
  const origin = old.annotation(ORIGIN);
  let data: Map<string, string> | undefined;
  let binary: Map<string, string> | undefined;
  if (resource.behavior === 'merge') {
    try {
      const isSecret = resource.apiVersion === 'v1' && resource.kind === 'Secret';
      const oldData = isSecret ? withStringData(old) : dataOf(old, 'data');
      data = new Map([...oldData, ...dataOf(resource, 'data')]);
      binary = new Map([...dataOf(old, 'binaryData'), ...dataOf(resource, 'binaryData')]);
    } catch (thrown) {
      const problem = asProblem(thrown);
      throw problem.withMessage(`failed to normalize stringData for ${goId(resource.id)}: ${problem.message}`);
    }
  }
  takeMetadata(resource, old);
  if (data === undefined || binary === undefined) return;
  putData(resource, 'data', data);
  putData(resource, 'binaryData', binary);
  if (origin !== undefined) {
    const annotations = resource.annotations;
    annotations.set(ORIGIN, origin);
    resource.setAnnotations(annotations);
  }
}

function takeMetadata(resource: Resource, old: Resource): void {
  resource.setLabels(new Map([...old.labels, ...resource.labels]));
  const { needsHash } = resource;
  resource.setAnnotations(new Map([...old.annotations, ...resource.annotations]));
  resource.setName(old.name);
  resource.setNamespace(old.namespace);
  resource.takeBookkeeping(old);
  resource.needsHash = old.needsHash && needsHash;
  resource.varNames = [...old.varNames];
}

function dataOf(resource: Resource, field: 'data' | 'binaryData'): Map<string, string> {
  const data = resource.root?.get(field);
  const texts = new Map<string, string>();
  if (data instanceof Map) for (const [key, value] of data) texts.set(key, scalarText(value));
  return texts;
}

function putData(resource: Resource, field: 'data' | 'binaryData', data: ReadonlyMap<string, string>): void {
  const root = resource.root!;
  root.delete(field);
  if (data.size === 0) return;
  const sorted = [...data].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const map = mapOfKeys(
    sorted.map(([key, value]) => [key, new Scalar(value, STRING_TAG, value.includes('\n') ? 'quoted' : 'plain')]),
  );
  root.set(field, map);
}

/** The data of a Secret, its `stringData` encoded and put over it. */
function withStringData(old: Resource): Map<string, string> {
  const data = dataOf(old, 'data');
  const strings = old.root?.get('stringData');
  if (isMissingOrNull(strings) || !(strings instanceof Map)) return data;
  for (const [key, value] of strings) {
    if (!(value instanceof Scalar))
      throw new KustomizeProblem(`read stringData: stringData value for key ${JSON.stringify(key)} must be a scalar`);
    data.set(key, base64(Buffer.from(scalarText(value))));
  }
  return data;
}
