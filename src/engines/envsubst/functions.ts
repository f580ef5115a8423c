import { EnvsubstError } from './failure.ts';
import { BadPattern, matchPattern } from './path-match.ts';
import { type ByteString, decodeRune, lowerRune, runes, toByteString, upperRune } from './runes.ts';

/** What an operator makes of a variable's value. */
export type Operation = (value: ByteString, args: readonly ByteString[]) => ByteString;

/** Prefix and suffix operators try each length of the value: longer values than this are refused for patterns with wildcards. */
const MAX_PATTERN_WORK = 50_000_000;

const mapRunes = (bytes: ByteString, map: (character: string) => string): ByteString =>
  toByteString(runes(bytes).map(map).join(''));

function mapFirst(bytes: ByteString, map: (character: string) => string): ByteString {
  if (bytes === '') return bytes;
  const { rune, width } = decodeRune(bytes, 0);
  return toByteString(map(String.fromCodePoint(rune))) + bytes.slice(width);
}

const toDefault: Operation = (value, args) => (value === '' ? args.join('') : value);

const INT64_MAX = 2n ** 63n - 1n;
/** @see Go strconv.Atoi; `undefined` where it errs */
function atoi(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value > INT64_MAX || value < -INT64_MAX - 1n ? undefined : value;
}

const substring: Operation = (value, args) => {
  const offset = atoi(args[0] ?? '');
  if (offset === undefined) return value;
  const size = BigInt(value.length);
  const from = offset >= 0n ? offset : size + offset > 0n ? size + offset : 0n;
  if (args.length === 1) return from < size ? value.slice(Number(from)) : '';
  const length = atoi(args[1] ?? '');
  if (length === undefined) return value;
  if (length < 0n) {
    const end = size + length;
    return end < from ? '' : value.slice(Number(from), Number(end));
  }
  if (from + length > INT64_MAX)
    throw new EnvsubstError(`runtime error: slice bounds out of range [:${BigInt.asIntN(64, from + length)}]`); // Go's sum wraps
  if (from + length >= size) return from < size ? value.slice(Number(from)) : '';
  return value.slice(Number(from), Number(from + length));
};

/** @see Go strings.Replace: an empty pattern matches before each character and at the end */
function replaceText(value: ByteString, pattern: ByteString, by: ByteString, all: boolean): ByteString {
  if (pattern === '') {
    if (!all) return by + value;
    let out = by;
    for (let at = 0; at < value.length; ) {
      const { width } = decodeRune(value, at);
      out += value.slice(at, at + width) + by;
      at += width;
    }
    return out;
  }
  if (all) return value.split(pattern).join(by);
  const at = value.indexOf(pattern);
  return at === -1 ? value : value.slice(0, at) + by + value.slice(at + pattern.length);
}

const replacePrefix: Operation = (value, args) =>
  args.length === 2 && value.startsWith(args[0]!) ? args[1]! + value.slice(args[0]!.length) : value;
const replaceSuffix: Operation = (value, args) =>
  args.length === 2 && value.endsWith(args[0]!) ? value.slice(0, value.length - args[0]!.length) + args[1]! : value;

/** The value without its shortest or longest prefix that the pattern matches. An empty prefix is never tried. */
function trimPrefix(value: ByteString, pattern: ByteString, longest: boolean): ByteString {
  if (!/[*?[\\]/.test(pattern))
    return pattern !== '' && value.startsWith(pattern) ? value.slice(pattern.length) : value;
  if (value.length * value.length * Math.max(1, pattern.split('*').length - 1) > MAX_PATTERN_WORK)
    throw new EnvsubstError(
      `a value of ${value.length} bytes is too long for the pattern ${JSON.stringify(pattern)}`,
      true,
    );
  let shortest = 0;
  try {
    for (let length = value.length; length > 0; length -= 1) {
      if (!matchPattern(pattern, value.slice(0, length))) continue;
      if (longest) return value.slice(length);
      shortest = length;
    }
  } catch (error) {
    if (error instanceof BadPattern) return value;
    throw error;
  }
  return value.slice(shortest);
}

const reverse = (bytes: ByteString): ByteString => toByteString(runes(bytes).reverse().join(''));
const trimSuffix = (value: ByteString, pattern: ByteString, longest: boolean): ByteString =>
  reverse(trimPrefix(reverse(value), reverse(pattern), longest));

/**
 * The operation of an operator. `-`, `?`, `+`, `:?` and `:+` are read but do what `:-` does.
 * @see fluxcd/pkg envsubst/template.go lookupFunc, funcs.go
 */
export function operation(operator: string, args: number): Operation {
  switch (operator) {
    case ',':
      return (value) => mapFirst(value, lowerRune);
    case ',,':
      return (value) => mapRunes(value, lowerRune);
    case '^':
      return (value) => mapFirst(value, upperRune);
    case '^^':
      return (value) => mapRunes(value, upperRune);
    case '#':
      if (args === 0) return (value) => String(value.length);
      return (value, [pattern]) => trimPrefix(value, pattern!, false);
    case '##':
      return (value, [pattern]) => trimPrefix(value, pattern!, true);
    case '%':
      return (value, [pattern]) => trimSuffix(value, pattern!, false);
    case '%%':
      return (value, [pattern]) => trimSuffix(value, pattern!, true);
    case ':':
      return substring;
    case '/#':
      return replacePrefix;
    case '/%':
      return replaceSuffix;
    case '/':
      return (value, [pattern, by]) => replaceText(value, pattern!, by ?? '', false);
    case '//':
      return (value, [pattern, by]) => replaceText(value, pattern!, by ?? '', true);
    default:
      return toDefault;
  }
}
