import { RE2JS } from 're2js';
import { GoError } from '../errors.ts';
import type { FunctionFamily } from '../functions.ts';
import { canBackquote, quoteString } from '../go-quote.ts';
import { GoSlice, type GoValue, SLICE_STRING, stringSlice } from '../value.ts';

/** @see sprig regex.go; Go src/regexp. Matching takes time linear in the text. */

type Match = readonly number[];
interface Regex {
  readonly re: RE2JS;
  readonly source: string;
  readonly names: Readonly<Record<string, number>>;
  readonly groups: number;
}
const MAX_CACHED = 2000;
const cache = new Map<string, Regex | string>();

/** The compiled pattern, or Go's error. */
function compile(source: string): Regex | string {
  let regex = cache.get(source);
  if (regex === undefined) {
    try {
      const re = RE2JS.compile(source);
      regex = { re, source, names: re.namedGroups() as Record<string, number>, groups: re.groupCount() };
    } catch (error) {
      regex = (error as Error).message;
    }
    if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
    cache.set(source, regex);
  }
  return regex;
}
function must(source: string): Regex {
  const regex = compile(source);
  if (typeof regex !== 'string') return regex;
  throw new GoError(`regexp: Compile(${canBackquote(source) ? `\`${source}\`` : quoteString(source)}): ${regex}`);
}
function orError(source: string): Regex {
  const regex = compile(source);
  if (typeof regex !== 'string') return regex;
  throw new GoError(regex);
}

const width = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** All matches as Go finds them: an empty one right after another is none. */
function* matches(regex: Regex, text: string): Generator<Match> {
  const matcher = regex.re.matcher(text);
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
  const matcher = regex.re.matcher(text);
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
    const group =
      /^[0-9]+$/.test(word) && !(word.length > 1 && word.startsWith('0')) && word.length < 9
        ? Number(word)
        : regex.names[word];
    if (group !== undefined && group <= regex.groups) {
      const start = match[2 * group]!;
      if (start >= 0) out += text.slice(start, match[2 * group + 1]);
    }
  }
}

function replaceAll(regex: Regex, text: string, replacement: (match: Match) => string): string {
  const matcher = regex.re.matcher(text);
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

function split(regex: Regex, text: string, count: number): GoValue {
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
      return typeof regex !== 'string' && regex.re.matcher(text).find();
    },
  ],
  mustRegexMatch: ['string string', (source: string, text: string) => orError(source).re.matcher(text).find()],
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
