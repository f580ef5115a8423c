import { posix } from 'node:path';
import { failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import { MemoryFileSystem } from '../core/memory-file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { fromPlain, getIn, isList, type YamlMap, type YamlValue } from '../core/value.ts';
import { IgnoringFileSystem } from '../flux/index.ts';
import { objectData } from '../flux/object-data.ts';
import { isPlaceholder } from '../flux/sops/decrypt-tree.ts';
import type { Json, TaskContext, TaskKind } from '../graph/task.ts';
import { formatId } from '../manifests/index.ts';
import { type ArtifactInput, artifactKind } from './artifact.ts';
import { defineKind } from './define-kind.ts';
import { objectOf } from './facts.ts';
import { lockKey, resolveLocked } from './lock.ts';
import { type Mount, MountedFileSystem } from './mounted-files.ts';
import type { FetchedSource, OpenSource, TaskPorts } from './ports.ts';

/** A source that a Kustomization or a chart is read from. */
export interface FetchInput {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The directory of the workspace that stands in for the source; nothing is fetched then. */
  readonly workspace?: string;
  /** `spec.ignore` of the source that the workspace stands in for. */
  readonly ignore?: string;
  /** For a HelmRepository: the chart, its version constraint, and with what its signature is checked. */
  readonly chart?: { readonly name: string; readonly version: string; readonly verify?: ChartVerification };
  /** For a HelmRepository that no object stands for: its address. The name is the address then, too. */
  readonly url?: string;
  /** What a GitRepository includes, where the one who asks knows better than its object which directories stand in. */
  readonly include?: readonly Include[];
}

/** `spec.verify` of a HelmChart. */
export type ChartVerification = { readonly provider: string; readonly secretRef?: string };

/** Files of another GitRepository, laid over those of the one that includes it. */
export type Include = {
  readonly fromPath: string;
  readonly toPath: string;
  readonly source: FetchInput;
};

export type FetchOutput = {
  /** `workspace`: the files are the workspace's; `fetched`: they are in the cache under the revision. */
  readonly from: 'workspace' | 'fetched' | 'artifact';
  /** As in Flux's status: `main@sha1:…`, `1.2.3@sha256:…`; `workspace` for the files at hand. */
  readonly revision: string;
  /** What `OpenSource.fetch` takes. */
  readonly pinned?: string;
  /** The name of the reference that `pinned` answers: what a lock file says. */
  readonly reference?: string;
  readonly included?: readonly (Include & { readonly output: FetchOutput })[];
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
    declare: (input) => ({ ...input, ...lockKey(ports) }),
    async run(context, input) {
      if (input.workspace !== undefined) {
        const included = await fetchIncluded(context, ports, input.include ?? []);
        if (!included.ok) return included;
        return ok({ from: 'workspace', revision: 'workspace', ...included.value } as FetchOutput & Json);
      }
      if (input.kind === 'ExternalArtifact') return fetchArtifact(context, ports, input);
      const object = await givenSource(context, input);
      if (!object.ok) return object;
      if (object.value.get(STAND_IN) === true) {
        context.warn(
          `${formatId(input)} is nowhere in the run; the repository at hand stands in for it, which has the paths that are read from it`,
        );
        return ok({ from: 'workspace', revision: 'workspace' });
      }
      const source = await openSource(context, ports, input, object.value);
      if (!source.ok) return source;
      const pinned = await resolveLocked(context, ports, source.value);
      if (!pinned.ok) return pinned;
      const fetched = await source.value.fetch(pinned.value, context.signal);
      if (!fetched.ok) return fetched;
      context.keeps(fetched.value.file ?? fetched.value.path);
      const { namespace } = input;
      const included = await fetchIncluded(
        context,
        ports,
        input.include ??
          (source.value.include ?? []).map(({ repository, fromPath, toPath }) => ({
            fromPath,
            toPath,
            source: { kind: 'GitRepository', namespace, name: repository },
          })),
      );
      if (!included.ok) return included;
      return ok({
        from: 'fetched',
        revision: fetched.value.revision,
        pinned: pinned.value,
        reference: source.value.lockName ?? source.value.reference.name,
        ...included.value,
      } as FetchOutput & Json);
    },
  });
}

/** @see source-controller internal/controller/gitrepository_controller.go, fetchIncludes */
async function fetchIncluded(
  context: TaskContext,
  ports: TaskPorts,
  includes: readonly Include[],
): Promise<Result<Pick<FetchOutput, 'included'>>> {
  if (includes.length === 0) return ok({});
  const included: NonNullable<FetchOutput['included']>[number][] = [];
  for (const include of includes) {
    const output = await context.need(fetchKind(ports), include.source);
    if (!output.ok)
      return fail({
        ...output.error,
        message: `could not get resource for include '${include.source.name}': ${output.error.message}`,
      });
    included.push({ ...include, output: output.value });
  }
  return ok({ included });
}

async function withIncluded(
  context: TaskContext,
  ports: TaskPorts,
  files: FileSystem,
  { included = [] }: FetchOutput,
): Promise<Result<FileSystem>> {
  const mounts: Mount[] = [];
  for (const { fromPath, toPath, source, output } of included) {
    const others = await sourceFiles(context, ports, source, output);
    if (!others.ok) return others;
    const from = within(fromPath);
    if (others.value.exists(from) === undefined)
      return fail(
        failure('path-not-found', `include '${source.name}': ${fromPath} does not exist in its files`, {
          hint: 'check spec.include[].fromPath of the GitRepository',
        }),
      );
    mounts.push({ at: within(toPath), files: others.value, from });
  }
  return ok(mounts.length === 0 ? files : new MountedFileSystem(files, mounts));
}

