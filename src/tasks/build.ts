import type { FileSystem } from '../core/file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { fromPlain, type YamlMap } from '../core/value.ts';
import type { Warning } from '../core/warning.ts';
import type { RemoteAnswer } from '../engines/kustomize/index.ts';
import { type BuiltObjects, buildObjects, finishObjects } from '../flux/build-kustomization.ts';
import { declaredSecret, isDeclaringSecret, isNamedByVariable, withPlaceholders } from '../flux/declared-secret.ts';
import { decryptObjects, decryptSources } from '../flux/decryption.ts';
import { generateKustomization } from '../flux/generate-kustomization.ts';
import { placeholderReleases } from '../flux/placeholder-releases.ts';
import {
  missingVariableSource,
  resolveVariables,
  type VariableSource,
  type Variables,
  variableSources,
} from '../flux/substitution.ts';
import type { Json, TaskContext, TaskKind } from '../graph/task.ts';
import { formatId, isConfigMap, isSecret, objectId } from '../manifests/index.ts';
import { decryptionKeysOf } from './decryption-keys.ts';
import { defineKind } from './define-kind.ts';
import type { ExternalEngines } from './external.ts';
import { type DeclaredFact, declaredFact, declaredSecretFact, objectOf } from './facts.ts';
import { type FetchInput, fetchKind, sourceFiles } from './fetch.ts';
import type { TaskPorts } from './ports.ts';
import { remoteAnswer, remoteKey, remoteKind } from './remote.ts';
import { type Rendered, writeRendered } from './rendered.ts';

export interface BuildInput {
  /** The Kustomization as its fact says it: canonical JSON. */
  readonly object: string;
  readonly source: FetchInput;
}

/** Fields of a Kustomization that decide when and how it is applied, never what it builds. */
const UNREAD = [
  'interval',
  'retryInterval',
  'timeout',
  'prune',
  'wait',
  'force',
  'deletionPolicy',
  'healthChecks',
  'healthCheckExprs',
  'dependsOn',
  'serviceAccountName',
  'kubeConfig',
  'sourceRef',
];

/** Builds a Flux Kustomization: its source's files through kustomize, variables substituted, labels of its owner added. */
export function buildKind(ports: TaskPorts): TaskKind<BuildInput, Rendered & Json> {
  const { strictSubstitute, substitute } = ports.options;
  return defineKind({
    name: 'build',
    version: 1,
    id: ({ object }) => {
      const { metadata } = JSON.parse(object) as { metadata: { name: string; namespace?: string } };
      return `build:Kustomization/${metadata.namespace ?? ''}/${metadata.name}`;
    },
    declare: ({ object, source }) => {
      const { spec, ...rest } = JSON.parse(object) as { spec?: Record<string, unknown> };
      const read = Object.fromEntries(Object.entries(spec ?? {}).filter(([field]) => !UNREAD.includes(field)));
      const engine = ports.external?.versions.kustomize;
      return {
        object: { ...rest, spec: read },
        source,
        strictSubstitute,
        substitute,
        ...(engine === undefined ? {} : { engine }),
      };
    },
    run: (context, input) => build(context, input, ports),
  });
}

