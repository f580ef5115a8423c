import type { FieldSpec } from '../../config/field-spec.ts';
import { type Gvk, isSelected } from '../../ids.ts';
import { setScalar } from '../../nodes/edit.ts';
import { Scalar, STRING_TAG, textOf } from '../../nodes/node.ts';
import type { ResourceMap } from '../../resource-map.ts';
import { visitFields } from '../field-visitor.ts';
import type { Transformer } from '../transformer.ts';

/** Kinds whose names mean more than themselves. */
const SKIPPED: readonly Gvk[] = [
  { group: '', version: '', kind: 'CustomResourceDefinition' },
  { group: 'apiregistration.k8s.io', version: '', kind: 'APIService' },
  { group: '', version: '', kind: 'Namespace' },
];

/**
 * Puts text before or after names.
 *
 * ```yaml
 * namePrefix: staging-
 * nameSuffix: -v2
 * ```
 * @see kustomize api/internal/builtins/PrefixTransformer.go and SuffixTransformer.go
 */
export function nameAffixTransformer(
  side: 'prefix' | 'suffix',
  affix: string,
  specs: readonly FieldSpec[],
): Transformer {
  return {
    transform: (resources: ResourceMap): void => {
      for (const resource of resources.resources) {
        const id = resource.originalId;
        if (SKIPPED.some((gvk) => isSelected(id, gvk))) continue;
        visitFieldsOf(specs, id, (spec) => {
          if (spec.path === 'metadata/name') {
            if (side === 'prefix') resource.addPrefix(affix);
            else resource.addSuffix(affix);
            if (affix !== '') resource.storePreviousId();
          }
          visitFields(resource, single(spec), {
            set: (slot) => {
              const text = textOf(slot.node);
              setScalar(slot, new Scalar(side === 'prefix' ? affix + text : text + affix, ''));
            },
            createKind: 'ScalarNode',
            createTag: STRING_TAG,
          });
          resource.touch();
        });
      }
      resources.invalidate();
    },
  };
}

function visitFieldsOf(specs: readonly FieldSpec[], id: Gvk, visit: (spec: FieldSpec) => void): void {
  for (const spec of specs) if (isSelected(id, spec)) visit(spec);
}

const singles = new WeakMap<FieldSpec, readonly FieldSpec[]>();
/** One list for each spec, so that its path is split once. */
function single(spec: FieldSpec): readonly FieldSpec[] {
  let list = singles.get(spec);
  if (list === undefined) {
    list = [spec];
    singles.set(spec, list);
  }
  return list;
}
