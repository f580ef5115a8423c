import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { SopsMetadata, WrappedKey } from './metadata.ts';

/** Private keys at hand. Their text never leaves this folder. */
export interface DecryptionKeys {
  /** `AGE-SECRET-KEY-1…`, one each. */
  readonly age: readonly string[];
  /** Armored private keys. */
  readonly pgp: readonly string[];
}

export const NO_KEYS: DecryptionKeys = { age: [], pgp: [] };

/** The age keys of a key file: a line each, `#` begins a comment. */
export function ageKeysIn(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^AGE-SECRET-KEY-/i.test(line));
}

export const joinKeys = (...all: readonly DecryptionKeys[]): DecryptionKeys => ({
  age: [...new Set(all.flatMap((keys) => keys.age))],
  pgp: [...new Set(all.flatMap((keys) => keys.pgp))],
});

/**
 * The key that a document's values are encrypted with. `undefined` where no private key at hand opens it.
 * A failure says that the document's own metadata cannot be used.
 */
export async function dataKey(metadata: SopsMetadata, keys: DecryptionKeys): Promise<Result<Uint8Array | undefined>> {
  if (metadata.shamir)
    return fail(
      failure('decryption-failed', 'cannot get sops data key: several key groups (Shamir) are not supported'),
    );
  for (const wrapped of metadata.keys) {
    const key = wrapped.type === 'age' ? await openAge(wrapped, keys.age) : await openPgp(wrapped, keys.pgp);
    if (key?.length === 32) return ok(key);
  }
  return ok(undefined);
}

async function openAge(wrapped: WrappedKey, identities: readonly string[]): Promise<Uint8Array | undefined> {
  if (identities.length === 0) return undefined;
  const { armor, Decrypter } = await import('age-encryption');
  try {
    const decrypter = new Decrypter();
    for (const identity of identities) decrypter.addIdentity(identity.toUpperCase());
    return await decrypter.decrypt(armor.decode(wrapped.encrypted));
  } catch {
    return undefined; // another recipient's, or no key at all: the next one may do
  }
}

async function openPgp(wrapped: WrappedKey, armoredKeys: readonly string[]): Promise<Uint8Array | undefined> {
  if (armoredKeys.length === 0) return undefined;
  const openpgp = await import('openpgp');
  for (const armored of armoredKeys) {
    try {
      const decryptionKeys = await openpgp.readPrivateKeys({ armoredKeys: armored });
      const message = await openpgp.readMessage({ armoredMessage: wrapped.encrypted });
      const { data } = await openpgp.decrypt({ message, decryptionKeys, format: 'binary' });
      return data as Uint8Array;
    } catch {
      // not this key's
    }
  }
  return undefined;
}
