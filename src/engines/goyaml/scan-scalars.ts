import { hexValue, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit } from './characters.ts';
import { ESCAPED } from './escaped.ts';
import type { Scanner } from './scanner.ts';
import { SCALAR, type Token } from './token.ts';

/** Breaks inside a flow scalar: one is a space, more are one less. LS and PS stay. */
function fold(leadingBreak: string, trailingBreaks: string): string {
  if (leadingBreak !== '' && leadingBreak.charCodeAt(0) !== 10) return leadingBreak + trailingBreaks;
  return trailingBreaks === '' ? ' ' : trailingBreaks;
}

export function scanPlainScalar(scanner: Scanner): Token {
  const s = scanner.s;
  const start = scanner.pos;
  const line = scanner.line;
  const column = scanner.column;
  const indent = scanner.indent + 1;
  const inFlow = scanner.flowLevel > 0;
  let text = '';
  let from = start; // the part of the current line not yet in `text`
  let to = start; // its end without the blanks behind it
  let endLine = line;
  let endColumn = column;
  let leadingBlanks = false;
  let leadingBreak = '';
  let trailingBreaks = '';
  for (;;) {
    let c = s.charCodeAt(scanner.pos);
    if (scanner.pos === scanner.lineStart && scanner.isDocumentIndicator()) break;
    if (c === 35) break;
    let pos = scanner.pos;
    while (!isBlankOrEnd(c)) {
      if (c === 58) {
        if (isBlankOrEnd(s.charCodeAt(pos + 1))) break;
      } else if (inFlow && (c === 44 || c === 63 || c === 91 || c === 93 || c === 123 || c === 125)) break;
      c = s.charCodeAt(++pos);
    }
    if (pos > scanner.pos) {
      if (leadingBlanks) {
        text += s.slice(from, to) + fold(leadingBreak, trailingBreaks);
        from = scanner.pos;
        leadingBreak = '';
        trailingBreaks = '';
        leadingBlanks = false;
      }
      scanner.pos = pos;
      to = pos;
      endLine = scanner.line;
      endColumn = pos - scanner.lineStart;
    }
    if (!(isBlank(c) || isBreak(c))) break;
    for (;;) {
      if (isBlank(c)) {
        if (leadingBlanks && c === 9 && scanner.column < indent)
          scanner.fail('found a tab character that violates indentation', line);
        scanner.pos++;
      } else if (isBreak(c)) {
        if (!leadingBlanks) {
          leadingBreak = scanner.readLine();
          leadingBlanks = true;
        } else trailingBreaks += scanner.readLine();
      } else break;
      c = s.charCodeAt(scanner.pos);
    }
    if (!inFlow && scanner.column < indent) break;
  }
  if (leadingBlanks) scanner.simpleKeyAllowed = true;
  text = text === '' ? s.slice(from, to) : text + s.slice(from, to);
  const token = scanner.token(SCALAR, start, line, column, text);
  token.end = to;
  token.endLine = endLine;
  token.endColumn = endColumn;
  return token;
}

export function scanQuotedScalar(scanner: Scanner, single: boolean): Token {
  const s = scanner.s;
  const start = scanner.pos;
  const line = scanner.line;
  const column = scanner.column;
  const quote = single ? 39 : 34;
  let text = '';
  scanner.pos++;
  for (;;) {
    if (scanner.pos === scanner.lineStart && scanner.isDocumentIndicator())
      scanner.fail('found unexpected document indicator', line);
    let c = s.charCodeAt(scanner.pos);
    if (c === 0) scanner.fail('found unexpected end of stream', line);
    let leadingBlanks = false;
    let from = scanner.pos;
    let pos = from;
    while (!isBlankOrEnd(c)) {
      if (c === quote) {
        if (!single || s.charCodeAt(pos + 1) !== 39) break;
        text += s.slice(from, pos + 1);
        pos += 2;
        from = pos;
      } else if (c === 92 && !single) {
        text += s.slice(from, pos);
        const escaped = s.charCodeAt(pos + 1);
        scanner.pos = pos;
        if (isBreak(escaped)) {
          scanner.pos++;
          scanner.skipLine();
          leadingBlanks = true;
          pos = scanner.pos;
          from = pos;
          break;
        }
        text += scanEscape(scanner, escaped, line);
        pos = scanner.pos;
        from = pos;
      } else pos++;
      c = s.charCodeAt(pos);
    }
    text += s.slice(from, pos);
    scanner.pos = pos;
    c = s.charCodeAt(pos);
    if (c === quote) break;
    let leadingBreak = '';
    let trailingBreaks = '';
    const blanksFrom = pos;
    for (;;) {
      if (isBlank(c)) scanner.pos++;
      else if (isBreak(c)) {
        if (!leadingBlanks) {
          leadingBreak = scanner.readLine();
          leadingBlanks = true;
        } else trailingBreaks += scanner.readLine();
      } else break;
      c = s.charCodeAt(scanner.pos);
    }
    if (!leadingBlanks) text += s.slice(blanksFrom, scanner.pos);
    else if (leadingBreak.charCodeAt(0) === 10) text += trailingBreaks === '' ? ' ' : trailingBreaks;
    else text += leadingBreak + trailingBreaks;
  }
  scanner.pos++;
  return scanner.token(SCALAR, start, line, column, text, '', single ? 'single' : 'double');
}

