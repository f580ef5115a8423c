import { isPrintableAscii } from './plain-text.ts';

/** Texts as Go writes them in source. @see Go src/strconv/quote.go */

/** Go's `unicode.IsPrint`. */
export const isGoPrintable = (character: string): boolean => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [7, '\\a'],
  [8, '\\b'],
  [12, '\\f'],
  [10, '\\n'],
  [13, '\\r'],
  [9, '\\t'],
  [11, '\\v'],
]);
const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');

/**
 * A character as it stands between quotes. A lone surrogate from U+DC80 on is a byte that is no UTF-8.
 * @param ascii with all beyond ASCII escaped
 */
export function escapeGo(character: string, quote: string, ascii = false): string {
  const code = character.codePointAt(0)!;
  if (character === quote || character === '\\') return `\\${character}`;
  if (code < 0x7f && code >= 0x20) return character;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`;
  if (!ascii && code >= 0x80 && isGoPrintable(character)) return character;
  const short = ESCAPES.get(code);
  if (short !== undefined) return short;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

/** Whether nothing of a text is escaped between double quotes. */
export const isPlainGo = (text: string): boolean =>
  isPrintableAscii(text) && !text.includes('"') && !text.includes('\\');

/** Go's `%q` of a text: strconv.Quote and strconv.QuoteToASCII. */
export function quoteGo(text: string, ascii = false): string {
  if (isPlainGo(text)) return `"${text}"`;
  let quoted = '"';
  for (const character of text) quoted += escapeGo(character, '"', ascii);
  return `${quoted}"`;
}
