import { gvkEquals, gvkString, ORDER_FIRST, ORDER_LAST, type ResId, stableText } from '../../ids.ts';
import type { SortOptions } from '../../kustomization/types.ts';
import { KustomizeProblem } from '../../problem.ts';
import type { ResourceMap } from '../../resource-map.ts';

export const LEGACY_ORDER: SortOptions = { order: 'legacy', legacySortOptions: undefined };

/**
 * Sorts the output: `fifo` keeps the order of reading, `legacy` goes by kind.
 *
 * ```yaml
 * sortOptions:
 *   order: legacy
 *   legacySortOptions: { orderFirst: [Namespace], orderLast: [Job] }
 * ```
 * @see kustomize api/internal/builtins/SortOrderTransformer.go
 */
export function sortResources(resources: ResourceMap, options: SortOptions): void {
  if (options.order !== 'fifo' && options.order !== 'legacy')
    throw new KustomizeProblem("the field 'sortOptions.order' must be one of [fifo, legacy]");
  if (options.order === 'fifo') {
    if (options.legacySortOptions !== undefined)
      throw new KustomizeProblem(
        "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
      );
    return;
  }
  const first = options.legacySortOptions === undefined ? ORDER_FIRST : (options.legacySortOptions.orderFirst ?? []);
  const last = options.legacySortOptions === undefined ? ORDER_LAST : (options.legacySortOptions.orderLast ?? []);
  const ranks = new Map<string, number>();
  for (const [at, kind] of first.entries()) ranks.set(kind, at - first.length);
  for (const [at, kind] of last.entries()) ranks.set(kind, at + 1);
  const keyed = resources.resources.map((resource) => ({
    resource,
    id: resource.id,
    rank: ranks.get(resource.id.kind) ?? 0,
    type: stableText(resource.id),
    text: idText(resource.id),
  }));
  keyed.sort((a, b) => {
    if (gvkEquals(a.id, b.id)) return compare(a.text, b.text);
    if (a.rank !== b.rank) return a.rank - b.rank;
    // Of all that is called Namespace, Kubernetes' own comes first.
    if (a.id.kind === 'Namespace' && b.id.kind === 'Namespace' && (a.id.group === '' || b.id.group === ''))
      return compare(b.type, a.type);
    return compare(a.type, b.type);
  });
  resources.replaceAll(keyed.map((entry) => entry.resource));
  resources.requireUnique();
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const idText = (id: ResId): string => `${gvkString(id)}|${id.namespace || '~X'}|${id.name || '~N'}`;
