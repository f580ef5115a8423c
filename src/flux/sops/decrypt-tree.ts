import { createHash, type Hash } from 'node:crypto';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { CipherError, decryptValue, isEncrypted, isEncryptedComment, macText } from './cipher.ts';
import { type CryptRule, cryptRule } from './crypt-rule.ts';
import type { SopsMetadata } from './metadata.ts';
import { Branch, Comment, type Entry, Float, isSopsList, type SopsValue, Time } from './tree.ts';

/** What a MAC over encrypted values only begins with. */
const MAC_ONLY_ENCRYPTED = Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex');

export interface DecryptedTree {
  readonly branches: readonly Branch[];
  /** Whether nothing was changed, added or moved since the file was encrypted. */
  readonly intact: boolean;
}

/**
 * The documents of a file with the values decrypted that its rule says are encrypted. All others are left as they are.
 * @param raw bytes as characters 0 to 255
 * @see getsops/sops sops.go, Tree.Decrypt
 */
export async function decryptTree(
  branches: readonly Branch[],
  metadata: SopsMetadata,
  key: Uint8Array,
  raw = false,
): Promise<Result<DecryptedTree>> {
  const walk = new Walk(key, await cryptRule(metadata), metadata.macOnlyEncrypted, raw);
  try {
    const decrypted = branches.map((branch) => walk.branch(branch, [], []));
    return ok({ branches: decrypted, intact: walk.mac() === storedMac(metadata, key) });
  } catch (error) {
    if (error instanceof CipherError)
      return fail(failure('decryption-failed', `error decrypting sops tree: Error walking tree: ${error.message}`));
    throw error;
  }
}

function storedMac({ mac, lastModified }: SopsMetadata, key: Uint8Array): SopsValue {
  try {
    return decryptValue(mac, key, lastModified);
  } catch (error) {
    if (error instanceof CipherError) return '';
    throw error;
  }
}

type Comments = readonly (readonly string[])[];

class Walk {
  readonly #key: Uint8Array;
  readonly #isEncrypted: CryptRule;
  readonly #onlyEncrypted: boolean;
  readonly #raw: boolean;
  readonly #hash: Hash = createHash('sha512');

  constructor(key: Uint8Array, rule: CryptRule, onlyEncrypted: boolean, raw: boolean) {
    this.#key = key;
    this.#isEncrypted = rule;
    this.#onlyEncrypted = onlyEncrypted;
    this.#raw = raw;
    if (onlyEncrypted) this.#hash.update(MAC_ONLY_ENCRYPTED);
  }

  mac(): string {
    return this.#hash.digest('hex').toUpperCase();
  }

  branch(branch: Branch, path: readonly string[], outer: Comments): Branch {
    const before: string[] = [];
    const comments = [...outer, before];
    return new Branch(
      branch.items.map((item): Entry | Comment => {
        if (item instanceof Comment) {
          before.push(item.text);
          return this.#comment(item, path, comments);
        }
        const value = this.#value(item.value, [...path, item.key], comments);
        before.length = 0;
        return { key: item.key, value };
      }),
    );
  }

  #list(items: readonly SopsValue[], path: readonly string[], outer: Comments): readonly SopsValue[] {
    const before: string[] = [];
    const comments = [...outer, before];
    return items.map((item) => {
      if (item instanceof Comment) {
        before.push(item.text);
        return this.#comment(item, path, comments);
      }
      const value = this.#value(item, path, comments);
      before.length = 0;
      return value;
    });
  }

  /** One that cannot be decrypted is taken for one that never was encrypted. */
  #comment(comment: Comment, path: readonly string[], comments: Comments): Comment {
    if (this.#isEncrypted(path, comments, true))
      try {
        const value = decryptValue(comment.text, this.#key, `${path.join(':')}:`);
        if (value instanceof Comment) return value;
        this.#hash.update(macText(value));
        return new Comment(macText(value), comment.inline);
      } catch (error) {
        if (!(error instanceof CipherError)) throw error;
      }
    return comment;
  }

  #value(value: SopsValue, path: readonly string[], comments: Comments): SopsValue {
    if (value instanceof Branch) return this.branch(value, path, comments);
    if (isSopsList(value)) return this.#list(value, path, comments);
    if (value === null) return null;
    if (!this.#isEncrypted(path, comments, false)) {
      if (!this.#onlyEncrypted) this.#hash.update(macText(value));
      return value;
    }
    if (typeof value !== 'string')
      throw new CipherError(`Expected encrypted value as string, but got ${goType(value)}`);
    const decrypted = this.#decrypt(value, path);
    if (!(decrypted instanceof Comment)) this.#hash.update(macText(decrypted), this.#raw ? 'latin1' : 'utf8');
    return decrypted;
  }

  #decrypt(value: string, path: readonly string[]): SopsValue {
    try {
      return decryptValue(value, this.#key, `${path.join(':')}:`, this.#raw);
    } catch (error) {
      if (error instanceof CipherError) throw new CipherError(`Could not decrypt value: ${error.message}`);
      throw error;
    }
  }
}

function goType(value: SopsValue): string {
  if (value instanceof Float) return 'float64';
  if (value instanceof Time) return 'time.Time';
  return typeof value === 'boolean' ? 'bool' : 'int';
}

/** The same with a stable text in place of each encrypted value, named for its key. Encrypted comments are left out. */
export function placeholderTree(
  branch: Branch,
  encode: (text: string, path: readonly string[]) => string = (text) => text,
): Branch {
  const walk = (value: SopsValue, path: readonly string[]): SopsValue => {
    if (value instanceof Branch) return below(value, path);
    if (isSopsList(value)) return value.filter((item) => !isHiddenComment(item)).map((item) => walk(item, path));
    return isEncrypted(value) ? encode(placeholder(path.at(-1) ?? ''), path) : value;
  };
  const below = (at: Branch, path: readonly string[]): Branch =>
    new Branch(
      at.items
        .filter((item) => !(item instanceof Comment && isEncrypted(item.text)))
        .map((item) =>
          item instanceof Comment ? item : { key: item.key, value: walk(item.value, [...path, item.key]) },
        ),
    );
  return below(branch, []);
}

const isHiddenComment = (value: SopsValue): boolean =>
  value instanceof Comment ? isEncrypted(value.text) : typeof value === 'string' && isEncryptedComment(value);

export const placeholder = (name: string): string => `..PLACEHOLDER_${name}..`;

/** Whether some of a text is not known. */
export const isPlaceholder = (text: string): boolean => text.includes('..PLACEHOLDER_');
