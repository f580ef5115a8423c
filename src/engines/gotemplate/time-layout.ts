import { quoteTimeText } from './go-quote.ts';
import type { Civil } from './time.ts';
import { MONTHS, WEEKDAYS } from './time-names.ts';
import { fixedZone, LOCAL, UTC, type Zone } from './zone.ts';

/** Go's layouts of times. @see Go src/time/format.go */

interface Chunk {
  readonly prefix: string;
  /** The element as the layout spells it; '' at the end. */
  readonly std: string;
  readonly rest: string;
}

const OFFSETS = ['070000', '07:00:00', '0700', '07:00', '07'];
const startsLower = (text: string): boolean => /^[a-z]/.test(text);

/** The element of a layout at `at`, or `undefined`. */
function elementAt(layout: string, at: number): string | undefined {
  const rest = layout.slice(at, at + 10);
  switch (rest[0]) {
    case 'J':
      if (rest.startsWith('January')) return 'January';
      return rest.startsWith('Jan') && !startsLower(layout.slice(at + 3)) ? 'Jan' : undefined;
    case 'M':
      if (rest.startsWith('Monday')) return 'Monday';
      if (rest.startsWith('Mon') && !startsLower(layout.slice(at + 3))) return 'Mon';
      return rest.startsWith('MST') ? 'MST' : undefined;
    case '0':
      if (/^0[1-6]/.test(rest)) return rest.slice(0, 2);
      return rest.startsWith('002') ? '002' : undefined;
    case '1':
      return rest[1] === '5' ? '15' : '1';
    case '2':
      return rest.startsWith('2006') ? '2006' : '2';
    case '_':
      if (rest.startsWith('_2')) return rest.startsWith('_2006') ? undefined : '_2';
      return rest.startsWith('__2') ? '__2' : undefined;
    case '3':
    case '4':
    case '5':
      return rest[0];
    case 'P':
      return rest[1] === 'M' ? 'PM' : undefined;
    case 'p':
      return rest[1] === 'm' ? 'pm' : undefined;
    case '-':
    case 'Z': {
      const found = OFFSETS.find((offset) => rest.startsWith(offset, 1));
      return found === undefined ? undefined : rest[0] + found;
    }
    case '.':
    case ',': {
      const digits = /^[.,](0+|9+)(?![0-9])/.exec(layout.slice(at));
      return digits?.[0];
    }
  }
  return undefined;
}
function nextChunk(layout: string): Chunk {
  for (let at = 0; at < layout.length; at++) {
    const std = elementAt(layout, at);
    if (std !== undefined) return { prefix: layout.slice(0, at), std, rest: layout.slice(at + std.length) };
  }
  return { prefix: layout, std: '', rest: '' };
}

const pad = (value: number, width: number, fill = '0'): string =>
  value < 0 ? `-${String(-value).padStart(width, fill)}` : String(value).padStart(width, fill);

function fractionText(nanosecond: number, std: string): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, std.length - 1)
    .padEnd(std.length - 1, '0');
  if (std[1] === '0') return std[0] + digits;
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '' : std[0] + kept;
}

function offsetText(std: string, offset: number): string {
  if (std[0] === 'Z' && offset === 0) return 'Z';
  const minutes = Math.trunc(offset / 60);
  const sign = minutes < 0 || offset < 0 ? '-' : '+';
  const abs = Math.abs(minutes);
  const hours = String(Math.floor(abs / 60)).padStart(2, '0');
  const mins = String(abs % 60).padStart(2, '0');
  const secs = String(Math.abs(offset) % 60).padStart(2, '0');
  switch (std.slice(1)) {
    case '07':
      return sign + hours;
    case '0700':
      return sign + hours + mins;
    case '07:00':
      return `${sign}${hours}:${mins}`;
    case '070000':
      return sign + hours + mins + secs;
    default:
      return `${sign}${hours}:${mins}:${secs}`;
  }
}

