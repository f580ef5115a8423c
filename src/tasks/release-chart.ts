import { posix } from 'node:path';
import { failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn, isMap, type YamlMap } from '../core/value.ts';
import { stringify } from '../engines/goyaml/index.ts';
import { type Chart, type HelmVersion, loadChartArchive, loadChartDirectory } from '../engines/helm/index.ts';
import {
  chartReference,
  chartVersionMetadata,
  mergeValuesFiles,
  versionWithRevision,
  withBuildMetadata,
} from '../flux/index.ts';
import type { TaskContext } from '../graph/task.ts';
import { formatId } from '../manifests/index.ts';
import { addRemoteDependencies } from './chart-dependencies.ts';
import { objectOf } from './facts.ts';
import {
  archiveBytes,
  type ChartVerification,
  type FetchInput,
  type FetchOutput,
  fetchedSource,
  fetchKind,
  sourceFiles,
} from './fetch.ts';
import type { TaskPorts } from './ports.ts';

/** Sources (`GitRepository/flux-system/flux-system`) that a directory of the workspace stands in for, wholly or for what they include. */
export type StandIns = Readonly<Record<string, Pick<FetchInput, 'workspace' | 'ignore' | 'include'>>>;

/** Charts of fetched revisions, by path and what was changed of them: one chart serves many releases of a run. */
const loaded = new Map<string, Chart>();

/** The chart of a HelmRelease, as source-controller packs it and helm-controller takes it. */
export async function releaseChart(
  context: TaskContext,
  ports: TaskPorts,
  release: YamlMap,
  standIns: StandIns,
): Promise<Result<Chart>> {
  const reference = chartReference(release);
  if (!reference.ok) return reference;
  if (reference.value.from === 'chart') return chartOfHelmChart(context, ports, reference.value.helmChart, standIns);
  const { kind, namespace, name } = reference.value;
  if (kind !== 'HelmChart') return chartOfArtifact(context, ports, withStandIn({ kind, namespace, name }, standIns));
  const helmChart = await objectOf(context, { group: 'source.toolkit.fluxcd.io', kind, namespace, name });
  if (helmChart !== undefined) return chartOfHelmChart(context, ports, helmChart, standIns);
  return fail(
    failure('object-not-found', `${formatId({ kind, namespace, name })} is nowhere in the run`, {
      hint: 'check spec.chartRef, or give the object with --with-resource FILE',
    }),
  );
}

/** What has to be fetched for a HelmRelease's chart; `undefined` where a HelmChart object says it, or nothing can be read. */
export function chartSource(release: YamlMap, standIns: StandIns): FetchInput | undefined {
  const reference = chartReference(release);
  if (!reference.ok) return undefined;
  if (reference.value.from === 'chart') return helmChartSource(reference.value.helmChart, standIns);
  const { kind, namespace, name } = reference.value;
  return kind === 'HelmChart' ? undefined : withStandIn({ kind, namespace, name }, standIns);
}

export function helmChartSource(helmChart: YamlMap, standIns: StandIns): FetchInput {
  const text = (...path: string[]): string => String(getIn(helmChart, 'spec', ...path) ?? '');
  const source = withStandIn(
    {
      kind: text('sourceRef', 'kind'),
      name: text('sourceRef', 'name'),
      namespace: String(getIn(helmChart, 'metadata', 'namespace') ?? ''),
    },
    standIns,
  );
  return source.kind === 'HelmRepository'
    ? { ...source, chart: { name: text('chart'), version: text('version') || '*', ...verificationOf(helmChart) } }
    : source;
}

/** Charts of other sources are not verified, as the API says. */
function verificationOf(helmChart: YamlMap): { readonly verify?: ChartVerification } {
  const verify = getIn(helmChart, 'spec', 'verify');
  if (!isMap(verify)) return {};
  const secret = getIn(verify, 'secretRef', 'name');
  const provider = String(verify.get('provider') ?? 'cosign');
  return { verify: { provider, ...(typeof secret === 'string' ? { secretRef: secret } : {}) } };
}

function withStandIn(input: FetchInput, standIns: StandIns): FetchInput {
  return { ...input, ...standIns[formatId(input)] };
}

/** `spec.chart`, or a HelmChart that stands by itself. */
async function chartOfHelmChart(
  context: TaskContext,
  ports: TaskPorts,
  helmChart: YamlMap,
  standIns: StandIns,
): Promise<Result<Chart>> {
  const input = helmChartSource(helmChart, standIns);
  const fetched = await context.need(fetchKind(ports), input);
  if (!fetched.ok) return fetched;
  if (input.chart !== undefined) {
    return packed(
      context,
      ports,
      input,
      fetched.value,
      async (chart, fs) => {
        const values = mergeValuesFiles(helmChart, fs, 'chart');
        return values.ok ? changed(chart, helmChart, values.value, undefined) : values;
      },
      JSON.stringify(getIn(helmChart, 'spec', 'valuesFiles') ?? null),
    );
  }
  const files = await sourceFiles(context, ports, input, fetched.value);
  if (!files.ok) return files;
  const found = loadFromTree(
    files.value,
    posix.join('/', String(getIn(helmChart, 'spec', 'chart') ?? '')),
    ports.options.helmVersion,
  );
  if (!found.ok) return found;
  const chart = await addRemoteDependencies(context, ports, found.value, input.namespace);
  if (!chart.ok) return chart;
  const values = mergeValuesFiles(helmChart, files.value, 'source');
  return values.ok ? changed(chart.value, helmChart, values.value, fetched.value.revision) : values;
}

