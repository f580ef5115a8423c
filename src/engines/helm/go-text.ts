/** Go's `unicode.IsSpace`. */
export const isGoSpace = (character: string): boolean => /^[\t\n\v\f\r \u0085\u00A0\p{Z}]$/u.test(character);

/** Go's `unicode.IsPrint`. */
export const isGoPrintable = (character: string): boolean => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);

const ESCAPES = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);

/** Go's `%q` of a string. */
export function quoteGo(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const character of text) {
    const escaped = ESCAPES.get(character);
    if (escaped !== undefined) quoted += escaped;
    else if (isGoPrintable(character)) quoted += character;
    else {
      const code = character.codePointAt(0)!;
      if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, '0')}`;
      else if (code < 0x10000) quoted += `\\u${code.toString(16).padStart(4, '0')}`;
      else quoted += `\\U${code.toString(16).padStart(8, '0')}`;
    }
  }
  return `${quoted}"`;
}

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
