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
      return [
        new Map<string, YamlValue>([
          ...cloneValue(defaults),
          ['id', checksum(scalarText(getIn(provider, 'metadata', 'name')))],
        ]),
      ];
    const exported = given ?? mapsAt(provider, 'status', 'exportedInputs');
    if (given === undefined && exported.length === 0) return undefined;
    const filtered = filterInputs(provider, exported);
    return filtered.map((input) => new Map([...cloneValue(defaults), ...input]));
  });
}

/**
 * Adler-32 as decimal digits. The operator takes a provider's of its UID, which only a cluster gives: here, as on its command
 * line, it is of the name.
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
      const name = textAt(reference, 'name');
      if (name !== '') return { name };
      const selector = mapAt(reference, 'selector');
      if (selector !== undefined) return { selector };
      throw new FluxError(failure('invalid-object', 'input provider reference must have either name or selector set'));
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
 * The input sets of a ResourceSet: one each time its resources are rendered; none where nothing gives any. Its own come first,
 * then those of its providers in the order of their names, each provider once.
 * @param provided what its `inputsFrom` selected
 */
export function inputSets(resourceSet: YamlMap, provided: readonly ProvidedInputs[]): readonly YamlMap[] {
  const byName = new Map(provided.map((one) => [nameOf(one.provider), one]));
  const providers = [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  const sources = [{ provider: resourceSet, inputs: mapsAt(resourceSet, 'spec', 'inputs') }, ...providers].map(
    ({ provider, inputs }) => ({ provider, sets: inputs.map((input) => withProvider(provider, input)) }),
  );
  const strategy = textAt(resourceSet, 'spec', 'inputStrategy', 'name');
  if (strategy === '' || strategy === 'Flatten') return sources.flatMap(({ sets }) => sets);
  if (strategy !== 'Permute') throw new FluxError(failure('invalid-object', `unknown input strategy: '${strategy}'`));
  const includeEmpty = booleanAt(resourceSet, 'spec', 'inputStrategy', 'includeEmptyProviders');
  return permute(sources.filter(({ sets }) => includeEmpty || sets.length > 0));
}

const nameOf = (object: YamlMap): string => scalarText(getIn(object, 'metadata', 'name'));

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
  return nameOf(object)
    .toLowerCase()
    .replace(/[\s\p{P}]/gu, '_')
    .replace(/[^a-z0-9_]/g, '')
    .split('_')
    .filter((word) => word !== '')
    .join('_');
}

interface Source {
  readonly provider: YamlMap;
  readonly sets: readonly YamlMap[];
}

/** One set of each source under the source's name, in all combinations; the `id` says which. */
function permute(sources: readonly Source[]): readonly YamlMap[] {
  let permutations = sources.length === 0 ? [] : [{ inputs: new Map() as YamlMap, parts: [] as readonly string[] }];
  for (const { provider, sets } of sources) {
    const name = normalName(provider);
    const refused = refusal(name, nameOf(provider), sets.length, permutations.length);
    if (refused !== undefined)
      throw new FluxError(
        failure(
          'limit-exceeded',
          `failed to get inputs from ${scalarText(provider.get('kind'))}/${nameOf(provider)}: ${refused}`,
        ),
      );
    permutations = permutations.flatMap(({ inputs, parts }) =>
      sets.map((set, index) => ({ inputs: new Map(inputs).set(name, set), parts: [...parts, `${name}=${index}`] })),
    );
  }
  return permutations.map(({ inputs, parts }) => inputs.set('id', checksum(parts.join('/'))));
}

function refusal(key: string, name: string, sets: number, before: number): string | undefined {
  if (sets * before > MAX_PERMUTATIONS)
    return `adding provider '${name}' with ${sets} inputs would exceed the maximum allowed permutations. max: ${MAX_PERMUTATIONS}, got: ${sets * before}`;
  return key === '' ? `normalized provider name is empty: '${name}'` : undefined;
}
