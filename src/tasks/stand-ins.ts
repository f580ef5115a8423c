import type { FileSystem } from '../core/file-system.ts';
import { getIn, isMap, type YamlMap } from '../core/value.ts';
import { generatorSources } from '../flux/index.ts';
import {
  fluxKind,
  formatId,
  isSourceKind,
  type ObjectId,
  type ObjectReference,
  sourceReference,
  specPath,
} from '../manifests/index.ts';
import { type Definition, decodeDefinition } from './definition.ts';
import type { FetchInput, Include } from './fetch.ts';
import { contains } from './loaded.ts';
import type { StandIns as ChartStandIns } from './release-chart.ts';

/** Kinds of source that Flux is bootstrapped from. */
const BOOTSTRAP_KINDS = new Set(['GitRepository', 'OCIRepository', 'Bucket']);

export interface GivenStandIns {
  /** Sources that the workspace (or a directory of it) stands in for: `namespace/name` or `name` → path. */
  readonly sources: ReadonlyMap<string, string>;
  /** URLs of the workspace's git remotes: a GitRepository of such a URL is the workspace. */
  readonly remotes: readonly string[];
}

/** Which sources the repository at hand stands in for: given, or found by how the cluster was bootstrapped. */
export class StandIns {
  readonly #files: FileSystem;
  readonly #given: GivenStandIns;
  /** Formatted id → directory of the workspace. */
  readonly #found = new Map<string, string>();
  /** `spec.ignore` of loaded sources, by formatted id. */
  readonly #ignores = new Map<string, string>();
  /** `spec.include` of loaded GitRepositories, by formatted id. */
  readonly #includes = new Map<string, ReturnType<typeof includesOf>>();

  constructor(files: FileSystem, given: GivenStandIns) {
    this.#files = files;
    this.#given = given;
  }

  /** The stand-in of a source: a path of the workspace, or `undefined` for a source to fetch. */
  of(reference: ObjectReference): string | undefined {
    const { sources } = this.#given;
    return (
      sources.get(`${reference.namespace}/${reference.name}`) ??
      sources.get(reference.name) ??
      this.#found.get(`${reference.kind}/${reference.namespace}/${reference.name}`)
    );
  }

