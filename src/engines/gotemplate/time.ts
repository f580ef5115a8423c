import type { Instant } from './context.ts';
import { durationNanos, makeDuration } from './duration.ts';
import { registerParameter } from './functions.ts';
import { quoteTimeText } from './go-quote.ts';
import { formatTime, parseTime } from './time-layout.ts';
import { MONTHS, WEEKDAYS } from './time-names.ts';
import {
  GoInt,
  type GoObject,
  GoPointer,
  GoSlice,
  GoStruct,
  type GoType,
  type GoValue,
  goInt,
  goInt64,
  INT64,
  type MethodTable,
  pointerTo,
  STRING,
  shrink,
  sliceOf,
  UINT64,
} from './value.ts';
import { LOCAL, UTC, type Zone } from './zone.ts';

/** Go's time.Time. @see Go src/time/time.go */

export class GoTime implements GoObject {
  readonly type: GoType = TIME;
  /** Since 1970, UTC. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly zone: Zone;
  constructor(seconds: number, nanoseconds: number, zone: Zone = UTC) {
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
    this.zone = zone;
  }
  static of(instant: Instant, zone: Zone = UTC): GoTime {
    return new GoTime(instant.seconds, instant.nanoseconds, zone);
  }
  in(zone: Zone): GoTime {
    return new GoTime(this.seconds, this.nanoseconds, zone);
  }
  /** Nanoseconds since 1970. */
  get nanos(): bigint {
    return BigInt(this.seconds) * 1_000_000_000n + BigInt(this.nanoseconds);
  }
  add(nanos: bigint): GoTime {
    const total = this.nanos + nanos;
    const rest = ((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    return new GoTime(Number((total - rest) / 1_000_000_000n), Number(rest), this.zone);
  }
  /** The parts of the date and time of day where the zone is. */
  get civil(): Civil {
    return civilOf(this.seconds + this.zone.at(this.seconds).offset, this.nanoseconds);
  }
  /** What printing has of it where no method is asked. */
  asStruct(): GoStruct {
    const at = this.zone === UTC ? null : new GoStruct(LOCATION, locationFields(this.zone));
    const seconds = goInt64(this.seconds - ZERO_SECONDS);
    return new GoStruct(TIME_FIELDS, [
      new GoInt(this.nanoseconds, UINT64),
      seconds,
      new GoPointer(at, LOCATION_POINTER),
    ]);
  }
  format(layout: string): string {
    const { offset, name } = this.zone.at(this.seconds);
    return formatTime(layout, this.civil, offset, name);
  }
}

export interface Civil {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** From 1. */
  readonly yearDay: number;
}

/** Days since 1970 of a date of the Gregorian calendar; months and days beyond their range carry over. */
export function daysOf(year: number, month: number, day: number): number {
  year += Math.floor((month - 1) / 12);
  month = ((((month - 1) % 12) + 12) % 12) + 1;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468;
}
export function civilOf(seconds: number, nanosecond: number): Civil {
  const days = Math.floor(seconds / 86400);
  const time = seconds - days * 86400;
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const doe = z - era * 146097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36524) - Math.floor(doe / 146096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const day = doy - Math.floor((153 * mp + 2) / 5) + 1;
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return {
    year,
    month,
    day,
    hour: Math.floor(time / 3600),
    minute: Math.floor(time / 60) % 60,
    second: time % 60,
    nanosecond,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysOf(year, 1, 1) + 1,
  };
}

const named = (name: string, names: readonly string[]): GoType => ({
  kind: 'int',
  name,
  methods: new Map([['String', { signature: '', call: (value: GoInt) => names[Number(value.n)] ?? `%!${name}` }]]),
});
const MONTH = named('time.Month', ['', ...MONTHS]);
const WEEKDAY = named('time.Weekday', WEEKDAYS);

const compare = (a: GoTime, b: GoTime): number => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0);
function addDate(time: GoTime, years: number, months: number, days: number): GoTime {
  const { year, month, day, hour, minute, second } = time.civil;
  const local =
    daysOf(year + Number(years), month + Number(months), day + Number(days)) * 86400 +
    hour * 3600 +
    minute * 60 +
    second;
  return new GoTime(time.zone.toUtc(local), time.nanoseconds, time.zone);
}
const ZERO_SECONDS = -62135596800;

function truncate(time: GoTime, to: GoInt, round: boolean): GoTime {
  const multiple = durationNanos(to);
  if (multiple <= 0n) return time;
  const sinceYear1 = time.nanos - BigInt(ZERO_SECONDS) * 1_000_000_000n;
  const rest = ((sinceYear1 % multiple) + multiple) % multiple;
  return time.add(round && rest * 2n >= multiple ? multiple - rest : -rest);
}

const ZONES: GoType = sliceOf({ kind: 'struct', name: 'time.zone', fields: [] });
const TRANSITIONS: GoType = sliceOf({ kind: 'struct', name: 'time.zoneTrans', fields: [] });
const ZONE_POINTER = pointerTo({ kind: 'struct', name: 'time.zone', fields: [] });
const LOCATION: GoType = {
  kind: 'struct',
  name: 'time.Location',
  fields: [
    { name: 'name', type: STRING },
    { name: 'zone', type: ZONES },
    { name: 'tx', type: TRANSITIONS },
    { name: 'extend', type: STRING },
    { name: 'cacheStart', type: INT64 },
    { name: 'cacheEnd', type: INT64 },
    { name: 'cacheZone', type: ZONE_POINTER },
  ],
  methods: new Map([['String', { signature: '', call: (value: GoStruct) => value.values[0] }]]),
};
const LOCATION_POINTER = pointerTo(LOCATION);
const locationFields = (zone: Zone): GoValue[] => [
  zone.name,
  new GoSlice(ZONES, null),
  new GoSlice(TRANSITIONS, null),
  '',
  goInt64(0),
  goInt64(0),
  new GoPointer(null, ZONE_POINTER),
];
const TIME_FIELDS: GoType = {
  kind: 'struct',
  name: 'time.Time',
  fields: [
    { name: 'wall', type: UINT64 },
    { name: 'ext', type: INT64 },
    { name: 'loc', type: LOCATION_POINTER },
  ],
};

const METHODS: MethodTable = new Map([
  ['String', { signature: '', call: (t: GoTime) => t.format('2006-01-02 15:04:05.999999999 -0700 MST') }],
  ['GoString', { signature: '', call: (t: GoTime) => goSyntax(t) }],
  ['MarshalJSON', { signature: '', call: (t: GoTime) => `"${t.format('2006-01-02T15:04:05.999999999Z07:00')}"` }],
  ['Format', { signature: 'string', call: (t: GoTime, layout: string) => t.format(layout) }],
  ['Year', { signature: '', call: (t: GoTime) => goInt(t.civil.year) }],
  ['Month', { signature: '', call: (t: GoTime) => new GoInt(t.civil.month, MONTH) }],
  ['Day', { signature: '', call: (t: GoTime) => goInt(t.civil.day) }],
  ['Hour', { signature: '', call: (t: GoTime) => goInt(t.civil.hour) }],
  ['Minute', { signature: '', call: (t: GoTime) => goInt(t.civil.minute) }],
  ['Second', { signature: '', call: (t: GoTime) => goInt(t.civil.second) }],
  ['Nanosecond', { signature: '', call: (t: GoTime) => goInt(t.nanoseconds) }],
  ['Weekday', { signature: '', call: (t: GoTime) => new GoInt(t.civil.weekday, WEEKDAY) }],
  ['YearDay', { signature: '', call: (t: GoTime) => goInt(t.civil.yearDay) }],
  ['Unix', { signature: '', call: (t: GoTime) => goInt64(t.seconds) }],
  ['UnixNano', { signature: '', call: (t: GoTime) => goInt64(t.nanos) }],
  ['UnixMilli', { signature: '', call: (t: GoTime) => goInt64(t.seconds * 1000 + Math.floor(t.nanoseconds / 1e6)) }],
  ['UnixMicro', { signature: '', call: (t: GoTime) => goInt64(shrink(t.nanos / 1000n)) }],
  ['UTC', { signature: '', call: (t: GoTime) => t.in(UTC) }],
  ['Local', { signature: '', call: (t: GoTime) => t.in(LOCAL) }],
  ['IsZero', { signature: '', call: (t: GoTime) => t.seconds === ZERO_SECONDS && t.nanoseconds === 0 }],
  ['Add', { signature: 'duration', call: (t: GoTime, d: GoInt) => t.add(durationNanos(d)) }],
  ['AddDate', { signature: 'int int int', call: (t: GoTime, y: number, m: number, d: number) => addDate(t, y, m, d) }],
  ['Sub', { signature: 'time', call: (a: GoTime, b: GoTime) => makeDuration(a.nanos - b.nanos) }],
  ['Before', { signature: 'time', call: (a: GoTime, b: GoTime) => compare(a, b) < 0 }],
  ['After', { signature: 'time', call: (a: GoTime, b: GoTime) => compare(a, b) > 0 }],
  ['Equal', { signature: 'time', call: (a: GoTime, b: GoTime) => compare(a, b) === 0 }],
  ['Compare', { signature: 'time', call: (a: GoTime, b: GoTime) => goInt(compare(a, b)) }],
  ['Truncate', { signature: 'duration', call: (t: GoTime, d: GoInt) => truncate(t, d, false) }],
  ['Round', { signature: 'duration', call: (t: GoTime, d: GoInt) => truncate(t, d, true) }],
]);
export const TIME: GoType = { kind: 'struct', name: 'time.Time', methods: METHODS };
registerParameter('time', TIME);

function goSyntax(time: GoTime): string {
  const { year, month, day, hour, minute, second } = time.civil;
  const zone =
    time.zone === UTC
      ? 'time.UTC'
      : time.zone === LOCAL
        ? 'time.Local'
        : `time.Location(${quoteTimeText(time.zone.name)})`;
  return `time.Date(${year}, time.${MONTHS[month - 1]}, ${day}, ${hour}, ${minute}, ${second}, ${time.nanoseconds}, ${zone})`;
}

/** The zero time. */
export const zeroTime = (): GoTime => new GoTime(ZERO_SECONDS, 0, UTC);

/** time.ParseInLocation(layout, text, time.Local): the time, or Go's error. */
export function parseGoTime(layout: string, text: string): GoTime | { readonly error: string } {
  const parsed = parseTime(layout, text);
  if ('error' in parsed) return parsed;
  const { year, month, day, hour, minute, second, nanosecond, zone } = parsed;
  const local = daysOf(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  return new GoTime(zone.toUtc(local), nanosecond, zone);
}
