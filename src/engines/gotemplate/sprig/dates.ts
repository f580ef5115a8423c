import { contextOf } from '../context.ts';
import { durationText, parseDuration, roundDuration } from '../duration.ts';
import { GoError } from '../errors.ts';
import type { FunctionFamily, RuntimeFamily } from '../functions.ts';
import type { Runtime } from '../runtime.ts';
import { parseInt64 } from '../strconv.ts';
import { GoTime, parseGoTime, zeroTime } from '../time.ts';
import { GoInt, GoPointer, type GoValue, INT, INT32, INT64 } from '../value.ts';
import { LOCAL, loadZone, UTC } from '../zone.ts';

/** @see sprig date.go. Local time is UTC, as in a cluster. */

const SECOND = 1_000_000_000n;
const now = (rt: Runtime): GoTime => GoTime.of(contextOf(rt).now(), LOCAL);

function timeOf(rt: Runtime, value: GoValue): GoTime {
  if (value instanceof GoTime) return value;
  if (value instanceof GoPointer && (value.target as unknown) instanceof GoTime)
    return value.target as unknown as GoTime;
  if (value instanceof GoInt && (value.type === INT64 || value.type === INT || value.type === INT32))
    return new GoTime(Number(value.n), 0, LOCAL);
  return now(rt);
}
const inZone = (rt: Runtime, layout: string, value: GoValue, zone: string): string =>
  timeOf(rt, value)
    .in(loadZone(zone) ?? UTC)
    .format(layout);

function ago(rt: Runtime, value: GoValue): string {
  const since = now(rt).nanos - (value instanceof GoInt && value.type === INT32 ? now(rt) : timeOf(rt, value)).nanos;
  return durationText(roundDuration(since, SECOND));
}
function duration(value: GoValue): string {
  let seconds = 0n;
  if (typeof value === 'string') {
    const parsed = parseInt64(value, 10);
    seconds = typeof parsed === 'bigint' ? parsed : (parsed.clamped ?? 0n);
  } else if (value instanceof GoInt && value.type === INT64) seconds = BigInt(value.n);
  return durationText(BigInt.asIntN(64, seconds * SECOND));
}
const AGES: readonly (readonly [bigint, string])[] = [
  [SECOND * 3600n * 24n * 365n, 'y'],
  [SECOND * 3600n * 24n * 30n, 'mo'],
  [SECOND * 3600n * 24n, 'd'],
  [SECOND * 3600n, 'h'],
  [SECOND * 60n, 'm'],
  [SECOND, 's'],
];
function durationRound(rt: Runtime, value: GoValue): string {
  let nanos = 0n;
  if (typeof value === 'string') {
    const parsed = parseDuration(value);
    if (typeof parsed === 'bigint') nanos = parsed;
  } else if (value instanceof GoInt && value.type === INT64) nanos = BigInt(value.n);
  else if (value instanceof GoTime) nanos = now(rt).nanos - value.nanos;
  if (nanos < 0n) nanos = -nanos;
  for (const [unit, name] of AGES) if (nanos > unit) return `${nanos / unit}${name}`;
  return '0s';
}

function dateModify(text: string, date: GoTime): GoValue {
  const parsed = parseDuration(text);
  return typeof parsed === 'bigint' ? date.add(parsed) : date;
}
function mustDateModify(text: string, date: GoTime): GoValue {
  const parsed = parseDuration(text);
  if (typeof parsed !== 'bigint') throw new GoError(parsed.error);
  return date.add(parsed);
}
function toDate(layout: string, text: string): GoValue {
  const time = parseGoTime(layout, text);
  return time instanceof GoTime ? time : zeroTime();
}
function mustToDate(layout: string, text: string): GoValue {
  const time = parseGoTime(layout, text);
  if (!(time instanceof GoTime)) throw new GoError(time.error);
  return time;
}

export const DATES: FunctionFamily = {
  date_modify: ['string time', dateModify],
  dateModify: ['string time', dateModify],
  must_date_modify: ['string time', mustDateModify],
  mustDateModify: ['string time', mustDateModify],
  duration: ['any', duration],
  toDate: ['string string', toDate],
  mustToDate: ['string string', mustToDate],
  unixEpoch: ['time', (date: GoTime) => String(date.seconds)],
};
export const CLOCK: RuntimeFamily = {
  now: ['', now],
  ago: ['any', ago],
  date: ['string any', (rt, layout: string, date: GoValue) => inZone(rt, layout, date, 'Local')],
  date_in_zone: ['string any string', inZone],
  dateInZone: ['string any string', inZone],
  htmlDate: ['any', (rt, date: GoValue) => inZone(rt, '2006-01-02', date, 'Local')],
  htmlDateInZone: ['any string', (rt, date: GoValue, zone: string) => inZone(rt, '2006-01-02', date, zone)],
  durationRound: ['any', durationRound],
};
