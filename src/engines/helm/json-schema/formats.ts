import { RE2JS } from 're2js';
import { quoteGo } from '../go-text.ts';
import type { Format } from './schema.ts';

/**
 * The formats that are checked, with the library's words for what is wrong.
 * @see github.com/santhosh-tekuri/jsonschema v6, format.go
 */
type Check = (text: string) => string | undefined;

const quoteRune = (character: string): string =>
  character === "'" ? `'\\''` : character === '"' ? `'"'` : `'${quoteGo(character).slice(1, -1)}'`;

const jsonPointer: Check = (text) => {
  if (text === '') return undefined;
  if (!text.startsWith('/')) return 'not starting with /';
  return /~(?![01])/.test(text) ? '~ must be followed by 0 or 1' : undefined;
};

const relativeJsonPointer: Check = (text) => {
  const digits = /^[0-9]*/.exec(text)![0];
  if (digits === '') return 'must start with non-negative integer';
  if (digits.length > 1 && digits.startsWith('0')) return 'starts with zero';
  const rest = text.slice(digits.length);
  return rest === '#' ? undefined : jsonPointer(rest);
};

const uuid: Check = (text) => {
  const lengths = [8, 4, 4, 4, 12];
  const groups = text.split('-');
  if (groups.length !== lengths.length) return `must have ${lengths.length} elements`;
  for (const [i, group] of groups.entries()) {
    if (Buffer.byteLength(group) !== lengths[i]) return `element ${i + 1} must be ${lengths[i]} characters long`;
    const bad = /[^0-9a-fA-F]/u.exec(group);
    if (bad !== null) return `non-hex character ${quoteRune(bad[0])}`;
  }
  return undefined;
};

const duration: Check = (text) => {
  if (!text.startsWith('P')) return 'must start with P';
  const rest = text.slice(1);
  if (rest === '') return 'nothing after P';
  if (rest.endsWith('W')) {
    if (rest === 'W') return 'no number in week';
    return /^[0-9]+W$/.test(rest) ? undefined : 'invalid week';
  }
  const all = ['YMD', 'HMS'];
  for (const [i, part] of rest.split('T').entries()) {
    if (i !== 0 && part === '') return 'no time elements';
    let units = all[i];
    if (units === undefined) return 'more than one T';
    let left = part;
    while (left !== '') {
      const digits = /^[0-9]*/.exec(left)![0];
      if (digits === '') return 'missing number';
      left = left.slice(digits.length);
      if (left === '') return 'missing unit';
      const unit = left[0]!;
      const at = units.indexOf(unit);
      if (at < 0)
        return all[i]!.includes(unit) ? `unit ${quoteRune(unit)} out of order` : `invalid unit ${quoteRune(unit)}`;
      units = units.slice(at + 1);
      left = left.slice(1);
    }
  }
  return undefined;
};

const ipv4: Check = (text) => {
  const groups = text.split('.');
  if (groups.length !== 4) return 'expected four decimals';
  for (const group of groups) {
    if (group.length > 1 && group.startsWith('0')) return 'leading zeros';
    if (!/^[+-]?[0-9]+$/.test(group)) return `strconv.Atoi: parsing ${quoteGo(group)}: invalid syntax`;
    if (Number(group) < 0 || Number(group) > 255) return 'decimal must be between 0 and 255';
  }
  return undefined;
};

const ipv6: Check = (text) => {
  if (!text.includes(':')) return 'missing colon';
  const [address, zone] = text.split('%') as [string, string | undefined];
  if (!isIpv6(address)) return `ParseAddr(${quoteGo(text)}): unable to parse IP`;
  return zone === undefined ? undefined : 'zone id is not a part of ipv6 address';
};

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  const parts = halves.map((half) => (half === '' ? [] : half.split(':')));
  for (const [h, half] of parts.entries())
    for (const [i, part] of half.entries()) {
      if (part.includes('.')) {
        if (h !== parts.length - 1 || i !== half.length - 1 || ipv4(part) !== undefined) return false;
        groups += 2;
      } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups++;
      else return false;
    }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

const hostname: Check = (given) => {
  const text = given.endsWith('.') ? given.slice(0, -1) : given;
  if (Buffer.byteLength(text) > 253) return 'more than 253 characters long';
  for (const label of text.split('.')) {
    const length = Buffer.byteLength(label);
    if (length < 1 || length > 63) return 'label must be 1 to 63 characters long';
    if (label.startsWith('-')) return 'label starts with hyphen';
    if (label.endsWith('-')) return 'label ends with hyphen';
    const bad = /[^a-zA-Z0-9-]/u.exec(label);
    if (bad !== null) return `invalid character ${quoteRune(bad[0])}`;
  }
  return undefined;
};

