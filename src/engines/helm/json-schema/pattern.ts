import { RE2JS } from 're2js';
import type { Pattern } from './schema.ts';

const patterns = new Map<string, Pattern>();
/** Go's regular expressions, in linear time. Throws what the pattern is wrong in. */
export function compilePattern(source: string): Pattern {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    const compiled = RE2JS.compile(source);
    pattern = { source, matches: (text) => compiled.matcher(text).find() };
    if (patterns.size > 1000) patterns.clear();
    patterns.set(source, pattern);
  }
  return pattern;
}
