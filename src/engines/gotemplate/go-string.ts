import { isGoPrintable } from '../../core/go-quote.ts';
import { isPrintableAscii } from '../../core/plain-text.ts';

/**
 * Go strings are bytes; here they are JavaScript strings in which a byte that is not part of valid UTF-8 stands as the lone
 * surrogate U+DC80 … U+DCFF (0xDC00 + the byte). Valid UTF-8 never holds a lone surrogate, so the mapping is exact both ways.
 * Lengths and offsets that Go counts in bytes are computed by the helpers here; ASCII text takes a fast path.
 */

/** Of ES2024, which Node has from version 20 on. */
interface WellFormed {
  isWellFormed(): boolean;
}

const NON_ASCII = /[^\x00-\x7f]/;

export const isAscii = (text: string): boolean => (text.length < 64 && isPrintableAscii(text)) || !NON_ASCII.test(text);

/** Whether the text holds bytes that are not UTF-8. */
export function hasRawBytes(text: string): boolean {
  return !(text as unknown as WellFormed).isWellFormed();
}

/** The number of bytes. */
export function byteLength(text: string): number {
  const length = Buffer.byteLength(text);
  if (length === text.length || !hasRawBytes(text)) return length;
  return toBytes(text).length;
}

export function toBytes(text: string): Buffer {
  if (!hasRawBytes(text)) return Buffer.from(text, 'utf8');
  const out = Buffer.alloc(text.length * 3);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) out[at++] = code;
    else if (code >= 0xdc80 && code <= 0xdcff) out[at++] = code - 0xdc00;
    else if (code >= 0xd800 && code <= 0xdbff) {
      const next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (next >= 0xdc00 && next <= 0xdfff) {
        at += out.write(text.slice(i, i + 2), at);
        i++;
      } else at += out.write('\ufffd', at);
    } else at += out.write(text[i]!, at);
  }
  return out.subarray(0, at);
}

/** The length of the valid UTF-8 sequence at `at`, or 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const second = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  const fourth = bytes[at + 3] ?? 0;
  const continues = (byte: number) => (byte & 0xc0) === 0x80;
  if (first >= 0xc2 && first <= 0xdf) return continues(second) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!continues(second) || !continues(third)) return 0;
    if (first === 0xe0 && second < 0xa0) return 0;
    if (first === 0xed && second > 0x9f) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!continues(second) || !continues(third) || !continues(fourth)) return 0;
    if (first === 0xf0 && second < 0x90) return 0;
    if (first === 0xf4 && second > 0x8f) return 0;
    return 4;
  }
  return 0;
}

let decoder: InstanceType<typeof TextDecoder> | undefined; // its converter takes a millisecond to make
export function fromBytes(bytes: Uint8Array): string {
  decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const strictDecoder = decoder;
  try {
    return strictDecoder.decode(bytes);
  } catch {
    let text = '';
    let start = 0;
    for (let i = 0; i < bytes.length; ) {
      const length = sequenceLength(bytes, i);
      if (length > 0) {
        i += length;
        continue;
      }
      if (i > start) text += strictDecoder.decode(bytes.subarray(start, i));
      text += String.fromCharCode(0xdc00 + bytes[i]!);
      i++;
      start = i;
    }
    return start < bytes.length ? text + strictDecoder.decode(bytes.subarray(start)) : text;
  }
}

/** Joins raw bytes that stand side by side and now form valid UTF-8; what is written out passes through here. */
export function normalizeBytes(text: string): string {
  return hasRawBytes(text) ? fromBytes(toBytes(text)) : text;
}

/** `text[start:end]` in bytes; the caller has checked the bounds. */
export function sliceBytes(text: string, start: number, end?: number): string {
  if (isAscii(text)) return text.slice(start, end);
  return fromBytes(toBytes(text).subarray(start, end));
}

/** Order of bytes, as Go's `<` on strings. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x < 0xd800 || y < 0xd800) return x < y ? -1 : 1;
    return Buffer.compare(toBytes(a), toBytes(b));
  }
  return a.length < b.length ? -1 : 1;
}

/** utf8.RuneCountInString. */
export function runeCount(text: string): number {
  if (isAscii(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** `string(rune)`: what is no code point becomes U+FFFD. */
export function runeToString(rune: number): string {
  return rune < 0 || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff) ? '\ufffd' : String.fromCodePoint(rune);
}

/** unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and the ASCII space. */
export function isPrint(code: number): boolean {
  if (code < 0x7f) return code >= 0x20;
  if (code >= 0xd800 && code <= 0xdfff) return false;
  return isGoPrintable(String.fromCodePoint(code));
}
const SPACES = new Set([
  9, 10, 11, 12, 13, 32, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
  0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
]);
export const isLetter = (char: string): boolean => /^\p{L}$/u.test(char);
export const isDigit = (char: string): boolean => /^\p{Nd}$/u.test(char);
export const isUpper = (char: string): boolean => /^\p{Lu}$/u.test(char);
export const isLower = (char: string): boolean => /^\p{Ll}$/u.test(char);
/** unicode.IsSpace. */
export const isSpaceRune = (code: number): boolean => SPACES.has(code);

const simple = (mapped: string, char: string): string => ([...mapped].length === 1 ? mapped : char);
/** unicode.ToUpper and ToLower of one character: a mapping to several characters is none. */
export const upperRune = (char: string): string => simple(char.toUpperCase(), char);
export const lowerRune = (char: string): string => (char === '\u0130' ? 'i' : simple(char.toLowerCase(), char));
const TITLE_FORMS: ReadonlyMap<string, string> = new Map([
  ['\u01c4', '\u01c5'],
  ['\u01c5', '\u01c5'],
  ['\u01c6', '\u01c5'],
  ['\u01c7', '\u01c8'],
  ['\u01c8', '\u01c8'],
  ['\u01c9', '\u01c8'],
  ['\u01ca', '\u01cb'],
  ['\u01cb', '\u01cb'],
  ['\u01cc', '\u01cb'],
  ['\u01f1', '\u01f2'],
  ['\u01f2', '\u01f2'],
  ['\u01f3', '\u01f2'],
]);
export const titleRune = (char: string): string => TITLE_FORMS.get(char) ?? upperRune(char);

/** strings.ToUpper and ToLower: each character by itself; invalid bytes become U+FFFD when the text is mapped at all. */
export function mapRunes(text: string, map: (char: string) => string): string {
  let out = '';
  for (const char of text) {
    const code = char.charCodeAt(0);
    out += char.length === 1 && code >= 0xd800 && code <= 0xdfff ? '\ufffd' : map(char);
  }
  return out;
}
export const toUpper = (text: string): string => (isAscii(text) ? text.toUpperCase() : mapRunes(text, upperRune));
export const toLower = (text: string): string => (isAscii(text) ? text.toLowerCase() : mapRunes(text, lowerRune));

/** strings.TrimSpace. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACES.has(text.charCodeAt(start))) start++;
  while (end > start && SPACES.has(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** A text that begins with UTF-16's mark of the order of bytes, as YAML may; others as they are. */
export function decodeUtf16(text: string): string {
  if (!/^(?:\udcff\udcfe|\udcfe\udcff)/.test(text)) return text;
  const bytes = toBytes(text);
  const pairs = bytes.subarray(0, bytes.length - (bytes.length % 2));
  return (text.startsWith('\udcff') ? pairs : pairs.swap16()).toString('utf16le', 2);
}
