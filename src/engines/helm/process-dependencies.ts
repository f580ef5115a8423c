import { parseConstraint, parseVersion, satisfies } from '../../core/semver.ts';
import type { GoValue } from '../gotemplate/value.ts';
import type { ChartDependency } from './chart.ts';
import { type CoalesceSettings, coalesceValues, type Log, mergeTables, mergeValues } from './coalesce-values.ts';
import { formatGo } from './go-format.ts';
import { trimGo } from './go-text.ts';
import type { MutableDependency } from './metadata.ts';
import { tableAt, valueAt } from './values-path.ts';
import { copyMetadata, copyValues, isTable, type Values, type WorkChart } from './work-chart.ts';

/** Whether a version satisfies a constraint; false as well where either cannot be read. */
export function isCompatibleRange(constraint: string, version: string): boolean {
  const parsed = parseVersion(version);
  const range = parseConstraint(constraint);
  return parsed.ok && range.ok && satisfies(range.value, parsed.value);
}

/**
 * Settles which subcharts are on and under what name, and imports their values into the chart's own. Changes the charts.
 * @see Helm pkg/chart/v2/util/dependencies.go, ProcessDependencies (in Helm 3: ProcessDependenciesWithMerge)
 */
export function processDependencies(chart: WorkChart, values: Values, settings: CoalesceSettings): void {
  enableDependencies(chart, values, '', settings);
  importAll(chart, settings);
}

function enableDependencies(chart: WorkChart, values: Values, path: string, settings: CoalesceSettings): void {
  const wanted = chart.metadata.dependencies as MutableDependency[] | undefined;
  if (wanted === undefined) return;
  const charts = chart.dependencies.filter(
    (existing) =>
      !wanted.some(
        (entry) => existing.name === entry.name && isCompatibleRange(entry.version, existing.metadata.version),
      ),
  );
  for (const entry of wanted) {
    const found = aliased(chart.dependencies, entry, settings);
    if (found !== undefined) charts.push(found);
    if (entry.alias !== '') entry.name = entry.alias;
  }
  chart.setDependencies(charts);
  for (const entry of wanted) entry.enabled = true;
  const all = coalesceValues(chart, values, settings);
  applyTags(wanted, all, settings.log);
  applyConditions(wanted, all, path, settings.log);
  const off = new Set(wanted.filter((entry) => !entry.enabled).map((entry) => entry.name));
  const left = chart.dependencies.filter((dependency) => !off.has(dependency.name));
  for (const dependency of left) enableDependencies(dependency, all, `${path}${dependency.name}.`, settings);
  const entries = wanted.filter((entry) => !off.has(entry.name));
  chart.metadata.dependencies = entries.length === 0 ? undefined : entries;
  chart.setDependencies(left);
}

function aliased(
  charts: readonly WorkChart[],
  entry: ChartDependency,
  settings: CoalesceSettings,
): WorkChart | undefined {
  for (const chart of charts) {
    if (chart.name !== entry.name || !isCompatibleRange(entry.version, chart.metadata.version)) continue;
    if (settings.helmVersion === '3') {
      // Helm 3 copies one level: two aliases of a chart share its entries and its subcharts.
      const copy = chart.shallowCopy({ ...chart.metadata });
      if (entry.alias !== '') copy.metadata.name = entry.alias;
      return copy;
    }
    const copy = chart.shallowCopy(copyMetadata(chart.metadata));
    copy.setDependencies(chart.dependencies.map((dependency) => dependency.shallowCopy(dependency.metadata)));
    if (entry.alias !== '') copy.metadata.name = entry.alias;
    return copy;
  }
  return undefined;
}

function applyConditions(entries: readonly MutableDependency[], values: Values, path: string, log: Log): void {
  for (const entry of entries)
    for (const condition of trimGo(entry.condition).split(',')) {
      if (condition === '') continue;
      const value = valueAt(values, path + condition);
      if (value === undefined) continue;
      if (typeof value === 'boolean') {
        entry.enabled = value;
        break;
      }
      log(`Warning: Condition path '${condition}' for chart ${entry.name} returned non-bool value`);
    }
}

function applyTags(entries: readonly MutableDependency[], values: Values, log: Log): void {
  const tags = values.get('tags');
  if (!isTable(tags)) return;
  for (const entry of entries) {
    let on = false;
    let off = false;
    for (const tag of entry.tags ?? []) {
      const value = tags.get(tag);
      if (value === undefined) continue;
      if (typeof value !== 'boolean') log(`Warning: Tag '${tag}' for chart ${entry.name} returned non-bool value`);
      else if (value) on = true;
      else off = true;
    }
    entry.enabled = on || !off;
  }
}

function importAll(chart: WorkChart, settings: CoalesceSettings): void {
  for (const dependency of chart.dependencies) importAll(dependency, settings);
  importValues(chart, settings);
}

/** Merges what `import-values` names out of the subcharts below the chart's own values. */
function importValues(chart: WorkChart, settings: CoalesceSettings): void {
  const entries = chart.metadata.dependencies as MutableDependency[] | undefined;
  if (entries === undefined) return;
  const all = mergeValues(chart, new Map(), settings);
  const imported: Values = new Map();
  for (const entry of entries) {
    if (entry.importValues === undefined) continue;
    const seen: Map<string, string>[] = [];
    for (const item of entry.importValues) {
      if (item instanceof Map) {
        const child = formatGo('v', item.get('child') as GoValue);
        const parent = formatGo('v', item.get('parent') as GoValue);
        seen.push(
          new Map([
            ['child', child],
            ['parent', parent],
          ]),
        );
        const table = tableAt(all, `${entry.name}.${child}`);
        if ('missing' in table)
          settings.log(`Warning: ImportValues missing table from chart ${entry.name}: ${table.missing}`);
        else mergeTables(imported, nest(parent, table), settings);
      } else if (typeof item === 'string') {
        seen.push(
          new Map([
            ['child', `exports.${item}`],
            ['parent', '.'],
          ]),
        );
        const table = tableAt(all, `${entry.name}.exports.${item}`);
        if ('missing' in table) settings.log(`Warning: ImportValues missing table: ${table.missing}`);
        else mergeTables(imported, table, settings);
      }
    }
    entry.importValues = seen;
  }
  chart.values = mergeTables(copyValues(all), imported, settings);
}

function nest(path: string, table: Values): Values {
  if (path === '.') return table;
  let nested = table;
  for (const key of path.split('.').reverse()) nested = new Map<string, GoValue>([[key, nested]]);
  return nested;
}
