import { hexValue, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, isWord } from './characters.ts';
import type { Scanner } from './scanner.ts';
import { type ALIAS, type ANCHOR, TAG, TAG_DIRECTIVE, type Token, VERSION_DIRECTIVE } from './token.ts';

/** The name of an anchor (`&name`) or of an alias (`*name`). */
export function scanAnchor(scanner: Scanner, type: typeof ALIAS | typeof ANCHOR): Token {
  const { s, pos: start, line, column } = scanner;
  let pos = start + 1;
  while (isWord(s.charCodeAt(pos))) pos++;
  scanner.pos = pos;
  const c = s.charCodeAt(pos);
  // ? : , ] } % @ ` may stand behind it.
  const ends =
    isBlankOrEnd(c) || c === 63 || c === 58 || c === 44 || c === 93 || c === 125 || c === 37 || c === 64 || c === 96;
  if (pos === start + 1 || !ends) scanner.fail('did not find expected alphabetic or numeric character', line);
  return scanner.token(type, start, line, column, s.slice(start + 1, pos));
}

export function scanTag(scanner: Scanner): Token {
  const { s, pos: start, line, column } = scanner;
  let handle = '';
  let suffix: string;
  if (s.charCodeAt(start + 1) === 60) {
    scanner.pos += 2;
    suffix = scanTagUri(scanner, '', line);
    if (s.charCodeAt(scanner.pos) !== 62) scanner.fail("did not find the expected '>'", line);
    scanner.pos++;
  } else {
    handle = scanTagHandle(scanner, false, line);
    if (handle.length > 1 && handle.endsWith('!')) suffix = scanTagUri(scanner, '', line);
    else {
      suffix = scanTagUri(scanner, handle, line);
      handle = '!';
      if (suffix === '') {
        handle = '';
        suffix = '!';
      }
    }
  }
  if (!isBlankOrEnd(s.charCodeAt(scanner.pos))) scanner.fail('did not find expected whitespace or line break', line);
  return scanner.token(TAG, start, line, column, handle, suffix);
}

function scanTagHandle(scanner: Scanner, directive: boolean, line: number): string {
  const { s, pos: start } = scanner;
  if (s.charCodeAt(start) !== 33) scanner.fail("did not find expected '!'", line);
  let pos = start + 1;
  while (isWord(s.charCodeAt(pos))) pos++;
  if (s.charCodeAt(pos) === 33) pos++;
  else if (directive && pos !== start + 1) {
    scanner.pos = pos;
    scanner.fail("did not find expected '!'", line);
  }
  scanner.pos = pos;
  return s.slice(start, pos);
}

// ; / ? : @ & = + $ , . ! ~ * ' ( ) [ ] %
const URI = new Set([...";/?:@&=+$,.!~*'()[]%"].map((character) => character.charCodeAt(0)));

function scanTagUri(scanner: Scanner, head: string, line: number): string {
  const s = scanner.s;
  let found = head !== '';
  let uri = head.slice(1);
  for (let c = s.charCodeAt(scanner.pos); isWord(c) || URI.has(c); c = s.charCodeAt(scanner.pos)) {
    if (c === 37) uri += scanUriEscapes(scanner, line);
    else {
      uri += s[scanner.pos];
      scanner.pos++;
    }
    found = true;
  }
  if (!found) scanner.fail('did not find expected tag URI', line);
  return uri;
}

function scanUriEscapes(scanner: Scanner, line: number): string {
  const s = scanner.s;
  const bytes: number[] = [];
  let left = 1024;
  while (left > 0) {
    const high = hexValue(s.charCodeAt(scanner.pos + 1));
    const low = high < 0 ? -1 : hexValue(s.charCodeAt(scanner.pos + 2));
    if (s.charCodeAt(scanner.pos) !== 37 || low < 0) scanner.fail('did not find URI escaped octet', line);
    const octet = high * 16 + low;
    if (left === 1024) {
      left =
        octet < 0x80 ? 1 : (octet & 0xe0) === 0xc0 ? 2 : (octet & 0xf0) === 0xe0 ? 3 : (octet & 0xf8) === 0xf0 ? 4 : 0;
      if (left === 0) scanner.fail('found an incorrect leading UTF-8 octet', line);
    } else if ((octet & 0xc0) !== 0x80) scanner.fail('found an incorrect trailing UTF-8 octet', line);
    bytes.push(octet);
    scanner.pos += 3;
    left--;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** `%YAML 1.1` or `%TAG handle prefix`. */
export function scanDirective(scanner: Scanner): Token {
  const { s, pos: start, line, column } = scanner;
  let pos = start + 1;
  while (isWord(s.charCodeAt(pos))) pos++;
  scanner.pos = pos;
  const name = s.slice(start + 1, pos);
  if (name === '') scanner.fail('could not find expected directive name', line);
  if (!isBlankOrEnd(s.charCodeAt(pos))) scanner.fail('found unexpected non-alphabetical character', line);
  let token: Token;
  if (name === 'YAML') {
    skipBlanks(scanner);
    const major = scanVersionNumber(scanner, line);
    if (s.charCodeAt(scanner.pos) !== 46) scanner.fail("did not find expected digit or '.' character", line);
    scanner.pos++;
    const minor = scanVersionNumber(scanner, line);
    token = scanner.token(VERSION_DIRECTIVE, start, line, column, `${major}.${minor}`);
  } else if (name === 'TAG') {
    skipBlanks(scanner);
    const handle = scanTagHandle(scanner, true, line);
    if (!isBlank(s.charCodeAt(scanner.pos))) scanner.fail('did not find expected whitespace', line);
    skipBlanks(scanner);
    const prefix = scanTagUri(scanner, '', line);
    if (!isBlankOrEnd(s.charCodeAt(scanner.pos))) scanner.fail('did not find expected whitespace or line break', line);
    token = scanner.token(TAG_DIRECTIVE, start, line, column, handle, prefix);
  } else scanner.fail('found unknown directive name', line);
  skipBlanks(scanner);
  if (s.charCodeAt(scanner.pos) === 35) while (!isBreakOrEnd(s.charCodeAt(scanner.pos))) scanner.pos++;
  if (!isBreakOrEnd(s.charCodeAt(scanner.pos))) scanner.fail('did not find expected comment or line break', line);
  if (isBreak(s.charCodeAt(scanner.pos))) scanner.skipLine();
  return token;
}

function skipBlanks(scanner: Scanner): void {
  while (isBlank(scanner.s.charCodeAt(scanner.pos))) scanner.pos++;
}

function scanVersionNumber(scanner: Scanner, line: number): number {
  let value = 0;
  let length = 0;
  for (let c = scanner.s.charCodeAt(scanner.pos); isDigit(c); c = scanner.s.charCodeAt(scanner.pos)) {
    if (++length > 2) scanner.fail('found extremely long version number', line);
    value = value * 10 + c - 48;
    scanner.pos++;
  }
  if (length === 0) scanner.fail('did not find expected version number', line);
  return value;
}
