import type { GoValue } from '../gotemplate/value.ts';
import { quoteGo } from './go-text.ts';
import { isTable, type Values } from './work-chart.ts';

/** Helm's words for a table that is not there. */
export interface MissingTable {
  readonly missing: string;
}

/** The table at a dotted path, or what Helm says where there is none. @see Helm Values.Table */
export function tableAt(values: Values, path: string): Values | MissingTable {
  let table = values;
  for (const name of path.split('.')) {
    const next = table.get(name);
    if (!isTable(next)) return { missing: `${quoteGo(name)} is not a table` };
    table = next;
  }
  return table;
}

/** The value at a dotted path that is no table; `undefined` where there is none. @see Helm Values.PathValue */
export function valueAt(values: Values, path: string): GoValue | undefined {
  const dot = path.lastIndexOf('.');
  const table = dot < 0 ? values : tableAt(values, path.slice(0, dot));
  if ('missing' in table) return undefined;
  const value = table.get(path.slice(dot + 1));
  return isTable(value) ? undefined : value;
}
