import { RE2JS } from 're2js';
import { failure } from '../core/failure.ts';
import type { Result } from '../core/result.ts';
import { compareVersions, parseConstraint, parseVersion, satisfies } from '../core/semver.ts';
import { cloneValue, getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { attempt } from './attempt.ts';
import { booleanAt, FluxError, mapAt, mapsAt, scalarText, textAt, textsAt } from './fields.ts';

/** A ResourceSetInputProvider with the inputs that it exports. */
export interface ProvidedInputs {
  readonly provider: YamlMap;
  readonly inputs: readonly YamlMap[];
}

/** More permutations than this are refused, as the operator does. */
const MAX_PERMUTATIONS = 10_000;
const DEFAULT_LIMIT = 100;
const API_VERSION = 'fluxcd.controlplane.io/v1';

/**
 * What a ResourceSetInputProvider exports: its default values for `Static`; for a type that asks another service, the inputs that
 * are given for it, default values under each, filtered as `spec.filter` says.
 * @param given what the service would say, or what the object's `status.exportedInputs` says
 * @returns `undefined` where the type asks a service and nothing is given
 */
export function providerInputs(provider: YamlMap, given?: readonly YamlMap[]): Result<readonly YamlMap[] | undefined> {
  return attempt(() => {
    const defaults = mapAt(provider, 'spec', 'defaultValues') ?? new Map<string, YamlValue>();
    if (textAt(provider, 'spec', 'type') === 'Static')
      return [new Map<string, YamlValue>([...cloneValue(defaults), ['id', checksum(identity(provider))]])];
    const exported = given ?? mapsAt(provider, 'status', 'exportedInputs');
    if (given === undefined && exported.length === 0) return undefined;
    const filtered = filterInputs(provider, exported);
    return filtered.map((input) => new Map([...cloneValue(defaults), ...input]));
  });
}

const identity = (object: YamlMap): string =>
  ['kind', 'namespace', 'name']
    .map((field) => scalarText(field === 'kind' ? object.get('kind') : getIn(object, 'metadata', field)))
    .join('/');

/**
 * Adler-32 as decimal digits. The operator takes it of an object's UID, which only a cluster gives: here, of the object's name.
 * @see RFC 1950
 */
export function checksum(text: string): string {
  let a = 1;
  let b = 0;
  for (const byte of Buffer.from(text)) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return String(b * 65536 + a);
}

function filterInputs(provider: YamlMap, inputs: readonly YamlMap[]): readonly YamlMap[] {
  const filter = mapAt(provider, 'spec', 'filter') ?? new Map<string, YamlValue>();
  const matches = (field: string, name: string): ((input: YamlMap) => boolean) | undefined => {
    const pattern = textAt(filter, name);
    if (pattern === '') return undefined;
    const expression = compile(pattern);
    return (input) => expression.matcher(scalarText(input.get(field))).find();
  };
  let kept = inputs;
  for (const [field, suffix] of [
    ['branch', 'Branch'],
    ['tag', 'Tag'],
    ['title', 'Environment'],
  ] as const) {
    const include = matches(field, `include${suffix}`);
    const exclude = matches(field, `exclude${suffix}`);
    kept = kept.filter((input) => (include?.(input) ?? true) && !(exclude?.(input) ?? false));
  }
  kept = bySemver(kept, textAt(filter, 'semver'));
  const limit = filter.get('limit');
  return kept.slice(0, typeof limit === 'number' && limit > 0 ? limit : DEFAULT_LIMIT);
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new FluxError(
      failure('invalid-object', `invalid regular expression ${pattern}: ${(error as Error).message}`),
    );
  }
}

/** Tags that satisfy the range, the latest first. */
function bySemver(inputs: readonly YamlMap[], range: string): readonly YamlMap[] {
  if (range === '') return inputs;
  const constraint = parseConstraint(range);
  if (!constraint.ok)
    throw new FluxError(failure('invalid-object', `invalid semver range ${range}: ${constraint.error}`));
  return inputs
    .flatMap((input) => {
      const version = parseVersion(scalarText(input.get('tag')));
      return version.ok && satisfies(constraint.value, version.value) ? [{ input, version: version.value }] : [];
    })
    .sort((a, b) => compareVersions(b.version, a.version))
    .map(({ input }) => input);
}

/** An entry of `spec.inputsFrom`. */
export type ProviderReference = { readonly name: string } | { readonly selector: YamlMap };

