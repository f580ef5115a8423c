import { posix } from 'node:path';
import { type Failure, failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn, type YamlMap, type YamlValue } from '../core/value.ts';
import {
  buildKustomization,
  type HelmPort,
  type KustomizeFailure,
  type RemotePort,
} from '../engines/kustomize/index.ts';
import { attempt } from './attempt.ts';
import { booleanAt, metadataText, scalarText, textAt, textMapAt } from './fields.ts';
import { generateKustomization } from './generate-kustomization.ts';
import { ownerLabels, withMetadata } from './metadata.ts';
import { buildName, substituteObject, type Variables } from './substitution.ts';

export const KUSTOMIZE_GROUP = 'kustomize.toolkit.fluxcd.io';

export interface KustomizationBuildOptions {
  /** Bases on other hosts; a missing one is in the failure's `missingRemotes`. */
  readonly remotes?: RemotePort;
  /** kustomize-controller builds without it: `helmCharts` are then refused. */
  readonly helm?: HelmPort;
}

export interface BuiltObjects {
  /** In the order of the kustomization. Not yet decrypted, nothing substituted. */
  readonly objects: readonly YamlMap[];
  readonly warnings: readonly string[];
}

/**
 * Generates the kustomization and builds it, as kustomize-controller does: any file of the source may be read, plugins are off, and
 * every object has an apiVersion, a kind and a name.
 * @see kustomize-controller internal/controller/kustomization_controller.go, generate and build
 */
