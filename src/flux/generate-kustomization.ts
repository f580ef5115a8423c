import { posix } from 'node:path';
import { failure } from '../core/failure.ts';
import { type FileSystem, readText } from '../core/file-system.ts';
import { MemoryFileSystem } from '../core/memory-file-system.ts';
import type { Result } from '../core/result.ts';
import { isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { attempt } from './attempt.ts';
import { booleanAt, FluxError, mapAt, mapsAt, textAt, textsAt } from './fields.ts';
import { readKustomizationFields } from './kustomization-shape.ts';
import { parseYaml, toJsonText } from './yaml.ts';

/** In the order in which they are looked for. */
const KUSTOMIZATION_FILE_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

export interface GeneratedKustomization {
  /** The source with the kustomization file written over it. */
  readonly fs: FileSystem;
  /** The directory to build, absolute in `fs`. */
  readonly path: string;
  /** The kustomization file, absolute in `fs`. */
  readonly file: string;
  /** `created` where the directory had none: it then lists every YAML file and kustomization below. */
  readonly action: 'created' | 'unchanged';
  /** The kustomization itself. */
  readonly kustomization: YamlMap;
}

/**
 * Writes what a Flux Kustomization's spec says (namespace, name prefix and suffix, patches, components, images, build
 * metadata) into the kustomization file of its `spec.path`, and makes that file where there is none.
 *
 * Files are not read while a kustomization file is made: the build reads them next and says what is wrong with them.
 * @param fs the source's files, ignored ones left out; `/` is the source's root
 * @param object the Flux Kustomization
 * @see fluxcd/pkg kustomize/kustomize_generator.go, GenerateManifest
 */
export function generateKustomization(fs: FileSystem, object: YamlMap): Result<GeneratedKustomization> {
  return attempt(() => generate(fs, object));
}

function generate(fs: FileSystem, object: YamlMap): GeneratedKustomization {
  const spec = mapAt(object, 'spec') ?? new Map<string, YamlValue>();
  const path = kustomizationPath(object);
  if (fs.exists(path) !== 'directory') {
    const message = `kustomization path not found: stat ${path}: ${fs.exists(path) === 'file' ? 'not a directory' : 'no such file or directory'}`;
    throw new FluxError(failure('path-not-found', message));
  }
  const { file, action, kustomization } = findOrCreate(fs, path);
  if (action === 'unchanged' && texts(kustomization, 'resources').length === 0)
    kustomization.set('buildMetadata', ['originAnnotations']); // Flux's way round "kustomization.yaml is empty"
  for (const [field, target] of [
    ['targetNamespace', 'namespace'],
    ['namePrefix', 'namePrefix'],
    ['nameSuffix', 'nameSuffix'],
  ] as const) {
    const value = textAt(spec, field);
    if (value !== '') kustomization.set(target, value);
  }
  append(kustomization, 'patches', mapsAt(spec, 'patches').map(adaptPatch));
  append(kustomization, 'components', components(fs, path, spec));
  append(kustomization, 'patchesStrategicMerge', mapsAt(spec, 'patchesStrategicMerge').map(toJsonText));
  append(kustomization, 'patchesJson6902', mapsAt(spec, 'patchesJson6902').map(adaptJsonPatch));
  mergeImages(kustomization, mapsAt(spec, 'images'));
  const buildMetadata = textsAt(spec, 'buildMetadata');
  if (buildMetadata.length > 0) kustomization.set('buildMetadata', [...buildMetadata]);
  return {
    fs: new MemoryFileSystem([[file, `${toJsonText(kustomization)}\n`]], fs),
    path,
    file,
    action,
    kustomization,
  };
}

/** The directory that a Flux Kustomization builds: `spec.path` within its source, which `..` cannot leave. */
export function kustomizationPath(object: YamlMap): string {
  const path = posix.join('/', textAt(object, 'spec', 'path'));
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

const texts = (map: YamlMap, field: string): readonly YamlValue[] => {
  const value = map.get(field);
  return Array.isArray(value) ? value : [];
};

function append(kustomization: YamlMap, field: string, items: readonly YamlValue[]): void {
  if (items.length > 0) kustomization.set(field, [...texts(kustomization, field), ...items]);
}

function findOrCreate(
  fs: FileSystem,
  path: string,
): { readonly file: string; readonly action: 'created' | 'unchanged'; readonly kustomization: YamlMap } {
  const existing = kustomizationFile(fs, path);
  if (existing !== undefined)
    return { file: existing, action: 'unchanged', kustomization: readKustomizationFile(fs, existing) };
  const kustomization: YamlMap = header();
  const resources: string[] = [];
  scan(fs, path, '.', resources);
  if (resources.length === 0)
    kustomization.set('namespace', '_placeholder'); // as above
  else kustomization.set('resources', resources);
  return { file: posix.join(path, KUSTOMIZATION_FILE_NAMES[0]), action: 'created', kustomization };
}

const header = (): YamlMap =>
  new Map([
    ['apiVersion', 'kustomize.config.k8s.io/v1beta1'],
    ['kind', 'Kustomization'],
  ]);

/** The kustomization file of a directory, or `undefined`. */
export function kustomizationFile(fs: FileSystem, path: string): string | undefined {
  return KUSTOMIZATION_FILE_NAMES.map((name) => posix.join(path, name)).find((file) => fs.exists(file) === 'file');
}

function readKustomizationFile(fs: FileSystem, file: string): YamlMap {
  const parsed = parseYaml(readText(fs, file) ?? '');
  if (!parsed.ok) throw new FluxError({ ...parsed.error, at: { ...parsed.error.at, file: file.slice(1) } });
  if (parsed.value === null) return header();
  if (!isMap(parsed.value))
    throw new FluxError(failure('build-failed', `${file} holds no mapping`, { at: { file: file.slice(1) } }));
  return new Map([...header(), ...readKustomizationFields(parsed.value)]);
}

/** Every YAML file below, in the order of a depth-first walk; a directory with a kustomization file stands for all in it. */
function scan(fs: FileSystem, base: string, relative: string, found: string[]): void {
  for (const { name, type } of fs.listDirectory(posix.join(base, relative)) ?? []) {
    const path = `${relative}/${name}`;
    if (type === 'directory') {
      if (kustomizationFile(fs, posix.join(base, path)) !== undefined) found.push(path);
      else scan(fs, base, path, found);
    } else if (name.endsWith('.yaml') || name.endsWith('.yml')) found.push(path);
  }
}

const SELECTOR_FIELDS = ['group', 'version', 'kind', 'name', 'namespace', 'labelSelector', 'annotationSelector'];

function adaptSelector(target: YamlMap): YamlMap {
  const selector: YamlMap = new Map();
  for (const field of SELECTOR_FIELDS) {
    const value = textAt(target, field);
    if (value !== '') selector.set(field, value);
  }
  return selector;
}

/** A patch of a Flux object as kustomize takes it. */
export function adaptPatch(patch: YamlMap): YamlMap {
  const adapted: YamlMap = new Map();
  const text = textAt(patch, 'patch');
  if (text !== '') adapted.set('patch', text);
  const target = mapAt(patch, 'target');
  if (target !== undefined) adapted.set('target', adaptSelector(target));
  return adapted;
}

/** In the order in which Go writes them. */
const JSON_PATCH_FIELDS = ['op', 'path', 'from', 'value'];

/** An entry of the legacy `patchesJson6902` as kustomize takes it. */
export function adaptJsonPatch(patch: YamlMap): YamlMap {
  const operations = mapsAt(patch, 'patch').map(
    (operation) =>
      new Map(
        JSON_PATCH_FIELDS.flatMap((field) => (operation.has(field) ? [[field, operation.get(field)!] as const] : [])),
      ),
  );
  return new Map<string, YamlValue>([
    ['patch', toJsonText(operations)],
    ['target', adaptSelector(mapAt(patch, 'target') ?? new Map())],
  ]);
}

function components(fs: FileSystem, path: string, spec: YamlMap): string[] {
  const ignoreMissing = booleanAt(spec, 'ignoreMissingComponents');
  return textsAt(spec, 'components').filter((component) => {
    if (!isLocalRelativePath(component))
      throw new FluxError(failure('build-failed', `component path '${component}' must be local and relative`));
    return !ignoreMissing || (staysInside(path, component) && fs.exists(posix.join(path, component)) !== undefined);
  });
}

function staysInside(path: string, relative: string): boolean {
  return !posix.normalize(posix.join(path.slice(1), relative)).startsWith('..');
}

const REMOTE_PREFIXES = ['git::', 'gh:', 'ssh://', 'https://', 'http://', 'git@', 'github.com:', 'github.com/'];

/** @see fluxcd/pkg kustomize, IsLocalRelativePath */
export function isLocalRelativePath(path: string): boolean {
  const lower = path.toLowerCase();
  if (REMOTE_PREFIXES.some((prefix) => prefix.length < path.length && lower.startsWith(prefix))) return false;
  return !path.startsWith('/') && !(lower.startsWith('file://') ? lower.slice(7) : lower).startsWith('/');
}

const IMAGE_FIELDS = ['name', 'newName', 'newTag', 'digest'];

/** An image of a Flux object as kustomize takes it. */
export function adaptImage(image: YamlMap): YamlMap {
  const adapted: YamlMap = new Map();
  for (const field of IMAGE_FIELDS) {
    const value = textAt(image, field);
    if (value !== '') adapted.set(field, value);
  }
  return adapted;
}

/**
 * Images of the same name are merged into the first entry: a new name replaces the name; tag and digest are one unit, a new
 * one of either replaces both.
 */
function mergeImages(kustomization: YamlMap, images: readonly YamlMap[]): void {
  if (images.length === 0) return;
  const merged = texts(kustomization, 'images').map((image) => new Map(image as YamlMap));
  for (const image of images.map(adaptImage)) {
    const existing = merged.find((item) => (item.get('name') ?? '') === (image.get('name') ?? ''));
    if (existing === undefined) {
      merged.push(image);
      continue;
    }
    const newName = image.get('newName');
    if (newName !== undefined) existing.set('newName', newName);
    if (!image.has('newTag') && !image.has('digest')) continue;
    for (const field of ['newTag', 'digest']) {
      const value = image.get(field);
      if (value === undefined) existing.delete(field);
      else existing.set(field, value);
    }
  }
  kustomization.set('images', merged);
}