/** `..` cannot leave the files. */
const within = (path: string): string => posix.join('/', path).replace(/(.)\/$/, '$1');

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
/** Marks the fact of a source that is nowhere, and that the repository at hand stands in for. */
export const STAND_IN = 'flux-local.stand-in';

const givenSource = async (context: TaskContext, input: FetchInput): Promise<Result<YamlMap>> =>
  input.url === undefined ? sourceObject(context, input) : ok(helmRepositoryObject(input.url));

/** The source object of the run, its Secrets with it. */
async function openSource(
  context: TaskContext,
  ports: TaskPorts,
  input: FetchInput,
  object: YamlMap,
): Promise<Result<OpenSource>> {
  const secrets = new Map<string, YamlMap>();
  for (const path of SECRET_FIELDS) {
    const name = getIn(object, 'spec', ...path);
    if (typeof name !== 'string' || secrets.has(name)) continue;
    const secret = await knownSecret(context, input.namespace, name);
    if (secret !== undefined) secrets.set(name, secret);
  }
  const trusted = input.chart?.verify?.secretRef;
  const trustedSecret = trusted === undefined ? undefined : await knownSecret(context, input.namespace, trusted);
  if (trusted !== undefined && trustedSecret !== undefined) secrets.set(trusted, trustedSecret);
  const pullSecrets = await pullSecretsOf(context, input.namespace, getIn(object, 'spec', 'serviceAccountName'));
  return ports.sources.open({
    object,
    ...(pullSecrets.length === 0 ? {} : { pullSecrets }),
    ...(input.chart === undefined ? {} : { chart: input.chart }),
    secret: (name) => secrets.get(name),
    warn: (message) => context.warn(message),
  });
}

/** A Secret of the run, `undefined` where its values are not known. Without it the user's own credentials are tried. */
async function knownSecret(context: TaskContext, namespace: string, name: string): Promise<YamlMap | undefined> {
  const secret = await objectOf(context, { group: '', kind: 'Secret', namespace, name }, { optional: true });
  if (secret === undefined) return undefined;
  return [...objectData(secret).values()].some((text) => isPlaceholder(text)) ? undefined : secret;
}

/** @see source-controller ocirepository_controller.go, keychain */
async function pullSecretsOf(
  context: TaskContext,
  namespace: string,
  name: YamlValue | undefined,
): Promise<readonly YamlMap[]> {
  if (typeof name !== 'string' || name === '') return [];
  const account = await objectOf(context, { group: '', kind: 'ServiceAccount', namespace, name }, { optional: true });
  const references = getIn(account, 'imagePullSecrets');
  const secrets: YamlMap[] = [];
  for (const reference of isList(references) ? references : []) {
    const secret = await knownSecret(context, namespace, String(getIn(reference, 'name') ?? ''));
    if (secret !== undefined) secrets.push(secret);
  }
  return secrets;
}

/** A chart's dependency names no object, only an address. */
const helmRepositoryObject = (url: string): YamlMap =>
  fromPlain({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmRepository',
    metadata: { name: 'dependency' },
    spec: { url, interval: '1h', type: url.startsWith('oci://') ? 'oci' : 'default' },
  }) as YamlMap;

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
  if (output.from === 'workspace') {
    const own = context.files({ type: 'workspace', path: input.workspace ?? '' });
    const files = await withIncluded(context, ports, own, output);
    return files.ok
      ? ok(new IgnoringFileSystem(files.value, { ignore: input.ignore, bucket: input.kind === 'Bucket' }))
      : files;
  }
  if (output.from === 'artifact')
    return ok(
      new MemoryFileSystem((output.files ?? []).map(([path, digest]) => [path, context.load(digest)] as const)),
    );
  const fetched = await fetchedSource(context, ports, input, output);
  if (!fetched.ok) return fetched;
  const files = await withIncluded(
    context,
    ports,
    context.files({ type: 'immutable', path: fetched.value.path }),
    output,
  );
  const { ignore } = fetched.value;
  if (!files.ok || ignore === undefined) return files;
  return ok(
    new IgnoringFileSystem(files.value, { ignore: ignore.rules, bucket: ignore.bucket ?? false, scan: 'full' }),
  );
}

/** The archive of a chart that was fetched. */
export function archiveBytes(context: TaskContext, { path, file = '' }: FetchedSource): Result<Uint8Array> {
  const bytes = context.files({ type: 'immutable', path }).readFile(`/${posix.basename(file)}`);
  return bytes === undefined ? fail(failure('path-not-found', `${file} is gone`, { transient: true })) : ok(bytes);
}

/** Fetches the archive of a chart of a HelmRepository. */
export async function fetchArchive(
  context: TaskContext,
  ports: TaskPorts,
  input: FetchInput,
): Promise<Result<Uint8Array>> {
  const fetched = await context.need(fetchKind(ports), input);
  if (!fetched.ok) return fetched;
  const source = await fetchedSource(context, ports, input, fetched.value);
  return source.ok ? archiveBytes(context, source.value) : source;
}

/** Where a fetched revision lies on this machine. One that the cache has lost is fetched again. */
export async function fetchedSource(
  context: TaskContext,
  ports: TaskPorts,
  input: FetchInput,
  output: FetchOutput,
): Promise<Result<FetchedSource>> {
  const object = await givenSource(context, input);
  if (!object.ok) return object;
  const source = await openSource(context, ports, input, object.value);
  return source.ok ? source.value.fetch(output.pinned ?? '', context.signal) : source;
}
