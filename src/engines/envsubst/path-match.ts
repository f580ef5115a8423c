import { type ByteString, decodeRune, RUNE_ERROR } from './runes.ts';

/** A malformed pattern: the operators then leave the value as it is. */
export class BadPattern extends Error {}

/**
 * Whether the shell pattern matches all of `name`; `*` crosses slashes.
 * @see fluxcd/pkg envsubst/path/match.go (from Go's path.Match, BSD)
 */
export function matchPattern(pattern: ByteString, name: ByteString): boolean {
  next: while (pattern.length > 0) {
    const { star, chunk, rest } = scanChunk(pattern);
    pattern = rest;
    if (star && chunk === '') return true;
    const after = matchChunk(chunk, name, 0);
    if (after !== undefined && (after === name.length || pattern.length > 0)) {
      name = name.slice(after);
      continue;
    }
    if (star)
      for (let start = 1; start <= name.length; start += 1) {
        const end = matchChunk(chunk, name, start);
        if (end === undefined || (pattern.length === 0 && end < name.length)) continue;
        name = name.slice(end);
        continue next;
      }
    return false;
  }
  return name.length === 0;
}

function scanChunk(pattern: ByteString): { star: boolean; chunk: ByteString; rest: ByteString } {
  let from = 0;
  while (pattern[from] === '*') from += 1;
  let inRange = false;
  let at = from;
  for (; at < pattern.length; at += 1) {
    const byte = pattern[at];
    if (byte === '\\') {
      if (at + 1 < pattern.length) at += 1;
    } else if (byte === '[') inRange = true;
    else if (byte === ']') inRange = false;
    else if (byte === '*' && !inRange) break;
  }
  return { star: from > 0, chunk: pattern.slice(from, at), rest: pattern.slice(at) };
}

/** Where the match of `chunk` at `start` ends, or `undefined`. An error in the pattern counts only where the match gets to it. */
function matchChunk(chunk: ByteString, name: ByteString, start: number): number | undefined {
  let at = start;
  let in_ = 0;
  while (in_ < chunk.length) {
    if (at >= name.length) return undefined;
    switch (chunk[in_]) {
      case '[': {
        const { rune, width } = decodeRune(name, at);
        at += width;
        in_ += 1;
        const negated = chunk[in_] === '^';
        if (negated) in_ += 1;
        let matched = false;
        for (let ranges = 0; ; ranges += 1) {
          if (chunk[in_] === ']' && ranges > 0) {
            in_ += 1;
            break;
          }
          const low = escaped(chunk, in_);
          let high = low;
          if (chunk[low.next] === '-') high = escaped(chunk, low.next + 1);
          in_ = high.next;
          if (low.rune <= rune && rune <= high.rune) matched = true;
        }
        if (matched === negated) return undefined;
        break;
      }
      case '?':
        at += decodeRune(name, at).width;
        in_ += 1;
        break;
      case '\\':
        in_ += 1;
        if (in_ >= chunk.length) throw new BadPattern();
        if (chunk[in_] !== name[at]) return undefined;
        at += 1;
        in_ += 1;
        break;
      default:
        if (chunk[in_] !== name[at]) return undefined;
        at += 1;
        in_ += 1;
    }
  }
  return at;
}

/** A possibly escaped character of a character class. */
function escaped(chunk: ByteString, at: number): { rune: number; next: number } {
  if (at >= chunk.length || chunk[at] === '-' || chunk[at] === ']') throw new BadPattern();
  if (chunk[at] === '\\') at += 1;
  if (at >= chunk.length) throw new BadPattern();
  const { rune, width } = decodeRune(chunk, at);
  if ((rune === RUNE_ERROR && width === 1) || at + width >= chunk.length) throw new BadPattern();
  return { rune, next: at + width };
}