/** @param name of the zone; '' for one that has only an offset */
export function formatTime(layout: string, time: Civil, offset: number, name: string): string {
  let out = '';
  for (let rest = layout; rest !== ''; ) {
    const chunk = nextChunk(rest);
    out += chunk.prefix;
    rest = chunk.rest;
    out += elementText(chunk.std, time, offset, name);
  }
  return out;
}
function elementText(std: string, time: Civil, offset: number, name: string): string {
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  switch (std) {
    case '':
      return '';
    case '06':
      return pad(Math.abs(time.year) % 100, 2);
    case '2006':
      return pad(time.year, 4);
    case 'Jan':
      return MONTHS[time.month - 1]!.slice(0, 3);
    case 'January':
      return MONTHS[time.month - 1]!;
    case '1':
      return String(time.month);
    case '01':
      return pad(time.month, 2);
    case 'Mon':
      return WEEKDAYS[time.weekday]!.slice(0, 3);
    case 'Monday':
      return WEEKDAYS[time.weekday]!;
    case '2':
      return String(time.day);
    case '_2':
      return pad(time.day, 2, ' ');
    case '02':
      return pad(time.day, 2);
    case '__2':
      return pad(time.yearDay, 3, ' ');
    case '002':
      return pad(time.yearDay, 3);
    case '15':
      return pad(time.hour, 2);
    case '3':
      return String(hour12);
    case '03':
      return pad(hour12, 2);
    case '4':
      return String(time.minute);
    case '04':
      return pad(time.minute, 2);
    case '5':
      return String(time.second);
    case '05':
      return pad(time.second, 2);
    case 'PM':
      return time.hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return time.hour >= 12 ? 'pm' : 'am';
    case 'MST':
      return name === '' ? offsetText('-0700', offset) : name;
  }
  return std[0] === '.' || std[0] === ',' ? fractionText(time.nanosecond, std) : offsetText(std, offset);
}

export interface ParsedTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  readonly zone: Zone;
}

