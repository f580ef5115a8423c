import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { failure } from '../core/failure.ts';
import { type FileSystem, readText } from '../core/file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { compareVersions, formatVersion, parseVersion } from '../core/semver.ts';
import { getIn, isMap, type YamlMap } from '../core/value.ts';
import { mergeMaps } from '../engines/helm/merge-maps.ts';
import { attempt } from './attempt.ts';
import { booleanAt, FluxError, listAt, mapAt, mapsAt, textAt, textsAt } from './fields.ts';
import { parseYaml } from './yaml.ts';

/** What an entry of a HelmRelease's spec asks of the engine and of what is done with its output. */
export interface ReleaseSettings {
  readonly name: string;
  /** The namespace that the release is in: `.Release.Namespace`. */
  readonly namespace: string;
  /** Where Helm keeps the release's history. */
  readonly storageNamespace: string;
  /** What becomes of the objects of `crds/`; `Create` unless said otherwise. */
  readonly crds: 'Skip' | 'Create' | 'CreateReplace';
  readonly disableHooks: boolean;
  readonly skipSchemaValidation: boolean;
  /** Whether helm-controller makes the release's namespace: `install.createNamespace` with a `targetNamespace`. */
  readonly createNamespace: boolean;
  /** Whether `helm test` runs after the release is installed. */
  readonly tests: boolean;
  readonly testFilters: readonly TestFilter[];
  readonly postRenderStrategy: 'combined' | 'nohooks' | 'separate';
  /** What a rendering without the cluster cannot know. */
  readonly warnings: readonly string[];
}

export interface TestFilter {
  readonly name: string;
  /** Leaves the test out; otherwise only filters that do not exclude say what is in. */
  readonly exclude: boolean;
}

/**
 * `[targetNamespace-]name` or `spec.releaseName`, shortened to 40 characters, `-` and 12 of its SHA-256 where it is longer than 53.
 * @see helm-controller api/v2 GetReleaseName, internal/release/name.go
 */
export function releaseName(release: YamlMap): Result<string> {
  return attempt(() => fullReleaseName(release));
}

function fullReleaseName(release: YamlMap): string {
  const target = textAt(release, 'spec', 'targetNamespace');
  const own = textAt(release, 'metadata', 'name');
  return shortenName(textAt(release, 'spec', 'releaseName') || (target === '' ? own : `${target}-${own}`));
}

const MAX_NAME = 53;
const HASH_LENGTH = 12;

export function shortenName(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  return `${Buffer.from(name)
    .subarray(0, MAX_NAME - HASH_LENGTH - 1)
    .toString()}-${hash}`;
}

/** @param options `isUpgrade` takes the settings of `spec.upgrade`, otherwise those of `spec.install` count */
export function releaseSettings(
  release: YamlMap,
  options: { readonly isUpgrade?: boolean } = {},
): Result<ReleaseSettings> {
  return attempt(() => {
    const own = textAt(release, 'metadata', 'namespace');
    const target = textAt(release, 'spec', 'targetNamespace');
    const action = options.isUpgrade ? 'upgrade' : 'install';
    const strategy = textAt(release, 'spec', 'postRenderStrategy') || 'combined';
    if (strategy !== 'combined' && strategy !== 'nohooks' && strategy !== 'separate')
      throw new FluxError(failure('invalid-object', `unknown post-render strategy: '${strategy}'`));
    const warnings: string[] = [];
    if (booleanAt(release, 'spec', 'install', 'skipCRDs'))
      warnings.push(
        'spec.install.skipCRDs is deprecated and helm-controller no longer reads it; spec.install.crds: Skip does what it says',
      );
    if (options.isUpgrade && booleanAt(release, 'spec', 'upgrade', 'preserveValues'))
      warnings.push(
        'spec.upgrade.preserveValues: values of the release in the cluster would be merged in; they are not known here',
      );
    return {
      name: fullReleaseName(release),
      namespace: target || own,
      storageNamespace: textAt(release, 'spec', 'storageNamespace') || own,
      crds: crdsPolicy(release, action),
      disableHooks: booleanAt(release, 'spec', action, 'disableHooks'),
      skipSchemaValidation: booleanAt(release, 'spec', action, 'disableSchemaValidation'),
      createNamespace: target !== '' && booleanAt(release, 'spec', 'install', 'createNamespace'),
      tests: booleanAt(release, 'spec', 'test', 'enable'),
      testFilters: mapsAt(release, 'spec', 'test', 'filters').map((filter) => ({
        name: textAt(filter, 'name'),
        exclude: booleanAt(filter, 'exclude'),
      })),
      postRenderStrategy: strategy,
      warnings,
    };
  });
}

