import { RE2JS, RE2JSSyntaxException } from 're2js';
import { GoError } from '../errors.ts';
import type { FunctionFamily } from '../functions.ts';
import { canBackquote, quoteGo } from '../go-quote.ts';
import { hasRawBytes, mapRunes } from '../go-string.ts';
import { GoSlice, type GoValue, SLICE_STRING, stringSlice } from '../value.ts';

/** @see sprig regex.go; Go src/regexp. Matching takes time linear in the text. */

type Match = readonly number[];
interface Regex {
  readonly re: RE2JS;
  readonly source: string;
  /** The groups of a name; Go lets several share one. */
  readonly names: ReadonlyMap<string, readonly number[]>;
  readonly groups: number;
}
const MAX_CACHED = 2000;
const cache = new Map<string, Regex | string>();

function compileUncached(source: string): Regex | string {
  const raw = source.search(/[\ud800-\udfff]/u);
  if (raw >= 0) return `error parsing regexp: invalid UTF-8: \`${source.slice(raw)}\``;
  try {
    return withNames(source, source);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) return (error as Error).message;
    if (error.getDescription() === 'duplicate capture group name') return withNames(source, numberedNames(source));
    return `error parsing regexp: ${error.getDescription()}: \`${error.getPattern() ?? ''}\``;
  }
}
/** @param compiled the pattern in which a name may have `_0x` and a number behind it */
function withNames(source: string, compiled: string): Regex {
  const re = RE2JS.compile(compiled);
  const names = new Map<string, number[]>();
  for (const [name, group] of Object.entries(re.namedGroups() as Record<string, number>)) {
    const key = compiled === source ? name : name.replace(/_0x[0-9]+$/, '');
    names.set(key, [...(names.get(key) ?? []), group]);
  }
  return { re, source, names, groups: re.groupCount() };
}
/** The pattern with each group's name made its own. */
function numberedNames(source: string): string {
  const group = /\(\?P?<\w+(?=>)/y;
  let out = '';
  let count = 0;
  for (let at = 0; at < source.length; ) {
    const start = at;
    group.lastIndex = at;
    if (source.startsWith('\\Q', at)) at = endOf(source, '\\E', at + 2);
    else if (source[at] === '\\') at += 2;
    else if (source[at] === '[') at = classEnd(source, at + 1);
    else if (group.test(source)) at = group.lastIndex;
    else at++;
    out += source.slice(start, at);
    if (group.lastIndex === at) out += `_0x${count++}`;
  }
  return out;
}
function endOf(source: string, mark: string, from: number): number {
  const at = source.indexOf(mark, from);
  return at < 0 ? source.length : at + mark.length;
}
/** Where a class of characters ends whose bracket stands before `at`. */
function classEnd(source: string, at: number): number {
  if (source[at] === '^') at++;
  if (source[at] === ']') at++;
  while (at < source.length && source[at] !== ']') {
    if (source.startsWith('[:', at)) at = endOf(source, ':]', at + 2);
    else at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

/** The compiled pattern, or Go's error. */
function compile(source: string): Regex | string {
  let regex = cache.get(source);
  if (regex === undefined) {
    regex = compileUncached(source);
    if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
    cache.set(source, regex);
  }
  return regex;
}
function must(source: string): Regex {
  const regex = compile(source);
  if (typeof regex !== 'string') return regex;
  throw new GoError(`regexp: Compile(${canBackquote(source) ? `\`${source}\`` : quoteGo(source)}): ${regex}`);
}
function orError(source: string): Regex {
  const regex = compile(source);
  if (typeof regex !== 'string') return regex;
  throw new GoError(regex);
}

/** A byte that is no UTF-8 is U+FFFD to a pattern. */
const matcherOf = (regex: Regex, text: string) =>
  regex.re.matcher(hasRawBytes(text) ? mapRunes(text, (char) => char) : text);
const width = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** All matches as Go finds them: an empty one right after another is none. */
function* matches(regex: Regex, text: string): Generator<Match> {
  const matcher = matcherOf(regex, text);
  let before = -1;
  for (let at = 0; at <= text.length; ) {
    if (!matcher.find(at)) return;
    const start = matcher.start();
    const end = matcher.end();
    const positions: number[] = [start, end];
    for (let group = 1; group <= regex.groups; group++) positions.push(matcher.start(group), matcher.end(group));
    let accept = true;
    if (end === at) {
      if (start === before) accept = false;
      at += at < text.length ? width(text, at) : 1;
    } else at = end;
    before = end;
    if (accept) yield positions;
  }
}

function findAll(regex: Regex, text: string, count: number): GoValue {
  const found: string[] = [];
  for (const match of matches(regex, text)) {
    if (count >= 0 && found.length >= count) break;
    found.push(text.slice(match[0], match[1]));
  }
  return found.length === 0 ? new GoSlice(SLICE_STRING, null) : stringSlice(found);
}
function find(regex: Regex, text: string): string {
  const matcher = matcherOf(regex, text);
  return matcher.find() ? text.slice(matcher.start(), matcher.end()) : '';
}

/** regexp's Expand: `$1`, `${1}`, `$name`, `${name}`, `$$`. */
function expand(template: string, regex: Regex, text: string, match: Match): string {
  let out = '';
  for (let at = 0; ; ) {
    const dollar = template.indexOf('$', at);
    if (dollar < 0) return out + template.slice(at);
    out += template.slice(at, dollar);
    if (template[dollar + 1] === '$') {
      out += '$';
      at = dollar + 2;
      continue;
    }
    const rest = template.slice(dollar + 1);
    const name = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u.exec(rest);
    if (name === null) {
      out += '$';
      at = dollar + 1;
      continue;
    }
    at = dollar + 1 + name[0].length;
    const word = (name[1] ?? name[2])!;
    const number = /^[0-9]+$/.test(word) && !(word.length > 1 && word.startsWith('0')) && word.length < 9;
    const candidates = number ? [Number(word)] : (regex.names.get(word) ?? []);
    const group = candidates.find((index) => index <= regex.groups && match[2 * index]! >= 0);
    if (group !== undefined) out += text.slice(match[2 * group], match[2 * group + 1]);
  }
}

function replaceAll(regex: Regex, text: string, replacement: (match: Match) => string): string {
  const matcher = matcherOf(regex, text);
  let out = '';
  let last = 0;
  for (let at = 0; at <= text.length; ) {
    if (!matcher.find(at)) break;
    const start = matcher.start();
    const end = matcher.end();
    out += text.slice(last, start);
    if (end > last || start === 0) {
      const positions: number[] = [start, end];
      for (let group = 1; group <= regex.groups; group++) positions.push(matcher.start(group), matcher.end(group));
      out += replacement(positions);
    }
    last = end;
    const step = at < text.length ? width(text, at) : 0;
    if (at + step > end) at += step;
    else if (at + 1 > end) at++;
    else at = end;
  }
  return out + text.slice(last);
}
const replaceExpanding = (regex: Regex, text: string, template: string): string =>
  template.includes('$')
    ? replaceAll(regex, text, (match) => expand(template, regex, text, match))
    : replaceAll(regex, text, () => template);

function split(regex: Regex, text: string, wanted: number | bigint): GoValue {
  const count = Number(wanted);
  if (count === 0) return new GoSlice(SLICE_STRING, null);
  if (regex.source.length > 0 && text === '') return stringSlice(['']);
  const parts: string[] = [];
  let begin = 0;
  let end = 0;
  let found = 0;
  for (const match of matches(regex, text)) {
    if (count > 0 && found++ >= count) break;
    if (count > 0 && parts.length === count - 1) break;
    end = match[0]!;
    if (match[1] !== 0) parts.push(text.slice(begin, end));
    begin = match[1]!;
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return stringSlice(parts);
}

const quoteMeta = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

type Using<A extends unknown[], T> = (regex: Regex, ...args: A) => T;
/** The function and the one that returns errors rather than panicking. */
function pair<A extends unknown[]>(
  use: Using<A, GoValue>,
): [(source: string, ...args: A) => GoValue, (source: string, ...args: A) => GoValue] {
  return [(source, ...args) => use(must(source), ...args), (source, ...args) => use(orError(source), ...args)];
}
const [regexFindAll, mustRegexFindAll] = pair(findAll);
const [regexFind, mustRegexFind] = pair(find);
const [regexReplaceAll, mustRegexReplaceAll] = pair(replaceExpanding);
const [regexReplaceAllLiteral, mustRegexReplaceAllLiteral] = pair((regex: Regex, text: string, literal: string) =>
  replaceAll(regex, text, () => literal),
);
const [regexSplit, mustRegexSplit] = pair(split);

export const REGEX: FunctionFamily = {
  regexMatch: [
    'string string',
    (source: string, text: string) => {
      const regex = compile(source);
      return typeof regex !== 'string' && matcherOf(regex, text).find();
    },
  ],
  mustRegexMatch: ['string string', (source: string, text: string) => matcherOf(orError(source), text).find()],
  regexFindAll: ['string string int', regexFindAll],
  mustRegexFindAll: ['string string int', mustRegexFindAll],
  regexFind: ['string string', regexFind],
  mustRegexFind: ['string string', mustRegexFind],
  regexReplaceAll: ['string string string', regexReplaceAll],
  mustRegexReplaceAll: ['string string string', mustRegexReplaceAll],
  regexReplaceAllLiteral: ['string string string', regexReplaceAllLiteral],
  mustRegexReplaceAllLiteral: ['string string string', mustRegexReplaceAllLiteral],
  regexSplit: ['string string int', regexSplit],
  mustRegexSplit: ['string string int', mustRegexSplit],
  regexQuoteMeta: ['string', quoteMeta],
};
