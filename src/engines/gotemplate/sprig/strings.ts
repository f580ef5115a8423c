import { GoError } from '../errors.ts';
import { sprintValue } from '../fmt.ts';
import type { FunctionFamily } from '../functions.ts';
import { quoteGo } from '../go-quote.ts';
import {
  byteLength,
  fromBytes,
  hasRawBytes,
  isAscii,
  isLetter,
  isSpaceRune,
  lowerRune,
  mapRunes,
  runeToString,
  sliceBytes,
  titleRune,
  toBytes,
  toLower,
  toUpper,
  trimSpace,
} from '../go-string.ts';
import { GoSlice, type GoValue, MAP_STRING, SLICE_STRING, stringSlice, TypedMap } from '../value.ts';
import { camelCase, snakeCase, swapCase } from './case.ts';
import { strslice, strval } from './text.ts';

/** @see sprig strings.go; github.com/Masterminds/goutils stringutils.go, wordutils.go */

const MAX_TEXT = 1 << 28;
export function repeat(text: string, count: number | bigint): string {
  if (count < 0) throw new GoError('strings: negative Repeat count');
  if (text.length * Number(count) > MAX_TEXT) throw new GoError('strings: Repeat output length overflow');
  return text.repeat(Number(count));
}

/** The slice expression `text[start:end]` with Go's panic where it is out of bounds. */
function goSlice(text: string, start: number, end: number): string {
  const length = byteLength(text);
  if (end < 0 || end > length)
    throw new GoError(`runtime error: slice bounds out of range [:${end}]${end < 0 ? '' : ` with length ${length}`}`);
  if (start < 0) throw new GoError(`runtime error: slice bounds out of range [${start}:]`);
  if (start > end) throw new GoError(`runtime error: slice bounds out of range [${start}:${end}]`);
  return sliceBytes(text, start, end);
}

function substr(start: number, end: number, text: string): string {
  if (start < 0) return goSlice(text, 0, end);
  const length = byteLength(text);
  if (end < 0 || end > length) return goSlice(text, start, length);
  return goSlice(text, start, end);
}

/** A list of strings stays what it is, nil included. */
function toStrings(value: GoValue): GoValue {
  return value instanceof GoSlice && value.type === SLICE_STRING ? value : stringSlice(strslice(value));
}

export function trunc(wanted: number | bigint, text: string): string {
  const count = Number(wanted);
  const length = isAscii(text) ? text.length : byteLength(text);
  if (count < 0 && length + count > 0) return sliceBytes(text, length + count);
  if (count >= 0 && length > count) return sliceBytes(text, 0, count);
  return text;
}

function abbreviate(bytes: Buffer, offset: number, width: number): Buffer {
  if (bytes.length === 0 || width < 4) return Buffer.alloc(0);
  if (bytes.length <= width) return bytes;
  if (offset > bytes.length) offset = bytes.length;
  if (bytes.length - offset < width - 3) offset = bytes.length - (width - 3);
  const dots = Buffer.from('...');
  if (offset <= 4) return Buffer.concat([bytes.subarray(0, width - 3), dots]);
  if (width < 7) return Buffer.alloc(0);
  if (offset + width - 3 < bytes.length) return Buffer.concat([dots, abbreviate(bytes.subarray(offset), 0, width - 3)]);
  return Buffer.concat([dots, bytes.subarray(bytes.length - (width - 3))]);
}

/** strings.Trim(text, cutset). */
function trimAll(cutset: string, text: string): string {
  const set = new Set(cutset);
  const chars = [...text];
  let start = 0;
  let end = chars.length;
  while (start < end && set.has(chars[start]!)) start++;
  while (end > start && set.has(chars[end - 1]!)) end--;
  return chars.slice(start, end).join('');
}

/** strings.Title: a letter after what is none is raised. */
function title(text: string): string {
  let before = ' ';
  const out = [...(hasRawBytes(text) ? mapRunes(text, (char) => char) : text)].map((char) => {
    const mapped = isSeparator(before) ? titleRune(char) : char;
    before = char;
    return mapped;
  });
  return out.join('');
}
function isSeparator(char: string): boolean {
  const code = char.codePointAt(0)!;
  if (code <= 0x7f) return !/[0-9A-Za-z_]/.test(char);
  if (isLetter(char) || /\p{Nd}/u.test(char)) return false;
  return isSpaceRune(code);
}

/** Word by word, from bytes taken as characters: what is not ASCII comes out changed, as in sprig. */
function untitle(text: string): string {
  let next = true;
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (isSpaceRune(code)) next = true;
    else if (next) {
      out += code >= 0xdc80 && code <= 0xdcff ? '\ufffd' : lowerRune(char);
      next = false;
      continue;
    }
    out += code >= 0xdc80 && code <= 0xdcff ? '\ufffd' : char;
  }
  return out;
}

/** Each byte is taken as a character, so that text beyond ASCII comes out mangled where there was white space. */
function nospace(text: string): string {
  let out = '';
  let kept = 0;
  const bytes = toBytes(text);
  for (const byte of bytes) {
    if (isSpaceRune(byte)) continue;
    out += runeToString(byte);
    kept++;
  }
  return kept === bytes.length ? text : out;
}
function initials(text: string): string {
  let out = '';
  let gap = true;
  for (const byte of toBytes(text)) {
    if (isSpaceRune(byte)) gap = true;
    else if (gap) {
      out += runeToString(byte);
      gap = false;
    }
  }
  return out;
}

