import type { Failure } from '../core/failure.ts';
import { fromPlain, type YamlMap } from '../core/value.ts';
import type { DeclaredSecret } from '../flux/declared-secret.ts';
import type { Json, TaskContext } from '../graph/task.ts';
import { formatId, type ObjectId } from '../manifests/index.ts';

/**
 * Names of the facts that the run over a cluster publishes. The version of an object is no part of its name: the API server
 * serves one object under all of them.
 */
export const objectFact = (id: Pick<ObjectId, 'group' | 'kind' | 'namespace' | 'name'>): string =>
  `object:${id.group === '' ? '' : `${id.group}/`}${formatId(id)}`;
export const readyFact = (id: Pick<ObjectId, 'kind' | 'namespace' | 'name'>): string => `ready:${formatId(id)}`;
/** The ResourceSetInputProviders of a namespace, for ResourceSets that select them by labels; published when nothing can come any more. */
export const providersFact = (namespace: string): string => `providers:${namespace}`;
/** The HelmRepositories of a namespace (`RepositoriesFact`), for charts whose dependencies name addresses; published as `providers:`. */
export const repositoriesFact = (namespace: string): string => `repositories:${namespace}`;
/** Names and addresses, in the order of the names. */
export type RepositoriesFact = readonly (readonly [name: string, url: string])[];
/** Secrets that something in the run makes (an ExternalSecret): known to exist, most values unknown (`DeclaredFact`). */
export const declaredSecretFact = (namespace: string, name: string): string => `declared:Secret/${namespace}/${name}`;

/** The answer of a `declared:` fact: the kind that makes the Secret, the keys it tells of, and the values that it writes out. */
export type DeclaredFact = {
  readonly by: string;
  readonly keys: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  /** `isNamedByVariable` */
  readonly named?: true;
};

export const declaredFact = (by: string, { keys, values }: DeclaredSecret, named = false): DeclaredFact => ({
  by,
  keys,
  values,
  ...(named ? { named } : {}),
});

/** The answer of a `ready:` fact. */
export type Readiness = { readonly ok: true } | { readonly ok: false; readonly failure: Failure };

/** Marks the fact of an object that was decrypted: what reads it must not be written down either. */
export const SENSITIVE = 'flux-local.sensitive';

/** Under it, the fact of a HelmRelease holds its `spec` with placeholders for the variables that nothing tells. */
export const PLACEHOLDERS = 'flux-local.placeholders';

/** Marks the fact of an ExternalSecret or SealedSecret that a variable names (`isNamedByVariable`). */
export const NAMED_BY_VARIABLE = 'flux-local.named-by-variable';

/** The object under a fact, or `undefined` where nothing in the run has it. */
export async function objectOf(
  context: Pick<TaskContext, 'fact' | 'unrecorded'>,
  id: Pick<ObjectId, 'group' | 'kind' | 'namespace' | 'name'>,
  options?: { readonly optional?: boolean },
): Promise<YamlMap | undefined> {
  const json = await context.fact(objectFact(id), options);
  if (typeof json !== 'string') return undefined;
  const object = fromPlain(JSON.parse(json)) as YamlMap;
  if (object.delete(SENSITIVE)) context.unrecorded();
  return object;
}

export const readyJson = (readiness: Readiness): Json => readiness as unknown as Json;