const email: Check = (text) => {
  if (Buffer.byteLength(text) > 254) return 'more than 255 characters long';
  const at = text.lastIndexOf('@');
  if (at < 0) return 'missing @';
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (Buffer.byteLength(local) > 64) return 'local part more than 64 characters long';
  if (local.length > 1 && local.startsWith('"') && local.endsWith('"')) {
    if (/[\\"]/.test(local.slice(1, -1))) return 'backslash and quote are not allowed within quoted local part';
  } else {
    if (local.startsWith('.')) return 'starts with dot';
    if (local.endsWith('.')) return 'ends with dot';
    if (local.includes('..')) return 'consecutive dots';
    const bad = /[^a-zA-Z0-9.!#$%&'*+\-/=?^_`{|}~]/u.exec(local);
    if (bad !== null) return `invalid character ${quoteRune(bad[0])}`;
  }
  if (domain.startsWith('[') && domain.endsWith(']')) {
    const address = domain.slice(1, -1);
    if (address.startsWith('IPv6:')) {
      const problem = ipv6(address.slice(5));
      return problem === undefined ? undefined : `invalid ipv6 address: ${problem}`;
    }
    const problem = ipv4(address);
    return problem === undefined ? undefined : `invalid ipv4 address: ${problem}`;
  }
  const problem = hostname(domain);
  return problem === undefined ? undefined : `invalid domain: ${problem}`;
};

const date: Check = (text) => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match !== null) {
    const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
    if (month < 1 || month > 12) return `parsing time ${quoteGo(text)}: month out of range`;
    const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
    return day < 1 || day > last ? `parsing time ${quoteGo(text)}: day out of range` : undefined;
  }
  const parts: readonly (readonly [RegExp, string])[] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d{2}/, '01'],
    [/^-/, '-'],
    [/^\d{2}/, '02'],
  ];
  let left = text;
  for (const [pattern, layout] of parts) {
    const found = pattern.exec(left);
    if (found === null)
      return `parsing time ${quoteGo(text)} as "2006-01-02": cannot parse ${quoteGo(left)} as ${quoteGo(layout)}`;
    left = left.slice(found[0].length);
  }
  return `parsing time ${quoteGo(text)}: extra text: ${quoteGo(left)}`;
};

const time: Check = (text) => {
  if (Buffer.byteLength(text) < 9) return 'less than 9 characters long';
  if (text[2] !== ':' || text[5] !== ':') return 'missing colon in correct place';
  const numbers = text.slice(0, 8).split(':');
  if (numbers.some((part) => !/^[+-]?[0-9]+$/.test(part))) return 'invalid hour/min/sec';
  let [hour, minute] = numbers.map(Number) as [number, number];
  const second = Number(numbers[2]);
  if (hour < 0 || minute < 0 || second < 0) return 'non-positive hour/min/sec';
  if (hour > 23 || minute > 59 || second > 60) return 'hour/min/sec out of range';
  let rest = text.slice(8);
  if (rest.startsWith('.')) {
    const digits = /^[0-9]*/.exec(rest.slice(1))![0];
    if (digits === '') return 'no digits in second fraction';
    rest = rest.slice(1 + digits.length);
  }
  if (rest !== 'z' && rest !== 'Z') {
    if (rest.length !== 6) return 'offset must be 6 characters long';
    if (rest[0] !== '+' && rest[0] !== '-') return 'offset must begin with plus/minus';
    if (rest[3] !== ':') return 'missing colon in offset in correct place';
    const offsets = [rest.slice(1, 3), rest.slice(4)];
    if (offsets.some((part) => !/^[+-]?[0-9]+$/.test(part))) return 'invalid hour/min in offset';
    const [hours, minutes] = offsets.map(Number) as [number, number];
    if (hours < 0 || minutes < 0) return 'non-positive hour/min in offset';
    if (hours > 23 || minutes > 59) return 'hour/min in offset out of range';
    let total = hour * 60 + minute + (rest[0] === '+' ? -1 : 1) * (hours * 60 + minutes);
    if (total < 0) total += 24 * 60;
    hour = Math.trunc(total / 60);
    minute = total % 60;
  }
  return second >= 60 && (hour !== 23 || minute !== 59) ? 'invalid leap second' : undefined;
};

const dateTime: Check = (text) => {
  if (Buffer.byteLength(text) < 20) return 'less than 20 characters long';
  if (text[10] !== 't' && text[10] !== 'T') return '11th character must be t or T';
  const day = date(text.slice(0, 10));
  if (day !== undefined) return `invalid date element: ${day}`;
  const clock = time(text.slice(11));
  return clock === undefined ? undefined : `invalid time element: ${clock}`;
};

