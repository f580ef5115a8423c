import type { YamlMap } from '../../core/value.ts';

/**
 * One set of values over another: maps merge, all else is replaced by `over`, a null too. Shares what it does not merge.
 * @see Helm pkg/chart/v2/loader/load.go, MergeMaps; fluxcd/pkg chartutil/merge.go
 */
export function mergeMaps(under: YamlMap, over: YamlMap): YamlMap {
  const merged: YamlMap = new Map(under);
  for (const [key, value] of over) {
    const below = merged.get(key);
    merged.set(key, value instanceof Map && below instanceof Map ? mergeMaps(below, value) : value);
  }
  return merged;
}
