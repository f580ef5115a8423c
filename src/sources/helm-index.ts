import { ok } from '../core/result.ts';
import { compareVersions, parseConstraint, parseVersion, satisfies } from '../core/semver.ts';
import { fromPlain, isList, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { parse } from '../engines/goyaml/index.ts';
import { trouble, worldTrouble } from './trouble.ts';
import { parseFluxVersion } from './versions.ts';

/** One version of a chart in a repository's `index.yaml`. */
export interface IndexedChart {
  readonly version: string;
  readonly urls: readonly string[];
  /** SHA-256 of the package in hex, where the index gives one. */
  readonly sha256?: string;
  /** Milliseconds since 1970; 0 where the index says nothing readable. */
  readonly created: number;
}

/**
 * An `index.yaml`, of which only the charts asked for are parsed: indexes of 20 MB are common, and one chart's block stands
 * out by its indentation. A text of any other shape (JSON, flow style, anchors) is parsed whole.
 */
export class HelmIndex {
  readonly #text: string;
  readonly #label: string;
  /** Chart name to the lines of its block, or `undefined` where the text has another shape. */
  readonly #blocks: ReadonlyMap<string, string> | undefined;
  #whole: YamlMap | undefined;

  /** @param label what messages call it */
  constructor(text: string, label: string) {
    this.#text = text;
    this.#label = label;
    if (text.trim() === '') throw worldTrouble('fetch-failed', `${label}: the index is empty`);
    this.#blocks = blocksOf(text);
    if (this.#blocks === undefined && !truthy(this.#parseWhole().get('apiVersion')))
      throw worldTrouble('fetch-failed', `${label}: the index has no API version`);
  }

  /** All valid versions of a chart, in the order of the text; `undefined` where the index has no such chart. */
  versions(name: string): readonly IndexedChart[] | undefined {
    const list = this.#entry(name);
    if (list === undefined) return undefined;
    if (!isList(list)) return [];
    return list.filter(isMap).flatMap((item) => readChart(item) ?? []);
  }

  #entry(name: string): YamlValue | undefined {
    if (this.#blocks !== undefined) {
      const block = this.#blocks.get(name);
      if (block === undefined) return undefined;
      const parsed = parse(block);
      const value = parsed.ok && isMap(parsed.value) ? [...parsed.value.values()][0] : undefined;
      if (value !== undefined) return value ?? undefined;
    }
    const entries = this.#parseWhole().get('entries');
    return isMap(entries) ? (entries.get(name) ?? undefined) : undefined;
  }

  #parseWhole(): YamlMap {
    if (this.#whole === undefined) {
      const parsed = readJson(this.#text) ?? parse(this.#text);
      if (!parsed.ok)
        throw worldTrouble('fetch-failed', `${this.#label}: the index cannot be read: ${parsed.error.message}`);
      if (!isMap(parsed.value)) throw worldTrouble('fetch-failed', `${this.#label}: the index is no mapping`);
      this.#whole = parsed.value;
    }
    return this.#whole;
  }
}

/** Helm reads an index as JSON where it is JSON: many times faster. */
function readJson(text: string): { readonly ok: true; readonly value: YamlValue } | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return ok(fromPlain(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

const truthy = (value: YamlValue | undefined): boolean => value !== undefined && value !== null && value !== '';

/** Splits the text below a line `entries:` at the keys of its first indentation. */
function blocksOf(text: string): ReadonlyMap<string, string> | undefined {
  const head = /^entries:[ \t]*\r?$/m.exec(text);
  if (head === null || !/^apiVersion:[ \t]*\S/m.test(text)) return undefined;
  const blocks = new Map<string, string>();
  let indent = -1;
  let [name, start] = ['', 0];
  let at = text.indexOf('\n', head.index) + 1;
  if (at === 0) return undefined;
  const close = (end: number): void => {
    if (indent >= 0 && start < end) blocks.set(name, text.slice(start, end));
  };
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline + 1;
    let column = at;
    while (text[column] === ' ') column++;
    const first = text[column];
    const depth = column - at;
    if (first !== '\n' && first !== '\r' && first !== '#' && first !== undefined) {
      if (indent < 0) {
        if (depth === 0) return undefined;
        indent = depth;
      }
      if (depth === 0) break; // the next key of the document
      if (depth < indent || (first === '\t' && depth <= indent)) return undefined;
      if (depth === indent && first !== '-') {
        const key = /^(?:([A-Za-z0-9][\w./-]*)|"([^"\\]*)"|'([^']*)'):[ ]*\r?\n?$/.exec(text.slice(column, end));
        if (key === null) return undefined;
        close(at);
        name = key[1] ?? key[2] ?? key[3] ?? '';
        start = at;
      }
    }
    at = end;
  }
  close(at);
  return blocks;
}

/** A version as Helm admits it, or nothing: entries without a name or a readable version are left out of an index. */
function readChart(item: YamlMap): IndexedChart | undefined {
  const version = scalar(item.get('version'));
  const name = scalar(item.get('name'));
  const type = scalar(item.get('type'));
  if (name === '' || version === '' || !parseVersion(version).ok) return undefined;
  if (type !== '' && type !== 'application' && type !== 'library') return undefined;
  const urls = item.get('urls');
  const digest = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(scalar(item.get('digest')))?.[1];
  const created = Date.parse(scalar(item.get('created')));
  return {
    version,
    urls: isList(urls) ? urls.filter((url) => typeof url === 'string') : [],
    created: Number.isNaN(created) ? 0 : created,
    ...(digest === undefined ? {} : { sha256: digest.toLowerCase() }),
  };
}

const scalar = (value: YamlValue | undefined): string =>
  value === undefined || value === null || isMap(value) || isList(value) ? '' : String(value);

/**
 * The version that a constraint chooses: the same text first, else the newest in the range; of equal versions (they differ in
 * build metadata) the one created last.
 * @see source-controller internal/helm/repository/chart_repository.go, getChartVersion
 */
export function chooseChart(versions: readonly IndexedChart[], name: string, range: string): IndexedChart {
  const exact = range === '' ? undefined : versions.find(({ version }) => version === range);
  if (exact !== undefined) return exact;
  const constraint = parseConstraint(range === '' ? '*' : range);
  if (!constraint.ok)
    throw trouble(
      'invalid-object',
      `chart ${name}: the version ${JSON.stringify(range)} cannot be read: ${constraint.error}`,
    );
  const all = versions.flatMap((chart) => {
    const version = parseFluxVersion(chart.version);
    return version === undefined ? [] : [{ chart, version }];
  });
  all.sort((a, b) => compareVersions(b.version, a.version) || b.chart.created - a.chart.created);
  const best = all.find(({ version }) => satisfies(constraint.value, version));
  if (best === undefined)
    throw versionNotFound(
      name,
      range,
      all.map(({ chart }) => chart.version),
    );
  return best.chart;
}

/** @param newest versions there are, newest first */
export function versionNotFound(name: string, range: string, newest: readonly string[]): Error {
  const there = newest.slice(0, 3).join(', ');
  return worldTrouble(
    'chart-version-not-found',
    `no '${name}' chart with version matching '${range}' found`,
    there === '' ? undefined : `The newest versions are ${there}.`,
  );
}
