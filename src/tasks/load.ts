import { CACHE_DIRECTORY } from '../core/cache-directory.ts';
import { type Failure, failure } from '../core/failure.ts';
import { type FileSystem, readText } from '../core/file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import { buildKustomization } from '../engines/kustomize/index.ts';
import type { Json, TaskContext, TaskKind } from '../graph/task.ts';
import { isObject, KUSTOMIZATION_FILES, type ManifestFile, objectId, readManifests } from '../manifests/index.ts';
import { defineKind } from './define-kind.ts';
import { type Definition, encodeDefinition } from './definition.ts';

export interface LoadInput {
  /** Directory or file, relative to the workspace, with `/`; `''` for the workspace itself. */
  readonly path: string;
  readonly recursive: boolean;
}

/** The objects of a cluster directory, and what could not be read there. One bad file never hides the others. */
export type LoadOutput = {
  readonly definitions: readonly Definition[];
  readonly failures: readonly Failure[];
};

/**
 * Reads a cluster directory into objects, as kustomize-controller would take it: a directory with a kustomization file is
 * built, any other gives the objects of its files and directories. Where a build fails, that is reported and the files are
 * read one by one, so that what stands beside the mistake is still found.
 */
export const loadKind: TaskKind<LoadInput, LoadOutput & Json> = defineKind({
  name: 'load',
  version: 1,
  id: (input) => `load:${input.path === '' ? '.' : input.path}`,
  declare: (input) => input,
  run: (context, input) => Promise.resolve(load(context, input)),
});

function load(context: TaskContext, input: LoadInput): Result<LoadOutput & Json> {
  const fs = context.files({ type: 'workspace', path: '' });
  const start = `/${input.path}`.replace(/\/$/, '') || '/';
  const type = fs.exists(start);
  if (type === undefined)
    return fail(
      failure('path-not-found', `${input.path} does not exist`, { hint: 'give the cluster directory with --path' }),
    );
  const reader = new Reader(fs, input.recursive);
  if (type === 'file') reader.file(start);
  else reader.directory(start);
  return ok({ definitions: reader.definitions, failures: reader.failures } as unknown as LoadOutput & Json);
}

const SKIPPED_DIRECTORIES = new Set(['.git', 'node_modules', CACHE_DIRECTORY]);
const MANIFEST_FILE = /\.(?:ya?ml|json)$/;

class Reader {
  readonly definitions: Definition[] = [];
  readonly failures: Failure[] = [];
  readonly #fs: FileSystem;
  readonly #recursive: boolean;

  constructor(fs: FileSystem, recursive: boolean) {
    this.#fs = fs;
    this.#recursive = recursive;
  }

  directory(path: string): void {
    const entries = this.#fs.listDirectory(path) ?? [];
    const names = new Set(entries.filter((entry) => entry.type === 'file').map((entry) => entry.name));
    // A chart's templates are no YAML, and its other files no objects of this cluster.
    if (names.has('Chart.yaml')) return;
    const kustomization = KUSTOMIZATION_FILES.find((name) => names.has(name));
    if (kustomization !== undefined && this.#build(path, kustomization)) return;
    for (const entry of entries) {
      const child = path === '/' ? `/${entry.name}` : `${path}/${entry.name}`;
      if (entry.type === 'directory') {
        if (this.#recursive && !SKIPPED_DIRECTORIES.has(entry.name)) this.directory(child);
      } else if (MANIFEST_FILE.test(entry.name) && !entry.name.startsWith('.')) this.file(child);
    }
  }

  file(path: string): void {
    const text = readText(this.#fs, path);
    if (text === undefined) return;
    const { manifests, failures }: ManifestFile = readManifests(text, path.slice(1));
    this.failures.push(...failures);
    for (const { object, at } of manifests) {
      const { group } = objectId(object);
      // kustomize's own settings files are no objects of a cluster.
      if (group === 'kustomize.config.k8s.io') continue;
      this.definitions.push(encodeDefinition(object, { at }));
    }
  }

  /** Whether the directory is done with. */
  #build(path: string, kustomization: string): boolean {
    const file = `${path === '/' ? '' : path}/${kustomization}`;
    const text = readText(this.#fs, file) ?? '';
    // A Component is used by others, and builds to nothing alone.
    if (/^kind:\s*["']?Component\b/m.test(text)) return true;
    const built = buildKustomization(this.#fs, path, { loadRestrictions: 'none' });
    if (!built.ok) {
      const at = built.error.at ?? { file };
      this.failures.push({ ...built.error, at: { ...at, file: at.file.replace(/^\//, '') } });
      return false;
    }
    for (const { object } of built.value.resources as readonly { object: YamlMap }[])
      if (isObject(object)) this.definitions.push(encodeDefinition(object, { at: { file: file.slice(1) } }));
    return true;
  }
}
