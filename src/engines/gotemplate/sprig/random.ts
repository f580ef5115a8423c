import bcryptjs from 'bcryptjs';
import { contextOf } from '../context.ts';
import { GoError } from '../errors.ts';
import type { RuntimeFamily } from '../functions.ts';
import { normalizeBytes, toBytes } from '../go-string.ts';
import type { Runtime } from '../runtime.ts';
import { goInt } from '../value.ts';

/** Random values: the same for the same seed, of the same form as sprig's. @see sprig strings.go, crypto.go */

/** A number below `limit`, each as likely as the others. */
function below(rt: Runtime, limit: number): number {
  if (limit <= 1) return 0;
  const { randomBytes } = contextOf(rt);
  const size = limit <= 0x100 ? 1 : limit <= 0x10000 ? 2 : 6;
  const range = 256 ** size;
  const bound = range - (range % limit);
  for (;;) {
    let value = 0;
    for (const byte of randomBytes(size)) value = value * 256 + byte;
    if (value < bound) return value % limit;
  }
}
const MAX_COUNT = 1 << 24;
function text(rt: Runtime, count: number, alphabet: string): string {
  if (count <= 0) return '';
  if (count > MAX_COUNT) throw new GoError('the random text would be too large');
  let out = '';
  for (let i = 0; i < count; i++) out += alphabet[below(rt, alphabet.length)];
  return out;
}
const NUMERALS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');

function uuid(rt: Runtime): string {
  const bytes = Buffer.from(contextOf(rt).randomBytes(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
function shuffle(rt: Runtime, value: string): string {
  const chars = [...value];
  for (let i = chars.length - 1; i > 0; i--) {
    const j = below(rt, i + 1);
    [chars[i], chars[j]] = [chars[j]!, chars[i]!];
  }
  return chars.join('');
}

const BCRYPT = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** bcrypt's base64 of the 16 bytes of a salt. */
function saltText(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < 16; ) {
    const a = bytes[i++]!;
    out += BCRYPT[a >> 2];
    if (i >= 16) return out + BCRYPT[(a & 3) << 4];
    const b = bytes[i++]!;
    out += BCRYPT[((a & 3) << 4) | (b >> 4)];
    const c = bytes[i++]!;
    out += BCRYPT[((b & 15) << 2) | (c >> 6)] + BCRYPT[c & 63]!;
  }
  return out;
}
/** Hashes made in this process: a seeded rendering asks for the same ones again. */
const hashes = new Map<string, string>();
const MAX_HASHES = 1000;
function bcrypt(rt: Runtime, password: string): string {
  if (toBytes(password).length > 72)
    return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes';
  const salt = `$2a$10$${saltText(contextOf(rt).randomBytes(16))}`;
  const key = `${salt} ${password}`;
  let hash = hashes.get(key);
  if (hash === undefined) {
    hash = bcryptjs.hashSync(normalizeBytes(password), salt);
    if (hashes.size >= MAX_HASHES) hashes.delete(hashes.keys().next().value!);
    hashes.set(key, hash);
  }
  return hash;
}

export const RANDOM: RuntimeFamily = {
  randAlphaNum: ['int', (rt, count: number) => text(rt, count, LETTERS + NUMERALS)],
  randAlpha: ['int', (rt, count: number) => text(rt, count, LETTERS)],
  randAscii: ['int', (rt, count: number) => text(rt, count, ASCII)],
  randNumeric: ['int', (rt, count: number) => text(rt, count, NUMERALS)],
  randInt: [
    'int int',
    (rt, min: number, max: number) => {
      if (max - min <= 0) throw new GoError('invalid argument to Intn');
      return goInt(min + below(rt, max - min));
    },
  ],
  randBytes: [
    'int',
    (rt, count: number) => {
      if (count < 0) throw new GoError('runtime error: makeslice: len out of range');
      if (count > MAX_COUNT) throw new GoError('the random text would be too large');
      return Buffer.from(contextOf(rt).randomBytes(count)).toString('base64');
    },
  ],
  uuidv4: ['', uuid],
  shuffle: ['string', shuffle],
  bcrypt: ['string', bcrypt],
  htpasswd: [
    'string string',
    (rt, user: string, password: string) =>
      user.includes(':') ? `invalid username: ${user}` : `${user}:${bcrypt(rt, password)}`,
  ],
};
