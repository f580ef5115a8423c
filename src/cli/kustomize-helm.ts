import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { stringify } from '../engines/goyaml/index.ts';
import {
  type Chart,
  composeValues,
  type HelmVersion,
  loadChartArchive,
  loadChartDirectory,
  renderChart,
  renderNameTemplate,
  toStream,
} from '../engines/helm/index.ts';
import { type HelmPort, type HelmRequest, mergeHelmValues } from '../engines/kustomize/index.ts';
import type { KustomizeRemotes } from './kustomize-remotes.ts';

export interface InflateOptions {
  readonly helmVersion: HelmVersion;
  readonly kubeVersion: string | undefined;
  readonly apiVersions: readonly string[];
  readonly log: ((line: string) => void) | undefined;
  readonly remotes: KustomizeRemotes;
}

/** Renders the charts of `helmCharts`: those in the repository, and those that `remotes` has fetched. */
export function inflate(options: InflateOptions): HelmPort {
  return (request) => {
    const chart = findChart(request, options);
    return chart.ok ? render(chart.value, request, options) : chart;
  };
}

function findChart(request: HelmRequest, { helmVersion, remotes }: InflateOptions): Result<Chart> {
  if (request.local) return loadChartDirectory(request.fs, request.chartDirectory, { helmVersion });
  const found = remotes.chart(request);
  const name = `${request.repo} ${request.name} ${request.version}`.trim();
  if (found === undefined) return fail(failure('fetch-failed', `the chart ${name} has not been fetched`));
  if ('problem' in found) return fail(failure('fetch-failed', found.problem));
  return loadChartArchive(found.bytes, { helmVersion });
}

function render(chart: Chart, request: HelmRequest, options: InflateOptions): Result<string> {
  const { helmVersion } = options;
  const texts = new Map<string, string>();
  request.values.forEach((values, at) => {
    const name = values.kind === 'text' ? values.name : `values-${at}`;
    if (values.kind === 'text') texts.set(name, values.text);
    else if (values.kind === 'data') texts.set(name, stringify(values.value));
    else {
      const own = chart.values === undefined ? '' : stringify(chart.values);
      texts.set(name, stringify(mergeHelmValues(own, values.value, values.merge)));
    }
  });
  const values = composeValues({ valueFiles: [...texts.keys()] }, (path) => ok(texts.get(path) ?? ''), helmVersion);
  if (!values.ok) return fail(failure('values-failed', values.error));
  const name = releaseName(request);
  if (!name.ok) return fail(failure('template-failed', name.error));
  const rendered = renderChart(chart, values.value, {
    release: { name: name.value, namespace: request.namespace === '' ? 'default' : request.namespace },
    kubeVersion: request.kubeVersion || options.kubeVersion,
    apiVersions: request.apiVersions.length > 0 ? request.apiVersions : options.apiVersions,
    helmVersion,
    includeCrds: request.includeCrds,
    log: options.log,
  });
  if (!rendered.ok) return rendered;
  return ok(toStream(rendered.value, { hooks: !request.skipHooks, skipTests: request.skipTests }));
}

/** Without a name Helm makes one up; a fixed one keeps builds alike. */
function releaseName(request: HelmRequest): Result<string, string> {
  if (request.nameTemplate !== '') return renderNameTemplate(request.nameTemplate);
  return ok(request.releaseName || 'release-name');
}
