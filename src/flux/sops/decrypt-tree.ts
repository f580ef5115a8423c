import { createHash, type Hash } from 'node:crypto';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { isMap, type YamlMap, type YamlValue } from '../../core/value.ts';
import { CipherError, decryptValue, isEncrypted, macText } from './cipher.ts';
import type { SopsMetadata } from './metadata.ts';

/** What a MAC over encrypted values only begins with. */
const MAC_ONLY_ENCRYPTED = Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex');

/**
 * A document with its encrypted values decrypted and its `sops` part gone. Values that are not encrypted are left as they are.
 * @param options `checkMac`: also whether any value was changed, added or moved since it was encrypted. kustomize-controller does not
 *   check it: what kustomize adds to an object would fail it.
 * @see getsops/sops sops.go, Tree.Decrypt
 */
export function decryptTree(
  document: YamlMap,
  metadata: SopsMetadata,
  key: Uint8Array,
  options: { readonly checkMac?: boolean; readonly raw?: boolean } = {},
): Result<YamlMap> {
  const walk = new Walk(key, metadata, options.raw ?? false);
  try {
    const decrypted = walk.branch(new Map([...document].filter(([name]) => name !== 'sops')), '');
    if (options.checkMac) {
      const stored = metadata.mac === '' ? '' : decryptValue(metadata.mac, key, metadata.lastModified).text;
      if (stored !== walk.mac())
        return fail(failure('verification-failed', 'failed to verify sops data integrity: the MAC does not match'));
    }
    return ok(decrypted);
  } catch (error) {
    if (error instanceof CipherError)
      return fail(failure('decryption-failed', `error decrypting sops tree: ${error.message}`));
    throw error;
  }
}

class Walk {
  readonly #key: Uint8Array;
  readonly #onlyEncrypted: boolean;
  readonly #raw: boolean;
  readonly #hash: Hash = createHash('sha512');

  constructor(key: Uint8Array, metadata: SopsMetadata, raw: boolean) {
    this.#raw = raw;
    this.#key = key;
    this.#onlyEncrypted = metadata.macOnlyEncrypted;
    if (this.#onlyEncrypted) this.#hash.update(MAC_ONLY_ENCRYPTED);
  }

  mac(): string {
    return this.#hash.digest('hex').toUpperCase();
  }

  branch(map: YamlMap, path: string): YamlMap {
    return new Map(
      [...map].map(([name, value]) => [
        name,
        this.#value(value, name.startsWith('#') ? path || ':' : `${path}${name}:`),
      ]),
    );
  }

  #value(value: YamlValue, path: string): YamlValue {
    if (isMap(value)) return this.branch(value, path);
    if (Array.isArray(value)) return value.map((item) => this.#value(item, path)).filter((item) => item !== undefined);
    if (value === null) return null;
    if (!isEncrypted(value)) {
      if (!this.#onlyEncrypted) this.#hash.update(macText(value));
      return value;
    }
    const decrypted = decryptValue(value, this.#key, path, this.#raw);
    if (decrypted.type !== 'comment') this.#hash.update(decrypted.text, this.#raw ? 'latin1' : 'utf8');
    return decrypted.value;
  }
}

/** The same document with a stable text in place of each encrypted value, named for its key; the `sops` part gone. */
export function placeholderTree(document: YamlMap, encode: (text: string, path: readonly string[]) => string): YamlMap {
  const walk = (value: YamlValue, path: readonly string[]): YamlValue => {
    if (isMap(value)) return new Map([...value].map(([name, item]) => [name, walk(item, [...path, name])]));
    if (Array.isArray(value)) return value.map((item) => walk(item, path));
    return isEncrypted(value) ? encode(placeholder(path.at(-1) ?? ''), path) : value;
  };
  return walk(new Map([...document].filter(([name]) => name !== 'sops')), []) as YamlMap;
}

export const placeholder = (name: string): string => `..PLACEHOLDER_${name}..`;
