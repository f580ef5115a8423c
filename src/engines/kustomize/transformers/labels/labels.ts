import type { FieldSpec } from '../../config/field-spec.ts';
import { type Slot, setField, wrongKind } from '../../nodes/edit.ts';
import { withKey } from '../../nodes/keys.ts';
import { isMissingOrNull, Scalar, STRING_TAG } from '../../nodes/node.ts';
import type { ResourceMap } from '../../resource-map.ts';
import { visitFields } from '../field-visitor.ts';
import type { Transformer } from '../transformer.ts';

/**
 * Puts entries into mappings: labels (`labels`, `commonLabels`) and annotations (`commonAnnotations`).
 *
 * ```yaml
 * labels:
 * - pairs: { app: web }
 *   includeSelectors: true   # spec.selector and templates as well
 * ```
 * @see kustomize api/filters/labels and api/filters/annotations
 */
export function entriesTransformer(entries: ReadonlyMap<string, string>, specs: readonly FieldSpec[]): Transformer {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return {
    transform: (resources: ResourceMap): void => {
      if (sorted.length === 0) return;
      for (const resource of resources.resources) {
        for (const [key, text] of sorted) {
          // One node for all fields of the object, as in the original: a later change of one of them changes them all.
          const value = new Scalar(text, STRING_TAG);
          visitFields(resource, specs, {
            set: (slot) => setEntry(slot, key, value),
            createKind: 'MappingNode',
            createTag: '!!map',
          });
        }
        resource.touch();
      }
      resources.invalidate();
      resources.dropEmpty();
    },
  };
}

function setEntry(slot: Slot, key: string, value: Scalar): void {
  const { node } = slot;
  if (node instanceof Map) {
    if (node.has(key)) setField(node, key, value);
    else {
      const map = withKey(node, key, value);
      if (map !== node) slot.put(map);
    }
  } else if (!isMissingOrNull(node)) throw wrongKind('MappingNode', node);
}
