export { isGoPrintable, quoteGo } from '../../core/go-quote.ts';

/** Go's `unicode.IsSpace`. */
export const isGoSpace = (character: string): boolean => /^[\t\n\v\f\r \u0085\u00A0\p{Z}]$/u.test(character);

/** Go's `strings.TrimSpace`. */
export function trimGo(text: string): string {
  return trimGoEnd(trimGoStart(text));
}

// `\s` is Go's white space but for U+FEFF, which Go keeps, and U+0085, which only Go knows.
export function trimGoStart(text: string): string {
  const first = text.charCodeAt(0);
  if (first > 32 && first < 127) return text;
  return text.replace(/^(?:[^\S\uFEFF]|\u0085)+/, '');
}

export function trimGoEnd(text: string): string {
  let end = text.length;
  while (end > 0) {
    const code = text.charCodeAt(end - 1);
    if (code === 32 || (code >= 9 && code <= 13)) end--;
    else if (code > 127 && code !== 0xfeff && (code === 0x85 || /\s/.test(text[end - 1]!))) end--;
    else break;
  }
  return end === text.length ? text : text.slice(0, end);
}
