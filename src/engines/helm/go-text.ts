export { isGoPrintable, quoteGo } from '../../core/go-quote.ts';

/** Go's `unicode.IsSpace`. */
export const isGoSpace = (character: string): boolean => /^[\t\n\v\f\r \u0085\u00A0\p{Z}]$/u.test(character);

/** Go's `strings.TrimSpace`. */
export function trimGo(text: string): string {
  return trimGoEnd(trimGoStart(text));
}

// `\s` is Go's white space but for U+FEFF, which Go keeps, and U+0085, which only Go knows.
function isSpaceAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0x80) return code === 32 || (code >= 9 && code <= 13);
  return code !== 0xfeff && (code === 0x85 || /\s/.test(text[at]!));
}

export function trimGoStart(text: string): string {
  let start = 0;
  while (start < text.length && isSpaceAt(text, start)) start++;
  return start === 0 ? text : text.slice(start);
}

export function trimGoEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpaceAt(text, end - 1)) end--;
  return end === text.length ? text : text.slice(0, end);
}
