import { indirect } from './access.ts';
import { parseFloat64, parseInt64 } from './strconv.ts';
import { GoInt, type GoValue, shrink } from './value.ts';

/** Conversions as sprig's numeric functions make them. @see github.com/spf13/cast v1.7.0, ToInt64E and ToFloat64E */

/** `12.00` and `12.` read as integers. */
function trimZeroDecimal(text: string): string {
  return /\.0*$/.test(text) && text.includes('.') ? (/\.0+$/.test(text) ? text.replace(/\.0+$/, '') : text) : text;
}

const MIN_INT64 = -(2n ** 63n);
/** `int64(f)` as amd64 does it: what does not fit becomes the smallest. */
export function floatToInt64(value: number): number | bigint {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return whole === 0 ? 0 : whole;
  if (Number.isNaN(value) || whole >= 2 ** 63 || whole < -(2 ** 63)) return MIN_INT64;
  return shrink(BigInt(whole));
}

/** The named type of integers that templates meet and cast does not: of others it knows months and days of the week. */
const UNKNOWN_INT = 'time.Duration';

/** A `number` where that is exact, else a `bigint`; 0 where the value is no number. */
export function toInt64(value: GoValue): number | bigint {
  if (value instanceof GoInt && value.type.name === UNKNOWN_INT) return 0;
  if (value instanceof GoInt) return typeof value.n === 'number' ? value.n : shrink(BigInt.asIntN(64, value.n));
  switch (typeof value) {
    case 'number':
      return floatToInt64(value);
    case 'string': {
      const parsed = parseInt64(trimZeroDecimal(value), 0);
      return typeof parsed === 'bigint' ? shrink(parsed) : 0;
    }
    case 'boolean':
      return value ? 1 : 0;
  }
  const target = indirect(value);
  return target !== value ? toInt64(target) : 0;
}

export function toFloat64(value: GoValue): number {
  if (value instanceof GoInt) return value.type.name === UNKNOWN_INT ? 0 : Number(value.n);
  switch (typeof value) {
    case 'number':
      return value;
    case 'string': {
      const parsed = parseFloat64(value);
      return typeof parsed === 'number' ? parsed : 0;
    }
    case 'boolean':
      return value ? 1 : 0;
  }
  const target = indirect(value);
  return target !== value ? toFloat64(target) : 0;
}