export function buildObjects(
  fs: FileSystem,
  kustomization: YamlMap,
  options: KustomizationBuildOptions = {},
): Result<BuiltObjects, KustomizeFailure> {
  const generated = generateKustomization(fs, kustomization);
  if (!generated.ok) return generated;
  const built = buildKustomization(generated.value.fs, generated.value.path, {
    loadRestrictions: 'none',
    reorder: 'none',
    contained: true,
    ...(options.remotes === undefined ? {} : { remotes: options.remotes }),
    ...(options.helm === undefined ? {} : { helm: options.helm }),
  });
  if (!built.ok) {
    const undecodable =
      generated.value.action === 'created' ? undecodableFile(generated.value.path, built.error) : undefined;
    const { at, message } = built.error;
    return fail(
      undecodable ?? {
        ...built.error,
        message: `kustomize build failed: ${message}`,
        ...(at === undefined ? {} : { at: { ...at, file: at.file.replace(/^\//, '') } }),
      },
    );
  }
  const objects: YamlMap[] = [];
  for (const { object } of built.value.resources) {
    if (!isNamed(object)) return fail(unnamed(object));
    objects.push(object);
  }
  return ok({ objects, warnings: built.value.warnings });
}

/**
 * Flux reads the files that it lists before it builds; here the build does. What it says of a file that is no manifest becomes
 * what Flux says.
 */
function undecodableFile(directory: string, error: KustomizeFailure): KustomizeFailure | undefined {
  const match =
    /^accumulating resources: (?:accumulation err=')?accumulating resources from '\.\/([^']+\.ya?ml)': (.*)$/s.exec(
      error.message,
    );
  if (match === null) return undefined;
  const file = posix.join(directory, match[1]!);
  const cause = match[2]!.replace(/': must build at directory: .*$/s, '').replace(/ in File: \S+$/, '');
  if (cause.startsWith('merging resources')) return undefined;
  return {
    ...error,
    message: `failed to decode Kubernetes YAML from ${file}: ${cause}`,
    at: { ...error.at, file: file.slice(1) },
  };
}

const isNamed = (object: YamlMap): boolean =>
  scalarText(object.get('apiVersion')) !== '' &&
  scalarText(object.get('kind')) !== '' &&
  scalarText(getIn(object, 'metadata', 'name')) !== '';

const unnamed = (object: YamlMap): Failure =>
  failure('build-failed', `failed to decode Kubernetes apiVersion, kind and name from: ${buildName(object)}`);

/**
 * What kustomize-controller does to built (and decrypted) objects before it applies them: variables, ownership labels, common
 * metadata; objects that are never applied are left out.
 * @see kustomize-controller internal/controller/kustomization_controller.go, build, reconcile and apply
 */
export function finishObjects(
  objects: readonly YamlMap[],
  kustomization: YamlMap,
  variables: Pick<Variables, 'values' | 'substitute' | 'keepUnset'>,
  options: { readonly strict?: boolean } = {},
): Result<readonly YamlMap[]> {
  const substituted = substituteAll(objects, variables, options);
  if (!substituted.ok) return substituted;
  return attempt(() => {
    const owner = ownerLabels(
      KUSTOMIZE_GROUP,
      textAt(kustomization, 'metadata', 'name'),
      textAt(kustomization, 'metadata', 'namespace'),
    );
    const labels = textMapAt(kustomization, 'spec', 'commonMetadata', 'labels');
    const annotations = textMapAt(kustomization, 'spec', 'commonMetadata', 'annotations');
    const allLabels = new Map([...owner, ...labels]); // common labels come after the ownership labels, and win
    return substituted.value
      .flatMap(openList)
      .filter((object) => isNamed(object) && !isKustomizeFile(object))
      .map((object) => withMetadata(withMetadata(object, 'labels', allLabels), 'annotations', annotations))
      .filter((object) => !isNeverApplied(object));
  });
}

/** Substitutes in each object in turn; what a name becomes must not be another object's name by then. */
export function substituteAll(
  objects: readonly YamlMap[],
  variables: Pick<Variables, 'values' | 'substitute' | 'keepUnset'>,
  options: { readonly strict?: boolean },
): Result<readonly YamlMap[]> {
  if (!variables.substitute) return ok(objects);
  const current = [...objects];
  const ids = new Map<string, number>();
  const count = (id: string, by: number): number => {
    const sum = (ids.get(id) ?? 0) + by;
    ids.set(id, sum);
    return sum;
  };
  for (const object of objects) count(currentId(object), 1);
  for (const [index, object] of objects.entries()) {
    const result = substituteObject(object, variables, options);
    if (!result.ok)
      return fail({
        ...result.error,
        message: `post build failed for '${buildName(object)}': ${result.error.message}`,
      });
    if (result.value === object) continue;
    current[index] = result.value;
    count(currentId(object), -1);
    if (count(currentId(result.value), 1) > 1)
      return fail(
        failure('substitution-failed', 'in Replace: id matched 2 resources', {
          hint: `two objects are named ${buildName(result.value)} once their variables are substituted`,
        }),
      );
  }
  return ok(current);
}

const currentId = (object: YamlMap): string =>
  [
    object.get('apiVersion'),
    object.get('kind'),
    scalarText(getIn(object, 'metadata', 'namespace')) || 'default',
    getIn(object, 'metadata', 'name'),
  ].join('\0');

/** The items of a `List`; kustomize opens lists that it reads, but a substitution may make one. */
function openList(object: YamlMap): YamlMap[] {
  const items: YamlValue | undefined = object.get('items');
  if (!Array.isArray(items) || !scalarText(object.get('kind')).endsWith('List')) return [object];
  return items.filter((item): item is YamlMap => item instanceof Map);
}

const isKustomizeFile = (object: YamlMap): boolean =>
  scalarText(object.get('kind')).toLowerCase() === 'kustomization' &&
  scalarText(object.get('apiVersion')).startsWith('kustomize.config.k8s.io/');

/** Objects that say `kustomize.toolkit.fluxcd.io/ssa: Ignore` are built, but never reach the cluster. */
function isNeverApplied(object: YamlMap): boolean {
  const key = `${KUSTOMIZE_GROUP}/ssa`;
  return (['labels', 'annotations'] as const).some(
    (field) => metadataText(object, field, key).toLowerCase() === 'ignore',
  );
}

/** Whether `spec.suspend` is set: the controller then does nothing, and what it applied before stays. */
export const isSuspended = (object: YamlMap): boolean => getIn(object, 'spec', 'suspend') === true;

/** `buildObjects` and `finishObjects` in one, for sources without encrypted files. A suspended Kustomization gives nothing. */
export function buildFluxKustomization(
  fs: FileSystem,
  kustomization: YamlMap,
  options: KustomizationBuildOptions & {
    readonly variables: Pick<Variables, 'values' | 'substitute' | 'keepUnset'>;
    readonly strict?: boolean;
  },
): Result<BuiltObjects, KustomizeFailure> {
  const suspended = attempt(() => booleanAt(kustomization, 'spec', 'suspend'));
  if (!suspended.ok) return suspended;
  if (suspended.value) return ok({ objects: [], warnings: [] });
  const built = buildObjects(fs, kustomization, options);
  if (!built.ok) return built;
  const finished = finishObjects(built.value.objects, kustomization, options.variables, options);
  return finished.ok ? ok({ objects: finished.value, warnings: built.value.warnings }) : finished;
}