async function build(context: TaskContext, input: BuildInput, ports: TaskPorts): Promise<Result<Rendered & Json>> {
  const kustomization = fromPlain(JSON.parse(input.object)) as YamlMap;
  const source = await context.need(fetchKind(ports), input.source);
  if (!source.ok) return source;
  const files = await sourceFiles(context, ports, input.source, source.value);
  if (!files.ok) return files;
  const keys = await decryptionKeysOf(context, kustomization);
  const opened = await decryptSources(files.value, kustomization, keys.keys);
  if (!opened.ok) return opened;
  const built = await (ports.external === undefined
    ? buildWithRemotes(context, ports, opened.value.value, kustomization)
    : buildExternally(context, ports.external, opened.value.value, kustomization));
  if (!built.ok) return built;
  for (const warning of opened.value.warnings) context.warn(warning);
  for (const warning of built.value.warnings) context.warn(warningOf(kustomization, warning));
  const decrypted = await decryptObjects(built.value.objects, kustomization, keys.keys);
  if (!decrypted.ok) return decrypted;
  for (const warning of decrypted.value.warnings) context.warn(warning);
  const sensitive =
    keys.atHand &&
    (opened.value.value !== files.value ||
      decrypted.value.value.some((object, i) => object !== built.value.objects[i]));
  if (sensitive) context.unrecorded();

  const variables = await gatherVariables(context, kustomization, ports, decrypted.value.value);
  if (!variables.ok) return variables;
  const finished = finishObjects(decrypted.value.value, kustomization, variables.value, {
    strict: ports.options.strictSubstitute,
  });
  if (!finished.ok) return finished;
  const placeholders = placeholderReleases(decrypted.value.value, kustomization, variables.value);
  const named = namedByVariables(decrypted.value.value, kustomization, variables.value);
  return ok(
    writeRendered(
      context,
      finished.value.map((object) => ({
        object,
        sensitive: sensitive && object.get('kind') === 'Secret',
        placeholders: placeholders.size === 0 ? undefined : placeholders.get(formatId(objectId(object))),
        namedByVariable: named.size > 0 && named.has(formatId(objectId(object))),
      })),
    ) as Rendered & Json,
  );
}