const period: Check = (text) => {
  const slash = text.indexOf('/');
  if (slash < 0) return 'missing slash';
  const start = text.slice(0, slash);
  const end = text.slice(slash + 1);
  const first = start.startsWith('P') ? duration(start) : dateTime(start);
  if (first !== undefined) return `invalid start ${start.startsWith('P') ? 'duration' : 'date-time'}: ${first}`;
  const second = end.startsWith('P') && !start.startsWith('P') ? duration(end) : dateTime(end);
  if (second === undefined) return undefined;
  return `invalid end ${end.startsWith('P') && !start.startsWith('P') ? 'duration' : 'date-time'}: ${second}`;
};

/** What Go's `url.Parse` refuses, as far as texts that people write as addresses go. */
const url: Check = (text) => {
  const refuse = (why: string): string => `parse ${quoteGo(text)}: ${why}`;
  if (/[\x00-\x1f\x7f]/.test(text)) return refuse('net/url: invalid control character in URL');
  if (text === '') return undefined;
  const colon = text.indexOf(':');
  const slash = text.search(/[/?#]/);
  const hasScheme = colon >= 0 && (slash < 0 || colon < slash);
  if (hasScheme && colon === 0) return refuse('missing protocol scheme');
  const isScheme = hasScheme && /^[a-zA-Z][a-zA-Z0-9+.-]*$/.test(text.slice(0, colon));
  if (hasScheme && !isScheme && (slash < 0 || text.slice(0, slash).includes(':')))
    return refuse('first path segment in URL cannot contain colon');
  const rest = isScheme ? text.slice(colon + 1) : text;
  const broken = /%(?![0-9a-fA-F]{2}).{0,2}/u.exec(rest.split('?')[0]!);
  if (broken !== null) return refuse(`invalid URL escape ${quoteGo(broken[0])}`);
  const authority = /^\/\/([^/?#]*)/.exec(rest)?.[1];
  if (authority !== undefined) {
    const host = authority.slice(authority.lastIndexOf('@') + 1);
    const bad = /[ "<>^`{|}\\]/.exec(host);
    if (bad !== null) return refuse(`invalid character ${quoteGo(bad[0])} in host name`);
    const port = /:([^:\]]*)$/.exec(host)?.[1];
    if (port !== undefined && !/^[0-9]*$/.test(port)) return refuse(`invalid port ${quoteGo(`:${port}`)} after host`);
    const inBrackets = /^\[(.*)\](?::[0-9]*)?$/.exec(host)?.[1];
    if (inBrackets !== undefined) {
      const problem = ipv6(inBrackets);
      if (problem !== undefined) return `invalid ipv6 address: ${problem}`;
    }
  }
  return undefined;
};

const uri: Check = (text) => url(text) ?? (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) ? undefined : 'relative url');
const uriReference: Check = (text) => (text.includes('\\') ? 'contains \\' : url(text));

const semver: Check = (given) => {
  let text = given;
  const plus = text.indexOf('+');
  if (plus >= 0) {
    const build = text.slice(plus + 1);
    if (build === '') return 'build is empty';
    for (const part of build.split('.')) {
      if (part === '') return 'build identifier is empty';
      const bad = /[^0-9a-zA-Z-]/u.exec(part);
      if (bad !== null) return `invalid character ${quoteRune(bad[0])} in build identifier`;
    }
    text = text.slice(0, plus);
  }
  const dash = text.indexOf('-');
  if (dash >= 0) {
    for (const part of text.slice(dash + 1).split('.')) {
      if (part === '') return 'pre-release identifier is empty';
      const bad = /[^0-9a-zA-Z-]/u.exec(part);
      if (bad !== null) return `invalid character ${quoteRune(bad[0])} in pre-release identifier`;
      if (/^0[0-9]+$/.test(part)) return 'pre-release numeric identifier starts with zero';
    }
    text = text.slice(0, dash);
  }
  const numbers = text.split('.');
  if (numbers.length !== 3) return 'versionCore must have 3 numbers separated by dot';
  for (const [i, number] of numbers.entries()) {
    const name = ['major', 'minor', 'patch'][i];
    if (number === '') return `${name} is empty`;
    if (number.length > 1 && number.startsWith('0')) return `${name} starts with zero`;
    if (/[^0-9]/.test(number)) return `${name} contains non-digit`;
  }
  return undefined;
};

const regex: Check = (text) => {
  try {
    RE2JS.compile(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

const checks: readonly (readonly [string, Check])[] = [
  ['regex', regex],
  ['json-pointer', jsonPointer],
  ['relative-json-pointer', relativeJsonPointer],
  ['uuid', uuid],
  ['duration', duration],
  ['period', period],
  ['ipv4', ipv4],
  ['ipv6', ipv6],
  ['hostname', hostname],
  ['email', email],
  ['date', date],
  ['time', time],
  ['date-time', dateTime],
  ['uri', uri],
  ['iri', uri],
  ['uri-reference', uriReference],
  ['iri-reference', uriReference],
  ['uri-template', url],
  ['semver', semver],
];

export const FORMATS: ReadonlyMap<string, Format> = new Map(checks.map(([name, problem]) => [name, { name, problem }]));
