import type { DirectoryEntry, FileSystem, FileType } from '../core/file-system.ts';
import { fromPlain, type YamlMap, type YamlValue } from '../core/value.ts';
import { stringify } from '../engines/goyaml/index.ts';
import type { Chart, ChartDependency, ChartMetadata } from '../engines/helm/index.ts';
import { buildKustomization } from '../engines/kustomize/index.ts';

/**
 * The files that a kustomize build reads, found by building: a program on the PATH can then do with these few.
 * @returns whether the build came to its end, so that they are all
 */
export function filesOfBuild(
  fs: FileSystem,
  path: string,
): { readonly complete: boolean; readonly files: ReadonlyMap<string, Uint8Array> } {
  const recording = new RecordingFileSystem(fs);
  const built = buildKustomization(recording, path, { loadRestrictions: 'none', reorder: 'none' });
  return { complete: built.ok, files: recording.files };
}

class RecordingFileSystem implements FileSystem {
  readonly files = new Map<string, Uint8Array>();
  readonly #under: FileSystem;

  constructor(under: FileSystem) {
    this.#under = under;
  }

  readFile(path: string): Uint8Array | undefined {
    const bytes = this.#under.readFile(path);
    if (bytes !== undefined) this.files.set(path, bytes);
    return bytes;
  }

  listDirectory(path: string): readonly DirectoryEntry[] | undefined {
    return this.#under.listDirectory(path);
  }

  exists(path: string): FileType | undefined {
    return this.#under.exists(path);
  }
}

/** A loaded chart as the files of its directory, what was changed of it included. */
export function chartFiles(chart: Chart, prefix = ''): (readonly [path: string, content: string | Uint8Array])[] {
  const files: (readonly [string, string | Uint8Array])[] = [
    ...chart.files.map(({ name, data }) => [`${prefix}${name}`, data] as const),
    ...chart.templates.map(({ name, data }) => [`${prefix}${name}`, data] as const),
    [`${prefix}Chart.yaml`, stringify(metadataMap(chart.metadata))],
  ];
  if (chart.values !== undefined) files.push([`${prefix}values.yaml`, stringify(chart.values)]);
  if (chart.schema !== undefined) files.push([`${prefix}values.schema.json`, chart.schema]);
  const digits = String(chart.dependencies.length).length;
  for (const [index, dependency] of chart.dependencies.entries())
    files.push(
      ...chartFiles(dependency, `${prefix}charts/${String(index).padStart(digits, '0')}-${dependency.metadata.name}/`),
    );
  return files;
}

function metadataMap({ dependencies, annotations, maintainers, ...rest }: ChartMetadata): YamlMap {
  const map = fromPlain({
    ...rest,
    ...(maintainers === undefined ? {} : { maintainers: maintainers.map((maintainer) => ({ ...maintainer })) }),
  } as never) as YamlMap;
  for (const [key, value] of map) if (value === undefined || value === null || value === '') map.delete(key);
  if (annotations !== undefined) map.set('annotations', new Map<string, YamlValue>(annotations));
  if (dependencies !== undefined) map.set('dependencies', dependencies.map(dependencyMap));
  return map;
}

function dependencyMap({ importValues, tags, ...rest }: ChartDependency): YamlMap {
  const map: YamlMap = new Map<string, YamlValue>(Object.entries(rest).filter(([, value]) => value !== ''));
  if (tags !== undefined) map.set('tags', [...tags]);
  if (importValues !== undefined) map.set('import-values', [...importValues]);
  return map;
}
