import { posix } from 'node:path';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { YamlMap } from '../../core/value.ts';
import { type GoValue, goInt } from '../gotemplate/value.ts';
import { DEFAULT_KUBE_VERSION, type KubeVersion, parseKubeVersion } from './capabilities.ts';
import type { Chart, HelmVersion } from './chart.ts';
import { coalesceValues } from './coalesce-values.ts';
import { attempt, HelmError } from './failure.ts';
import { quoteGo, trimGo } from './go-text.ts';
import { checkDependencies } from './load-chart.ts';
import { goExtension } from './load-files.ts';
import { lookupFunction } from './lookup.ts';
import { sortManifests } from './manifests.ts';
import { isCompatibleRange, processDependencies } from './process-dependencies.ts';
import { renderTemplateFiles } from './render-templates.ts';
import type { CrdFile, Rendered, RenderFailure, RenderOptions } from './rendered.ts';
import { document } from './stream.ts';
import type { TemplateContext } from './template-objects.ts';
import { validateValues } from './validate-values.ts';
import { copyValues, type Values, WorkChart } from './work-chart.ts';

/** What release names are, as Helm says it; `isReleaseName` says it without a regular expression that is compiled for one name. */
const NAME = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const isReleaseName = (name: string): boolean => name.split('.').every(isLabel);
function isLabel(label: string): boolean {
  const last = label.length - 1;
  for (let at = 0; at <= last; at++) {
    const code = label.charCodeAt(at);
    const inner = code === 0x2d && at > 0 && at < last;
    if (!inner && !(code >= 0x61 && code <= 0x7a) && !(code >= 0x30 && code <= 0x39)) return false;
  }
  return last >= 0;
}

/**
 * Renders a chart as `helm install --dry-run` on the client does. Same inputs, same result, random functions included: they are
 * seeded from the release unless `seed` says otherwise.
 *
 * Failures: `template-failed`, `schema-violation`, `values-failed`, `chart-invalid`, `limit-exceeded`; messages are Helm's.
 * @param values the user's; integers as `bigint` are Go's int64 (of `--set`), all other numbers float64. Not changed.
 * @see Helm pkg/action/install.go, RunWithContext; pkg/action/action.go, renderResources
 */
export function renderChart(chart: Chart, values: YamlMap, options: RenderOptions): Result<Rendered, RenderFailure> {
  const helmVersion = options.helmVersion ?? '4';
  const warnings: string[] = [];
  const log = (line: string): void => {
    warnings.push(line);
    options.log?.(line);
  };
  const prepared = attempt(() => prepare(chart, values, options, helmVersion, log));
  if (!prepared.ok) return prepared;
  const { work, all, kube } = prepared.value;
  const refuse = (error: RenderFailure): Result<Rendered, RenderFailure> => fail({ ...error, hasRelease: true });
  const { kubeVersion } = work.metadata;
  if (kubeVersion !== '' && !isCompatibleRange(kubeVersion, kube.normalized)) {
    const given = helmVersion === '3' ? kube.normalized : kube.version;
    return refuse(
      failure(
        'chart-invalid',
        `chart requires kubeVersion: ${kubeVersion} which is incompatible with Kubernetes ${given}`,
      ),
    );
  }
  const rendered = renderTemplateFiles(work, all, {
    helmVersion,
    release: releaseObject(options),
    capabilities: { kube, apiVersions: options.apiVersions ?? [] },
    context: contextOf(chart, options),
    strict: options.strict === true,
  });
  if (!rendered.ok) return refuse(rendered.error);
  const files = rendered.value;
  const notes = takeNotes(files, work, options.subNotes === true);
  const sorted = attempt(() => sortManifests(files, helmVersion, log));
  if (!sorted.ok) {
    let partial = '';
    for (const [path, text] of files) if (trimGo(text) !== '') partial += document(path, text);
    return refuse({ ...sorted.error, partial });
  }
  return ok({
    chart,
    helmVersion,
    ...sorted.value,
    crds: crdFiles(work),
    includeCrds: options.includeCrds === true,
    notes,
    warnings,
  });
}