/** What kustomize warns of (`# Warning: 'commonLabels' is deprecated. …`), with the Kustomization that it builds. */
function warningOf(kustomization: YamlMap, line: string): Warning {
  const subject = formatId(objectId(kustomization));
  const text = line.replace(/^# Warning: /, '');
  return { message: `${subject}: ${text}`, together: { text: `{count} Kustomizations, {names}: ${text}`, subject } };
}

/** The ids of the objects that declare Secrets and that variables name. */
function namedByVariables(
  objects: readonly YamlMap[],
  kustomization: YamlMap,
  variables: Variables,
): ReadonlySet<string> {
  const named = objects.filter((object) => {
    const { group, kind } = objectId(object);
    return isDeclaringSecret(group, kind) && isNamedByVariable(object);
  });
  const finished = finishObjects(named, kustomization, variables);
  return new Set(finished.ok ? finished.value.map((object) => formatId(objectId(object))) : []);
}

/** Builds; what is missing from other hosts is fetched, and the build tried again with it. */
async function buildWithRemotes(
  context: TaskContext,
  ports: TaskPorts,
  files: FileSystem,
  kustomization: YamlMap,
): Promise<ReturnType<typeof buildObjects>> {
  const answers = new Map<string, RemoteAnswer>();
  for (;;) {
    const built = buildObjects(files, kustomization, { remotes: (request) => answers.get(remoteKey(request)) });
    const missing = built.ok
      ? []
      : (built.error.missingRemotes ?? []).filter((request) => !answers.has(remoteKey(request)));
    if (missing.length === 0) return built;
    const fetched = await Promise.all(missing.map((request) => context.need(remoteKind(ports), request)));
    for (const [index, request] of missing.entries())
      answers.set(remoteKey(request), await remoteAnswer(context, ports, request, fetched[index]!));
  }
}

/** `kustomize build` of what Flux generates; it fetches remote bases itself. */
async function buildExternally(
  context: TaskContext,
  external: ExternalEngines,
  files: FileSystem,
  kustomization: YamlMap,
): Promise<Result<BuiltObjects>> {
  const generated = generateKustomization(files, kustomization);
  if (!generated.ok) return generated;
  const built = await external.build(generated.value.fs, generated.value.path, context.signal);
  return built.ok ? ok({ objects: built.value, warnings: [] }) : built;
}

/**
 * The variables of a Kustomization. What is missing is named in a warning, and an error with `--strict-substitute`; for the keys
 * of a Secret that an ExternalSecret declares, placeholders stand, but for those that it writes out. What the Kustomization itself
 * brings counts: in the cluster it is there from the second time on.
 */
async function gatherVariables(
  context: TaskContext,
  kustomization: YamlMap,
  { options }: TaskPorts,
  built: readonly YamlMap[],
): Promise<ReturnType<typeof resolveVariables>> {
  const sources = variableSources(kustomization);
  if (!sources.ok) return sources;
  const found = new Map<string, YamlMap>();
  const declared = new Map<string, DeclaredFact>();
  const own = sources.value.length === 0 ? NOTHING : ownSources(built);
  for (const { kind, namespace, name, optional } of sources.value) {
    const key = `${kind}/${namespace}/${name}`;
    const object =
      own.objects.get(key) ??
      (own.declared.has(key) ? undefined : await objectOf(context, { group: '', kind, namespace, name }, { optional }));
    if (object !== undefined) {
      found.set(key, object);
      continue;
    }
    if (kind !== 'Secret') continue;
    const fact =
      own.declared.get(key) ??
      ((await context.fact(declaredSecretFact(namespace, name), { optional: true })) as DeclaredFact | undefined);
    if (!fact) continue;
    declared.set(key, fact);
    // A Secret whose keys are not known is as good as none.
    const secret = fact.named ? undefined : withPlaceholders(fact);
    if (secret !== undefined) found.set(key, secret);
  }
  const idOf = ({ kind, namespace, name }: VariableSource): string => `${kind}/${namespace}/${name}`;
  const variables = resolveVariables(
    kustomization,
    (kind, namespace, name) => found.get(`${kind}/${namespace}/${name}`),
    options.substitute,
  );
  if (!variables.ok) return variables;
  const absent = variables.value.missing;
  const guessed = sources.value.filter((source) => {
    const fact = declared.get(idOf(source));
    return fact !== undefined && found.has(idOf(source)) && fact.keys.some((key) => fact.values[key] === undefined);
  });
  for (const source of [...absent, ...guessed]) {
    const missing = missingVariableSource(source);
    const isAbsent = absent.includes(source);
    if (options.strictSubstitute && isAbsent) return fail(missing);
    const subject = idOf(source);
    const maker = declared.get(subject);
    const effect = !isAbsent
      ? 'placeholders stand for its variables'
      : variables.value.keepUnset
        ? 'variables without a default are left as they stand'
        : 'its variables are empty where they have no default';
    context.warn({
      message:
        maker === undefined
          ? `${missing.message}, so ${effect}; ${missing.hint}`
          : `the values of ${subject} (made by an ${maker.by}) are unknown, so ${effect}; ${missing.hint}`,
      together: {
        text: `the values of {count} sources of variables are unknown, so ${effect.replace(/\bits\b/, 'their')}: {names}; give them with --with-resource FILE, or the variables with --substitute KEY=VALUE`,
        subject,
      },
    });
  }
  return variables;
}

interface OwnSources {
  readonly objects: ReadonlyMap<string, YamlMap>;
  readonly declared: ReadonlyMap<string, DeclaredFact>;
}

const NOTHING: OwnSources = { objects: new Map(), declared: new Map() };

/** The ConfigMaps and Secrets among built objects, and the Secrets that others of them declare. */
function ownSources(built: readonly YamlMap[]): OwnSources {
  const objects = new Map<string, YamlMap>();
  const declared = new Map<string, DeclaredFact>();
  for (const object of built) {
    const id = objectId(object);
    if (isConfigMap(id) || isSecret(id)) objects.set(`${id.kind}/${id.namespace}/${id.name}`, object);
    else if (isDeclaringSecret(id.group, id.kind)) {
      const secret = declaredSecret(object);
      declared.set(`Secret/${secret.namespace}/${secret.name}`, declaredFact(id.kind, secret));
    }
  }
  return { objects, declared };
}
