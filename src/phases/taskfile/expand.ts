import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { TaskError } from './errors.ts';
import { matchName } from './match-name.ts';

type Variables = Readonly<Record<string, string | undefined>>;

const NONE: ReadonlySet<string> = new Set();

/** How many words braces may grow to, as mvdan's shell bounds them. */
const BRACE_LIMIT = 16_384;

/** Expands `~`, `$NAME` and `${NAME}` of a path; everything else stays as it is written. */
export function expandLiteral(text: string, variables: Variables): string {
  return expandTilde(expandVariables(text, variables));
}

function expandTilde(text: string): string {
  return text === '~' || text.startsWith('~/') ? homedir() + text.slice(1) : text;
}

/** @throws TaskError on a form that is not `$NAME`, `${NAME}`, `${NAME:-default}` */
function expandVariables(text: string, variables: Variables): string {
  return text.replace(
    /\\([\\$`])|\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?)-([^}]*))?\}|\$([A-Za-z_][A-Za-z0-9_]*)|\$\{/g,
    (whole: string, escaped?: string, braced?: string, colon?: string, fallback?: string, bare?: string) => {
      if (escaped !== undefined) return escaped;
      const name = braced ?? bare;
      if (name === undefined)
        throw new TaskError(`task: cannot expand ${JSON.stringify(whole)} in ${JSON.stringify(text)}`);
      const value = variables[name];
      if (fallback !== undefined && (value === undefined || (colon === ':' && value === ''))) return fallback;
      return value ?? '';
    },
  );
}

/**
 * The files and directories that a glob names, as a shell finds them with `globstar` and `nullglob` on: `~`, variables, braces,
 * `*`, `?`, `[…]` and `**`. A word without wildcards names itself, whether or not it exists. Hidden names match only a pattern
 * that starts with a dot; `**` does not follow links.
 * @param pruned directories (absolute) that `**` does not go into
 * @see go-task internal/execext, ExpandFields
 */
export function expandFields(glob: string, variables: Variables, pruned: ReadonlySet<string> = NONE): string[] {
  const found: string[] = [];
  for (const word of expandBraces(expandLiteral(glob, variables))) {
    if (/[*?[]/.test(word)) for (const path of expandGlob(word, pruned)) found.push(path);
    else found.push(word.replace(/\\(.)/g, '$1'));
  }
  return found;
}

/** `a{b,c}` as `ab`, `ac`; `{1..3}` as numbers. Braces without a comma or dots stay. */
export function expandBraces(word: string): string[] {
  for (let at = word.indexOf('{'); at >= 0; at = word.indexOf('{', at + 1)) {
    if (word.charAt(at - 1) === '\\') continue;
    const close = closingBrace(word, at);
    if (close < 0) continue;
    const items = braceItems(word.slice(at + 1, close));
    if (items === undefined) continue;
    const rests = expandBraces(word.slice(close + 1));
    const words: string[] = [];
    for (const item of items)
      for (const inner of expandBraces(item))
        for (const rest of rests) {
          if (words.length >= BRACE_LIMIT)
            throw new TaskError(`task: brace expansion would exceed ${BRACE_LIMIT} elements`);
          words.push(word.slice(0, at) + inner + rest);
        }
    return words;
  }
  return [word];
}

function closingBrace(word: string, open: number): number {
  let depth = 0;
  for (let at = open; at < word.length; at++) {
    if (word.charAt(at) === '\\') at++;
    else if (word.charAt(at) === '{') depth++;
    else if (word.charAt(at) === '}' && --depth === 0) return at;
  }
  return -1;
}

function braceItems(body: string): string[] | undefined {
  const range = /^(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])$/.exec(body);
  if (range !== null) return rangeItems(range[1] ?? '', range[2] ?? '');
  const items: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < body.length; at++) {
    const character = body.charAt(at);
    if (character === '{') depth++;
    else if (character === '}') depth--;
    else if (character === ',' && depth === 0) {
      items.push(body.slice(start, at));
      start = at + 1;
    }
  }
  if (items.length === 0) return undefined;
  items.push(body.slice(start));
  return items;
}

function rangeItems(from: string, to: string): string[] {
  const numeric = /\d/.test(from) && /\d/.test(to);
  const first = numeric ? Number(from) : from.charCodeAt(0);
  const last = numeric ? Number(to) : to.charCodeAt(0);
  if (Math.abs(last - first) >= BRACE_LIMIT)
    throw new TaskError(`task: brace expansion would exceed ${BRACE_LIMIT} elements`);
  const padded = numeric && (/^-?0\d/.test(from) || /^-?0\d/.test(to)) ? Math.max(from.length, to.length) : 0;
  const items: string[] = [];
  const step = first <= last ? 1 : -1;
  for (let value = first; step > 0 ? value <= last : value >= last; value += step)
    items.push(numeric ? String(value).padStart(padded, '0') : String.fromCharCode(value));
  return items;
}

function expandGlob(pattern: string, pruned: ReadonlySet<string>): string[] {
  const absolute = pattern.startsWith('/');
  const segments = pattern.split('/').filter((segment) => segment !== '');
  let found = [absolute ? '/' : ''];
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    const next = new Set<string>();
    for (const base of found) for (const path of step(base, segment, last, pruned)) next.add(path);
    found = [...next];
    if (found.length === 0) return [];
  }
  return found.sort();
}

function step(base: string, segment: string, last: boolean, pruned: ReadonlySet<string>): string[] {
  if (segment === '**') return last ? descend(base, true, pruned) : [base, ...descend(base, false, pruned)];
  if (!/[*?[]/.test(segment)) {
    const path = child(base, segment.replace(/\\(.)/g, '$1'));
    return statSync(path, { throwIfNoEntry: false }) === undefined ? [] : [path];
  }
  const names: string[] = [];
  for (const name of list(base)) {
    if (name.name.startsWith('.') && !segment.startsWith('.')) continue;
    if (matchName(segment, name.name)) names.push(child(base, name.name));
  }
  return names;
}

function descend(base: string, files: boolean, pruned: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const pending = [base];
  for (let at = 0; at < pending.length; at++)
    for (const entry of list(pending[at] ?? '')) {
      if (entry.name.startsWith('.')) continue;
      const path = child(pending[at] ?? '', entry.name);
      if (pruned.has(path)) continue;
      if (entry.isDirectory()) pending.push(path);
      if (entry.isDirectory() || files) found.push(path);
    }
  return found;
}

const child = (base: string, name: string): string =>
  base === '' || base.endsWith('/') ? base + name : `${base}/${name}`;

function list(directory: string) {
  try {
    return readdirSync(directory === '' ? '.' : directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
