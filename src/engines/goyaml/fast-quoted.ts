import { ESCAPED } from './escaped.ts';
import { foldLines } from './fold-lines.ts';
import { LEAVE } from './leave.ts';

/** The lines of a quoted scalar as one. */
export function foldQuoted(text: string): string {
  // An escaped line break, or an escaped blank before a break, and a document's end within are for the full reader.
  if (/\\[ \t]*\n|\n(?:---|\.\.\.)(?:[ \t\n]|$)/.test(text)) throw LEAVE;
  return foldLines(text.split('\n'));
}

/** The text of a double-quoted scalar. */
export function decodeEscapes(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.)|$)/gs, decodeEscape);
}

function decodeEscape(_: string, x?: string, u?: string, long?: string, other?: string): string {
  const hex = x ?? u ?? long;
  if (hex !== undefined) {
    const code = Number.parseInt(hex, 16);
    if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) throw LEAVE;
    return String.fromCodePoint(code);
  }
  const known = other === undefined ? undefined : ESCAPED.get(other.charCodeAt(0));
  if (known === undefined) throw LEAVE;
  return known;
}
