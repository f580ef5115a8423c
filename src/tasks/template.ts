import type { FailureReason } from '../core/failure.ts';
import { ok, type Result } from '../core/result.ts';
import { fromPlain, type YamlMap } from '../core/value.ts';
import { type Chart, renderChart } from '../engines/helm/index.ts';
import {
  isTestSelected,
  normalizeReleaseObjects,
  postRender,
  type ReleaseSettings,
  releaseCrds,
  releaseNamespaceObject,
  releaseSettings,
} from '../flux/index.ts';
import type { Json, TaskContext, TaskKind } from '../graph/task.ts';
import { formatId } from '../manifests/index.ts';
import { defineKind } from './define-kind.ts';
import type { ExternalRendering } from './helm-stream.ts';
import type { TaskPorts } from './ports.ts';
import { releaseChart, type StandIns } from './release-chart.ts';
import { type ObjectToWrite, type Rendered, writeRendered } from './rendered.ts';
import { readValues, valuesKind } from './values.ts';

export interface TemplateInput {
  /** The HelmRelease as its fact says it: canonical JSON. */
  readonly object: string;
  readonly standIns: StandIns;
  /** The same with placeholders for variables that nothing tells: tried where the chart refuses them empty. */
  readonly withPlaceholders?: string;
}

/**
 * Fields of a HelmRelease that decide when and how it is installed, never what is rendered. (Values count although they come
 * through a task of their own: they decide which task that is.)
 */
const UNREAD = [
  'interval',
  'timeout',
  'dependsOn',
  'driftDetection',
  'maxHistory',
  'rollback',
  'uninstall',
  'serviceAccountName',
  'kubeConfig',
  'persistentClient',
];

/** Renders a HelmRelease: its chart with its values, post-rendered and labelled as helm-controller leaves it. */
export function templateKind(ports: TaskPorts): TaskKind<TemplateInput, Rendered & Json> {
  const {
    kubeVersion,
    apiVersions,
    helmVersion,
    isUpgrade,
    showOnly,
    skipSchemaValidation,
    disableChartDigestTracking,
  } = ports.options;
  return defineKind({
    name: 'template',
    version: 1,
    id: ({ object }) => `template:${idOf(object)}`,
    declare: ({ object, standIns, withPlaceholders }) => ({
      object: readPart(object),
      ...(withPlaceholders === undefined ? {} : { withPlaceholders: readPart(withPlaceholders) }),
      standIns,
      options: {
        kubeVersion,
        apiVersions,
        helmVersion,
        isUpgrade,
        showOnly,
        skipSchemaValidation,
        disableChartDigestTracking,
      },
      ...(ports.external === undefined ? {} : { engine: ports.external.versions.helm }),
    }),
    run: (context, input) => templateOrGuess(context, input, ports),
  });
}

/** What is read of a HelmRelease, for the key. */
function readPart(object: string): Json {
  const { spec, ...rest } = JSON.parse(object) as { spec?: Record<string, Json> };
  return { ...rest, spec: Object.fromEntries(Object.entries(spec ?? {}).filter(([field]) => !UNREAD.includes(field))) };
}

const REFUSALS = new Set<FailureReason>(['template-failed', 'schema-violation', 'build-failed']);

/** A chart may refuse a variable as empty that has a value in the cluster: then a placeholder is tried. */
async function templateOrGuess(
  context: TaskContext,
  { withPlaceholders, ...input }: TemplateInput,
  ports: TaskPorts,
): Promise<Result<Rendered & Json>> {
  const given = await template(context, input, ports);
  if (given.ok || withPlaceholders === undefined || !REFUSALS.has(given.error.reason)) return given;
  const guessed = await template(context, { ...input, object: withPlaceholders }, ports);
  if (!guessed.ok) return given;
  const subject = idOf(input.object);
  const why = 'while variables that nothing tells are empty, so placeholders stand for them';
  context.warn({
    message: `${subject} does not render ${why}`,
    together: { text: `{count} HelmReleases do not render ${why}: {names}`, subject },
  });
  return guessed;
}

const idOf = (object: string): string => {
  const { metadata } = JSON.parse(object) as { metadata: { name: string; namespace?: string } };
  return formatId({ kind: 'HelmRelease', namespace: metadata.namespace ?? '', name: metadata.name });
};

