import { getIn, isMap, type YamlMap, type YamlValue } from '../../core/value.ts';

/** The data key of a file (or its share of a group), encrypted for one recipient. */
export interface WrappedKey {
  readonly type: 'age' | 'pgp' | 'service';
  /** Armored; '' for a `service`, which only its own API can open. */
  readonly encrypted: string;
  /** For people: `age age1…`, `pgp <fingerprint>`, `AWS KMS arn:…`. */
  readonly name: string;
}

/** Which keys' values are encrypted; one of them at most, and the suffix `_unencrypted` where a file names none. */
export const RULES = [
  'unencrypted_suffix',
  'encrypted_suffix',
  'unencrypted_regex',
  'encrypted_regex',
  'unencrypted_comment_regex',
  'encrypted_comment_regex',
] as const;
export type RuleKind = (typeof RULES)[number];

export interface SopsMetadata {
  /** Any key of a group opens its share; of one group, the data key itself. */
  readonly groups: readonly (readonly WrappedKey[])[];
  /** How many groups are needed, where there are several. */
  readonly threshold: number;
  readonly mac: string;
  readonly lastModified: string;
  readonly macOnlyEncrypted: boolean;
  readonly rule: { readonly kind: RuleKind; readonly value: string };
  /** Why sops refuses the file. */
  readonly problem?: string;
}

const text = (value: YamlValue | undefined): string => (value === undefined || value === null ? '' : String(value));
const maps = (value: YamlValue | undefined): YamlMap[] => (Array.isArray(value) ? value.filter(isMap) : []);

/** The `sops` part of a document, or `undefined` where it is not encrypted. @see getsops/sops stores/stores.go */
export function readMetadata(document: YamlValue): SopsMetadata | undefined {
  const sops = getIn(document, 'sops');
  if (!isMap(sops) || text(sops.get('mac')) === '') return undefined;
  const own = wrappedKeys(sops);
  const groups = own.length > 0 ? [own] : maps(sops.get('key_groups')).map(wrappedKeys);
  const rules = RULES.filter((kind) => text(sops.get(kind)) !== '');
  const problem =
    groups.length === 0
      ? 'No keys found in file'
      : rules.length > 1
        ? 'Cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex in the same file'
        : undefined;
  const kind = rules[0] ?? 'unencrypted_suffix';
  return {
    groups,
    threshold: Number(text(sops.get('shamir_threshold')) || '0'),
    mac: text(sops.get('mac')),
    lastModified: text(sops.get('lastmodified')),
    macOnlyEncrypted: text(sops.get('mac_only_encrypted')) === 'true',
    rule: { kind, value: text(sops.get(kind)) || '_unencrypted' },
    ...(problem === undefined ? {} : { problem }),
  };
}

/** In the order in which they are tried: age, PGP, the others. */
function wrappedKeys(holder: YamlMap): WrappedKey[] {
  const of = (field: string, type: WrappedKey['type'], name: (key: YamlMap) => string): WrappedKey[] =>
    maps(holder.get(field)).map((key) => ({
      type,
      encrypted: type === 'service' ? '' : text(key.get('enc')),
      name: name(key),
    }));
  const part = (field: string) => (key: YamlMap) => text(key.get(field));
  return [
    ...of('age', 'age', (key) => `age ${part('recipient')(key)}`),
    ...of('pgp', 'pgp', (key) => `pgp ${part('fp')(key)}`),
    ...of('kms', 'service', (key) => `AWS KMS ${part('arn')(key)}`),
    ...of('gcp_kms', 'service', (key) => `GCP KMS ${part('resource_id')(key)}`),
    ...of('hckms', 'service', (key) => `HuaweiCloud KMS ${part('key_id')(key)}`),
    ...of(
      'azure_kv',
      'service',
      (key) => `Azure Key Vault ${part('vault_url')(key)}/keys/${part('name')(key)}/${part('version')(key)}`,
    ),
    ...of(
      'hc_vault',
      'service',
      (key) => `Vault ${part('vault_address')(key)}/v1/${part('engine_path')(key)}/keys/${part('key_name')(key)}`,
    ),
  ];
}

/** Whom a file is encrypted for, for people. */
export function recipients({ groups, threshold }: SopsMetadata): string {
  const names = groups.map((group) => group.map(({ name }) => name).join(', '));
  if (names.length === 1) return names[0]!;
  return `${threshold} of ${names.length} key groups: ${names.map((name) => `(${name})`).join(', ')}`;
}

/**
 * The metadata of dotenv and INI files is flat: `sops_age__list_0__map_enc`. Gives it its structure back.
 * @see getsops/sops stores/flatten.go
 */
export function unflatten(flat: ReadonlyMap<string, string>): YamlMap {
  const root: YamlMap = new Map();
  for (const [key, value] of flat) {
    const steps = key.split(/__map_|__list_/);
    let at: YamlMap = root;
    for (const step of steps.slice(0, -1)) {
      const below = at.get(step);
      const next: YamlMap = isMap(below) ? below : new Map();
      at.set(step, next);
      at = next;
    }
    at.set(steps.at(-1)!, value);
  }
  return asLists(root) as YamlMap;
}

/** Mappings whose keys count from 0 are lists. */
function asLists(value: YamlValue): YamlValue {
  if (!isMap(value)) return value;
  const keys = [...value.keys()];
  if (keys.length > 0 && keys.every((key) => /^\d+$/.test(key)))
    return keys.sort((a, b) => Number(a) - Number(b)).map((key) => asLists(value.get(key)!));
  return new Map([...value].map(([key, item]) => [key, asLists(item)]));
}
