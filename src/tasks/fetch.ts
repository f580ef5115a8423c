import { failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import { MemoryFileSystem } from '../core/memory-file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn, type YamlMap } from '../core/value.ts';
import { IgnoringFileSystem } from '../flux/index.ts';
import type { Json, TaskContext, TaskKind } from '../graph/task.ts';
import { formatId } from '../manifests/index.ts';
import { type ArtifactInput, artifactKind } from './artifact.ts';
import { defineKind } from './define-kind.ts';
import { objectOf } from './facts.ts';
import type { FetchedSource, OpenSource, TaskPorts } from './ports.ts';

/** A source that a Kustomization or a chart is read from. */
export interface FetchInput {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The directory of the workspace that stands in for the source; nothing is fetched then. */
  readonly workspace?: string;
  /** For a HelmRepository: the chart and its version constraint. */
  readonly chart?: { readonly name: string; readonly version: string };
}

export type FetchOutput = {
  /** `workspace`: the files are the workspace's; `fetched`: they are in the cache under the revision. */
  readonly from: 'workspace' | 'fetched' | 'artifact';
  /** As in Flux's status: `main@sha1:…`, `1.2.3@sha256:…`; `workspace` for the files at hand. */
  readonly revision: string;
  /** What `OpenSource.fetch` takes. */
  readonly pinned?: string;
  /** The files of an ExternalArtifact that a generator of the run makes: path and digest of the content. */
  readonly files?: readonly (readonly [path: string, digest: string])[];
};

const SOURCE_GROUP = 'source.toolkit.fluxcd.io';

/** Makes a source's files available: the workspace itself, or a revision fetched into the cache. */
export function fetchKind(ports: TaskPorts): TaskKind<FetchInput, FetchOutput & Json> {
  return defineKind({
    name: 'fetch',
    version: 1,
    id: (input) =>
      `fetch:${formatId(input)}${input.chart === undefined ? '' : `:${input.chart.name}@${input.chart.version}`}`,
    declare: (input) => input,
    async run(context, input) {
      if (input.workspace !== undefined) return ok({ from: 'workspace', revision: 'workspace' });
      if (input.kind === 'ExternalArtifact') return fetchArtifact(context, ports, input);
      const source = await openSource(context, ports, input);
      if (!source.ok) return source;
      const pinned = await context.resolve(source.value.reference);
      if (!pinned.ok) return pinned;
      const fetched = await source.value.fetch(pinned.value, context.signal);
      if (!fetched.ok) return fetched;
      context.keeps(fetched.value.file ?? fetched.value.path);
      return ok({ from: 'fetched', revision: fetched.value.revision, pinned: pinned.value });
    },
  });
}

/** An ExternalArtifact is what the ArtifactGenerator behind it makes. */
async function fetchArtifact(
  context: TaskContext,
  ports: TaskPorts,
  input: FetchInput,
): Promise<Result<FetchOutput & Json>> {
  const object = await sourceObject(context, input);
  if (!object.ok) return object;
  const generator = object.value.get(GENERATOR);
  if (typeof generator !== 'string')
    return fail(
      failure('fetch-failed', `${formatId(input)} is made by a controller that does not run here`, {
        hint: `say what its files are: --sources ${input.namespace}/${input.name}=PATH`,
      }),
    );
  const made = await context.need(artifactKind(ports), JSON.parse(generator) as ArtifactInput);
  if (!made.ok) return made;
  const artifact = made.value.artifacts.find(({ name }) => name === input.name);
  if (artifact === undefined)
    return fail(failure('object-not-found', `its ArtifactGenerator makes no artifact ${input.name}`));
  return ok({ from: 'artifact', revision: artifact.revision, files: artifact.files });
}

/** In the fact of an ExternalArtifact: the input of the task that makes it. */
export const GENERATOR = 'flux-local.generator';

/** The source object of the run, its Secrets with it. */
async function openSource(context: TaskContext, ports: TaskPorts, input: FetchInput): Promise<Result<OpenSource>> {
  const object = await sourceObject(context, input);
  if (!object.ok) return object;
  const secrets = new Map<string, YamlMap>();
  for (const path of SECRET_FIELDS) {
    const name = getIn(object.value, 'spec', ...path);
    if (typeof name !== 'string' || secrets.has(name)) continue;
    // Without it the user's own credentials are tried.
    const secret = await objectOf(
      context,
      { group: '', kind: 'Secret', namespace: input.namespace, name },
      { optional: true },
    );
    if (secret !== undefined) secrets.set(name, secret);
  }
  return ports.sources.open({
    object: object.value,
    ...(input.chart === undefined ? {} : { chart: input.chart }),
    secret: (name) => secrets.get(name),
  });
}

const SECRET_FIELDS = [
  ['secretRef', 'name'],
  ['certSecretRef', 'name'],
  ['proxySecretRef', 'name'],
  ['verify', 'secretRef', 'name'],
] as const;

/** The object of a source; a failure that says how to go on where the run has none. */
export async function sourceObject(context: TaskContext, input: FetchInput): Promise<Result<YamlMap>> {
  const object = await objectOf(context, { group: SOURCE_GROUP, ...input });
  if (object !== undefined) return ok(object);
  return fail(
    failure('object-not-found', `${formatId(input)} is nowhere in the run`, {
      hint: `if the repository at hand is that source, say --sources ${input.namespace}/${input.name}=.`,
    }),
  );
}

/** The files of a source, seen as `/`, without those that source-controller leaves out of an artifact. */
export async function sourceFiles(
  context: TaskContext,
  ports: TaskPorts,
  input: FetchInput,
  output: FetchOutput,
): Promise<Result<FileSystem>> {
  if (output.from === 'workspace')
    return ok(new IgnoringFileSystem(context.files({ type: 'workspace', path: input.workspace ?? '' })));
  if (output.from === 'artifact')
    return ok(
      new MemoryFileSystem((output.files ?? []).map(([path, digest]) => [path, context.load(digest)] as const)),
    );
  const fetched = await fetchedSource(context, ports, input, output);
  if (!fetched.ok) return fetched;
  const files = context.files({ type: 'immutable', path: fetched.value.path });
  const { ignore } = fetched.value;
  if (ignore === undefined) return ok(files);
  return ok(new IgnoringFileSystem(files, { ignore: ignore.rules, bucket: ignore.bucket ?? false, scan: 'full' }));
}

/** Where a fetched revision lies on this machine. One that the cache has lost is fetched again. */
export async function fetchedSource(
  context: TaskContext,
  ports: TaskPorts,
  input: FetchInput,
  output: FetchOutput,
): Promise<Result<FetchedSource>> {
  const source = await openSource(context, ports, input);
  return source.ok ? source.value.fetch(output.pinned ?? '', context.signal) : source;
}