async function template(
  context: TaskContext,
  input: TemplateInput,
  ports: TaskPorts,
): Promise<Result<Rendered & Json>> {
  const { options } = ports;
  const release = fromPlain(JSON.parse(input.object)) as YamlMap;
  const settings = releaseSettings(release, { isUpgrade: options.isUpgrade });
  if (!settings.ok) return settings;
  for (const warning of settings.value.warnings) context.warn(`${idOf(input.object)}: ${warning}`);
  const composed = await context.need(valuesKind, { object: input.object });
  if (!composed.ok) return composed;
  const values = readValues(context, composed.value);
  if (!values.ok) return values;
  const chart = await releaseChart(context, ports, release, input.standIns);
  if (!chart.ok) return chart;

  const { namespace } = settings.value;
  const rendered = await renderRelease(context, ports, chart.value, values.value, settings.value);
  if (!rendered.ok) return rendered;
  for (const warning of [...chart.value.warnings, ...rendered.value.warnings])
    context.warn(`${idOf(input.object)}: ${warning.replace(/^warning: /, '')}`);

  const hooks = settings.value.disableHooks
    ? []
    : rendered.value.hooks.filter(
        (hook) =>
          !hook.events.includes('test') ||
          (settings.value.tests && isTestSelected(hook.name, settings.value.testFilters)),
      );
  const post = postRender(release, { manifests: rendered.value.manifests, hooks });
  if (!post.ok) return post;
  const crds =
    settings.value.crds === 'Skip' ? ok({ objects: [], warnings: [] }) : releaseCrds(release, rendered.value.crds);
  if (!crds.ok) return crds;
  for (const warning of [...post.value.warnings, ...crds.value.warnings])
    context.warn(`${idOf(input.object)}: ${warning}`);

  const placed = normalizeReleaseObjects(post.value.objects, namespace).filter(
    ({ path }) =>
      options.showOnly.length === 0 ||
      options.showOnly.some((wanted) => path === wanted || path.endsWith(`/${wanted}`)),
  );
  const objects: ObjectToWrite[] = [];
  if (settings.value.createNamespace && options.showOnly.length === 0)
    objects.push({ object: releaseNamespaceObject(namespace) });
  if (options.showOnly.length === 0) for (const object of crds.value.objects) objects.push({ object });
  for (const { object, hook } of placed) objects.push({ object, hook });
  const refused = refusal(placed);
  return ok({ ...writeRendered(context, objects), ...(refused === undefined ? {} : { refused }) } as Rendered & Json);
}

/** The chart rendered: by the engine here, or with `--engine external` by the user's helm. */
async function renderRelease(
  context: TaskContext,
  { external, options }: TaskPorts,
  chart: Chart,
  values: YamlMap,
  settings: ReleaseSettings,
): Promise<Result<ExternalRendering & { readonly warnings: readonly string[] }>> {
  const { name, namespace } = settings;
  const skipSchemaValidation = options.skipSchemaValidation || settings.skipSchemaValidation;
  if (external !== undefined) {
    const release = { name, namespace, skipSchemaValidation };
    const rendered = await external.template(chart, values, release, options, context.signal);
    return rendered.ok ? ok({ ...rendered.value, warnings: [] }) : rendered;
  }
  return renderChart(chart, values, {
    release: { name, namespace, isUpgrade: options.isUpgrade, isInstall: !options.isUpgrade },
    kubeVersion: options.kubeVersion,
    apiVersions: options.apiVersions,
    helmVersion: options.helmVersion,
    skipSchemaValidation,
    allowMissingDependencies: false,
  });
}

/** Helm would not install a release that holds a document without a kind; what else it renders is seen nevertheless. */
function refusal(objects: readonly { readonly object: YamlMap; readonly path: string }[]): string | undefined {
  const unnamed = objects.filter(({ object }) => typeof object.get('kind') !== 'string');
  if (unnamed.length === 0) return undefined;
  const paths = [...new Set(unnamed.map(({ path }) => path))].join(', ');
  return `a document of ${paths} is no Kubernetes object: it has no kind`;
}
