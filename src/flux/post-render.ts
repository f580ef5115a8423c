import { failure } from '../core/failure.ts';
import { MemoryFileSystem } from '../core/memory-file-system.ts';
import type { Result } from '../core/result.ts';
import { getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { parse, parseDocuments } from '../engines/goyaml/index.ts';
import { buildKustomization } from '../engines/kustomize/index.ts';
import { attempt } from './attempt.ts';
import { FluxError, mapAt, mapsAt, metadataText, scalarText, textMapAt } from './fields.ts';
import { adaptImage, adaptJsonPatch, adaptPatch } from './generate-kustomization.ts';
import { ownerLabels, withMetadata } from './metadata.ts';
import { releaseSettings } from './release.ts';
import { type CrdScopes, scopeOf } from './scope.ts';
import { toJsonText } from './yaml.ts';

export const HELM_GROUP = 'helm.toolkit.fluxcd.io';

/** A document as Helm rendered it; `path` is its template (`chart/templates/web.yaml`). */
export interface RenderedDocument {
  readonly path: string;
  readonly content: string;
}

/** An object of a release. */
export interface ReleaseObject {
  readonly object: YamlMap;
  /** The template it came from; `''` for what a post-renderer added. */
  readonly path: string;
  readonly hook: boolean;
}

export interface PostRendered {
  /** In install order: manifests, then hooks. */
  readonly objects: readonly ReleaseObject[];
  readonly warnings: readonly string[];
}

/**
 * Runs a HelmRelease's post-renderers over what its chart rendered: each `postRenderers[].kustomize`, then `commonMetadata`, then the
 * origin labels, which win. `combined` (the default) takes manifests and hooks together, `separate` one after the other,
 * `nohooks` leaves hooks as they are.
 *
 * The real chain refuses documents with a key twice, and two objects of one name in one stream. Here they are kept, with a warning:
 * the last key wins, and the streams are post-rendered one by one.
 * @see helm-controller internal/postrender, Helm v4 pkg/action/action.go renderResources
 */
export function postRender(
  release: YamlMap,
  rendered: { readonly manifests: readonly RenderedDocument[]; readonly hooks: readonly RenderedDocument[] },
): Result<PostRendered> {
  const settings = releaseSettings(release);
  if (!settings.ok) return settings;
  return attempt(() => {
    const warnings: string[] = [];
    const read = (documents: readonly RenderedDocument[], hook: boolean): ReleaseObject[] =>
      documents.flatMap((document) => readDocument(document, hook, warnings));
    const manifests = read(rendered.manifests, false);
    const hooks = read(rendered.hooks, true);
    const renderers = postRenderers(release);
    const run = (objects: readonly ReleaseObject[]): readonly ReleaseObject[] =>
      renderers.reduce((current, renderer) => renderer(current), objects);
    const strategy = settings.value.postRenderStrategy;
    if (strategy === 'nohooks') return { objects: [...run(manifests), ...hooks], warnings };
    if (strategy === 'separate') return { objects: [...run(manifests), ...run(hooks)], warnings };
    const repeated = firstRepeated([...manifests, ...hooks]);
    if (repeated === undefined) return { objects: hooksLast(run([...manifests, ...hooks])), warnings };
    warnings.push(
      `${repeated} is rendered twice: helm-controller refuses this with the post-render strategy "combined"; set spec.postRenderStrategy`,
    );
    return { objects: [...run(manifests), ...run(hooks)], warnings };
  });
}

/** A patch may make a hook of a manifest, or the reverse. */
function hooksLast(objects: readonly ReleaseObject[]): ReleaseObject[] {
  const marked = objects.map((item) => ({
    ...item,
    hook: metadataText(item.object, 'annotations', HOOK_ANNOTATION) !== '',
  }));
  return [...marked.filter(({ hook }) => !hook), ...marked.filter(({ hook }) => hook)];
}

function firstRepeated(objects: readonly ReleaseObject[]): string | undefined {
  const seen = new Set<string>();
  for (const { object } of objects) {
    const name = `${scalarText(object.get('kind'))}/${scalarText(getIn(object, 'metadata', 'name'))}`;
    const id = `${scalarText(object.get('apiVersion'))}\0${name}\0${scalarText(getIn(object, 'metadata', 'namespace'))}`;
    if (seen.has(id)) return name;
    seen.add(id);
  }
  return undefined;
}

function readDocument(document: RenderedDocument, hook: boolean, warnings: string[]): ReleaseObject[] {
  const { path, content } = document;
  // Post-renderers see a template's text before Helm trims its documents: a block scalar at the end keeps its line break.
  const text = `${content}\n`;
  let parsed = parse(text, { dialect: 'v3' });
  if (!parsed.ok && parsed.error.message.includes('already defined')) {
    warnings.push(
      `${path}: ${parsed.error.message.replace(/\s+/g, ' ')}; the last one is taken, helm-controller refuses it`,
    );
    parsed = parse(text, { dialect: 'v3', duplicateKeys: 'last' });
  }
  if (!parsed.ok)
    throw new FluxError(
      failure('template-failed', `YAML parse error on ${path}: ${parsed.error.message}`, { at: { file: path } }),
    );
  return openList(parsed.value).map((object) => ({ object, path, hook }));
}

/** The items of a `List`, which kustomize's reader opens. What is no mapping holds no object. */
function openList(value: YamlValue): YamlMap[] {
  if (!isMap(value)) return [];
  const items = value.get('items');
  return scalarText(value.get('kind')).endsWith('List') && Array.isArray(items) ? items.flatMap(openList) : [value];
}

type PostRenderer = (objects: readonly ReleaseObject[]) => readonly ReleaseObject[];

function postRenderers(release: YamlMap): PostRenderer[] {
  const renderers: PostRenderer[] = mapsAt(release, 'spec', 'postRenderers')
    .map((renderer) => mapAt(renderer, 'kustomize'))
    .filter((kustomize) => kustomize !== undefined)
    .map((kustomize) => (objects) => runKustomize(kustomize, objects));
  const labels = textMapAt(release, 'spec', 'commonMetadata', 'labels');
  const annotations = textMapAt(release, 'spec', 'commonMetadata', 'annotations');
  const allLabels = new Map([...labels, ...originLabels(release)]);
  renderers.push((objects) =>
    objects.map((item) => ({
      ...item,
      object: withMetadata(withMetadata(item.object, 'labels', allLabels), 'annotations', annotations),
    })),
  );
  return renderers;
}

const originLabels = (release: YamlMap): ReadonlyMap<string, string> =>
  ownerLabels(
    HELM_GROUP,
    scalarText(getIn(release, 'metadata', 'name')),
    scalarText(getIn(release, 'metadata', 'namespace')),
  );

/** Helm's own mark of the template that a document came from, while post-renderers have it. */
const FILE_ANNOTATION = 'postrenderer.helm.sh/postrender-filename';
const HOOK_ANNOTATION = 'helm.sh/hook';
const INPUT = 'helm-output.yaml';

function runKustomize(kustomize: YamlMap, objects: readonly ReleaseObject[]): readonly ReleaseObject[] {
  const patches = [
    ...mapsAt(kustomize, 'patches').map(adaptPatch),
    ...mapsAt(kustomize, 'patchesStrategicMerge').map((patch) => new Map([['patch', toJsonText(patch)]])), // up to v2beta2
    ...mapsAt(kustomize, 'patchesJson6902').map(adaptJsonPatch),
  ];
  const images = mapsAt(kustomize, 'images').map(adaptImage);
  if (objects.length === 0 || (patches.length === 0 && images.length === 0)) return objects;
  const config: YamlMap = new Map<string, YamlValue>([
    ['apiVersion', 'kustomize.config.k8s.io/v1beta1'],
    ['kind', 'Kustomization'],
    ['resources', [INPUT]],
    ['patches', patches],
    ['images', images],
  ]);
  const stream = objects.map(({ object, path }) =>
    toJsonText(withMetadata(object, 'annotations', new Map([[FILE_ANNOTATION, path]]))),
  );
  const fs = new MemoryFileSystem([
    ['kustomization.yaml', toJsonText(config)],
    [INPUT, stream.join('\n---\n')],
  ]);
  const built = buildKustomization(fs, '/', { loadRestrictions: 'none', reorder: 'none' });
  if (!built.ok)
    throw new FluxError({
      ...built.error,
      message: `error while running post render on files: ${built.error.message}`,
    });
  return built.value.resources.map(({ object }) => ({
    object: withoutFileAnnotation(object),
    path: metadataText(object, 'annotations', FILE_ANNOTATION),
    hook: metadataText(object, 'annotations', HOOK_ANNOTATION) !== '',
  }));
}

function withoutFileAnnotation(object: YamlMap): YamlMap {
  const metadata = object.get('metadata');
  const annotations = isMap(metadata) ? metadata.get('annotations') : undefined;
  if (!isMap(metadata) || !isMap(annotations)) return object;
  const kept = new Map([...annotations].filter(([key]) => key !== FILE_ANNOTATION));
  const copy: YamlMap = new Map(metadata);
  if (kept.size > 0) copy.set('annotations', kept);
  else copy.delete('annotations');
  return new Map(object).set('metadata', copy);
}

/**
 * The CustomResourceDefinitions of a chart's `crds/`, with origin labels and no common metadata. Other kinds there are left out.
 * @see helm-controller internal/action/crds.go, applyCRDs
 */
export function releaseCrds(
  release: YamlMap,
  files: readonly RenderedDocument[],
): Result<{ readonly objects: readonly YamlMap[]; readonly warnings: readonly string[] }> {
  return attempt(() => {
    const objects: YamlMap[] = [];
    const warnings: string[] = [];
    const labels = originLabels(release);
    for (const { path, content } of files) {
      const { documents, error } = parseDocuments(content);
      if (error !== undefined)
        throw new FluxError(
          failure('chart-invalid', `failed to parse CustomResourceDefinitions from ${path}: ${error.message}`, {
            at: { file: path },
          }),
        );
      for (const object of documents.flatMap(({ value }) => openList(value))) {
        if (isCrd(object)) objects.push(withMetadata(object, 'labels', labels));
        else
          warnings.push(
            `${path}: ${scalarText(object.get('kind')) || 'a document'} in crds/ is ignored: only CustomResourceDefinitions belong there`,
          );
      }
    }
    return { objects, warnings };
  });
}

const isCrd = (object: YamlMap): boolean =>
  object.get('kind') === 'CustomResourceDefinition' &&
  scalarText(object.get('apiVersion')).startsWith('apiextensions.k8s.io/');

/**
 * The namespace of each object as the cluster has it: Helm applies namespaced objects that state none in the release's namespace;
 * objects of cluster-scoped kinds have none.
 * @param crds scopes of the kinds that CustomResourceDefinitions of the run define
 */
export function normalizeReleaseObjects(
  objects: readonly ReleaseObject[],
  namespace: string,
  crds: CrdScopes = new Map(),
): readonly ReleaseObject[] {
  return objects.map((item) => {
    const metadata = item.object.get('metadata');
    const stated = isMap(metadata) ? scalarText(metadata.get('namespace')) : '';
    if (stated !== '' || scopeOf(item.object, crds) === 'Cluster') return item;
    const placed = new Map(isMap(metadata) ? metadata : []).set('namespace', namespace);
    return { ...item, object: new Map(item.object).set('metadata', placed) };
  });
}
