import type { YamlValue } from '../../core/value.ts';
import type { GoValue } from '../gotemplate/value.ts';
import { goInt64 } from '../gotemplate/value.ts';
import type { Chart, ChartFile } from './chart.ts';
import type { MutableDependency, MutableMetadata } from './metadata.ts';

/** Values while a chart is rendered: templates may change them in place, so each render has its own. */
export type Values = Map<string, GoValue>;

export const isTable = (value: GoValue | undefined): value is Values => value instanceof Map;

/**
 * A chart while it is rendered. Helm rewrites charts in place as it works out which subcharts are on, and who shares what
 * with whom shows in the result; so does this copy, and the loaded chart stays as it is.
 */
export class WorkChart {
  metadata: MutableMetadata;
  values: Values | undefined;
  parent: WorkChart | undefined;
  dependencies: readonly WorkChart[] = [];
  readonly source: Chart;

  constructor(source: Chart, metadata: MutableMetadata, values: Values | undefined) {
    this.source = source;
    this.metadata = metadata;
    this.values = values;
  }

  /** A copy of a loaded chart and all below it. Values are shared: what changes them copies them first. */
  static of(chart: Chart): WorkChart {
    const copy = new WorkChart(chart, copyMetadata(chart.metadata), chart.values as Values | undefined);
    copy.setDependencies(chart.dependencies.map((dependency) => WorkChart.of(dependency)));
    return copy;
  }

  /** Go's `out := *c`. */
  shallowCopy(metadata: MutableMetadata): WorkChart {
    const copy = new WorkChart(this.source, metadata, this.values);
    copy.parent = this.parent;
    copy.dependencies = this.dependencies;
    return copy;
  }

  get name(): string {
    return this.metadata.name;
  }

  get templates(): readonly ChartFile[] {
    return this.source.templates;
  }

  get files(): readonly ChartFile[] {
    return this.source.files;
  }

  /** Replaces the subcharts, and makes this chart their parent. */
  setDependencies(charts: readonly WorkChart[]): void {
    for (const chart of charts) chart.parent = this;
    this.dependencies = charts;
  }

  /** `parent/charts/name`. */
  get fullPath(): string {
    return this.parent === undefined ? this.name : `${this.parent.fullPath}/charts/${this.name}`;
  }

  get isLibrary(): boolean {
    return this.metadata.type.toLowerCase() === 'library';
  }
}

export function copyMetadata(metadata: Chart['metadata']): MutableMetadata {
  return {
    ...metadata,
    dependencies: metadata.dependencies?.map((dependency): MutableDependency => ({ ...dependency })),
  };
}

/**
 * A deep copy for templates: integers that a user set (`bigint`) become Go's int64, all other numbers are float64, as Helm
 * reads them from files.
 */
export function copyValues(values: ReadonlyMap<string, YamlValue | GoValue>): Values {
  const copy: Values = new Map();
  for (const [key, value] of values) copy.set(key, copyValue(value));
  return copy;
}

export function copyValue(value: YamlValue | GoValue): GoValue {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? goInt64(value) : Number(value);
  if (value instanceof Map) return copyValues(value);
  if (Array.isArray(value)) return value.map(copyValue);
  return value;
}
