import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { fromPlain, getIn, type YamlMap } from '../core/value.ts';
import {
  matchesSelector,
  type ProvidedInputs,
  providerInputs,
  providerReferences,
  renderResourceSet,
} from '../flux/index.ts';
import type { Json, TaskContext, TaskKind } from '../graph/task.ts';
import { formatId } from '../manifests/index.ts';
import { defineKind } from './define-kind.ts';
import { objectOf, providersFact } from './facts.ts';
import { type Rendered, writeRendered } from './rendered.ts';

export interface ResourceSetInput {
  /** The ResourceSet as its fact says it: canonical JSON. */
  readonly object: string;
}

const GROUP = 'fluxcd.controlplane.io';

/** Expands a ResourceSet into its objects, as flux-operator does. */
export const resourceSetKind: TaskKind<ResourceSetInput, Rendered & Json> = defineKind({
  name: 'resourceset',
  version: 1,
  id: ({ object }) => `build:${idOf(object)}`,
  declare: (input) => input,
  run: render,
});

const idOf = (object: string): string => {
  const { metadata } = JSON.parse(object) as { metadata: { name: string; namespace?: string } };
  return formatId({ kind: 'ResourceSet', namespace: metadata.namespace ?? '', name: metadata.name });
};

async function render(context: TaskContext, input: ResourceSetInput): Promise<Result<Rendered & Json>> {
  const resourceSet = fromPlain(JSON.parse(input.object)) as YamlMap;
  const provided = await providedInputs(context, resourceSet);
  if (!provided.ok) return provided;
  const known = new Map<string, YamlMap | undefined>();
  for (;;) {
    const asked = new Set<string>();
    const rendered = renderResourceSet(resourceSet, provided.value, (kind, namespace, name) => {
      const id = formatId({ kind, namespace, name });
      if (!known.has(id)) asked.add(id);
      return known.get(id);
    });
    if (asked.size === 0) {
      if (!rendered.ok) return rendered;
      for (const missing of rendered.value.missing)
        context.warn(
          `${idOf(input.object)}: ${missing} is nowhere in the run, so its data is left out; give it with --with-resource FILE`,
        );
      return ok(
        writeRendered(
          context,
          rendered.value.objects.map((object) => ({ object })),
        ) as Rendered & Json,
      );
    }
    for (const id of [...asked].sort()) {
      const [kind, namespace, name] = id.split('/') as [string, string, string];
      known.set(id, await objectOf(context, { group: '', kind, namespace, name }, { optional: true }));
    }
  }
}

/** What `spec.inputsFrom` names, in order. */
async function providedInputs(context: TaskContext, resourceSet: YamlMap): Promise<Result<ProvidedInputs[]>> {
  const references = providerReferences(resourceSet);
  if (!references.ok) return references;
  const namespace = String(getIn(resourceSet, 'metadata', 'namespace') ?? '');
  const provided: ProvidedInputs[] = [];
  for (const reference of references.value) {
    let providers: YamlMap[];
    if ('name' in reference) {
      const id = { group: GROUP, kind: 'ResourceSetInputProvider', namespace, name: reference.name };
      const provider = await objectOf(context, id);
      if (provider === undefined)
        return fail(
          failure('object-not-found', `${formatId(id)} is nowhere in the run`, { hint: 'check spec.inputsFrom' }),
        );
      providers = [provider];
    } else {
      const all = await context.fact(providersFact(namespace), { optional: true });
      providers = (Array.isArray(all) ? all : [])
        .map((json) => fromPlain(JSON.parse(String(json))) as YamlMap)
        .filter((provider) => matchesSelector(provider, reference.selector));
    }
    for (const provider of providers) {
      const inputs = providerInputs(provider);
      if (!inputs.ok) return inputs;
      if (inputs.value === undefined)
        context.warn(
          `ResourceSetInputProvider/${namespace}/${String(getIn(provider, 'metadata', 'name'))} asks a service for its inputs: give the object with status.exportedInputs in --with-resource FILE`,
        );
      else provided.push({ provider, inputs: inputs.value });
    }
  }
  return ok(provided);
}
