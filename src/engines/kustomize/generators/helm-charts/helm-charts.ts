import { posix } from 'node:path';
import type { YamlMap } from '../../../../core/value.ts';
import type { BuildContext } from '../../build-context.ts';
import type { HelmChart, HelmGlobals } from '../../kustomization/types.ts';
import type { Loader } from '../../loading/loader.ts';
import { strategicMerge } from '../../merge/strategic-merge.ts';
import { mapFromValue } from '../../nodes/from-value.ts';
import { readNode } from '../../nodes/read.ts';
import { objectValue } from '../../nodes/to-value.ts';
import type { HelmRequest, HelmValues } from '../../options.ts';
import { asProblem, KustomizeProblem } from '../../problem.ts';
import type { Resource } from '../../resource.ts';
import { SchemaBook } from '../../schema/schema.ts';

export type HelmSettings = HelmGlobals & HelmChart;

const MERGES = ['merge', 'override', 'replace'];

/**
 * Inflates a chart: one in the repository (`<chartHome>/<name>`), or one of a chart repository.
 *
 * ```yaml
 * helmCharts:
 * - name: podinfo
 *   repo: https://charts.example.org
 *   version: 6.7.0
 *   releaseName: web
 *   valuesInline: { replicaCount: 2 }
 * ```
 * @see kustomize api/internal/builtins/HelmChartInflationGenerator.go
 */
export function helmChartGenerator(settings: HelmSettings, loader: Loader, context: BuildContext): () => Resource[] {
  const { helm } = context.options;
  if (helm === undefined) throw new KustomizeProblem('must specify --enable-helm');
  validate(settings, loader);
  return () => {
    const result = helm(request(settings, loader));
    if (!result.ok) {
      const { error } = result;
      throw new KustomizeProblem(error.message, {
        reason: error.reason,
        ...('missingRemotes' in error ? { missingRemotes: error.missingRemotes as [] } : {}),
      });
    }
    const resources = read(result.value, context);
    for (const resource of resources) resource.fromHelm = true;
    return resources;
  };
}

/** Helm may print messages before the first `---`. */
function read(output: string, context: BuildContext): Resource[] {
  try {
    return context.read(output);
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(`could not parse bytes into resource map: ${problem.message}`);
  }
}

function validate(settings: HelmSettings, loader: Loader): void {
  if (settings.name === '') throw new KustomizeProblem('chart name cannot be empty');
  if (settings.releaseName.startsWith('-'))
    throw new KustomizeProblem(`releaseName must not start with '-', got ${JSON.stringify(settings.releaseName)}`);
  if (settings.name.startsWith('-'))
    throw new KustomizeProblem(`chart name must not start with '-', got ${JSON.stringify(settings.name)}`);
  for (const file of settings.additionalValuesFiles ?? []) {
    try {
      loader.loadBytes(file);
    } catch (thrown) {
      const problem = asProblem(thrown);
      throw problem.withMessage(`could not load additionalValuesFile: ${problem.message}`);
    }
  }
  if (settings.valuesMerge !== '' && !MERGES.includes(settings.valuesMerge))
    throw new KustomizeProblem(`valuesMerge must be one of [${MERGES.join(' ')}]`);
}

function request(settings: HelmSettings, loader: Loader): HelmRequest {
  const chartHome = settings.chartHome || 'charts';
  const home = posix.isAbsolute(chartHome) ? chartHome : posix.join(loader.root, chartHome);
  const versioned = settings.version !== '' && settings.repo !== '';
  const chartDirectory = posix.join(
    versioned ? posix.join(home, `${settings.name}-${settings.version}`) : home,
    settings.name,
  );
  const local = loader.fs.exists(chartDirectory) === 'directory';
  if (!local && settings.repo === '')
    throw new KustomizeProblem(`no repo specified for pull, no chart found at '${loader.shown(chartDirectory)}'`, {
      reason: 'path-not-found',
    });
  return {
    chartDirectory,
    fs: loader.fs,
    local,
    name: settings.name,
    repo: settings.repo,
    version: settings.version,
    releaseName: settings.releaseName,
    nameTemplate: settings.nameTemplate,
    namespace: settings.namespace,
    values: [
      ...chartValues(settings, chartDirectory, local, loader),
      ...(settings.additionalValuesFiles ?? []).map(
        (name): HelmValues => ({ kind: 'text', name, text: loader.load(name) }),
      ),
    ],
    includeCrds: settings.includeCRDs,
    skipHooks: settings.skipHooks,
    skipTests: settings.skipTests,
    apiVersions: settings.apiVersions ?? [],
    kubeVersion: settings.kubeVersion,
    devel: settings.devel,
  };
}

/** What goes to Helm as the first `-f`: the values file, with `valuesInline` merged as `valuesMerge` says. */
function chartValues(settings: HelmSettings, chartDirectory: string, local: boolean, loader: Loader): HelmValues[] {
  const { valuesFile, valuesInline } = settings;
  const merge = settings.valuesMerge === '' ? 'override' : settings.valuesMerge;
  const inline = valuesInline !== undefined && valuesInline.size > 0 ? valuesInline : undefined;
  if (inline !== undefined && merge === 'replace') return [{ kind: 'data', value: inline }];
  if (valuesFile === '' && !local)
    return inline === undefined
      ? []
      : [{ kind: 'inline-over-chart', value: inline, merge: merge as 'merge' | 'override' }];
  const name = valuesFile === '' ? posix.join(chartDirectory, 'values.yaml') : valuesFile;
  const text = loader.load(name);
  if (inline === undefined) return [{ kind: 'text', name, text }];
  return [{ kind: 'data', value: mergeHelmValues(text, inline, merge as 'merge' | 'override') }];
}

/**
 * `valuesInline` and the values of a file: `override` lets the inline values win, `merge` those of the file. Lists are
 * replaced, a null takes a key away.
 */
export function mergeHelmValues(fileText: string, inline: YamlMap, merge: 'merge' | 'override'): YamlMap {
  let file: ReturnType<typeof readNode>;
  try {
    file = readNode(fileText);
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(`could not parse values file into rnode: ${problem.message}`);
  }
  const own = mapFromValue(inline);
  const dest = merge === 'override' ? (file ?? new Map()) : own;
  const source = merge === 'override' ? own : (file ?? new Map());
  const merged = strategicMerge(dest, source, new SchemaBook(), 'append');
  return merged instanceof Map ? objectValue(merged) : new Map();
}
