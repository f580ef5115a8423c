import { createDecipheriv } from 'node:crypto';
import type { YamlScalar } from '../../core/value.ts';

/** A value that SOPS encrypted: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:str]`. */
const ENCRYPTED = /^ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:([^\]]+)\]/;

export const isEncrypted = (value: unknown): value is string => typeof value === 'string' && ENCRYPTED.test(value);

/** A wrong key or a changed value. */
export class CipherError extends Error {}

/** `value` as it was typed before it was encrypted; `text` as it counts for the MAC. */
export interface Decrypted {
  readonly value: YamlScalar;
  readonly text: string;
  readonly type: string;
}

/**
 * @param path the keys that lead to the value, each followed by `:`; lists do not count. It is authenticated with the value.
 * @param raw gives bytes as characters 0 to 255: what was encrypted is a binary file
 * @see getsops/sops aes/cipher.go
 */
export function decryptValue(encrypted: string, key: Uint8Array, path: string, raw = false): Decrypted {
  const match = ENCRYPTED.exec(encrypted);
  if (match === null) throw new CipherError("Input string <redacted> does not match sops' data format");
  const [data, iv, tag] = [match[1]!, match[2]!, match[3]!].map((part) => Buffer.from(part, 'base64')) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const type = match[4]!;
  let text: string;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tag.length });
    decipher.setAAD(Buffer.from(path));
    decipher.setAuthTag(tag);
    text = Buffer.concat([decipher.update(data), decipher.final()]).toString(raw ? 'latin1' : 'utf8');
  } catch {
    throw new CipherError('Could not decrypt with AES_GCM: cipher: message authentication failed');
  }
  switch (type) {
    case 'int': {
      const integer = Number(text);
      return { value: Number.isSafeInteger(integer) ? integer : BigInt(text), text, type };
    }
    case 'float':
      return { value: Number(text), text, type };
    case 'bool':
      return { value: text.toLowerCase() === 'true', text: text.toLowerCase() === 'true' ? 'True' : 'False', type };
    default:
      return { value: text, text, type };
  }
}

/** A plain value as it counts for the MAC. @see getsops/sops sops.go, ToBytes */
export function macText(value: YamlScalar): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return value === null ? '' : String(value);
}
