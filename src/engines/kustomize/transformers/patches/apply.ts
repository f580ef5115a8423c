import type { YamlMap } from '../../../../core/value.ts';
import { strategicMerge } from '../../merge/strategic-merge.ts';
import { mapFromValue } from '../../nodes/from-value.ts';
import { isMissingOrNull, type Node } from '../../nodes/node.ts';
import { KustomizeProblem } from '../../problem.ts';
import type { Resource } from '../../resource.ts';
import type { ResourceMap } from '../../resource-map.ts';
import type { SchemaBook } from '../../schema/schema.ts';
import { applyJsonPatch, type JsonOperation } from './json-patch.ts';

/**
 * Merges a strategic merge patch into an object. Its kind and name stay as they are unless the patch may change them, its
 * namespace always does. The patch is used up.
 * @see kustomize api/resource/resource.go, ApplySmPatch
 */
export function applyMergePatch(resource: Resource, patch: Resource, schemas: SchemaBook): void {
  const { name, namespace, kind, root } = resource;
  if (root === undefined || patch.root === undefined) return;
  if (patch.allowNameChange || patch.allowKindChange) resource.storePreviousId();
  const forgets = mayDropAnnotations(patch.root);
  if (forgets) resource.exposeBookkeeping();
  const result = strategicMerge(root, patch.root, schemas);
  resource.touch();
  if (result === undefined) {
    resource.root = undefined;
    return;
  }
  if (forgets) forgetDropped(resource);
  if (resource.isEmpty) return;
  if (!patch.allowKindChange) resource.setKind(kind);
  if (!patch.allowNameChange) resource.setName(name);
  resource.setNamespace(namespace);
}

/** Whether a patch can take away annotations that it does not name, kustomize's own among them. */
function mayDropAnnotations(patch: Map<string, Node>): boolean {
  if (patch.has('$patch')) return false; // deletes the object, or does nothing
  if (!patch.has('metadata')) return false;
  const metadata = patch.get('metadata');
  if (!(metadata instanceof Map)) return isMissingOrNull(metadata);
  if (metadata.has('$patch')) return true;
  if (!metadata.has('annotations')) return false;
  const annotations = metadata.get('annotations');
  return annotations instanceof Map ? annotations.has('$patch') : isMissingOrNull(annotations);
}

function forgetDropped(resource: Resource): void {
  const kept = [...resource.annotations.keys()].some((key) => key.startsWith('internal.config.kubernetes.io/'));
  if (kept) {
    resource.hideBookkeeping();
    return;
  }
  resource.previous = [];
  resource.prefixes = [];
  resource.suffixes = [];
  resource.behavior = 'unspecified';
  resource.needsHash = false;
  resource.touch();
}

/** The patch as it is for one of the objects that a target selects: its labels and annotations are text by then. */
export function patchForSelected(patch: Resource, resource: Resource): Resource {
  const copy = patch.copy();
  copy.setLabels(patch.labels);
  copy.setAnnotations(patch.annotations);
  copy.setName(patch.name);
  copy.setNamespace(patch.namespace);
  copy.setApiVersion(resource.apiVersion);
  return copy;
}

/** Merges a patch into each of the objects; those that it deletes leave the map. */
export function applyMergePatchToSelected(
  resources: ResourceMap,
  selected: readonly Resource[],
  patch: Resource,
  schemas: SchemaBook,
): void {
  if (selected.length === 0) return;
  let changed = false;
  for (const resource of selected) {
    if (resource.isEmpty) continue;
    const before = resource.key;
    applyMergePatch(resource, patchForSelected(patch, resource), schemas);
    if (resource.isEmpty || resource.key !== before || resource.allowNameChange) changed = true;
  }
  resources.invalidate();
  resources.dropEmpty();
  if (changed) resources.requireUnique();
}

/** Applies a JSON patch to an object, which may see kustomize's own annotations while it does. */
export function applyOperations(resource: Resource, operations: readonly JsonOperation[], store: boolean): void {
  if (store) resource.storePreviousId();
  resource.exposeBookkeeping();
  const result = applyJsonPatch(resource.toObject(), operations);
  if (!(result instanceof Map))
    throw new KustomizeProblem('json: cannot unmarshal array into Go value of type map[string]interface {}');
  resource.root = mapFromValue(withDoubles(result));
  resource.hideBookkeeping();
  resource.touch();
}

/** JSON numbers are Go's float64. */
function withDoubles(map: YamlMap): YamlMap {
  for (const [key, item] of map) {
    if (typeof item === 'bigint') map.set(key, Number(item));
    else if (item instanceof Map) withDoubles(item);
    else if (Array.isArray(item))
      item.forEach((element, at) => {
        if (typeof element === 'bigint') item[at] = Number(element);
        else if (element instanceof Map) withDoubles(element);
      });
  }
  return map;
}
