import { floatToInt64 } from './cast.ts';
import {
  DURATION,
  durationFloat,
  durationNanos,
  durationUnits,
  makeDuration,
  parseDuration,
  roundDuration,
  truncateDuration,
} from './duration.ts';
import { GoError } from './errors.ts';
import type { FunctionFamily } from './functions.ts';
import { quoteGo } from './go-quote.ts';
import { trimSpace } from './go-string.ts';
import { parseFloat64, printFloat } from './strconv.ts';
import { GoInt, type GoValue, goInt64, isSigned, typeName } from './value.ts';

/** The duration functions of Helm 4. @see Helm v4 pkg/engine/funcs.go */

const { micro, milli, second, minute, hour } = durationUnits;
const MAX = (1n << 63n) - 1n;
const MAX_SECONDS = MAX / second;
const MIN_SECONDS = -(1n << 63n) / second;

function fromInteger(value: GoInt): bigint {
  const seconds = isSigned(value.type) ? BigInt(value.n) : BigInt.asUintN(64, BigInt(value.n));
  if (seconds > MAX_SECONDS || seconds < MIN_SECONDS) throw new GoError(`duration seconds overflow: ${seconds}`);
  return seconds * second;
}
function fromFloat(seconds: number): bigint {
  if (!Number.isFinite(seconds)) throw new GoError(`invalid duration seconds: ${printFloat(seconds)}`);
  if (seconds > Number(MAX) / 1e9 || seconds < -Number(MAX + 1n) / 1e9)
    throw new GoError(`duration seconds overflow: ${printFloat(seconds)}`);
  const nanos = seconds * 1e9;
  if (nanos > Number(MAX) || nanos < -Number(MAX + 1n))
    throw new GoError(`duration nanoseconds overflow: ${printFloat(nanos)}`);
  return BigInt(floatToInt64(nanos));
}

function asDuration(value: GoValue): bigint {
  if (value instanceof GoInt) return value.type === DURATION ? durationNanos(value) : fromInteger(value);
  if (typeof value === 'number') return fromFloat(value);
  if (typeof value === 'string') {
    const text = trimSpace(value);
    if (text === '') throw new GoError('empty duration');
    const parsed = parseDuration(text);
    if (typeof parsed === 'bigint') return parsed;
    const seconds = parseFloat64(text);
    if (typeof seconds === 'number') return fromFloat(seconds);
    throw new GoError(`could not parse duration ${quoteGo(value)}`);
  }
  if (value === null || value === undefined) throw new GoError('invalid duration');
  throw new GoError(`unsupported duration type ${typeName(value)}`);
}
function or<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof GoError) return otherwise;
    throw error;
  }
}
const inUnits = (unit: bigint) => (value: GoValue) => or(() => durationFloat(makeDuration(asDuration(value)), unit), 0);
const whole = (unit: bigint) => (value: GoValue) => goInt64(or(() => asDuration(value) / unit, 0n));
const adjusted = (adjust: (value: bigint, multiple: bigint) => bigint) => (value: GoValue, multiple: GoValue) =>
  makeDuration(
    or(() => {
      const nanos = asDuration(value);
      return or(() => adjust(nanos, asDuration(multiple)), nanos);
    }, 0n),
  );

export const HELM_DURATIONS: FunctionFamily = {
  mustToDuration: ['any', (value: GoValue) => makeDuration(asDuration(value))],
  durationSeconds: ['any', inUnits(second)],
  durationMilliseconds: ['any', whole(milli)],
  durationMicroseconds: ['any', whole(micro)],
  durationNanoseconds: ['any', whole(1n)],
  durationMinutes: ['any', inUnits(minute)],
  durationHours: ['any', inUnits(hour)],
  durationDays: ['any', (value: GoValue) => inUnits(hour)(value) / 24],
  durationWeeks: ['any', (value: GoValue) => inUnits(hour)(value) / 24 / 7],
  durationRoundTo: ['any any', adjusted(roundDuration)],
  durationTruncateTo: ['any any', adjusted(truncateDuration)],
};
