import { createDecipheriv } from 'node:crypto';
import { formatFloat } from '../../engines/goyaml/index.ts';
import { Comment, Float, type SopsValue, Time } from './tree.ts';

/** A value that SOPS encrypted: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:str]`. */
const ENCRYPTED = /^ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:([^\]]+)\]/;

export const isEncrypted = (value: unknown): value is string => typeof value === 'string' && ENCRYPTED.test(value);

/** Whether a value is an encrypted comment: in a YAML list it takes the place of an item. */
export const isEncryptedComment = (value: string): boolean => ENCRYPTED.exec(value)?.[4] === 'comment';

/** A wrong key or a changed value. */
export class CipherError extends Error {}

/**
 * A value as it was typed before it was encrypted. Empty texts are never encrypted.
 * @param path the keys that lead to the value, each followed by `:`; lists do not count. It is authenticated with the value.
 * @param raw gives bytes as characters 0 to 255: what was encrypted is a binary file
 * @see getsops/sops aes/cipher.go
 */
export function decryptValue(encrypted: string, key: Uint8Array, path: string, raw = false): SopsValue {
  if (encrypted === '') return '';
  const match = ENCRYPTED.exec(encrypted);
  if (match === null) throw new CipherError("Input string <redacted> does not match sops' data format");
  const [data, iv, tag] = [match[1]!, match[2]!, match[3]!].map((part) => Buffer.from(part, 'base64')) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  let text: string;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tag.length });
    decipher.setAAD(Buffer.from(path));
    decipher.setAuthTag(tag);
    text = Buffer.concat([decipher.update(data), decipher.final()]).toString(raw ? 'latin1' : 'utf8');
  } catch {
    throw new CipherError('Could not decrypt with AES_GCM: cipher: message authentication failed');
  }
  switch (match[4]) {
    case 'str':
    case 'bytes':
      return text;
    case 'int': {
      const integer = Number(text);
      return Number.isSafeInteger(integer) ? integer : BigInt(text);
    }
    case 'float':
      return new Float(/^[-+]?inf$/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text));
    case 'bool':
      return /^(?:1|t|true)$/i.test(text);
    case 'time':
      return new Time(text);
    case 'comment':
      return new Comment(text);
    default:
      throw new CipherError(`Unknown datatype: ${match[4]}`);
  }
}

/** A value as it counts for the MAC. @see getsops/sops sops.go, ToBytes */
export function macText(value: SopsValue): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof Float) return decimal(value.value);
  if (value instanceof Time) return value.text;
  return value === null ? '' : String(value);
}

/** Go's `FormatFloat(value, 'f', -1, 64)`: no exponent. */
function decimal(value: number): string {
  if (!Number.isFinite(value)) return formatFloat(value);
  const [mantissa = '', exponent] = String(value).split('e');
  if (exponent === undefined) return Object.is(value, -0) ? '-0' : mantissa;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${'0'.repeat(-shift - 1)}${whole}${fraction}`;
  return `${sign}${whole}${fraction.padEnd(shift, '0')}`;
}
