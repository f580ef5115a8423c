/** Line breaks of YAML 1.1: LF, CR, NEL, LS, PS. */
export function isBreak(c: number): boolean {
  return c === 10 || c === 13 || (c >= 0x85 && (c === 0x85 || c === 0x2028 || c === 0x2029));
}
/** A line break, or the NUL that stands after the text's end. */
export function isBreakOrEnd(c: number): boolean {
  return c === 10 || c === 0 || c === 13 || (c >= 0x85 && (c === 0x85 || c === 0x2028 || c === 0x2029));
}
export function isBlank(c: number): boolean {
  return c === 32 || c === 9;
}
export function isBlankOrEnd(c: number): boolean {
  return (
    c === 32 ||
    c === 10 ||
    c === 9 ||
    c === 0 ||
    c === 13 ||
    (c >= 0x85 && (c === 0x85 || c === 0x2028 || c === 0x2029))
  );
}
export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}
/** A character of anchors, tag handles and directive names. */
export function isWord(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 95 || c === 45;
}
/** The value of a hexadecimal digit, or -1. */
export function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  if (c >= 97 && c <= 102) return c - 87;
  if (c >= 65 && c <= 70) return c - 55;
  return -1;
}

/** A plain scalar may start with `c`. @param next the character behind it */
export function startsPlain(c: number, next: number, inFlow: boolean): boolean {
  switch (c) {
    case 45: // -
      return !isBlank(next);
    case 63: // ?
    case 58: // :
      return !inFlow && !isBlankOrEnd(next);
    case 44: // , [ ] { } # & * ! | > ' " % @ `
    case 91:
    case 93:
    case 123:
    case 125:
    case 35:
    case 38:
    case 42:
    case 33:
    case 124:
    case 62:
    case 39:
    case 34:
    case 37:
    case 64:
    case 96:
      return false;
    default:
      return !isBlankOrEnd(c);
  }
}

// What the reader lets through: tab, LF, CR, printable ASCII, NEL, and all from U+00A0 but surrogates, U+FFFE and U+FFFF.
const SUSPECT = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd]/;
const FORBIDDEN = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Where the first character stands that YAML does not allow, or -1. */
export function findForbidden(text: string): number {
  return SUSPECT.test(text) ? text.search(FORBIDDEN) : -1;
}

/** The bytes that go-yaml's reader takes in at a time. */
const CHUNK = 512;

/**
 * The reader checks whole chunks before the scanner sees a character of them: gives the start of the chunk that holds
 * `index`, up to where the text reads as usual.
 */
export function chunkStart(text: string, index: number): number {
  let bytes = 0;
  let start = 0;
  for (let i = 0; i <= index; i++) {
    const code = text.codePointAt(i)!;
    const width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes + width > CHUNK) {
      bytes = 0;
      start = i;
    }
    bytes += width;
    if (code >= 0x10000) i++;
  }
  return start;
}