function wrap(text: string, width: number, newLine: string, longWords: boolean): string {
  if (text === '') return '';
  if (newLine === '') newLine = '\n';
  if (width < 1) width = 1;
  const bytes = toBytes(text);
  const separator = toBytes(newLine);
  const parts: Uint8Array[] = [];
  let offset = 0;
  while (bytes.length - offset > width) {
    if (bytes[offset] === 0x20) {
      offset++;
      continue;
    }
    const at = bytes.subarray(offset, width + offset + 1).lastIndexOf(0x20);
    if (at >= 0) {
      parts.push(bytes.subarray(offset, offset + at), separator);
      offset += at + 1;
    } else if (longWords) {
      parts.push(bytes.subarray(offset, width + offset), separator);
      offset += width;
    } else {
      const next = bytes.indexOf(0x20, width + offset);
      if (next < 0) {
        parts.push(bytes.subarray(offset));
        offset = bytes.length;
      } else {
        parts.push(bytes.subarray(offset, next), separator);
        offset = next + 1;
      }
    }
  }
  parts.push(bytes.subarray(offset));
  return fromBytes(Buffer.concat(parts));
}

function indent(spaces: number | bigint, text: string): string {
  const pad = repeat(' ', spaces);
  return pad + (text.includes('\n') ? text.replaceAll('\n', `\n${pad}`) : text);
}

/** strings.Split and SplitN; an empty separator splits between characters. */
export function splitText(text: string, separator: string, limit = -1): string[] | null {
  if (limit === 0) return null;
  if (separator === '') {
    const chars = [...text];
    if (limit < 0 || limit >= chars.length) return chars;
    return [...chars.slice(0, limit - 1), chars.slice(limit - 1).join('')];
  }
  const parts = text.split(separator);
  if (limit < 0 || parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}
const numbered = (parts: readonly string[]): TypedMap =>
  new TypedMap(
    MAP_STRING,
    parts.map((part, i) => [`_${i}`, part] as const),
  );

function replaceAll(old: string, replacement: string, text: string): string {
  if (old !== '') return text.replaceAll(old, () => replacement);
  return replacement + [...text].map((char) => char + replacement).join('');
}

const quote = (...values: GoValue[]): string => {
  if (values.length === 1) return values[0] === null ? '' : quoteGo(strval(values[0]));
  return values
    .filter((value) => value !== null)
    .map((value) => quoteGo(strval(value)))
    .join(' ');
};
const squote = (...values: GoValue[]): string =>
  values
    .filter((value) => value !== null)
    .map((value) => `'${sprintValue(value)}'`)
    .join(' ');
const cat = (...values: GoValue[]): string =>
  values
    .filter((value) => value !== null)
    .map((value) => sprintValue(value))
    .join(' ');

export const join = (separator: string, value: GoValue): string => strslice(value).join(separator);

/** A text that Go would take for equal only in whole characters. */
function contains(part: string, text: string): boolean {
  return hasRawBytes(part) ? toBytes(text).includes(toBytes(part)) : text.includes(part);
}

export const STRINGS: FunctionFamily = {
  hello: ['', () => 'Hello!'],
  abbrev: [
    'int string',
    (width: number, text: string) => (width < 4 ? text : fromBytes(abbreviate(toBytes(text), 0, width))),
  ],
  abbrevboth: [
    'int int string',
    (left: number, right: number, text: string) =>
      right < 4 || (left > 0 && right < 7) ? text : fromBytes(abbreviate(toBytes(text), left, right)),
  ],
  trunc: ['int string', trunc],
  trim: ['string', trimSpace],
  upper: ['string', toUpper],
  lower: ['string', toLower],
  title: ['string', title],
  untitle: ['string', untitle],
  substr: ['int int string', substr],
  repeat: ['int string', (count: number, text: string) => repeat(text, count)],
  trimall: ['string string', trimAll],
  trimAll: ['string string', trimAll],
  trimSuffix: [
    'string string',
    (suffix: string, text: string) => (suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text),
  ],
  trimPrefix: [
    'string string',
    (prefix: string, text: string) => (text.startsWith(prefix) ? text.slice(prefix.length) : text),
  ],
  nospace: ['string', nospace],
  initials: ['string', initials],
  swapcase: ['string', swapCase],
  snakecase: ['string', (text: string) => snakeCase(text, '_')],
  camelcase: ['string', camelCase],
  kebabcase: ['string', (text: string) => snakeCase(text, '-')],
  wrap: ['int string', (width: number, text: string) => wrap(text, width, '', false)],
  wrapWith: [
    'int string string',
    (width: number, separator: string, text: string) => wrap(text, width, separator, true),
  ],
  contains: ['string string', contains],
  hasPrefix: ['string string', (prefix: string, text: string) => text.startsWith(prefix)],
  hasSuffix: ['string string', (suffix: string, text: string) => text.endsWith(suffix)],
  quote: ['...any', quote],
  squote: ['...any', squote],
  cat: ['...any', cat],
  indent: ['int string', indent],
  nindent: ['int string', (spaces: number, text: string) => `\n${indent(spaces, text)}`],
  replace: ['string string string', replaceAll],
  plural: ['string string int', (one: string, many: string, count: number) => (count === 1 ? one : many)],
  toString: ['any', strval] as readonly [string, (value: GoValue) => string],
  split: ['string string', (separator: string, text: string) => numbered(splitText(text, separator)!)],
  splitList: ['string string', (separator: string, text: string) => stringSlice(splitText(text, separator)!)],
  splitn: [
    'string int string',
    (separator: string, limit: number, text: string) => numbered(splitText(text, separator, limit) ?? []),
  ],
  toStrings: ['any', toStrings],
  join: ['string any', join],
};
