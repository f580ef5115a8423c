import type { FunctionFamily } from '../functions.ts';
import { fromBytes, toBytes } from '../go-string.ts';

/** @see Go src/encoding/base64, base32 */

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** base64.StdEncoding.DecodeString: the bytes, or where the text is wrong. Line breaks are skipped. */
export function decodeBase64(text: string): Uint8Array | { readonly error: string } {
  const source = toBytes(text);
  const digits: number[] = [];
  let at = 0;
  const corrupt = (offset: number) => ({ error: `illegal base64 data at input byte ${offset}` });
  const skip = (): void => {
    while (source[at] === 10 || source[at] === 13) at++;
  };
  let padded = false;
  for (skip(); at < source.length; skip()) {
    const byte = source[at]!;
    const value = byte < 0x80 ? BASE64.indexOf(String.fromCharCode(byte)) : -1;
    if (value >= 0) {
      digits.push(value);
      at++;
      continue;
    }
    const place = digits.length % 4;
    if (byte !== 0x3d || place < 2) return corrupt(at);
    at++;
    skip();
    if (place === 2) {
      if (at >= source.length) return corrupt(source.length);
      if (source[at] !== 0x3d) return corrupt(at);
      at++;
      skip();
    }
    if (at < source.length) return corrupt(at);
    padded = true;
    break;
  }
  const left = digits.length % 4;
  if (!padded && left > 0) return corrupt(source.length - left);
  return Buffer.from(digits.map((digit) => BASE64[digit]).join(''), 'base64');
}

function encodeBase32(text: string): string {
  let out = '';
  let bits = 0;
  let value = 0;
  for (const byte of toBytes(text)) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += BASE32[(value >> bits) & 31];
    }
  }
  if (bits > 0) out += BASE32[(value << (5 - bits)) & 31];
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=');
}

function decodeBase32(text: string): string {
  const source = Buffer.from(toBytes(text).filter((byte) => byte !== 10 && byte !== 13));
  const out: number[] = [];
  const corrupt = (offset: number) => `illegal base32 data at input byte ${offset}`;
  let at = 0;
  let end = false;
  while (at < source.length && !end) {
    const digits: number[] = [];
    let count = 8;
    for (let j = 0; j < 8; ) {
      if (at >= source.length) return corrupt(source.length - j);
      const byte = source[at++]!;
      const left = source.length - at;
      if (byte === 0x3d && j >= 2 && left < 8) {
        if (left + j < 7) return corrupt(source.length);
        for (let k = 0; k < 7 - j; k++)
          if (left > k && source[at + k] !== 0x3d) return corrupt(source.length - left + k - 1);
        count = j;
        end = true;
        if (count === 1 || count === 3 || count === 6) return corrupt(source.length - left - 1);
        break;
      }
      const value = byte < 0x80 ? BASE32.indexOf(String.fromCharCode(byte)) : -1;
      if (value < 0) return corrupt(source.length - left - 1);
      digits.push(value);
      j++;
    }
    let bits = 0;
    let value = 0;
    for (const digit of digits) {
      value = ((value << 5) | digit) & 0xffff;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        out.push((value >> bits) & 0xff);
      }
    }
  }
  return fromBytes(Uint8Array.from(out));
}

export const ENCODING: FunctionFamily = {
  b64enc: ['string', (text: string) => toBytes(text).toString('base64')],
  b64dec: [
    'string',
    (text: string) => {
      const bytes = decodeBase64(text);
      return 'error' in bytes ? bytes.error : fromBytes(bytes);
    },
  ],
  b32enc: ['string', encodeBase32],
  b32dec: ['string', decodeBase32],
};
