import { Command } from 'commander';
import { getIn, toPlain, type YamlMap, type YamlValue } from '../core/value.ts';
import { stringify } from '../engines/goyaml/index.ts';
import { fluxKind, formatId, sourceReference, specPath } from '../manifests/index.ts';
import type { StoredObject } from '../store/index.ts';
import { addClusterFlags, readClusterFlags } from './cluster-flags.ts';
import { type Evaluation, runOverCluster } from './evaluate.ts';
import type { Io } from './io.ts';
import { parseTarget, type Target, wants } from './target.ts';
import { UsageError } from './usage-error.ts';

type Format = 'table' | 'wide' | 'yaml' | 'json' | 'name';
const FORMATS: readonly string[] = ['table', 'wide', 'yaml', 'json', 'name'] satisfies Format[];

/** `flux-local get ks|hr|cluster [name]`: what is in a cluster, and how it stands. */
export function getCommand(io: Io): Command {
  const command = new Command('get')
    .description('List the Kustomizations, HelmReleases or the cluster itself.')
    .argument('<what>', 'ks, hr, all or cluster')
    .argument('[name]', 'only the object of this name')
    .option('-o, --output <format>', FORMATS.join(', '), 'table')
    .option('--enable-images', 'with `cluster`: the container images of each object')
    .option('--only-images', 'with `cluster`: nothing but the container images');
  return addClusterFlags(command).action(
    async (what: string, name: string | undefined, options: Record<string, unknown>) => {
      const flags = readClusterFlags(options);
      const format = options.output as Format;
      if (!FORMATS.includes(format)) throw new UsageError(`--output takes one of ${FORMATS.join(', ')}`);
      if (what === 'cluster' || what === 'cl' || what === 'clusters') {
        const images = options.enableImages === true || options.onlyImages === true;
        // Images are in what HelmReleases render; the rest of the summary is not.
        const target: Target = { what: images ? 'all' : 'ks', name: undefined };
        await runOverCluster(io, flags, target, (evaluation) =>
          cluster(evaluation, format, images, options.onlyImages === true),
        );
        return;
      }
      const target = parseTarget(what, name);
      // A listing needs no charts: Kustomizations alone say what HelmReleases there are.
      await runOverCluster(io, flags, { what: 'ks', name: undefined }, (evaluation) =>
        list(evaluation, target, format),
      );
    },
  );
}

function list(evaluation: Evaluation, target: Target, format: Format): string {
  const { flags } = evaluation;
  const objects = evaluation.store.list().filter((object) => {
    const kind = fluxKind(object.id);
    return (
      (kind === 'Kustomization' || kind === 'HelmRelease') &&
      wants(target, flags.namespace, object.id) &&
      [...flags.labelSelector].every(([key, value]) => getIn(object.definition, 'metadata', 'labels', key) === value)
    );
  });
  switch (format) {
    case 'yaml':
      return objects.map((object) => `---\n${stringify(object.definition)}`).join('');
    case 'json':
      return `${JSON.stringify(
        objects.map((object) => toPlain(object.definition)),
        undefined,
        2,
      )}\n`;
    case 'name':
      return objects.map((object) => `${formatId(object.id)}\n`).join('');
    default:
      if (objects.length === 0) return noneFound(evaluation, target);
      return ['Kustomization', 'HelmRelease']
        .map((kind) => objects.filter((object) => fluxKind(object.id) === kind))
        .filter((group) => group.length > 0)
        .map((group) =>
          group[0]!.id.kind === 'Kustomization'
            ? kustomizations(evaluation, group, format === 'wide')
            : releases(evaluation, group, format === 'wide'),
        )
        .join('\n');
  }
}

function noneFound({ flags }: Evaluation, target: Target): string {
  const kind = target.what === 'hr' ? 'HelmRelease' : target.what === 'ks' ? 'Kustomization' : 'Flux';
  if (target.name !== undefined)
    return `${kind} object '${target.name}' not found in ${flags.namespace === undefined ? 'the cluster' : `'${flags.namespace}' namespace`}\n`;
  return `no ${kind} objects found in ${flags.namespace === undefined ? 'cluster' : `'${flags.namespace}' namespace`}\n`;
}

const status = (object: StoredObject): string => object.status.phase;
const text = (value: YamlValue | undefined): string => (value === undefined || value === null ? '' : String(value));

function kustomizations(evaluation: Evaluation, objects: readonly StoredObject[], wide: boolean): string {
  const count = (object: StoredObject, kind: string): string =>
    String(evaluation.renderedBy(object.id).filter((rendered) => fluxKind(rendered) === kind).length);
  const header = ['NAMESPACE', 'NAME', 'PATH', 'STATUS'];
  if (wide) header.push('SOURCE', 'HELMREPOS', 'OCIREPOS', 'RELEASES', 'OBJECTS');
  return evaluation.table(
    header,
    objects.map((object) => {
      const row = [object.id.namespace, object.id.name, specPath(object.definition), status(object)];
      if (!wide) return row;
      const source = sourceReference(getIn(object.definition, 'spec', 'sourceRef'), object.id.namespace);
      return [
        ...row,
        source === undefined ? '' : formatId(source),
        count(object, 'HelmRepository'),
        count(object, 'OCIRepository'),
        count(object, 'HelmRelease'),
        String(evaluation.renderedBy(object.id).length),
      ];
    }),
  );
}

