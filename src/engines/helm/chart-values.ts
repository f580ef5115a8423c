import type { Result } from '../../core/result.ts';
import type { YamlMap, YamlValue } from '../../core/value.ts';
import { GoInt, type GoValue } from '../gotemplate/value.ts';
import type { Chart, HelmVersion } from './chart.ts';
import * as coalesce from './coalesce-values.ts';
import { attempt } from './failure.ts';
import { processDependencies } from './process-dependencies.ts';
import { copyValues, WorkChart } from './work-chart.ts';

export interface ChartValuesOptions {
  /** Default `4`. */
  readonly helmVersion?: HelmVersion | undefined;
  /** Called with each line that Helm logs. */
  readonly log?: ((line: string) => void) | undefined;
}

/**
 * All values of a chart and of its subcharts that are on, the user's over the chart's: what `.Values` is before templates run.
 * A user's null removes what the chart sets. Failure: `values-failed`, where a subchart's values are no map.
 */
export function coalesceValues(chart: Chart, values: YamlMap, options: ChartValuesOptions = {}): Result<YamlMap> {
  return allValues(chart, values, options, coalesce.coalesceValues);
}

/** As `coalesceValues`, but nulls stay. */
export function mergeValues(chart: Chart, values: YamlMap, options: ChartValuesOptions = {}): Result<YamlMap> {
  return allValues(chart, values, options, coalesce.mergeValues);
}

function allValues(
  chart: Chart,
  values: YamlMap,
  { helmVersion = '4', log = () => {} }: ChartValuesOptions,
  combine: typeof coalesce.coalesceValues,
): Result<YamlMap> {
  return attempt(() => {
    const work = WorkChart.of(chart);
    const user = copyValues(values);
    processDependencies(work, user, { helmVersion, log });
    return toYaml(combine(work, user, { helmVersion, log })) as YamlMap;
  });
}

function toYaml(value: GoValue): YamlValue {
  if (value instanceof GoInt) return BigInt(value.n);
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [key, toYaml(held)]));
  return Array.isArray(value) ? value.map(toYaml) : ((value ?? null) as YamlValue);
}
