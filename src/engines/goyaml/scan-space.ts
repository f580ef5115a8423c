import { isBlank, isBreak, isBreakOrEnd } from './characters.ts';
import type { Scanner } from './scanner.ts';

/** Goes over blanks, comments and line breaks to the next token. */
export function toNextToken(scanner: Scanner): void {
  const s = scanner.s;
  for (;;) {
    let c = s.charCodeAt(scanner.pos);
    while (c === 32 || (c === 9 && (scanner.flowLevel > 0 || !scanner.simpleKeyAllowed)))
      c = s.charCodeAt(++scanner.pos);
    if (c === 35) {
      skipComment(scanner);
      c = s.charCodeAt(scanner.pos);
    }
    if (!isBreak(c)) return;
    scanner.skipLine();
    if (scanner.flowLevel === 0) scanner.simpleKeyAllowed = true;
  }
}

function skipComment(scanner: Scanner): void {
  const s = scanner.s;
  for (;;) {
    while (!isBreakOrEnd(s.charCodeAt(scanner.pos))) scanner.pos++;
    if (scanner.dialect === 'v2') return;
    // v3 takes in comment lines together, whatever blanks stand before them.
    let next = scanner.pos + 1;
    const bound = scanner.pos + 512;
    while (next < bound && (isBlank(s.charCodeAt(next)) || isBreak(s.charCodeAt(next)))) next++;
    if (next >= bound || s.charCodeAt(next) !== 35) return;
    while (scanner.pos < next) {
      if (isBreak(s.charCodeAt(scanner.pos))) scanner.skipLine();
      else scanner.pos++;
    }
  }
}

/** v3 takes in a comment behind a token at once. */
export function scanLineComment(scanner: Scanner): void {
  const s = scanner.s;
  let back = scanner.pos - 1;
  while (back >= 0 && isBlank(s.charCodeAt(back))) back--;
  if (back >= 0 && isBreak(s.charCodeAt(back))) return;
  let at = scanner.pos;
  const bound = at + 512;
  while (at < bound && isBlank(s.charCodeAt(at))) at++;
  if (at >= bound || s.charCodeAt(at) !== 35) return;
  while (!isBreakOrEnd(s.charCodeAt(at))) at++;
  scanner.pos = at;
}
