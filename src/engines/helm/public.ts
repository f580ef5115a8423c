import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { YamlMap } from '../../core/value.ts';
import { type Chart, ChartFile, type HelmVersion } from './chart.ts';
import { parseJson } from './json-text.ts';
import { emptyMetadata } from './metadata.ts';
import { renderChartFiles } from './render-chart.ts';
import type { Lookup, LookupObject, RenderFailure } from './rendered.ts';
import { readValuesText, YamlProblem } from './values-text.ts';

export type { Failure } from '../../core/failure.ts';
export type { Result } from '../../core/result.ts';
export type { HelmVersion, Lookup, LookupObject, RenderFailure };

/** A chart as texts. */
export interface TemplateChart {
  readonly metadata: { readonly name: string; readonly version: string; readonly appVersion?: string };
  /** By path, `templates/web.yaml`; the chart's name before it (`web/templates/web.yaml`) is allowed. */
  readonly templates: Readonly<Record<string, string>>;
  /** What `.Files` has, by path. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** values.yaml. */
  readonly values?: string | undefined;
}

export interface RenderTemplatesOptions {
  /** The user's values, as YAML. */
  readonly values?: string | undefined;
  readonly release: {
    readonly name: string;
    readonly namespace: string;
    readonly revision?: number;
    readonly isInstall?: boolean;
    readonly isUpgrade?: boolean;
  };
  readonly kubeVersion?: string | undefined;
  /** Default `4`. */
  readonly helmVersion?: HelmVersion | undefined;
  /** Besides those that Helm assumes. */
  readonly apiVersions?: readonly string[] | undefined;
  readonly lookup?: Lookup | undefined;
  /** Seeds random, clock and certificate functions; by default made from the release. `false`: real ones. */
  readonly seed?: string | false | undefined;
}

/**
 * Renders templates as Helm's engine does, without reading the result as YAML. Partials (`_helpers.tpl`) lend their
 * definitions and have no text of their own.
 * @returns a text for each template under the path it was given by, or a failure with Helm's message
 */
export function renderTemplates(
  chart: TemplateChart,
  options: RenderTemplatesOptions,
): Result<Record<string, string>, RenderFailure> {
  const helmVersion = options.helmVersion ?? '4';
  const { name, version, appVersion = '' } = chart.metadata;
  const values = readValues(chart.values, 'values.yaml', helmVersion);
  if (!values.ok) return values;
  const user = readValues(options.values, 'values', helmVersion);
  if (!user.ok) return user;
  const loaded: Chart = {
    metadata: { ...emptyMetadata(), apiVersion: 'v2', name, version, appVersion },
    templates: toFiles(chart.templates, name),
    values: values.value,
    schema: undefined,
    files: toFiles(chart.files ?? {}, undefined),
    lock: undefined,
    dependencies: [],
    warnings: [],
  };
  const rendered = renderChartFiles(loaded, user.value ?? new Map(), { ...options, helmVersion });
  if (!rendered.ok) return rendered;
  const texts: Record<string, string> = {};
  for (const path of Object.keys(chart.templates)) {
    const text = rendered.value.get(`${name}/${withoutChart(path, name)}`);
    if (text !== undefined)
      Object.defineProperty(texts, path, { value: text, enumerable: true, writable: true, configurable: true });
  }
  return ok(texts);
}

function withoutChart(path: string, chart: string): string {
  return path.startsWith(`${chart}/`) ? path.slice(chart.length + 1) : path;
}

function toFiles(texts: Readonly<Record<string, string>>, chart: string | undefined): ChartFile[] {
  return Object.entries(texts).map(
    ([path, text]) => new ChartFile(chart === undefined ? path : withoutChart(path, chart), Buffer.from(text)),
  );
}

function readValues(
  text: string | undefined,
  what: string,
  helmVersion: HelmVersion,
): Result<YamlMap | undefined, RenderFailure> {
  if (text === undefined) return ok(undefined);
  try {
    return ok(readValuesText(text, helmVersion));
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error;
    // JSON may hold characters as they are that YAML wants escaped.
    const json = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
    if (json instanceof Map) return ok(json);
    return fail(failure('invalid-yaml', `cannot load ${what}: ${error.message}`));
  }
}