/** @see helm-controller internal/action/crds.go, crdPolicyOrDefault: `Create` for upgrades as well, whatever the documentation says */
function crdsPolicy(release: YamlMap, action: 'install' | 'upgrade'): 'Skip' | 'Create' | 'CreateReplace' {
  const policy = textAt(release, 'spec', action, 'crds') || 'Create';
  if (policy === 'Skip' || policy === 'Create' || policy === 'CreateReplace') return policy;
  throw new FluxError(
    failure(
      'invalid-object',
      `invalid CRD upgrade policy '${policy}', valid values are 'Skip', 'Create' or 'CreateReplace'`,
    ),
  );
}

/** Whether a test hook runs. @see helm-controller internal/action/test.go: excluded names go first, then named ones are all */
export function isTestSelected(name: string, filters: readonly TestFilter[]): boolean {
  if (filters.some((filter) => filter.exclude && filter.name === name)) return false;
  const included = filters.filter((filter) => !filter.exclude);
  return included.length === 0 || included.some((filter) => filter.name === name);
}

export const CREATED_NAMESPACE_LABEL = 'name';

/** The Namespace that `install.createNamespace` makes. @see Helm pkg/action/install.go: it carries the label `name` */
export function releaseNamespaceObject(namespace: string): YamlMap {
  return new Map<string, YamlMap | string>([
    ['apiVersion', 'v1'],
    ['kind', 'Namespace'],
    [
      'metadata',
      new Map<string, YamlMap | string>([
        ['labels', new Map([[CREATED_NAMESPACE_LABEL, namespace]])],
        ['name', namespace],
      ]),
    ],
  ]);
}

/** What a HelmRelease's chart comes from. */
export type ChartReference =
  | {
      readonly from: 'chart';
      /** The HelmChart object that helm-controller makes: named `<namespace>-<name>`, in the source's namespace. */
      readonly helmChart: YamlMap;
    }
  | { readonly from: 'chartRef'; readonly kind: string; readonly namespace: string; readonly name: string };

const CHART_SPEC_FIELDS = [
  'chart',
  'version',
  'reconcileStrategy',
  'valuesFiles',
  'ignoreMissingValuesFiles',
  'verify',
];

/**
 * `spec.chartRef`, or `spec.chart` as the HelmChart that it stands for.
 * @see helm-controller internal/reconcile/helmchart_template.go, buildHelmChartFromTemplate
 */
export function chartReference(release: YamlMap): Result<ChartReference> {
  return attempt(() => {
    const chartRef = mapAt(release, 'spec', 'chartRef');
    const chart = mapAt(release, 'spec', 'chart');
    const namespace = textAt(release, 'metadata', 'namespace');
    if ((chartRef === undefined) === (chart === undefined))
      throw new FluxError(failure('invalid-object', 'invalid Chart reference: either chart or chartRef must be set'));
    if (chartRef !== undefined)
      return {
        from: 'chartRef',
        kind: textAt(chartRef, 'kind'),
        namespace: textAt(chartRef, 'namespace') || namespace,
        name: textAt(chartRef, 'name'),
      };
    const template = mapAt(release, 'spec', 'chart', 'spec') ?? new Map();
    const spec: YamlMap = new Map();
    for (const field of CHART_SPEC_FIELDS) {
      const value = template.get(field);
      if (value !== undefined && value !== null) spec.set(field, value);
    }
    if (textAt(spec, 'version') === '') spec.set('version', '*');
    const valuesFile = textAt(template, 'valuesFile'); // v2beta1
    if (valuesFile !== '') spec.set('valuesFiles', [valuesFile, ...textsAt(spec, 'valuesFiles')]);
    const source: YamlMap = new Map();
    for (const field of ['kind', 'name'] as const) source.set(field, textAt(template, 'sourceRef', field));
    spec.set('sourceRef', source);
    const metadata: YamlMap = new Map([
      ['name', `${namespace}-${textAt(release, 'metadata', 'name')}`],
      ['namespace', textAt(template, 'sourceRef', 'namespace') || namespace],
    ]);
    for (const field of ['labels', 'annotations']) {
      const value = getIn(release, 'spec', 'chart', 'metadata', field);
      if (isMap(value)) metadata.set(field, value);
    }
    const helmChart: YamlMap = new Map<string, YamlMap | string>([
      ['apiVersion', 'source.toolkit.fluxcd.io/v1'],
      ['kind', 'HelmChart'],
      ['metadata', metadata],
      ['spec', spec],
    ]);
    return { from: 'chart', helmChart };
  });
}

/**
 * The chart's version as helm-controller has it for an OCIRepository or ExternalArtifact: build metadata of 12 characters of
 * the revision's digest. Semantic versions are written in full (`1.2` becomes `1.2.0`). A `v` at the front is lost, as in Go's String().
 * @param revision `<tag>@sha256:<hex>` or `sha256:<hex>`
 * @see helm-controller internal/controller/helmrelease_controller.go, mutateChartWithSourceRevision
 */
