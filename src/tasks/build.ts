import { fail, ok, type Result } from '../core/result.ts';
import { fromPlain, type YamlMap } from '../core/value.ts';
import { buildObjects, finishObjects } from '../flux/build-kustomization.ts';
import { missingVariableSource, resolveVariables, variableSources } from '../flux/substitution.ts';
import type { Json, TaskContext, TaskKind } from '../graph/task.ts';
import { declaredSecretFact, objectOf } from './facts.ts';
import { type FetchInput, fetchKind, sourceFiles } from './fetch.ts';
import type { TaskPorts } from './ports.ts';
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
  return {
    name: 'build',
    version: 1,
    id: ({ object }) => {
      const { metadata } = JSON.parse(object) as { metadata: { name: string; namespace?: string } };
      return `build:Kustomization/${metadata.namespace ?? ''}/${metadata.name}`;
    },
    declare: ({ object, source }) => {
      const { spec, ...rest } = JSON.parse(object) as { spec?: Record<string, unknown> };
      const read = Object.fromEntries(Object.entries(spec ?? {}).filter(([field]) => !UNREAD.includes(field)));
      return { object: { ...rest, spec: read }, source, strictSubstitute, substitute };
    },
    run: (context, input) => build(context, input, ports),
  };
}

async function build(context: TaskContext, input: BuildInput, ports: TaskPorts): Promise<Result<Rendered & Json>> {
  const kustomization = fromPlain(JSON.parse(input.object)) as YamlMap;
  const source = await context.need(fetchKind(ports), input.source);
  if (!source.ok) return source;
  const files = await sourceFiles(context, ports, input.source, source.value);
  if (!files.ok) return files;
  const built = buildObjects(files.value, kustomization);
  if (!built.ok) return built;
  for (const warning of built.value.warnings) context.warn(warning);

  const variables = await gatherVariables(context, kustomization, ports);
  if (!variables.ok) return variables;
  const finished = finishObjects(built.value.objects, kustomization, variables.value, {
    strict: ports.options.strictSubstitute,
  });
  if (!finished.ok) return finished;
  return ok(
    writeRendered(
      context,
      finished.value.map((object) => ({ object })),
    ) as Rendered & Json,
  );
}

/** The variables of a Kustomization. What is missing is named in a warning, and an error with `--strict-substitute`. */
async function gatherVariables(
  context: TaskContext,
  kustomization: YamlMap,
  { options }: TaskPorts,
): Promise<ReturnType<typeof resolveVariables>> {
  const sources = variableSources(kustomization);
  if (!sources.ok) return sources;
  const found = new Map<string, YamlMap>();
  for (const { kind, namespace, name, optional } of sources.value) {
    const object = await objectOf(context, { group: '', kind, namespace, name }, { optional });
    if (object !== undefined) found.set(`${kind}/${namespace}/${name}`, object);
  }
  const variables = resolveVariables(
    kustomization,
    (kind, namespace, name) => found.get(`${kind}/${namespace}/${name}`),
    options.substitute,
  );
  if (!variables.ok) return variables;
  for (const source of variables.value.missing) {
    const missing = missingVariableSource(source);
    if (options.strictSubstitute) return fail(missing);
    const declared =
      source.kind === 'Secret' &&
      (await context.fact(declaredSecretFact(source.namespace, source.name), { optional: true }));
    context.warn(
      declared
        ? `the values of Secret/${source.namespace}/${source.name} (made by an ${String(declared)}) are unknown, so its variables are empty; ${missing.hint}`
        : `${missing.message}, so its variables are empty; ${missing.hint}`,
    );
  }
  return variables;
}
