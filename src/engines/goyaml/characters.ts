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

/** The byte that stands as a lone surrogate U+DC80 … U+DCFF where a text is not UTF-8, or -1. */
const rawByte = (code: number): number => (code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : -1);

/** What the reader says of the character at `index` that it does not take. @see go-yaml readerc.go */
export function refusal(text: string, index: number): string {
  const first = rawByte(text.codePointAt(index)!);
  if (first < 0) return 'control characters are not allowed';
  const width = (first & 0xe0) === 0xc0 ? 2 : (first & 0xf0) === 0xe0 ? 3 : (first & 0xf8) === 0xf0 ? 4 : 0;
  if (width === 0) return 'invalid leading UTF-8 octet';
  // Only what is no UTF-8 can follow in bytes of its own: a whole character begins with an octet that cannot continue.
  let value = first & (0x7f >> width);
  for (let k = 1; k < width; k++) {
    const next = text.codePointAt(index + k);
    if (next === undefined) return 'incomplete UTF-8 octet sequence';
    const byte = rawByte(next);
    if ((byte & 0xc0) !== 0x80 || byte < 0)
      return bytesFrom(text, index + k) < width - k
        ? 'incomplete UTF-8 octet sequence'
        : 'invalid trailing UTF-8 octet';
    value = value * 64 + (byte & 0x3f);
  }
  if (value < [0, 0, 0x80, 0x800, 0x10000][width]!) return 'invalid length of a UTF-8 sequence';
  return 'invalid Unicode character';
}

/** The number of bytes from `index` on, up to four. */
function bytesFrom(text: string, index: number): number {
  let bytes = 0;
  for (const char of text.slice(index, index + 4)) {
    const code = char.codePointAt(0)!;
    bytes += code < 0x80 || rawByte(code) >= 0 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
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
    const width = code < 0x80 || rawByte(code) >= 0 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes + width > CHUNK) {
      bytes = 0;
      start = i;
    }
    bytes += width;
    if (code >= 0x10000) i++;
  }
  return start;
}
