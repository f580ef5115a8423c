/**
 * Whether a name matches a pattern of `*`, `?`, `[a-z]`, `[!a]`, `[^a]` and `\x`. No `/` in either. Time grows with the product
 * of both lengths at most. `undefined`-free: a pattern that is not well formed matches nothing.
 */
export function matchName(pattern: string, name: string): boolean {
  const parts = parse(pattern);
  if (parts === undefined) return false;
  const characters = [...name];
  let part = 0;
  let at = 0;
  let star = -1;
  let mark = 0;
  while (at < characters.length) {
    const want = parts[part];
    if (want === 'any') {
      star = part++;
      mark = at;
    } else if (want?.(characters[at] ?? '')) {
      part++;
      at++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++mark;
    } else return false;
  }
  while (parts[part] === 'any') part++;
  return part === parts.length;
}

type Part = 'any' | ((character: string) => boolean);
const parsed = new Map<string, readonly Part[] | undefined>();

function parse(pattern: string): readonly Part[] | undefined {
  if (parsed.has(pattern)) return parsed.get(pattern);
  const parts = parsePattern([...pattern]);
  if (parsed.size > 1000) parsed.clear();
  parsed.set(pattern, parts);
  return parts;
}

function parsePattern(pattern: readonly string[]): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    if (character === '*') {
      if (parts.at(-1) !== 'any') parts.push('any');
    } else if (character === '?') parts.push(() => true);
    else if (character === '[') {
      const end = classEnd(pattern, at);
      if (end < 0) return undefined;
      parts.push(classOf(pattern.slice(at + 1, end)));
      at = end;
    } else {
      const literal = character === '\\' ? pattern[++at] : character;
      if (literal === undefined) return undefined;
      parts.push((other) => other === literal);
    }
  }
  return parts;
}

function classEnd(pattern: readonly string[], open: number): number {
  let at = open + 1;
  if (pattern[at] === '!' || pattern[at] === '^') at++;
  if (pattern[at] === ']') at++;
  for (; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === ']') return at;
  }
  return -1;
}

function classOf(body: readonly string[]): (character: string) => boolean {
  const negated = body[0] === '!' || body[0] === '^';
  const ranges: [string, string][] = [];
  for (let at = negated ? 1 : 0; at < body.length; at++) {
    if (body[at] === '\\') at++;
    const low = body[at] ?? '';
    if (body[at + 1] === '-' && at + 2 < body.length) {
      at += 2;
      if (body[at] === '\\') at++;
      ranges.push([low, body[at] ?? '']);
    } else ranges.push([low, low]);
  }
  return (character) => ranges.some(([low, high]) => character >= low && character <= high) !== negated;
}
