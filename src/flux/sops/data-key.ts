import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { recipients, type SopsMetadata, type WrappedKey } from './metadata.ts';
import { combineShares } from './shamir.ts';

/** Private keys at hand. Their text never leaves this folder. */
export interface DecryptionKeys {
  /** `AGE-SECRET-KEY-1…`, one each, and private ssh keys. */
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

const cannot = (why: string) => failure('decryption-failed', `cannot get sops data key: ${why}`);

/**
 * The key that a file's values are encrypted with. `undefined` where no private key at hand opens it, or too few of its key groups.
 * A failure says that the file's own metadata cannot be used.
 * @see getsops/sops sops.go, GetDataKeyWithKeyServices
 */
export async function dataKey(metadata: SopsMetadata, keys: DecryptionKeys): Promise<Result<Uint8Array | undefined>> {
  if (metadata.problem !== undefined) return fail(failure('decryption-failed', metadata.problem));
  const opened = (await Promise.all(metadata.groups.map((group) => openGroup(group, keys)))).filter(
    (part) => part !== undefined,
  );
  if (opened.length === 0 || (metadata.groups.length > 1 && opened.length < metadata.threshold)) return ok(undefined);
  const key = metadata.groups.length > 1 ? combineShares(opened) : opened[0]!;
  if (typeof key === 'string') return fail(cannot(`could not get data key from shamir parts: ${key}`));
  return key.length === 32 ? ok(key) : fail(cannot(`invalid key size ${key.length}`));
}

async function openGroup(group: readonly WrappedKey[], keys: DecryptionKeys): Promise<Uint8Array | undefined> {
  for (const wrapped of group) {
    const part =
      wrapped.type === 'age'
        ? await openAge(wrapped, keys.age)
        : wrapped.type === 'pgp'
          ? await openPgp(wrapped, keys.pgp)
          : undefined;
    if (part !== undefined) return part;
  }
  return undefined;
}

async function openAge(wrapped: WrappedKey, identities: readonly string[]): Promise<Uint8Array | undefined> {
  if (identities.length === 0) return undefined;
  const { armor, Decrypter } = await import('age-encryption');
  const { isSshKey, sshIdentity } = await import('./ssh-identity.ts');
  for (const text of identities)
    try {
      const identity = isSshKey(text) ? sshIdentity(text) : text.toUpperCase();
      if (isSshKey(text) && typeof identity === 'string') continue;
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      return await decrypter.decrypt(armor.decode(wrapped.encrypted));
    } catch {
      // another recipient's, or no key at all: the next one may do
    }
  return undefined;
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

/** For whom a file is encrypted, and why no key at hand opens it: goes behind "is". */
export async function whyClosed(metadata: SopsMetadata, keys: DecryptionKeys): Promise<string> {
  const why =
    (await lockedPgpKey(metadata, keys.pgp)) ??
    (keys.age.length + keys.pgp.length === 0
      ? 'no key for it is at hand'
      : metadata.groups.length > 1
        ? 'the keys at hand open too few of the groups'
        : 'no key for it is at hand (there are others)');
  return `encrypted for ${recipients(metadata)} and ${why}`;
}

async function lockedPgpKey(metadata: SopsMetadata, armoredKeys: readonly string[]): Promise<string | undefined> {
  if (armoredKeys.length === 0 || !metadata.groups.some((group) => group.some(({ type }) => type === 'pgp')))
    return undefined;
  const { readPrivateKeys } = await import('openpgp');
  for (const armored of armoredKeys)
    for (const key of await readPrivateKeys({ armoredKeys: armored }).catch(() => [])) {
      const fingerprints = [key, ...key.getSubkeys()].map((item) => item.getFingerprint().toUpperCase());
      const isMeant = metadata.groups.some((group) =>
        group.some(({ name }) => fingerprints.some((fingerprint) => name === `pgp ${fingerprint}`)),
      );
      if (isMeant && !key.isDecrypted())
        return 'the PGP key for it is protected by a passphrase, which Flux cannot give either (export it without one)';
    }
  return undefined;
}