function scanEscape(scanner: Scanner, escaped: number, contextLine: number): string {
  const known = ESCAPED.get(escaped);
  if (known !== undefined) {
    scanner.pos += 2;
    return known;
  }
  const length = escaped === 120 ? 2 : escaped === 117 ? 4 : escaped === 85 ? 8 : 0;
  if (length === 0) scanner.fail('found unknown escape character', contextLine);
  scanner.pos += 2;
  let value = 0;
  for (let k = 0; k < length; k++) {
    const digit = hexValue(scanner.s.charCodeAt(scanner.pos + k));
    if (digit < 0) scanner.fail('did not find expected hexdecimal number', contextLine);
    value = value * 16 + digit;
  }
  if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
    scanner.fail('found invalid Unicode character escape code', contextLine);
  scanner.pos += length;
  return String.fromCodePoint(value);
}

export function scanBlockScalar(scanner: Scanner, literal: boolean): Token {
  const s = scanner.s;
  const start = scanner.pos;
  const line = scanner.line;
  const column = scanner.column;
  let chomping = 0;
  let increment = 0;
  const indentIndicator = (): void => {
    const digit = s.charCodeAt(scanner.pos);
    if (!isDigit(digit)) return;
    if (digit === 48) scanner.fail('found an indentation indicator equal to 0', line);
    increment = digit - 48;
    scanner.pos++;
  };
  const chompingIndicator = (): boolean => {
    const c = s.charCodeAt(scanner.pos);
    if (c !== 43 && c !== 45) return false;
    chomping = c === 43 ? 1 : -1;
    scanner.pos++;
    return true;
  };
  scanner.pos++;
  if (chompingIndicator()) indentIndicator();
  else {
    indentIndicator();
    if (increment > 0) chompingIndicator();
  }
  while (isBlank(s.charCodeAt(scanner.pos))) scanner.pos++;
  if (s.charCodeAt(scanner.pos) === 35) while (!isBreakOrEnd(s.charCodeAt(scanner.pos))) scanner.pos++;
  if (!isBreakOrEnd(s.charCodeAt(scanner.pos))) scanner.fail('did not find expected comment or line break', line);
  if (isBreak(s.charCodeAt(scanner.pos))) scanner.skipLine();

  let indent = increment > 0 ? (scanner.indent >= 0 ? scanner.indent + increment : increment) : 0;
  let trailingBreaks = '';
  let endLine = scanner.line;
  let end = scanner.pos;

  const scanBreaks = (): void => {
    let maxIndent = 0;
    end = scanner.pos;
    endLine = scanner.line;
    for (;;) {
      let c = s.charCodeAt(scanner.pos);
      while (c === 32 && (indent === 0 || scanner.pos - scanner.lineStart < indent)) c = s.charCodeAt(++scanner.pos);
      const at = scanner.pos - scanner.lineStart;
      if (at > maxIndent) maxIndent = at;
      if (c === 9 && (indent === 0 || at < indent))
        scanner.fail('found a tab character where an indentation space is expected', line);
      if (!isBreak(c)) break;
      trailingBreaks += scanner.readLine();
      end = scanner.pos;
      endLine = scanner.line;
    }
    if (indent === 0) indent = Math.max(maxIndent, scanner.indent + 1, 1);
  };

  scanBreaks();
  let text = '';
  let leadingBreak = '';
  let leadingBlank = false;
  while (scanner.pos - scanner.lineStart === indent && s.charCodeAt(scanner.pos) !== 0) {
    let c = s.charCodeAt(scanner.pos);
    const trailingBlank = isBlank(c);
    if (!literal && !leadingBlank && !trailingBlank && leadingBreak.charCodeAt(0) === 10) {
      if (trailingBreaks === '') text += ' ';
    } else text += leadingBreak;
    text += trailingBreaks;
    trailingBreaks = '';
    leadingBlank = trailingBlank;
    const from = scanner.pos;
    let pos = from;
    while (!isBreakOrEnd(c)) c = s.charCodeAt(++pos);
    text += s.slice(from, pos);
    scanner.pos = pos;
    leadingBreak = c === 0 ? '' : scanner.readLine();
    scanBreaks();
  }
  if (chomping !== -1) text += leadingBreak;
  if (chomping === 1) text += trailingBreaks;
  const token = scanner.token(SCALAR, start, line, column, text, '', literal ? 'literal' : 'folded');
  token.end = end;
  token.endLine = endLine;
  token.endColumn = 0;
  return token;
}