/** An element does not match what stands at its place. */
class Bad extends Error {}
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const daysIn = (month: number, year: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

/** Takes digits off the text: one or two, or exactly two. */
function takeNumber(text: string, fixed: boolean): [number, string] {
  if (!/^[0-9]/.test(text)) throw new Bad();
  if (!/^[0-9]{2}/.test(text)) {
    if (fixed) throw new Bad();
    return [Number(text[0]), text.slice(1)];
  }
  return [Number(text.slice(0, 2)), text.slice(2)];
}
function lookup(names: readonly string[], text: string, short: boolean): [number, string] {
  const index = names.findIndex((name) => {
    const wanted = short ? name.slice(0, 3) : name;
    return text.length >= wanted.length && text.slice(0, wanted.length).toLowerCase() === wanted.toLowerCase();
  });
  if (index < 0) throw new Bad();
  return [index, text.slice(short ? 3 : names[index]!.length)];
}
function takeZoneName(text: string): string {
  if (text.length < 3) throw new Bad();
  if (/^(?:ChST|MeST)/.test(text)) return text.slice(0, 4);
  if (text.startsWith('GMT')) {
    const offset = /^GMT([+-][0-9]{1,2})/.exec(text);
    return offset !== null && Math.abs(Number(offset[1])) < 24 ? offset[0] : 'GMT';
  }
  if (/^[+-]/.test(text)) {
    const offset = /^[+-][0-9]{1,2}(?![0-9])/.exec(text) ?? /^[+-][0-9]+/.exec(text);
    if (offset === null || Math.abs(Number(offset[0])) > 23) throw new Bad();
    return offset[0];
  }
  const upper = /^[A-Z]{0,6}/.exec(text)![0];
  if (upper.length === 5 && upper[4] === 'T') return upper;
  if (upper.length === 4 && (upper[3] === 'T' || upper === 'WITA')) return upper;
  if (upper.length === 3) return upper;
  throw new Bad();
}

/** time.ParseInLocation(layout, text, time.Local), or Go's error. */
export function parseTime(layout: string, text: string): ParsedTime | { readonly error: string } {
  let rest = layout;
  let value = text;
  let range = '';
  let year = 0;
  let [month, day, yearDay] = [-1, -1, -1];
  let [hour, minute, second, nanosecond] = [0, 0, 0, 0];
  let [pm, am] = [false, false];
  let zone: Zone | undefined;
  let offset = Number.NaN;
  let zoneName = '';
  const problem = (layoutPart: string, valuePart: string, message = '') => {
    const start = `parsing time ${quoteTimeText(text)}`;
    if (message !== '') return { error: start + message };
    return {
      error: `${start} as ${quoteTimeText(layout)}: cannot parse ${quoteTimeText(valuePart)} as ${quoteTimeText(layoutPart)}`,
    };
  };
  for (;;) {
    const chunk = nextChunk(rest);
    const afterPrefix = skipPrefix(value, chunk.prefix);
    if (afterPrefix === undefined) return problem(chunk.prefix, value);
    if (typeof afterPrefix !== 'string') return problem(chunk.prefix, afterPrefix.at);
    value = afterPrefix;
    if (chunk.std === '') {
      if (value !== '') return problem('', value, `: extra text: ${quoteTimeText(value)}`);
      break;
    }
    rest = chunk.rest;
    const hold = value;
    try {
      const { std } = chunk;
      switch (std) {
        case '06': {
          // Go reads a sign as a part of the number.
          if (!/^(?:[0-9]{2}|[+-][0-9])/.test(value)) throw new Bad();
          year = Number(value.slice(0, 2)) + 0;
          value = value.slice(2);
          year += year >= 69 ? 1900 : 2000;
          break;
        }
        case '2006':
          if (value.length < 4 || !/^[0-9]/.test(value)) throw new Bad();
          if (!/^[0-9]{4}/.test(value)) throw new Bad();
          year = Number(value.slice(0, 4));
          value = value.slice(4);
          break;
        case 'Jan':
        case 'January':
          [month, value] = lookup(MONTHS, value, std === 'Jan');
          month++;
          break;
        case '1':
        case '01':
          [month, value] = takeNumber(value, std === '01');
          if (month <= 0 || month > 12) range = 'month';
          break;
        case 'Mon':
        case 'Monday':
          [, value] = lookup(WEEKDAYS, value, std === 'Mon');
          break;
        case '2':
        case '_2':
        case '02':
          if (std === '_2' && value[0] === ' ') value = value.slice(1);
          [day, value] = takeNumber(value, std === '02');
          break;
        case '__2':
        case '002': {
          if (std === '__2') value = value.replace(/^ {0,2}/, '');
          const digits = std === '002' ? /^[0-9]{3}/.exec(value) : /^[0-9]{1,3}/.exec(value);
          if (digits === null) throw new Bad();
          yearDay = Number(digits[0]);
          value = value.slice(digits[0].length);
          break;
        }
        case '15':
          [hour, value] = takeNumber(value, false);
          if (hour < 0 || hour >= 24) range = 'hour';
          break;
        case '3':
        case '03':
          [hour, value] = takeNumber(value, std === '03');
          if (hour < 0 || hour > 12) range = 'hour';
          break;
        case '4':
        case '04':
          [minute, value] = takeNumber(value, std === '04');
          if (minute < 0 || minute >= 60) range = 'minute';
          break;
        case '5':
        case '05': {
          [second, value] = takeNumber(value, std === '05');
          if (second < 0 || second >= 60) {
            range = 'second';
            break;
          }
          // A fraction may follow though the layout has none.
          if (/^[.,][0-9]/.test(value) && !/^[.,][09]/.test(nextChunk(rest).std)) {
            const digits = /^[.,][0-9]+/.exec(value)![0];
            nanosecond = Number(digits.slice(1, 10).padEnd(9, '0'));
            value = value.slice(digits.length);
          }
          break;
        }
        case 'PM':
        case 'pm': {
          const half = value.slice(0, 2);
          const [a, p] = std === 'PM' ? ['AM', 'PM'] : ['am', 'pm'];
          if (half === p) pm = true;
          else if (half === a) am = true;
          else throw new Bad();
          value = value.slice(2);
          break;
        }
        case 'MST':
          if (value.startsWith('UTC')) {
            zone = UTC;
            value = value.slice(3);
            break;
          }
          zoneName = takeZoneName(value);
          value = value.slice(zoneName.length);
          break;
        default:
          if (std[0] === '.' || std[0] === ',') {
            if (std[1] === '0') {
              const digits = new RegExp(`^[.,][0-9]{${std.length - 1}}`).exec(value);
              if (digits === null) throw new Bad();
              nanosecond = Number(digits[0].slice(1, 10).padEnd(9, '0'));
              value = value.slice(digits[0].length);
            } else if (/^[.,][0-9]/.test(value)) {
              const digits = /^[.,][0-9]{1,9}/.exec(value)![0];
              nanosecond = Number(digits.slice(1).padEnd(9, '0'));
              value = value.slice(digits.length);
            }
            break;
          }
          if (std[0] === 'Z' && value[0] === 'Z') {
            value = value.slice(1);
            zone = UTC;
            break;
          }
          {
            const pattern = std.slice(1).replace('07', '([\\s\\S]{2})').replaceAll('00', '([\\s\\S]{2})');
            const match = new RegExp(`^([\\s\\S])${pattern}`).exec(value);
            if (match === null) throw new Bad();
            // What is too much is told before what is no number.
            const [hours = '', minutes = '00', seconds = '00'] = match.slice(2);
            const digits = (text: string): boolean => /^[0-9]{2}$/.test(text);
            const h = digits(hours) ? Number(hours) : 0;
            const m = digits(hours) && digits(minutes) ? Number(minutes) : 0;
            const s = digits(hours) && digits(minutes) && digits(seconds) ? Number(seconds) : 0;
            if (h > 24) range = 'time zone offset hour';
            if (m > 60) range = 'time zone offset minute';
            if (s > 60) range = 'time zone offset second';
            // The sign is looked at last.
            if (range === '' && (![hours, minutes, seconds].every(digits) || !/[+-]/.test(match[1]!))) throw new Bad();
            offset = (h * 60 + m) * 60 + s;
            if (match[1] === '-') offset = -offset;
            value = value.slice(match[0].length);
          }
      }
    } catch (error) {
      if (error instanceof Bad) return problem(chunk.std, hold);
      throw error;
    }
    if (range !== '') return problem(chunk.std, value, `: ${range} out of range`);
  }
  if (pm && hour < 12) hour += 12;
  else if (am && hour === 12) hour = 0;
  if (yearDay >= 0) {
    const leap = isLeap(year);
    if (yearDay < 1 || yearDay > (leap ? 366 : 365)) return problem('', value, ': day-of-year out of range');
    let left = yearDay;
    let m = 1;
    while (left > daysIn(m, year)) left -= daysIn(m++, year);
    if (month >= 0 && month !== m) return problem('', value, ': day-of-year does not match month');
    month = m;
    if (day >= 0 && day !== left) return problem('', value, ': day-of-year does not match day');
    day = left;
  } else {
    if (month < 0) month = 1;
    if (day < 0) day = 1;
  }
  if (day < 1 || day > daysIn(month, year)) return problem('', value, ': day out of range');
  if (zone === undefined) {
    if (!Number.isNaN(offset))
      zone = offset === 0 && (zoneName === '' || zoneName === 'UTC') ? LOCAL : fixedZone(offset, zoneName);
    else if (zoneName !== '') {
      const hours = zoneName.length > 3 && zoneName.startsWith('GMT') ? Number(zoneName.slice(3)) : 0;
      zone = fixedZone(hours * 3600, zoneName);
    } else zone = LOCAL;
  }
  return { year, month, day, hour, minute, second, nanosecond, zone };
}

/** The text after a layout's literal part; spaces of the layout match any number of spaces. */
function skipPrefix(value: string, prefix: string): string | { readonly at: string } {
  let rest = value;
  let want = prefix;
  while (want !== '') {
    if (want[0] === ' ') {
      if (rest !== '' && rest[0] !== ' ') return { at: rest };
      want = want.replace(/^ +/, '');
      rest = rest.replace(/^ +/, '');
      continue;
    }
    if (rest === '' || rest[0] !== want[0]) return { at: rest };
    want = want.slice(1);
    rest = rest.slice(1);
  }
  return rest;
}