/** What a ResourceSet's `spec.inputsFrom` names, all in its own namespace. */
export function providerReferences(resourceSet: YamlMap): Result<readonly ProviderReference[]> {
  return attempt(() =>
    mapsAt(resourceSet, 'spec', 'inputsFrom').map((reference) => {
      const selector = mapAt(reference, 'selector');
      return selector === undefined ? { name: textAt(reference, 'name') } : { selector };
    }),
  );
}

/** Whether labels satisfy `matchLabels` and `matchExpressions`. */
export function matchesSelector(object: YamlMap, selector: YamlMap): boolean {
  const labels = getIn(object, 'metadata', 'labels');
  const label = (key: string): string | undefined => {
    const value = isMap(labels) ? labels.get(key) : undefined;
    return value === undefined || value === null ? undefined : scalarText(value);
  };
  for (const [key, value] of mapAt(selector, 'matchLabels') ?? []) if (label(key) !== scalarText(value)) return false;
  return mapsAt(selector, 'matchExpressions').every((expression) => {
    const value = label(textAt(expression, 'key'));
    const values = textsAt(expression, 'values');
    switch (textAt(expression, 'operator')) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        throw new FluxError(
          failure('invalid-object', `unknown operator ${textAt(expression, 'operator')} in a label selector`),
        );
    }
  });
}

/**
 * The input sets of a ResourceSet: one each time its resources are rendered. One empty set where it asks for none.
 * @param provided what its `inputsFrom` selected, in order
 */
export function inputSets(resourceSet: YamlMap, provided: readonly ProvidedInputs[]): readonly YamlMap[] {
  const inline = mapsAt(resourceSet, 'spec', 'inputs');
  const fromProviders = mapsAt(resourceSet, 'spec', 'inputsFrom').length > 0;
  const sources = [
    ...(inline.length > 0
      ? [{ object: resourceSet, sets: inline.map((input, index) => inlineSet(resourceSet, input, index)) }]
      : []),
    ...provided.map(({ provider, inputs }) => ({
      object: provider,
      sets: inputs.map((input) => withProvider(provider, input)),
    })),
  ];
  if (inline.length === 0 && !fromProviders) return [withProvider(resourceSet, new Map())];
  if (textAt(resourceSet, 'spec', 'inputStrategy', 'name') !== 'Permute') return sources.flatMap(({ sets }) => sets);
  const includeEmpty = booleanAt(resourceSet, 'spec', 'inputStrategy', 'includeEmptyProviders');
  return permute(
    sources
      .filter(({ sets }) => includeEmpty || sets.length > 0)
      .map(({ object, sets }) => [normalName(object), sets] as const),
    identity(resourceSet),
  );
}

const inlineSet = (resourceSet: YamlMap, input: YamlMap, index: number): YamlMap =>
  withProvider(resourceSet, new Map([['id', checksum(`${identity(resourceSet)}/${index}`)], ...input]));

function withProvider(provider: YamlMap, input: YamlMap): YamlMap {
  const reference = new Map<string, YamlValue>([
    ['apiVersion', API_VERSION],
    ['kind', scalarText(provider.get('kind'))],
    ['name', scalarText(getIn(provider, 'metadata', 'name'))],
    ['namespace', scalarText(getIn(provider, 'metadata', 'namespace'))],
  ]);
  return new Map<string, YamlValue>(input).set('provider', reference);
}

/** An object's name as a key that templates can write: `Git-Tag.v1` becomes `git_tag_v1`. */
function normalName(object: YamlMap): string {
  return scalarText(getIn(object, 'metadata', 'name'))
    .toLowerCase()
    .replace(/[\s\p{P}]/gu, '_')
    .replace(/[^a-z0-9_]/g, '')
    .split('_')
    .filter((word) => word !== '')
    .join('_');
}

function permute(sources: readonly (readonly [string, readonly YamlMap[]])[], id: string): readonly YamlMap[] {
  const count = sources.reduce((product, [, sets]) => product * sets.length, sources.length === 0 ? 0 : 1);
  if (count > MAX_PERMUTATIONS)
    throw new FluxError(
      failure('limit-exceeded', `the inputs permute to ${count} sets, more than the operator's ${MAX_PERMUTATIONS}`),
    );
  let permutations: YamlMap[] = sources.length === 0 ? [] : [new Map()];
  for (const [name, sets] of sources)
    permutations = permutations.flatMap((permutation) => sets.map((set) => new Map(permutation).set(name, set)));
  return permutations.map(
    (permutation, index) => new Map<string, YamlValue>([...permutation, ['id', checksum(`${id}/${index}`)]]),
  );
}
