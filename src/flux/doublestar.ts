import { RE2JS } from 're2js';

/** Matches a path (no `/` at its start) against a pattern; `undefined` in place of it for a malformed pattern. */
export type PathMatch = (path: string) => boolean;

/**
 * Patterns as the doublestar package has them: `**` as a whole part stands for any number of directories, `*` and `?` stop at `/`,
 * classes `[a-z]` `[!a]` `[^a]`, alternatives `{a,b}`, `\` takes the next character as it is.
 * @see github.com/bmatcuk/doublestar/v4 Match
 */
export function compileDoublestar(pattern: string): PathMatch | undefined {
  const source = translate(pattern);
  if (source === undefined) return undefined;
  try {
    const expression = RE2JS.compile(`^(?:${source})$`, RE2JS.DOTALL);
    return (path) => expression.matcher(path).matches();
  } catch {
    return undefined;
  }
}

const quote = (character: string): string => character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

function translate(pattern: string): string | undefined {
  let out = '';
  let braces = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at]!;
    if (character === '*') {
      const star = wholePart(pattern, at);
      if (star === undefined) out += '[^/]*';
      else {
        out = star.first ? out : out.slice(0, -2); // the `/` before it
        out += star.first ? (star.last ? '.*' : '(?:.*/)?') : star.last ? '(?:/.*)?' : '/(?:.*/)?';
        at += star.last ? 1 : 2;
        continue;
      }
      while (pattern[at + 1] === '*') at += 1;
    } else if (character === '?') out += '[^/]';
    else if (character === '[') {
      const end = classEnd(pattern, at);
      if (end === undefined) return undefined;
      const negated = pattern[at + 1] === '!' || pattern[at + 1] === '^';
      const body = pattern.slice(at + (negated ? 2 : 1), end).replace(/[[\]&~^]/g, '\\$&');
      out += `(?:${negated ? '[^/' : '['}${body}])`;
      at = end;
    } else if (character === '{') {
      braces += 1;
      out += '(?:';
    } else if (character === '}' && braces > 0) {
      braces -= 1;
      out += ')';
    } else if (character === ',' && braces > 0) out += '|';
    else if (character === '\\') {
      at += 1;
      if (at >= pattern.length) return undefined;
      out += quote(pattern[at]!);
    } else out += quote(character);
  }
  return braces === 0 ? out : undefined;
}

/** Whether `**` at a place is a whole part of the path, and whether it is the first or last. */
function wholePart(pattern: string, at: number): { readonly first: boolean; readonly last: boolean } | undefined {
  if (pattern[at + 1] !== '*') return undefined;
  const before = pattern[at - 1];
  const after = pattern[at + 2];
  if ((before !== undefined && before !== '/') || (after !== undefined && after !== '/')) return undefined;
  return { first: before === undefined, last: after === undefined };
}

function classEnd(pattern: string, start: number): number | undefined {
  let at = start + 1;
  if (pattern[at] === '!' || pattern[at] === '^') at += 1;
  for (let first = true; at < pattern.length; at += 1, first = false) {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === ']' && !first) return at;
  }
  return undefined;
}
