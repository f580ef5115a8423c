import { GoError } from './errors.ts';

/** Exact decimals, as sprig's `addf` and its kin compute. @see github.com/shopspring/decimal v1.4.0 */
export interface Decimal {
  readonly coefficient: bigint;
  /** The value is coefficient × 10^exponent. */
  readonly exponent: number;
}
const DIVISION_PRECISION = 16;

export function fromFloat(value: number): Decimal {
  if (!Number.isFinite(value))
    throw new GoError(`Cannot create a Decimal from ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`);
  const text = value.toExponential();
  const e = text.indexOf('e');
  const [whole, fraction = ''] = text.slice(0, e).split('.');
  return { coefficient: BigInt(whole + fraction), exponent: Number(text.slice(e + 1)) - fraction.length };
}
const power = (n: number): bigint => 10n ** BigInt(n);
function align(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [a.coefficient * power(a.exponent - exponent), b.coefficient * power(b.exponent - exponent), exponent];
}
export function add(a: Decimal, b: Decimal): Decimal {
  const [x, y, exponent] = align(a, b);
  return { coefficient: x + y, exponent };
}
export function subtract(a: Decimal, b: Decimal): Decimal {
  const [x, y, exponent] = align(a, b);
  return { coefficient: x - y, exponent };
}
export const multiply = (a: Decimal, b: Decimal): Decimal => ({
  coefficient: a.coefficient * b.coefficient,
  exponent: a.exponent + b.exponent,
});
/** To 16 places, half away from zero. */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.coefficient === 0n) throw new GoError('decimal division by 0');
  const shift = a.exponent - b.exponent + DIVISION_PRECISION;
  const numerator = shift >= 0 ? a.coefficient * power(shift) : a.coefficient;
  const denominator = shift >= 0 ? b.coefficient : b.coefficient * power(-shift);
  const abs = (n: bigint) => (n < 0n ? -n : n);
  let quotient = abs(numerator) / abs(denominator);
  if ((abs(numerator) % abs(denominator)) * 2n >= abs(denominator)) quotient++;
  return { coefficient: numerator < 0n !== denominator < 0n ? -quotient : quotient, exponent: -DIVISION_PRECISION };
}
export const toFloat = (value: Decimal): number => Number(`${value.coefficient}e${value.exponent}`);
