import type { GoValue } from '../gotemplate/value.ts';
import type { HelmVersion } from './chart.ts';
import { HelmError } from './failure.ts';
import { formatGo } from './go-format.ts';
import { quoteGo } from './go-text.ts';
import { copyValues, isTable, type Values, type WorkChart } from './work-chart.ts';

/** Takes what Helm logs. */
export type Log = (line: string) => void;

export interface CoalesceSettings {
  readonly helmVersion: HelmVersion;
  readonly log: Log;
}

/**
 * All values of a chart and its subcharts, the user's over the chart's: maps merge, lists and scalars replace, a user's null
 * removes a key that the chart sets. The arguments stay as they are.
 * @throws HelmError `type mismatch on …`
 * @see Helm pkg/chart/common/util/coalesce.go, CoalesceValues
 */
export function coalesceValues(
  chart: WorkChart,
  values: ReadonlyMap<string, GoValue>,
  settings: CoalesceSettings,
): Values {
  return new Coalescer(settings).coalesce(chart, copyValues(values), '', false);
}

/** As `coalesceValues`, but every null stays: for steps after which values are coalesced again. */
export function mergeValues(
  chart: WorkChart,
  values: ReadonlyMap<string, GoValue>,
  settings: CoalesceSettings,
): Values {
  return new Coalescer(settings).coalesce(chart, copyValues(values), '', true);
}

/** Merges `source` below `target`, in place; `target` decides, and its nulls stay. */
export function mergeTables(target: Values, source: Values, settings: CoalesceSettings): Values {
  return new Coalescer(settings).tables(target, source, '', true);
}

class Coalescer {
  readonly #log: Log;
  readonly #helm4: boolean;

  constructor(settings: CoalesceSettings) {
    this.#log = settings.log;
    this.#helm4 = settings.helmVersion === '4';
  }

  coalesce(chart: WorkChart, target: Values, prefix: string, merge: boolean): Values {
    this.#chartValues(chart, target, prefix, merge);
    for (const subchart of chart.dependencies) {
      let table = target.get(subchart.name);
      if (table === undefined) {
        table = new Map<string, GoValue>();
        target.set(subchart.name, table);
      } else if (!isTable(table))
        throw new HelmError('values-failed', `type mismatch on ${subchart.name}: ${formatGo('t', table)}`);
      const below = join(prefix, chart.name);
      this.#globals(table, target, below);
      target.set(subchart.name, this.coalesce(subchart, table, below, merge));
    }
    return target;
  }

  /** Merges the globals of a chart over those of its subchart. */
  #globals(target: Values, source: Values, prefix: string): void {
    const own = target.get('global') ?? (target.has('global') ? null : new Map<string, GoValue>());
    if (!isTable(own)) {
      this.#log('warning: skipping globals because destination global is not a table.');
      return;
    }
    const above = source.get('global') ?? (source.has('global') ? null : new Map<string, GoValue>());
    if (!isTable(above)) {
      this.#log('warning: skipping globals because source global is not a table.');
      return;
    }
    for (const [key, value] of above) {
      const known = own.get(key);
      if (isTable(value)) {
        const copy: Values = new Map(value);
        if (!own.has(key)) own.set(key, copy);
        else if (!isTable(known)) this.#log(`Conflict: cannot merge map onto non-map for ${quoteGo(key)}. Skipping.`);
        else {
          this.tables(copy, known, join(prefix, key), true);
          own.set(key, copy);
        }
      } else if (isTable(known)) this.#log(`key ${key} is table. Skipping`);
      else own.set(key, value);
    }
    target.set('global', own);
  }

  /** The chart's own values.yaml below `target`. */
  #chartValues(chart: WorkChart, target: Values, prefix: string, merge: boolean): void {
    if (chart.values === undefined) return;
    const below = join(prefix, chart.name);
    for (const [key, value] of copyValues(chart.values)) {
      if (!target.has(key)) {
        if (this.#helm4 && !merge) {
          if (value === null) continue;
          if (isTable(value)) dropNulls(value);
        }
        target.set(key, value);
        continue;
      }
      const given = target.get(key)!;
      if (given === null && !merge) target.delete(key);
      else if (isTable(given)) {
        if (!isTable(value)) {
          if (value !== null) this.#log(`warning: skipped value for ${below}.${key}: Not a table.`);
          continue;
        }
        const keepNulls = merge || chart.dependencies.some((subchart) => subchart.name === key);
        if (this.#helm4 && !keepNulls) dropNulls(value);
        this.tables(given, value, join(below, key), keepNulls);
      }
    }
  }

  tables(target: Values, source: Values, prefix: string, merge: boolean): Values {
    const setBySource = new Set<string>();
    for (const [key, value] of source) if (value !== null) setBySource.add(key);
    for (const [key, value] of target) if (value === null) source.set(key, null);
    for (const [key, value] of source) {
      const path = join(prefix, key);
      const has = target.has(key);
      const given = target.get(key);
      if (has && !merge && given === null && setBySource.has(key)) target.delete(key);
      else if (!has) target.set(key, value);
      else if (isTable(value)) {
        if (isTable(given)) this.tables(given, value, path, merge);
        else this.#log(`warning: cannot overwrite table with non table for ${path} (${formatGo('v', value)})`);
      } else if (isTable(given) && value !== null)
        this.#log(`warning: destination for ${path} is a table. Ignoring non-table value (${formatGo('v', value)})`);
    }
    return target;
  }
}

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

/** So that a null of the chart's defaults does not show. */
function dropNulls(values: Values): void {
  for (const [key, value] of values) {
    if (value === null) values.delete(key);
    else if (isTable(value)) dropNulls(value);
  }
}