/** The chart with the default values and the version that source-controller gives it. */
function changed(
  chart: Chart,
  helmChart: YamlMap,
  values: YamlMap | undefined,
  revision: string | undefined,
): Result<Chart> {
  const metadata = chartVersionMetadata(helmChart, 1, revision);
  if (!metadata.ok) return metadata;
  let result = values === undefined ? chart : { ...chart, values };
  if (metadata.value !== '') {
    const version = withBuildMetadata(chart.metadata.version, metadata.value);
    if (!version.ok) return version;
    result = { ...result, metadata: { ...chart.metadata, version: version.value } };
  }
  return ok(result);
}

/** An OCIRepository or ExternalArtifact that holds the chart: its digest becomes part of the chart's version. */
async function chartOfArtifact(context: TaskContext, ports: TaskPorts, input: FetchInput): Promise<Result<Chart>> {
  const fetched = await context.need(fetchKind(ports), input);
  if (!fetched.ok) return fetched;
  if (fetched.value.from !== 'fetched') {
    const files = await sourceFiles(context, ports, input, fetched.value);
    if (!files.ok) return files;
    const chart = loadFromTree(files.value, chartDirectory(files.value), ports.options.helmVersion);
    if (!chart.ok || fetched.value.from === 'workspace' || ports.options.disableChartDigestTracking) return chart;
    const version = versionWithRevision(chart.value.metadata.version, fetched.value.revision);
    return version.ok ? ok({ ...chart.value, metadata: { ...chart.value.metadata, version: version.value } }) : version;
  }
  return packed(context, ports, input, fetched.value, async (chart) => {
    if (ports.options.disableChartDigestTracking) return ok(chart);
    const version = versionWithRevision(chart.metadata.version, fetched.value.revision);
    return version.ok ? ok({ ...chart, metadata: { ...chart.metadata, version: version.value } }) : version;
  });
}

/** A chart of a fetched revision, loaded once for all releases that take it the same way. */
async function packed(
  context: TaskContext,
  ports: TaskPorts,
  input: FetchInput,
  output: FetchOutput,
  change: (chart: Chart, fs: FileSystem) => Promise<Result<Chart>>,
  variant = '',
): Promise<Result<Chart>> {
  const source = await fetchedSource(context, ports, input, output);
  if (!source.ok) return source;
  const { helmVersion } = ports.options;
  const key = JSON.stringify([
    source.value.file ?? source.value.path,
    output.revision,
    helmVersion,
    ports.options.disableChartDigestTracking,
    variant,
  ]);
  const known = loaded.get(key);
  if (known !== undefined) return ok(known);
  let chart: Result<Chart>;
  if (source.value.file !== undefined) {
    const bytes = archiveBytes(context, source.value);
    if (!bytes.ok) return bytes;
    chart = loadChartArchive(bytes.value, { helmVersion });
  } else {
    const fs = context.files({ type: 'immutable', path: source.value.path });
    chart = loadFromTree(fs, chartDirectory(fs), helmVersion);
  }
  if (!chart.ok) return chart;
  const files = chart.value.files;
  const result = await change(chart.value, {
    readFile: (path) =>
      path === '/values.yaml' && chart.value.values !== undefined
        ? Buffer.from(stringify(chart.value.values))
        : files.find(({ name }) => `/${name}` === path)?.data,
    exists: (path) => (files.some(({ name }) => `/${name}` === path) ? 'file' : undefined),
    listDirectory: () => undefined,
  });
  if (result.ok) loaded.set(key, result.value);
  return result;
}

/** An extracted chart layer holds one directory, the chart's. */
function chartDirectory(fs: FileSystem): string {
  if (fs.exists('/Chart.yaml') === 'file') return '/';
  const directory = fs
    .listDirectory('/')
    ?.find(({ name, type }) => type === 'directory' && fs.exists(`/${name}/Chart.yaml`) === 'file');
  return directory === undefined ? '/' : `/${directory.name}`;
}

/** A chart in a source's files: a directory, or a packed chart. */
function loadFromTree(fs: FileSystem, path: string, helmVersion: HelmVersion): Result<Chart> {
  const type = fs.exists(path);
  if (type === 'directory') return loadChartDirectory(fs, path, { helmVersion, buildFileDependencies: true });
  const bytes = type === 'file' ? fs.readFile(path) : undefined;
  if (bytes !== undefined) return loadChartArchive(bytes, { helmVersion });
  return fail(
    failure('path-not-found', `no chart found at ${path.slice(1) || '.'} of its source`, {
      hint: "spec.chart.spec.chart is relative to the source's root",
    }),
  );
}