  /** Finds the stand-ins that the objects of the cluster directory tell of. */
  takeLoaded(definitions: readonly Definition[]): void {
    const defined = new Set(definitions.map((definition) => formatId(definition)));
    for (const definition of definitions) if (fluxKind(definition) === 'FluxInstance') this.#takeSync(definition);
    for (const definition of definitions)
      if (fluxKind(definition) === 'GitRepository') this.takeRepository(definition, decodeDefinition(definition));
    this.#takeSources(
      definitions.filter((definition) => fluxKind(definition) === 'Kustomization'),
      defined,
    );
    for (const definition of definitions)
      if (fluxKind(definition) === 'ArtifactGenerator') this.#takeGenerator(definition, defined);
    for (const definition of definitions)
      if (fluxKind(definition) === 'GitRepository') {
        const includes = includesOf(decodeDefinition(definition));
        if (includes.length > 0) this.#includes.set(formatId(definition), includes);
      }
    for (const definition of definitions) {
      if (!BOOTSTRAP_KINDS.has(definition.kind)) continue;
      const ignore = getIn(decodeDefinition(definition), 'spec', 'ignore');
      if (typeof ignore === 'string') this.#ignores.set(formatId(definition), ignore);
    }
  }

  /** A GitRepository of the URL of one of the workspace's remotes is the workspace. */
  takeRepository(id: Pick<ObjectId, 'kind' | 'namespace' | 'name'>, repository: YamlMap): void {
    const url = getIn(repository, 'spec', 'url');
    if (typeof url === 'string' && this.#given.remotes.includes(normalizeGitUrl(url)))
      this.#found.set(formatId(id), '');
  }

  /** The source that a FluxInstance makes is the repository at hand. */
  takeMade(id: ObjectId): void {
    if (isSourceKind(fluxKind(id) ?? 'Kustomization')) this.#found.set(formatId(id), '');
  }

  /** Whether a Kustomization reads the repository at hand. */
  isOurs(kustomization: Definition): boolean {
    const reference = sourceReference(
      getIn(decodeDefinition(kustomization), 'spec', 'sourceRef'),
      kustomization.namespace,
    );
    return reference !== undefined && this.of(reference) === '';
  }

  /**
   * Whether another loaded source includes this one. A source that waits for what only its own files would reveal waits for
   * ever: the bootstrap applied it.
   */
  isIncluded(definition: Definition): boolean {
    const id = formatId(definition);
    for (const [by, includes] of this.#includes) {
      const prefix = by.slice(0, by.lastIndexOf('/'));
      if (includes.some(({ repository }) => `${prefix}/${repository}` === id)) return true;
    }
    return false;
  }

  /** What the task that fetches a source is asked. */
  fetchInput(reference: ObjectReference): FetchInput {
    return { ...reference, ...this.#standIn(reference) };
  }

  /** Those of some sources that the workspace stands in for, or of whose includes it does. */
  among(references: Iterable<ObjectReference>): ChartStandIns {
    const standIns: Record<string, ChartStandIns[string]> = {};
    for (const reference of references) {
      const standIn = this.#standIn(reference);
      if (standIn.workspace !== undefined || standIn.include !== undefined) standIns[formatId(reference)] = standIn;
    }
    return standIns;
  }

  #standIn(reference: ObjectReference, inside: readonly string[] = []): ChartStandIns[string] {
    const workspace = this.of(reference);
    const ignore = workspace === undefined ? undefined : this.#ignores.get(formatId(reference));
    const include = this.#includesOf(reference, inside);
    return {
      ...(workspace === undefined ? {} : { workspace }),
      ...(ignore === undefined ? {} : { ignore }),
      ...(include.length === 0 ? {} : { include }),
    };
  }

  /** Stand-ins for the sources that a HelmRelease may read its chart from. */
  forRelease(release: YamlMap, id: ObjectId): ChartStandIns {
    const references: ObjectReference[] = [];
    for (const path of [
      ['spec', 'chart', 'spec', 'sourceRef'],
      ['spec', 'chartRef'],
    ]) {
      const reference = sourceReference(getIn(release, ...path), id.namespace);
      if (reference === undefined) continue;
      references.push(reference);
      // Where its chart comes from, only the HelmChart says.
      if (reference.kind === 'HelmChart')
        for (const kind of BOOTSTRAP_KINDS)
          for (const name of new Set([...this.#given.sources.keys(), ...this.#found.keys()]))
            references.push({ kind, namespace: reference.namespace, name: name.slice(name.lastIndexOf('/') + 1) });
    }
    return this.among(references);
  }

  /**
   * Flux was bootstrapped from the repository at hand. That is the source of a Kustomization that builds the directory it stands
   * in, and any source that the cluster directory names, does not declare (the bootstrap made it), and whose paths are there.
   * Where neither is there, it is the source that all Kustomizations share.
   */
  #takeSources(kustomizations: readonly Definition[], defined: ReadonlySet<string>): void {
    const sources = new Map<string, Definition[]>();
    for (const kustomization of kustomizations) {
      const id = sourceOf(kustomization);
      if (id !== undefined) sources.set(id, [...(sources.get(id) ?? []), kustomization]);
    }
    for (const [id, readers] of sources) {
      const isOurs = defined.has(id)
        ? readers.some((reader) => specPath(decodeDefinition(reader)) !== '' && contains(reader, reader))
        : id.endsWith('/flux-system') || readers.some((reader) => this.#hasPath(reader));
      if (isOurs) this.#found.set(id, '');
    }
    if (this.#found.size === 0 && sources.size === 1) for (const id of sources.keys()) this.#found.set(id, '');
  }

  /** Whether the path of a Kustomization is there in the repository at hand, as far as it can be told. */
  #hasPath(kustomization: Definition): boolean {
    const path = specPath(decodeDefinition(kustomization));
    return path === '' || path.includes('$') || this.holds(path);
  }

  /** Whether the repository at hand has the path, and it is not its root. */
  holds(path: string): boolean {
    return path !== '' && this.#files.exists(`/${path}`) !== undefined;
  }

  /** A generator of the cluster directory that copies from a source which nobody defines copies from the bootstrap source. */
  #takeGenerator(generator: Definition, defined: ReadonlySet<string>): void {
    const sources = generatorSources(decodeDefinition(generator));
    for (const source of sources.ok ? sources.value : [])
      if (BOOTSTRAP_KINDS.has(source.kind) && !defined.has(formatId(source))) this.#found.set(formatId(source), '');
  }

  #takeSync(instance: Definition): void {
    const sync = getIn(decodeDefinition(instance), 'spec', 'sync');
    if (!isMap(sync)) return;
    const name = sync.get('name') ?? instance.namespace;
    if (typeof name === 'string' && typeof sync.get('kind') === 'string')
      this.#found.set(formatId({ kind: String(sync.get('kind')), namespace: instance.namespace, name }), '');
  }

  /** What a GitRepository of the cluster directory includes: a source that the workspace stands in for has no other object. */
  #includesOf(reference: ObjectReference, inside: readonly string[]): Include[] {
    const id = formatId(reference);
    const includes = inside.includes(id) ? undefined : this.#includes.get(id);
    return (includes ?? []).map(({ repository, fromPath, toPath }) => {
      const source = { kind: 'GitRepository', namespace: reference.namespace, name: repository };
      return { fromPath, toPath, source: { ...source, ...this.#standIn(source, [...inside, id]) } };
    });
  }
}

/** `spec.include` of a GitRepository; what is not as it should be, its fetch says. */
function includesOf(repository: YamlMap): { repository: string; fromPath: string; toPath: string }[] {
  const includes = getIn(repository, 'spec', 'include');
  return (Array.isArray(includes) ? includes : []).flatMap((include) => {
    const name = getIn(include, 'repository', 'name');
    if (typeof name !== 'string') return [];
    return {
      repository: name,
      fromPath: String(getIn(include, 'fromPath') ?? ''),
      toPath: String(getIn(include, 'toPath') ?? name),
    };
  });
}

/** The source of a Kustomization that a repository can be bootstrapped from, as an id. */
function sourceOf(kustomization: Definition): string | undefined {
  const reference = sourceReference(
    getIn(decodeDefinition(kustomization), 'spec', 'sourceRef'),
    kustomization.namespace,
  );
  return reference !== undefined && BOOTSTRAP_KINDS.has(reference.kind) ? formatId(reference) : undefined;
}

/** `ssh://git@host/owner/name.git`, `git@host:owner/name` and `https://host/owner/name` are one repository. */
export function normalizeGitUrl(url: string): string {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url);
  const rest = scp === null ? url.replace(/^[a-z+]+:\/\/(?:[^@/]*@)?/i, '') : `${scp[1]}/${scp[2]}`;
  return rest
    .replace(/:\d+\//, '/')
    .replace(/\.git\/?$|\/$/, '')
    .toLowerCase();
}
