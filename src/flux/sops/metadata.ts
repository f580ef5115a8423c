import { getIn, isMap, type YamlMap, type YamlValue } from '../../core/value.ts';

/** The data key of a file, encrypted for one recipient. */
export interface WrappedKey {
  readonly type: 'age' | 'pgp';
  /** Armored. */
  readonly encrypted: string;
  /** An age recipient (`age1…`) or a PGP fingerprint. */
  readonly recipient: string;
}

export interface SopsMetadata {
  readonly keys: readonly WrappedKey[];
  /** Kinds of keys that only a cloud's service can use: `kms`, `gcp_kms`, `azure_kv`, `hc_vault`. */
  readonly services: readonly string[];
  readonly mac: string;
  readonly lastModified: string;
  readonly macOnlyEncrypted: boolean;
  /** More than one group of keys, of which several are needed. */
  readonly shamir: boolean;
}

const SERVICES = ['kms', 'gcp_kms', 'azure_kv', 'hc_vault', 'hckms'];
const text = (value: YamlValue | undefined): string => (value === undefined || value === null ? '' : String(value));
const maps = (value: YamlValue | undefined): YamlMap[] => (Array.isArray(value) ? value.filter(isMap) : []);

/** The `sops` part of a document, or `undefined` where it is not encrypted. */
export function readMetadata(document: YamlValue): SopsMetadata | undefined {
  const sops = getIn(document, 'sops');
  if (!isMap(sops) || text(sops.get('mac')) === '') return undefined;
  const groups = maps(sops.get('key_groups'));
  const holders = groups.length > 0 ? groups : [sops];
  const keys = holders.flatMap((holder) => [
    ...maps(holder.get('age')).map((key) => wrapped('age', key, 'recipient')),
    ...maps(holder.get('pgp')).map((key) => wrapped('pgp', key, 'fp')),
  ]);
  return {
    keys,
    services: SERVICES.filter((name) => holders.some((holder) => maps(holder.get(name)).length > 0)),
    mac: text(sops.get('mac')),
    lastModified: text(sops.get('lastmodified')),
    macOnlyEncrypted: sops.get('mac_only_encrypted') === true || sops.get('mac_only_encrypted') === 'true',
    shamir: groups.length > 1,
  };
}

const wrapped = (type: 'age' | 'pgp', key: YamlMap, recipient: string): WrappedKey => ({
  type,
  encrypted: text(key.get('enc')),
  recipient: text(key.get(recipient)),
});

/**
 * The metadata of dotenv and INI files is flat: `sops_age__list_0__map_enc`. Gives it its structure back.
 * @see getsops/sops stores/flatten.go
 */
export function unflatten(flat: ReadonlyMap<string, string>): YamlMap {
  const root: YamlMap = new Map();
  for (const [key, value] of flat) {
    const steps = key.split(/(__map_|__list_)/);
    let at: YamlMap = root;
    let name = steps[0]!;
    for (let index = 1; index < steps.length; index += 2) {
      const below = at.get(name);
      const next: YamlMap = isMap(below) ? below : new Map();
      at.set(name, next);
      at = next;
      name = steps[index + 1] ?? '';
    }
    at.set(name, value);
  }
  return asLists(root, '') as YamlMap;
}

/** Mappings whose keys count from 0 are lists. */
function asLists(value: YamlValue, name: string): YamlValue {
  if (!isMap(value)) return name !== '' && typeof value === 'string' ? value.replaceAll('\\n', '\n') : value;
  const keys = [...value.keys()];
  if (keys.length > 0 && keys.every((key) => /^\d+$/.test(key)))
    return keys.sort((a, b) => Number(a) - Number(b)).map((key) => asLists(value.get(key)!, key));
  return new Map([...value].map(([key, item]) => [key, asLists(item, key)]));
}
