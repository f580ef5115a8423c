import { toFloat64, toInt64 } from '../cast.ts';
import { add, type Decimal, divide, fromFloat, multiply, subtract, toFloat } from '../decimal.ts';
import { GoError } from '../errors.ts';
import { sprint } from '../fmt.ts';
import type { FunctionFamily } from '../functions.ts';
import { parseInt64 } from '../strconv.ts';
import { type GoInt, GoSlice, type GoValue, goInt, goInt64, SLICE_INT } from '../value.ts';

/** @see sprig numeric.go */

type Int = number | bigint;
const safe = Number.isSafeInteger;

function sum(...values: GoValue[]): GoInt {
  let total: Int = 0;
  for (const value of values) {
    const n = toInt64(value);
    if (typeof total === 'number' && typeof n === 'number' && safe(total + n)) total += n;
    else total = BigInt.asIntN(64, BigInt(total) + BigInt(n));
  }
  return goInt64(total);
}
function difference(a: GoValue, b: GoValue): GoInt {
  const x = toInt64(a);
  const y = toInt64(b);
  if (typeof x === 'number' && typeof y === 'number' && safe(x - y)) return goInt64(x - y);
  return goInt64(BigInt(x) - BigInt(y));
}
function product(a: GoValue, ...others: GoValue[]): GoInt {
  let total: Int = toInt64(a);
  for (const other of others) {
    const n = toInt64(other);
    if (typeof total === 'number' && typeof n === 'number' && safe(total * n)) total = total * n || 0;
    else total = BigInt.asIntN(64, BigInt(total) * BigInt(n));
  }
  return goInt64(total);
}
function divided(a: GoValue, b: GoValue, remainder: boolean): GoInt {
  const x = BigInt(toInt64(a));
  const y = BigInt(toInt64(b));
  if (y === 0n) throw new GoError('runtime error: integer divide by zero');
  return goInt64(remainder ? x % y : x / y);
}
function extreme(better: (a: Int, b: Int) => boolean) {
  return (a: GoValue, ...others: GoValue[]): GoInt => {
    let best = toInt64(a);
    for (const other of others) {
      const n = toInt64(other);
      if (better(n, best)) best = n;
    }
    return goInt64(best);
  };
}
const max = extreme((a, b) => a > b);
const min = extreme((a, b) => a < b);

const decimals =
  (operation: (a: Decimal, b: Decimal) => Decimal) =>
  (first: GoValue, ...others: GoValue[]): number => {
    let value = fromFloat(toFloat64(first));
    for (const other of others) value = operation(value, fromFloat(toFloat64(other)));
    return toFloat(value);
  };

/** No list of numbers is longer. */
const MAX_NUMBERS = 4_000_000;
const plus = (a: Int, b: Int): Int =>
  typeof a === 'number' && typeof b === 'number' ? a + b : BigInt.asIntN(64, BigInt(a) + BigInt(b));

/** Steps may pass the end of int64, and go on at its other end, as Go's do. */
function untilStep(start: Int, stop: Int, step: Int): Int[] {
  const out: Int[] = [];
  const down = stop < start;
  if (down ? step >= 0 : step <= 0) return out;
  if (Math.abs((Number(stop) - Number(start)) / Number(step)) > MAX_NUMBERS) throw tooLong();
  for (let i = start; down ? i > stop : i < stop; i = plus(i, step)) {
    if (out.length >= MAX_NUMBERS) throw tooLong();
    out.push(i);
  }
  return out;
}
const tooLong = (): GoError => new GoError('runtime error: makeslice: len out of range');
const ints = (numbers: readonly Int[]): GoSlice => new GoSlice(SLICE_INT, numbers.map(goInt));

function seq(...params: Int[]): string {
  const [first = 0, second = 0, third = 0] = params;
  switch (params.length) {
    case 1: {
      const step = first < 1 ? -1 : 1;
      return untilStep(1, plus(first, step), step).join(' ');
    }
    case 2: {
      const step = second < first ? -1 : 1;
      return untilStep(first, plus(second, step), step).join(' ');
    }
    case 3: {
      const increment = third < first ? -1 : 1;
      if (third < first && second > 0) return '';
      return untilStep(first, plus(third, increment), second).join(' ');
    }
    default:
      return '';
  }
}

function round(value: GoValue, places: Int, ...options: number[]): number {
  const roundOn = options[0] ?? 0.5;
  const power = 10 ** Number(places);
  const digit = power * toFloat64(value);
  const fraction = digit - Math.trunc(digit);
  return (fraction >= roundOn ? Math.ceil(digit) : Math.floor(digit)) / power;
}

function goMax(a: number, b: number): number {
  if (a === Infinity || b === Infinity) return Infinity;
  return Math.max(a, b);
}
function goMin(a: number, b: number): number {
  if (a === -Infinity || b === -Infinity) return -Infinity;
  return Math.min(a, b);
}

function toDecimal(value: GoValue): GoInt {
  const parsed = parseInt64(sprint([value]), 8);
  return goInt64(typeof parsed === 'bigint' ? parsed : 0);
}
/** strconv.Atoi with the error left out: at an error of range its value is the nearest. */
function atoi(text: string): GoInt {
  const parsed = parseInt64(text, 10, 64, 'Atoi');
  return goInt(typeof parsed === 'bigint' ? parsed : (parsed.clamped ?? 0));
}

export const MATH: FunctionFamily = {
  atoi: ['string', atoi],
  int64: ['any', (value: GoValue) => goInt64(toInt64(value))],
  int: ['any', (value: GoValue) => goInt(toInt64(value))],
  float64: ['any', toFloat64],
  toDecimal: ['any', toDecimal],
  seq: ['...int', seq],
  until: ['int', (count: Int) => ints(untilStep(0, count, count < 0 ? -1 : 1))],
  untilStep: ['int int int', (start: Int, stop: Int, step: Int) => ints(untilStep(start, stop, step))],
  add1: ['any', (value: GoValue) => sum(value, goInt(1))],
  add: ['...any', sum],
  sub: ['any any', difference],
  div: ['any any', (a: GoValue, b: GoValue) => divided(a, b, false)],
  mod: ['any any', (a: GoValue, b: GoValue) => divided(a, b, true)],
  mul: ['any ...any', product],
  add1f: ['any', (value: GoValue) => decimals(add)(value, 1)],
  addf: ['...any', (...values: GoValue[]) => decimals(add)(0, ...values)],
  subf: ['any ...any', decimals(subtract)],
  divf: ['any ...any', decimals(divide)],
  mulf: ['any ...any', decimals(multiply)],
  biggest: ['any ...any', max],
  max: ['any ...any', max],
  min: ['any ...any', min],
  maxf: [
    'any ...any',
    (a: GoValue, ...others: GoValue[]) => others.reduce((best: number, b) => goMax(best, toFloat64(b)), toFloat64(a)),
  ],
  minf: [
    'any ...any',
    (a: GoValue, ...others: GoValue[]) => others.reduce((best: number, b) => goMin(best, toFloat64(b)), toFloat64(a)),
  ],
  ceil: ['any', (value: GoValue) => Math.ceil(toFloat64(value))],
  floor: ['any', (value: GoValue) => Math.floor(toFloat64(value))],
  round: ['any int ...float', round],
};