function releases(evaluation: Evaluation, objects: readonly StoredObject[], wide: boolean): string {
  const header = ['NAMESPACE', 'NAME', 'REVISION', 'CHART', 'SOURCE'];
  if (wide) header.push('RENDERED BY');
  return evaluation.table(
    header,
    objects.map((object) => {
      const chart = getIn(object.definition, 'spec', 'chart', 'spec');
      const reference =
        sourceReference(getIn(chart, 'sourceRef'), object.id.namespace) ??
        sourceReference(getIn(object.definition, 'spec', 'chartRef'), object.id.namespace);
      const row = [
        object.id.namespace,
        object.id.name,
        text(getIn(chart, 'version')) || revisionOf(evaluation, reference),
        text(getIn(chart, 'chart')) || (reference?.name ?? ''),
        reference === undefined ? '' : formatId(reference),
      ];
      return wide ? [...row, object.origin.renderedBy ?? ''] : row;
    }),
  );
}

/** What the source that a `chartRef` names asks for: the tag, digest or range of an OCIRepository. */
function revisionOf(evaluation: Evaluation, reference: ReturnType<typeof sourceReference>): string {
  if (reference === undefined) return '';
  const source = evaluation.store
    .list(reference.kind)
    .find(({ id }) => id.name === reference.name && id.namespace === reference.namespace);
  const ref: YamlValue | undefined = source === undefined ? undefined : getIn(source.definition, 'spec', 'ref');
  return text(
    getIn(ref, 'digest') ?? getIn(ref, 'semver') ?? getIn(ref, 'tag') ?? getIn(source?.definition, 'spec', 'version'),
  );
}

function cluster(evaluation: Evaluation, format: Format, images: boolean, onlyImages: boolean): string {
  const ofKind = (kind: string): StoredObject[] => evaluation.store.list(kind);
  const all = images ? imagesByParent(evaluation) : new Map<string, string[]>();
  const path = evaluation.workspacePath;
  if (onlyImages) {
    const unique = [...new Set([...all.values()].flat())].sort();
    if (format === 'json') return `${JSON.stringify(unique, undefined, 2)}\n`;
    if (format === 'yaml') return stringify(unique);
    return unique.map((image) => `${image}\n`).join('');
  }
  if (format === 'table' || format === 'wide' || format === 'name') {
    const header = ['PATH', 'KUSTOMIZATIONS'];
    if (format === 'wide') header.push('HELMRELEASES', 'OBJECTS');
    const row = [path, String(ofKind('Kustomization').length)];
    if (format === 'wide') row.push(String(ofKind('HelmRelease').length), String(evaluation.objects().length));
    return format === 'name' ? `${path}\n` : evaluation.table(header, [row]);
  }
  const summary = {
    clusters: [
      {
        path,
        kustomizations: ofKind('Kustomization').map((object) => ({
          name: object.id.name,
          namespace: object.id.namespace,
          path: specPath(object.definition),
          status: status(object),
          helm_repos: rendered(evaluation, object, 'HelmRepository'),
          oci_repos: rendered(evaluation, object, 'OCIRepository'),
          helm_releases: ofKind('HelmRelease')
            .filter((release) => release.origin.renderedBy === formatId(object.id))
            .map((release) => ({
              name: release.id.name,
              namespace: release.id.namespace,
              chart: chartOf(release.definition, release.id.namespace),
              ...(images ? { images: all.get(formatId(release.id)) ?? [] } : {}),
            })),
          config_maps: named(evaluation, object, 'ConfigMap'),
          secrets: named(evaluation, object, 'Secret'),
          ...(images ? { images: all.get(formatId(object.id)) ?? [] } : {}),
        })),
      },
    ],
  };
  return format === 'json' ? `${JSON.stringify(summary, undefined, 2)}\n` : `---\n${evaluation.yaml(summary)}`;
}

const rendered = (evaluation: Evaluation, object: StoredObject, kind: string): { name: string; namespace: string }[] =>
  named(evaluation, object, kind);

const named = (evaluation: Evaluation, object: StoredObject, kind: string): { name: string; namespace: string }[] =>
  evaluation
    .renderedBy(object.id)
    .filter((child) => child.kind === kind)
    .map(({ name, namespace }) => ({ name, namespace }));

function chartOf(release: YamlMap, namespace: string): Record<string, string> {
  const chart = getIn(release, 'spec', 'chart', 'spec');
  const reference =
    sourceReference(getIn(chart, 'sourceRef'), namespace) ??
    sourceReference(getIn(release, 'spec', 'chartRef'), namespace);
  return {
    name: text(getIn(chart, 'chart')) || (reference?.name ?? ''),
    ...(getIn(chart, 'version') === undefined ? {} : { version: text(getIn(chart, 'version')) }),
    repo_name: reference?.name ?? '',
    repo_namespace: reference?.namespace ?? '',
    repo_kind: reference?.kind ?? '',
  };
}

/** The `image` of each container (init and ephemeral ones too) that a parent's objects hold, sorted. */
function imagesByParent(evaluation: Evaluation): Map<string, string[]> {
  const images = new Map<string, Set<string>>();
  for (const one of evaluation.objects()) {
    const found = new Set<string>();
    collectImages(one.value(), found);
    if (found.size === 0) continue;
    const set = images.get(one.parent) ?? new Set();
    for (const image of found) set.add(image);
    images.set(one.parent, set);
  }
  return new Map([...images].map(([parent, set]) => [parent, [...set].sort()]));
}

function collectImages(value: YamlValue, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectImages(item, found);
  if (!(value instanceof Map)) return;
  for (const [key, item] of value) {
    if (/^(?:initContainers|containers|ephemeralContainers)$/.test(key) && Array.isArray(item))
      for (const container of item) {
        const image = getIn(container, 'image');
        if (typeof image === 'string') found.add(image);
      }
    collectImages(item, found);
  }
}
