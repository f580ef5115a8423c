/**
 * Text as Go has it: a string whose every character (0 to 255) is one byte of UTF-8. An ASCII text is its own byte string, so
 * most texts are never converted.
 */
export type ByteString = string;

const NON_ASCII = /[^\x00-\x7f]/;

export const toByteString = (text: string): ByteString =>
  NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;

/** Bytes that are no UTF-8 become U+FFFD. */
export const fromByteString = (bytes: ByteString): string =>
  NON_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;

/** False where a cut went through a character: a YAML reader refuses such a text. */
export function isUtf8(bytes: ByteString): boolean {
  if (!NON_ASCII.test(bytes)) return true;
  for (let at = 0; at < bytes.length; ) {
    const { rune, width } = decodeRune(bytes, at);
    if (rune === RUNE_ERROR && width === 1) return false;
    at += width;
  }
  return true;
}

export const RUNE_ERROR = 0xfffd;
const INVALID = { rune: RUNE_ERROR, width: 1 } as const;

/** The code point at `at` and its bytes; U+FFFD of width 1 where there is none. @see Go unicode/utf8, DecodeRuneInString */
export function decodeRune(bytes: ByteString, at: number): { readonly rune: number; readonly width: number } {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return { rune: first, width: 1 };
  if (!(first >= 0xc2 && first <= 0xf4)) return INVALID;
  const width = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + width > bytes.length) return INVALID;
  let rune = first & (0xff >> (width + 1));
  for (let index = 1; index < width; index += 1) {
    const next = bytes.charCodeAt(at + index);
    if ((next & 0xc0) !== 0x80) return INVALID;
    rune = (rune << 6) | (next & 0x3f);
  }
  const tooSmall = width === 3 ? rune < 0x800 : width === 4 ? rune < 0x10000 || rune > 0x10ffff : false;
  return tooSmall || (rune >= 0xd800 && rune <= 0xdfff) ? INVALID : { rune, width };
}

/** Each code point as a character; an invalid byte is U+FFFD, as in Go's conversion to `[]rune`. */
export function runes(bytes: ByteString): string[] {
  const list: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { rune, width } = decodeRune(bytes, at);
    list.push(String.fromCodePoint(rune));
    at += width;
  }
  return list;
}

const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}]$/u;
export function isIdentifierRune(rune: number): boolean {
  if (rune < 0x80)
    return (
      (rune >= 97 && rune <= 122) || (rune >= 65 && rune <= 90) || (rune >= 48 && rune <= 57) || rune === 95 // a-z A-Z 0-9 _
    );
  return LETTER_OR_DIGIT.test(String.fromCodePoint(rune));
}

/** The letters whose simple upper case (one letter) differs from JavaScript's full one (two letters): U+1F80 to U+1FFC. */
function simpleGreekUpper(rune: number): number {
  if (rune >= 0x1f80 && rune <= 0x1faf) return rune | 8;
  if (rune === 0x1fb3 || rune === 0x1fc3 || rune === 0x1ff3) return rune + 9;
  return rune;
}

/** @see Go unicode.ToUpper: one character to one character */
export function upperRune(character: string): string {
  const upper = character.toUpperCase();
  const rune = character.codePointAt(0)!;
  return String.fromCodePoint(upper.codePointAt(0)!) === upper ? upper : String.fromCodePoint(simpleGreekUpper(rune));
}

/** @see Go unicode.ToLower: one character to one character */
export function lowerRune(character: string): string {
  return character === 'İ' ? 'i' : character.toLowerCase();
}
