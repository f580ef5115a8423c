import { getIn, isList, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { scalarText } from './fields.ts';
import { placeholder } from './sops/decrypt-tree.ts';

/** A Secret that a controller of the cluster makes from another object: it will be there, most of its values are not known. */
export interface DeclaredSecret {
  readonly namespace: string;
  readonly name: string;
  /** The keys it will have, as far as the object tells; sorted. */
  readonly keys: readonly string[];
  /** Values that are written out, by their keys: texts of a template without `{{`. */
  readonly values: Readonly<Record<string, string>>;
}

/**
 * The Secret that an ExternalSecret (`spec.target`) or a SealedSecret (`spec.template`) declares. Keys that `dataFrom` brings
 * are in the store alone.
 */
export function declaredSecret(object: YamlMap): DeclaredSecret {
  const sealed = object.get('kind') === 'SealedSecret';
  const template = sealed ? getIn(object, 'spec', 'template') : getIn(object, 'spec', 'target', 'template');
  const own = scalarText(getIn(object, 'metadata', 'name'));
  const target = scalarText(
    sealed ? getIn(object, 'spec', 'template', 'metadata', 'name') : getIn(object, 'spec', 'target', 'name'),
  );
  const data = isMap(template) ? template.get('data') : undefined;
  const templated = keysOf(data);
  const merges = isMap(template) && template.get('mergePolicy') === 'Merge';
  const fetched = sealed ? keysOf(getIn(object, 'spec', 'encryptedData')) : secretKeys(getIn(object, 'spec', 'data'));
  // A template says all that the Secret has, unless it is merged.
  const keys = sealed || templated.length === 0 || merges ? [...fetched, ...templated] : templated;
  return {
    namespace: scalarText(getIn(object, 'metadata', 'namespace')),
    name: target === '' ? own : target,
    keys: [...new Set(keys)].filter((key) => key !== '').sort(),
    values: isMap(data) ? literalsOf(data) : {},
  };
}

const literalsOf = (data: YamlMap): Record<string, string> =>
  Object.fromEntries(
    [...data].filter((entry): entry is [string, string] => typeof entry[1] === 'string' && !entry[1].includes('{{')),
  );

/** Such a Secret as far as its values are known, or `undefined` where none is. */
export const knownPart = (secret: Pick<DeclaredSecret, 'values'> | undefined): YamlMap | undefined =>
  secretOf(Object.entries(secret?.values ?? {}));

/** Such a Secret with `..PLACEHOLDER_<key>..` for what is not known, as for encrypted ones; `undefined` where no key is known. */
export const withPlaceholders = ({ keys, values }: Pick<DeclaredSecret, 'keys' | 'values'>): YamlMap | undefined =>
  secretOf(keys.map((key) => [key, values[key] ?? placeholder(key)] as const));

const secretOf = (data: readonly (readonly [string, string])[]): YamlMap | undefined =>
  data.length === 0
    ? undefined
    : new Map<string, YamlValue>([
        ['kind', 'Secret'],
        ['stringData', new Map<string, YamlValue>(data)],
      ]);

/**
 * Whether a variable names the Secret: `object` is as it is written, before substitution. What such an object lists is made for
 * many, and which Secret it makes is known only once it is built: its keys are taken as unknown, so that defaults hold.
 */
export const isNamedByVariable = (object: YamlMap): boolean =>
  [
    getIn(object, 'metadata', 'name'),
    getIn(object, 'metadata', 'namespace'),
    getIn(object, 'spec', 'target', 'name'),
    getIn(object, 'spec', 'template', 'metadata', 'name'),
  ].some((name) => typeof name === 'string' && name.includes('${'));

export const isDeclaringSecret = (group: string, kind: string): boolean =>
  (group === 'external-secrets.io' && kind === 'ExternalSecret') ||
  (group === 'bitnami.com' && kind === 'SealedSecret');

const keysOf = (value: YamlValue | undefined): string[] => (isMap(value) ? [...value.keys()] : []);

const secretKeys = (value: YamlValue | undefined): string[] =>
  isList(value) ? value.map((entry) => (isMap(entry) ? scalarText(entry.get('secretKey')) : '')) : [];
