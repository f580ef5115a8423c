import { registerParameter } from './functions.ts';
import { quoteTimeText } from './go-quote.ts';
import { GoInt, type GoType, goInt64, type MethodTable, shrink } from './value.ts';

/** Go's time.Duration: nanoseconds as an int64. @see Go src/time/time.go, format.go */

const NANO = 1n;
const MICRO = 1000n;
const MILLI = 1_000_000n;
const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', NANO],
  ['us', MICRO],
  ['\u00b5s', MICRO],
  ['\u03bcs', MICRO],
  ['ms', MILLI],
  ['s', SECOND],
  ['m', MINUTE],
  ['h', HOUR],
]);

/** `1h15m30.5s`. */
export function durationText(nanos: bigint): string {
  if (nanos === 0n) return '0s';
  const negative = nanos < 0n;
  const u = negative ? -nanos : nanos;
  const sign = negative ? '-' : '';
  const fraction = (value: bigint, unit: bigint): string => {
    const rest = (value % unit)
      .toString()
      .padStart(unit.toString().length - 1, '0')
      .replace(/0+$/, '');
    return `${value / unit}${rest === '' ? '' : `.${rest}`}`;
  };
  if (u < MICRO) return `${sign}${u}ns`;
  if (u < MILLI) return `${sign}${fraction(u, MICRO)}\u00b5s`;
  if (u < SECOND) return `${sign}${fraction(u, MILLI)}ms`;
  const hours = u / HOUR;
  const minutes = (u / MINUTE) % 60n;
  let text = `${fraction(u % MINUTE, SECOND)}s`;
  if (u >= MINUTE) text = `${minutes}m${text}`;
  if (u >= HOUR) text = `${hours}h${text}`;
  return sign + text;
}

/** time.ParseDuration: nanoseconds, or Go's error. */
export function parseDuration(text: string): bigint | { readonly error: string } {
  const invalid = { error: `time: invalid duration ${quoteTimeText(text)}` };
  let rest = text;
  const negative = rest.startsWith('-');
  if (negative || rest.startsWith('+')) rest = rest.slice(1);
  if (rest === '0') return 0n;
  if (rest === '') return invalid;
  let total = 0n;
  while (rest !== '') {
    const number = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest)!;
    const [whole, digits, fraction = ''] = number as unknown as [string, string, string | undefined];
    if (digits === '' && fraction === '') return invalid;
    if (BigInt(digits || '0') > 1n << 63n) return invalid;
    rest = rest.slice(whole.length);
    const unitText = /^[^.0-9]*/.exec(rest)![0];
    if (unitText === '') return { error: `time: missing unit in duration ${quoteTimeText(text)}` };
    rest = rest.slice(unitText.length);
    const unit = UNITS.get(unitText);
    if (unit === undefined)
      return { error: `time: unknown unit ${quoteTimeText(unitText)} in duration ${quoteTimeText(text)}` };
    let value = BigInt(digits || '0') * unit;
    if (fraction !== '') {
      // Go keeps what fits an int64 of the fraction and multiplies in floats.
      const kept = fraction.slice(0, 18);
      value += BigInt(Math.trunc(Number(kept) * (Number(unit) / 10 ** kept.length)));
    }
    total += value;
    if (total > 1n << 63n) return invalid;
  }
  if (negative) return -total;
  return total > (1n << 63n) - 1n ? invalid : total;
}

const nanosOf = (value: GoInt): bigint => BigInt(value.n);
const float = (value: GoInt, unit: bigint): number => {
  const n = nanosOf(value);
  return Number(n / unit) + Number(n % unit) / Number(unit);
};
export function truncateDuration(value: bigint, multiple: bigint): bigint {
  return multiple <= 0n ? value : value - (value % multiple);
}
/** To the nearest multiple, half away from zero. */
export function roundDuration(value: bigint, multiple: bigint): bigint {
  if (multiple <= 0n) return value;
  const rest = value % multiple;
  const abs = rest < 0n ? -rest : rest;
  const down = value - rest;
  if (abs * 2n < multiple) return down;
  return value < 0n ? down - multiple : down + multiple;
}

const METHODS: MethodTable = new Map([
  ['String', { signature: '', call: (value: GoInt) => durationText(nanosOf(value)) }],
  ['Nanoseconds', { signature: '', call: (value: GoInt) => goInt64(value.n) }],
  ['Microseconds', { signature: '', call: (value: GoInt) => goInt64(nanosOf(value) / MICRO) }],
  ['Milliseconds', { signature: '', call: (value: GoInt) => goInt64(nanosOf(value) / MILLI) }],
  ['Seconds', { signature: '', call: (value: GoInt) => float(value, SECOND) }],
  ['Minutes', { signature: '', call: (value: GoInt) => float(value, MINUTE) }],
  ['Hours', { signature: '', call: (value: GoInt) => float(value, HOUR) }],
  [
    'Abs',
    { signature: '', call: (value: GoInt) => makeDuration(nanosOf(value) < 0n ? -nanosOf(value) : nanosOf(value)) },
  ],
  [
    'Round',
    { signature: 'duration', call: (a: GoInt, b: GoInt) => makeDuration(roundDuration(nanosOf(a), nanosOf(b))) },
  ],
  [
    'Truncate',
    { signature: 'duration', call: (a: GoInt, b: GoInt) => makeDuration(truncateDuration(nanosOf(a), nanosOf(b))) },
  ],
]);
export const DURATION: GoType = { kind: 'int64', name: 'time.Duration', methods: METHODS };
registerParameter('duration', DURATION);

export const makeDuration = (nanos: bigint): GoInt => new GoInt(shrink(nanos), DURATION);
export const durationNanos = nanosOf;
export const durationUnits = { micro: MICRO, milli: MILLI, second: SECOND, minute: MINUTE, hour: HOUR };
export const durationFloat = float;
