import type { FieldSpec } from '../../config/field-spec.ts';
import { gvkString, isSelected, type ResId } from '../../ids.ts';
import type { Replica } from '../../kustomization/types.ts';
import { setScalar } from '../../nodes/edit.ts';
import { INT_TAG, Scalar } from '../../nodes/node.ts';
import { KustomizeProblem } from '../../problem.ts';
import type { Resource } from '../../resource.ts';
import type { ResourceMap } from '../../resource-map.ts';
import { visitFields } from '../field-visitor.ts';
import type { Transformer } from '../transformer.ts';

/**
 * Sets how many replicas an object of a name has.
 *
 * ```yaml
 * replicas:
 * - name: web
 *   count: 3
 * ```
 * @see kustomize api/internal/builtins/ReplicaCountTransformer.go
 */
export function replicaTransformer(replica: Replica, specs: readonly FieldSpec[]): Transformer {
  return {
    transform: (resources: ResourceMap): void => {
      const named = resources.resources.filter(
        (resource) => !resource.isEmpty && ids(resource).some((id) => id.name === replica.name),
      );
      let found = false;
      for (const spec of specs)
        for (const resource of named) {
          if (!ids(resource).some((id) => id.name === replica.name && isSelected(id, spec))) continue;
          found = true;
          visitFields(resource, [spec], {
            set: (slot) => setScalar(slot, new Scalar(String(replica.count), INT_TAG)),
            createKind: 'ScalarNode',
            createTag: INT_TAG,
          });
        }
      if (!found)
        throw new KustomizeProblem(
          `resource with name ${replica.name} does not match a config with the following GVK [${specs.map(gvkString).join(' ')}]`,
        );
    },
  };
}

const ids = (resource: Resource): readonly ResId[] => [...resource.previousIds, resource.id];
