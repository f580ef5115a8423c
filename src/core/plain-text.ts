/**
 * What nearly all keys, names and short values are, told without a regular expression: the first run of one costs more than a
 * loop over all the short texts of a small chart.
 */

/** Nothing but U+0020 … U+007E. */
export function isPrintableAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** A decimal integer without a sign that `Number` holds exactly: at most 15 digits, no zero before others. */
export function isPlainInteger(text: string): boolean {
  const { length } = text;
  if (length === 0 || length > 15 || (length > 1 && text.charCodeAt(0) === 0x30)) return false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}