export function versionWithRevision(version: string, revision: string): Result<string> {
  const parsed = parseVersion(version);
  if (!parsed.ok) return fail(failure('chart-invalid', `invalid chart version ${version}`));
  const parts = revision.split('@');
  const tag = parseVersion(parts.length > 1 ? parts[0]!.replaceAll('_', '+') : revision);
  let digest = revision;
  if (tag.ok) {
    if (parts.length !== 2 || compareVersions(tag.value, parsed.value) !== 0)
      return fail(failure('chart-invalid', `artifact revision ${parts[0]} does not match chart version ${version}`));
    digest = parts[1]!;
  }
  const pair = digest.split(':');
  if (pair.length !== 2 || pair[1]!.length < 12)
    return fail(failure('chart-invalid', `invalid artifact revision ${digest}`));
  return withBuildMetadata(version, pair[1]!.slice(0, 12));
}

/**
 * The version with other build metadata: what source-controller gives a chart that it packs itself (12 characters of the
 * revision with `reconcileStrategy: Revision`, `.` and the HelmChart's generation where there are `valuesFiles`).
 */
export function withBuildMetadata(version: string, metadata: string): Result<string> {
  const parsed = parseVersion(version);
  if (!parsed.ok) return fail(failure('chart-invalid', `invalid chart version ${version}`));
  if (!/^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$/.test(metadata))
    return fail(failure('chart-invalid', 'invalid metadata string'));
  return ok(formatVersion({ ...parsed.value, metadata }));
}

/**
 * The build metadata that source-controller gives the chart of a HelmChart object, `''` for none.
 * @param generation the object's `metadata.generation`; 1 for an object that was never changed
 * @param revision of the source, where the chart is in a GitRepository or Bucket
 * @see source-controller internal/controller/helmchart_controller.go
 */
export function chartVersionMetadata(helmChart: YamlMap, generation = 1, revision?: string): Result<string> {
  return attempt(() => {
    const parts: string[] = [];
    if (revision !== undefined && textAt(helmChart, 'spec', 'reconcileStrategy') === 'Revision')
      parts.push(shortRevision(revision, textAt(helmChart, 'spec', 'sourceRef', 'kind')));
    if (textsAt(helmChart, 'spec', 'valuesFiles').length > 0) parts.push(String(generation));
    return parts.join('.');
  });
}

/** `main@sha1:0123…` and `sha256:0123…` become their digest; Git and bucket revisions are cut to 12 characters. */
function shortRevision(revision: string, kind: string): string {
  const digest = revision.slice(revision.lastIndexOf('@') + 1);
  const hex = digest.includes(':') ? digest.slice(digest.indexOf(':') + 1) : digest;
  return kind === 'GitRepository' || kind === 'Bucket' ? hex.slice(0, 12) : hex;
}

/**
 * The default values of a chart with `valuesFiles`: the files merged in order, in place of the chart's own `values.yaml`.
 * @param fs the source's files for a chart in a GitRepository or Bucket (paths are relative to the source's root), or the chart's own
 *   for a packed chart (paths relative to the chart)
 * @returns `undefined` where the object names none
 * @see source-controller internal/helm/chart builder_local.go mergeFileValues, builder_remote.go mergeChartValues
 */
export function mergeValuesFiles(
  helmChart: YamlMap,
  fs: FileSystem,
  relativeTo: 'source' | 'chart',
): Result<YamlMap | undefined> {
  return attempt(() => {
    const paths = textsAt(helmChart, 'spec', 'valuesFiles');
    if (listAt(helmChart, 'spec', 'valuesFiles').length === 0) return undefined;
    const ignoreMissing = booleanAt(helmChart, 'spec', 'ignoreMissingValuesFiles');
    let merged: YamlMap = new Map();
    for (const path of paths) {
      const at = posix.join('/', path);
      const text = readText(fs, at);
      if (text === undefined) {
        if (ignoreMissing && (relativeTo === 'chart' || fs.exists(at) === undefined)) continue;
        const suffix = relativeTo === 'source' ? ` (reference '${path}')` : '';
        const shown = relativeTo === 'source' ? at : path;
        throw new FluxError(failure('chart-invalid', `no values file found at path '${shown}'${suffix}`));
      }
      const values = parseYaml(text, { numbers: 'float64' });
      const prefix = `unmarshaling values from '${path}' failed: `;
      if (!values.ok) throw new FluxError(failure('chart-invalid', prefix + values.error.message));
      if (values.value === null) continue;
      if (!isMap(values.value)) throw new FluxError(failure('chart-invalid', `${prefix}no mapping`));
      merged = mergeMaps(merged, values.value);
    }
    return merged;
  });
}