/** The text of every template file by its full path, before any of it is read as YAML. */
export function renderChartFiles(
  chart: Chart,
  values: YamlMap,
  options: RenderOptions,
): Result<Map<string, string>, RenderFailure> {
  const helmVersion = options.helmVersion ?? '4';
  const log = options.log ?? ((): void => {});
  const prepared = attempt(() => prepare(chart, values, options, helmVersion, log));
  if (!prepared.ok) return prepared;
  const { work, all, kube } = prepared.value;
  return renderTemplateFiles(work, all, {
    helmVersion,
    release: releaseObject(options),
    capabilities: { kube, apiVersions: options.apiVersions ?? [] },
    context: contextOf(chart, options),
    strict: options.strict === true,
  });
}

interface Prepared {
  readonly work: WorkChart;
  readonly all: Values;
  readonly kube: KubeVersion;
}

/** All that comes before templates: names, dependencies, values, schemas. */
function prepare(
  chart: Chart,
  values: YamlMap,
  options: RenderOptions,
  helmVersion: HelmVersion,
  log: (line: string) => void,
): Prepared {
  const { name } = options.release;
  const kube = parseKubeVersion(options.kubeVersion ?? DEFAULT_KUBE_VERSION[helmVersion], helmVersion);
  if (!kube.ok)
    throw new HelmError('values-failed', `invalid kube version '${options.kubeVersion ?? ''}': ${kube.error}`);
  if (options.allowMissingDependencies !== true) {
    const complete = checkDependencies(chart);
    if (!complete.ok) throw new HelmError(complete.error.reason, complete.error.message);
  }
  if (name === '' || name.length > 53 || !isReleaseName(name)) {
    const why =
      name === ''
        ? 'no name provided'
        : `invalid release name, must match regex ${NAME} and the length must not be longer than 53`;
    const message = `release name ${quoteGo(name)}: ${why}`;
    throw new HelmError('values-failed', helmVersion === '3' ? message : `release name check failed: ${message}`);
  }
  const work = WorkChart.of(chart);
  const user = copyValues(values);
  const settings = { helmVersion, log };
  try {
    processDependencies(work, user, settings);
  } catch (error) {
    if (!(error instanceof HelmError) || helmVersion === '3') throw error;
    throw new HelmError(error.reason, `chart dependencies processing failed: ${error.message}`);
  }
  const all = coalesceValues(work, user, settings);
  const problems = options.skipSchemaValidation === true ? undefined : validateValues(work, all, log);
  if (problems !== undefined)
    throw new HelmError(
      'schema-violation',
      `values don't meet the specifications of the schema(s) in the following chart(s):\n${problems}`,
    );
  return { work, all, kube: kube.value };
}

function releaseObject({ release }: RenderOptions): Map<string, GoValue> {
  const isUpgrade = release.isUpgrade ?? false;
  return new Map<string, GoValue>([
    ['Name', release.name],
    ['Namespace', release.namespace],
    ['IsUpgrade', isUpgrade],
    ['IsInstall', release.isInstall ?? !isUpgrade],
    ['Revision', goInt(release.revision ?? 1)],
    ['Service', release.service ?? 'Helm'],
  ]);
}

function contextOf(chart: Chart, options: RenderOptions): TemplateContext {
  const { lookup, resolveHost } = options;
  return { lookup: lookupFunction(lookup), seed: seedOf(chart, options), resolveHost };
}

function seedOf(chart: Chart, options: RenderOptions): string | false {
  if (options.seed !== undefined) return options.seed;
  const { name, version } = chart.metadata;
  return JSON.stringify([name, version, options.release.namespace, options.release.name]);
}

/** Takes the notes out of the rendered files. */
function takeNotes(files: Map<string, string>, chart: WorkChart, subNotes: boolean): string {
  const own = posix.join(chart.name, 'templates', 'NOTES.txt');
  const notes: string[] = [];
  for (const path of [...files.keys()].sort()) {
    if (!path.endsWith('NOTES.txt')) continue;
    if (subNotes || path === own) notes.push(files.get(path)!);
    files.delete(path);
  }
  return notes.join('\n');
}

/** @see Helm pkg/chart/v2/chart.go, CRDObjects */
function crdFiles(chart: WorkChart): CrdFile[] {
  const crds: CrdFile[] = [];
  for (const file of chart.files)
    if (file.name.startsWith('crds/') && ['.yaml', '.yml', '.json'].includes(goExtension(file.name).toLowerCase()))
      crds.push({ path: posix.join(chart.fullPath, file.name), content: file.text });
  for (const dependency of chart.dependencies) crds.push(...crdFiles(dependency));
  return crds;
}
