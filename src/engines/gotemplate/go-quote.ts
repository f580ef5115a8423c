import { escapeGo, isPlainGo } from '../../core/go-quote.ts';
import { normalizeBytes, runeToString, toBytes } from './go-string.ts';

/** Texts as Go writes and reads them in source. @see Go src/strconv/quote.go */

export { quoteGo } from '../../core/go-quote.ts';

/** What package time puts around texts in its errors: every byte that is not printable ASCII as `\\x..`. */
export function quoteTimeText(text: string): string {
  if (isPlainGo(text)) return `"${text}"`;
  let out = '"';
  for (const byte of toBytes(text)) {
    if (byte < 0x20 || byte >= 0x80) out += `\\x${byte.toString(16).padStart(2, '0')}`;
    else out += byte === 0x22 || byte === 0x5c ? `\\${String.fromCharCode(byte)}` : String.fromCharCode(byte);
  }
  return `${out}"`;
}
/** strconv.QuoteRune. */
export function quoteRune(rune: number, ascii = false): string {
  return `'${escapeGo(runeToString(rune), "'", ascii)}'`;
}
/** strconv.CanBackquote. */
export function canBackquote(text: string): boolean {
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code === 0xfeff || (code >= 0xd800 && code <= 0xdfff)) return false;
    if ((code < 0x20 && code !== 9) || char === '`' || code === 0x7f) return false;
  }
  return true;
}

const SINGLE: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['\\', 92],
]);

/**
 * strconv.UnquoteChar at `at` of `text`: the text it stands for, its code point, and where the next one begins;
 * `undefined` where the syntax is wrong.
 */
export function unquoteChar(
  text: string,
  at: number,
  quote: string,
): { readonly text: string; readonly rune: number; readonly next: number } | undefined {
  const char = text[at];
  if (char === undefined) return undefined;
  if (char === quote && (quote === "'" || quote === '"')) return undefined;
  if (char !== '\\') {
    const code = text.codePointAt(at)!;
    const whole = String.fromCodePoint(code);
    const raw = code >= 0xd800 && code <= 0xdfff;
    return { text: whole, rune: raw ? 0xfffd : code, next: at + whole.length };
  }
  const kind = text[at + 1];
  if (kind === undefined) return undefined;
  const single = SINGLE.get(kind);
  if (single !== undefined) return { text: String.fromCharCode(single), rune: single, next: at + 2 };
  if (kind === 'x' || kind === 'u' || kind === 'U') {
    const width = kind === 'x' ? 2 : kind === 'u' ? 4 : 8;
    const digits = text.slice(at + 2, at + 2 + width);
    if (digits.length !== width || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
    const code = Number.parseInt(digits, 16);
    if (kind === 'x') return { text: byteText(code), rune: code, next: at + 4 };
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
    return { text: String.fromCodePoint(code), rune: code, next: at + 2 + width };
  }
  if (kind >= '0' && kind <= '7') {
    const digits = text.slice(at + 1, at + 4);
    if (!/^[0-7]{3}$/.test(digits)) return undefined;
    const code = Number.parseInt(digits, 8);
    return code > 255 ? undefined : { text: byteText(code), rune: code, next: at + 4 };
  }
  if (kind === "'" || kind === '"')
    return kind === quote ? { text: kind, rune: kind.charCodeAt(0), next: at + 2 } : undefined;
  return undefined;
}
const byteText = (byte: number): string => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);

/** strconv.Unquote of a double-quoted or back-quoted text; `undefined` where the syntax is wrong. */
export function unquote(text: string): string | undefined {
  const quote = text[0];
  if (text.length < 2 || text[text.length - 1] !== quote) return undefined;
  const end = text.length - 1;
  if (quote === '`') {
    const inner = text.slice(1, end);
    return inner.includes('`') ? undefined : inner.replaceAll('\r', '');
  }
  if (quote !== '"') return undefined;
  const body = text.slice(1, end);
  if (!body.includes('\\') && !body.includes('"') && !body.includes('\n')) return body;
  let out = '';
  let raw = false;
  for (let at = 0; at < body.length; ) {
    if (body[at] === '\n') return undefined;
    const part = unquoteChar(body, at, '"');
    if (part === undefined) return undefined;
    raw ||= part.text.charCodeAt(0) >= 0xdc80;
    out += part.text;
    at = part.next;
  }
  return raw ? normalizeBytes(out) : out;
}
