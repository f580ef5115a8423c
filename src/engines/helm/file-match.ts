/** A pattern that `filepath.Match` refuses: `syntax error in pattern`. */
export const BAD_PATTERN = 'syntax error in pattern';

/**
 * Go's `filepath.Match` on `/` paths: `*` and `?` stop at `/`, classes `[a-z]` and `[^…]`, `\` escapes.
 * @returns whether all of `name` matches, or `undefined` for a malformed pattern
 * @see Go path/filepath/match.go
 */
export function matchFile(pattern: string, name: string): boolean | undefined {
  let rest = [...pattern];
  let at = [...name];
  while (rest.length > 0) {
    let star = false;
    let begin = 0;
    while (rest[begin] === '*') {
      begin++;
      star = true;
    }
    let end = begin;
    let inRange = false;
    for (; end < rest.length; end++) {
      const c = rest[end];
      if (c === '\\') {
        if (end + 1 < rest.length) end++;
      } else if (c === '[') inRange = true;
      else if (c === ']') inRange = false;
      else if (c === '*' && !inRange) break;
    }
    const chunk = rest.slice(begin, end);
    rest = rest.slice(end);
    if (star && chunk.length === 0) return !at.includes('/');
    const matched = matchChunk(chunk, at);
    if (matched === undefined) return undefined;
    if (matched !== false && (matched.length === 0 || rest.length > 0)) {
      at = matched;
      continue;
    }
    if (!star) return validRest(rest) ? false : undefined;
    let found = false;
    for (let i = 0; i < at.length && at[i] !== '/'; i++) {
      const later = matchChunk(chunk, at.slice(i + 1));
      if (later === undefined) return undefined;
      if (later === false) continue;
      if (rest.length === 0 && later.length > 0) continue;
      at = later;
      found = true;
      break;
    }
    if (!found) return validRest(rest) ? false : undefined;
  }
  return at.length === 0;
}

/** What is not reached still has to be a pattern. */
function validRest(rest: string[]): boolean {
  let left = rest;
  while (left.length > 0) {
    let begin = 0;
    while (left[begin] === '*') begin++;
    let end = begin;
    let inRange = false;
    for (; end < left.length; end++) {
      const c = left[end];
      if (c === '\\') {
        if (end + 1 < left.length) end++;
      } else if (c === '[') inRange = true;
      else if (c === ']') inRange = false;
      else if (c === '*' && !inRange) break;
    }
    if (matchChunk(left.slice(begin, end), []) === undefined) return false;
    left = left.slice(end);
  }
  return true;
}

/** @returns what of `text` is left after the chunk, `false` where it does not match, `undefined` for a bad pattern */
function matchChunk(chunk: string[], text: string[]): string[] | false | undefined {
  let failed = false;
  let i = 0;
  let at = 0;
  while (i < chunk.length) {
    if (!failed && at === text.length) failed = true;
    const c = chunk[i];
    if (c === '[') {
      const r = text[at] ?? '';
      if (!failed) at++;
      i++;
      let negated = false;
      if (chunk[i] === '^') {
        negated = true;
        i++;
      }
      let match = false;
      for (let ranges = 0; ; ranges++) {
        if (chunk[i] === ']' && ranges > 0) {
          i++;
          break;
        }
        const low = classCharacter(chunk, i);
        if (low === undefined) return undefined;
        i = low.next;
        let high = low.character;
        if (chunk[i] === '-') {
          const upper = classCharacter(chunk, i + 1);
          if (upper === undefined) return undefined;
          high = upper.character;
          i = upper.next;
        }
        if (low.character <= r && r <= high) match = true;
      }
      if (match === negated) failed = true;
    } else if (c === '?') {
      if (!failed) {
        if (text[at] === '/') failed = true;
        at++;
      }
      i++;
    } else {
      if (c === '\\') {
        i++;
        if (i >= chunk.length) return undefined;
      }
      if (!failed) {
        if (chunk[i] !== text[at]) failed = true;
        at++;
      }
      i++;
    }
  }
  return failed ? false : text.slice(at);
}

function classCharacter(chunk: string[], i: number): { character: string; next: number } | undefined {
  if (i >= chunk.length || chunk[i] === '-' || chunk[i] === ']') return undefined;
  let at = i;
  if (chunk[at] === '\\') at++;
  const character = chunk[at];
  return character === undefined || at + 1 >= chunk.length ? undefined : { character, next: at + 1 };
}
