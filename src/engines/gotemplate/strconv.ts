import { quoteGo } from './go-quote.ts';

/** Go's strconv: numbers to text and back. @see Go src/strconv */

interface Decimal {
  readonly negative: boolean;
  /** Significant digits without leading or trailing zeros; '' for zero. */
  readonly digits: string;
  /** The value is 0.DIGITS × 10^point. */
  readonly point: number;
}

function shortestDecimal(value: number): Decimal {
  const negative = value < 0 || Object.is(value, -0);
  const text = Math.abs(value).toExponential();
  const e = text.indexOf('e');
  const mantissa = text.slice(0, e).replace('.', '').replace(/0+$/, '');
  return { negative, digits: mantissa, point: mantissa === '' ? 0 : Number(text.slice(e + 1)) + 1 };
}

/** All the digits of a double: every double is an integer times a power of two. */
function exactDecimal(value: number): Decimal {
  const negative = value < 0 || Object.is(value, -0);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | 0x10000000000000n;
  const shift = (exponent === 0 ? 1 : exponent) - 1075;
  if (mantissa === 0n) return { negative, digits: '', point: 0 };
  let digits: string;
  let point: number;
  if (shift >= 0) {
    digits = (mantissa << BigInt(shift)).toString();
    point = digits.length;
  } else {
    digits = (mantissa * 5n ** BigInt(-shift)).toString();
    point = digits.length + shift;
  }
  return { negative, digits: digits.replace(/0+$/, ''), point };
}

/** The decimal with at most `count` digits, half to even of the exact value. */
function roundDecimal(decimal: Decimal, count: number): Decimal {
  if (count >= decimal.digits.length) return decimal;
  if (count < 0) return { ...decimal, digits: '', point: 0 };
  const rest = decimal.digits.slice(count);
  let up = rest[0]! > '5' || (rest[0] === '5' && rest.length > 1);
  if (rest === '5') up = count > 0 && Number(decimal.digits[count - 1]) % 2 === 1;
  const kept = decimal.digits.slice(0, count);
  if (!up)
    return { ...decimal, digits: kept.replace(/0+$/, ''), point: kept.replace(/0+$/, '') === '' ? 0 : decimal.point };
  const raised = (BigInt(kept === '' ? '0' : kept) + 1n).toString().padStart(count, '0');
  const point = raised.length > count ? decimal.point + 1 : decimal.point;
  return { ...decimal, digits: raised.replace(/0+$/, ''), point };
}

function formatE(decimal: Decimal, precision: number, letter: string): string {
  let out = decimal.negative ? '-' : '';
  out += decimal.digits[0] ?? '0';
  if (precision > 0) out += `.${decimal.digits.slice(1, precision + 1).padEnd(precision, '0')}`;
  const exponent = decimal.digits === '' ? 0 : decimal.point - 1;
  return `${out}${letter}${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
function formatF(decimal: Decimal, precision: number): string {
  let out = decimal.negative ? '-' : '';
  if (decimal.point > 0) out += decimal.digits.slice(0, decimal.point).padEnd(decimal.point, '0');
  else out += '0';
  if (precision > 0) {
    let fraction = '';
    if (decimal.point < 0) fraction = '0'.repeat(Math.min(precision, -decimal.point));
    fraction += decimal.digits.slice(Math.max(decimal.point, 0));
    out += `.${fraction.slice(0, precision).padEnd(precision, '0')}`;
  }
  return out;
}

function formatBinaryExponent(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  let exponent = Number((bits >> 52n) & 0x7ffn);
  let mantissa = bits & 0xfffffffffffffn;
  if (exponent === 0) exponent = 1;
  else mantissa |= 0x10000000000000n;
  exponent -= 1075;
  return `${bits >> 63n ? '-' : ''}${mantissa}p${exponent >= 0 ? '+' : ''}${exponent}`;
}

function formatHex(value: number, precision: number, upper: boolean): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const negative = bits >> 63n !== 0n;
  let exponent = Number((bits >> 52n) & 0x7ffn);
  let mantissa = bits & 0xfffffffffffffn;
  if (exponent === 0) exponent = 1;
  else mantissa |= 0x10000000000000n;
  exponent -= 1023;
  if (mantissa === 0n) exponent = 0;
  // The leading 1 goes to bit 60, as Go normalizes it.
  mantissa <<= 60n - 52n;
  while (mantissa !== 0n && (mantissa & (1n << 60n)) === 0n) {
    mantissa <<= 1n;
    exponent--;
  }
  if (precision >= 0 && precision < 15) {
    const shift = BigInt(precision * 4);
    const extra = (mantissa << shift) & ((1n << 60n) - 1n);
    mantissa >>= 60n - shift;
    if ((extra | (mantissa & 1n)) > 1n << 59n) mantissa++;
    mantissa <<= 60n - shift;
    if ((mantissa & (1n << 61n)) !== 0n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  let out = `${negative ? '-' : ''}0x${(mantissa >> 60n) & 1n}`;
  let rest = (mantissa << 4n) & ((1n << 64n) - 1n);
  let digits = '';
  if (precision < 0) {
    for (; rest !== 0n; rest = (rest << 4n) & ((1n << 64n) - 1n)) digits += ((rest >> 60n) & 15n).toString(16);
    if (digits !== '') out += `.${digits}`;
  } else if (precision > 0) {
    for (let i = 0; i < precision; i++) {
      digits += ((rest >> 60n) & 15n).toString(16);
      rest = (rest << 4n) & ((1n << 64n) - 1n);
    }
    out += `.${digits}`;
  }
  out += `p${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return upper ? out.toUpperCase() : out;
}

/**
 * strconv.FormatFloat(value, format, precision, 64).
 * @param precision digits; -1 for the shortest text that reads back as the same double
 */
export function formatFloat(value: number, format: string, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (format === 'b') return formatBinaryExponent(value);
  if (format === 'x' || format === 'X') return formatHex(value, precision, format === 'X');
  const shortest = precision < 0;
  let decimal: Decimal;
  if (shortest) {
    decimal = shortestDecimal(value);
    if (format === 'e' || format === 'E') precision = Math.max(decimal.digits.length - 1, 0);
    else if (format === 'f') precision = Math.max(decimal.digits.length - decimal.point, 0);
    else precision = decimal.digits.length;
  } else {
    const exact = exactDecimal(value);
    if (format === 'e' || format === 'E') decimal = roundDecimal(exact, precision + 1);
    else if (format === 'f') decimal = roundDecimal(exact, exact.point + precision);
    else {
      if (precision === 0) precision = 1;
      decimal = roundDecimal(exact, precision);
    }
  }
  if (format === 'e' || format === 'E') return formatE(decimal, precision, format);
  if (format === 'f') return formatF(decimal, precision);
  let limit = precision;
  if (limit > decimal.digits.length && decimal.digits.length >= decimal.point) limit = decimal.digits.length;
  if (shortest) limit = 6;
  const exponent = decimal.digits === '' ? -1 : decimal.point - 1;
  if (exponent < -4 || exponent >= limit)
    return formatE(decimal, Math.max(Math.min(precision, decimal.digits.length) - 1, 0), format === 'G' ? 'E' : 'e');
  return formatF(decimal, Math.max(decimal.digits.length - decimal.point, 0));
}

/** As `%v` prints a float64. */
export function printFloat(value: number): string {
  if (Number.isInteger(value) && value > -1e6 && value < 1e6) return Object.is(value, -0) ? '-0' : String(value);
  return formatFloat(value, 'g', -1);
}

/** What strconv says of a text that is no number. */
export interface NumError {
  readonly error: string;
}
const syntaxError = (fn: string, text: string): NumError => ({
  error: `strconv.${fn}: parsing ${quoteGo(text)}: invalid syntax`,
});
const rangeError = (fn: string, text: string): NumError => ({
  error: `strconv.${fn}: parsing ${quoteGo(text)}: value out of range`,
});

/** Whether underscores stand only between digits, or after a base prefix. */
function underscoresOk(text: string): boolean {
  let rest = text.replace(/^[+-]/, '');
  let before = '^';
  let hex = false;
  const prefix = /^0[bBoOxX]/.exec(rest);
  if (prefix !== null) {
    hex = /x/i.test(prefix[0]);
    rest = rest.slice(2);
    before = '0';
  }
  for (const char of rest) {
    if (/[0-9]/.test(char) || (hex && /[a-fA-F]/.test(char))) before = '0';
    else if (char === '_') {
      if (before !== '0') return false;
      before = '_';
    } else {
      if (before === '_') return false;
      before = '!';
    }
  }
  return before !== '_';
}

/** strconv.ParseUint without the bound: the digits' value, or `undefined` for a wrong syntax. */
function parseDigits(text: string, base: number): bigint | undefined {
  if (text === '') return undefined;
  let digits = text;
  let actual = base;
  if (base === 0) {
    actual = 10;
    if (digits[0] === '0') {
      const prefix = digits.slice(0, 2).toLowerCase();
      if (digits.length >= 3 && (prefix === '0b' || prefix === '0o' || prefix === '0x')) {
        actual = prefix === '0b' ? 2 : prefix === '0o' ? 8 : 16;
        digits = digits.slice(2);
      } else {
        actual = 8;
        digits = digits.slice(1);
      }
    }
    if (digits.includes('_')) {
      if (!underscoresOk(text)) return undefined;
      digits = digits.replaceAll('_', '');
    }
    if (digits === '') return text === '0' || text.includes('_') ? 0n : undefined;
  }
  let value = 0n;
  const size = BigInt(actual);
  if (actual <= 10 && digits.length <= 15) {
    for (const char of digits) if (char < '0' || char >= String.fromCharCode(48 + actual)) return undefined;
    return BigInt(Number.parseInt(digits, actual));
  }
  for (const char of digits) {
    const digit = Number.parseInt(char, 36);
    if (Number.isNaN(digit) || digit >= actual) return undefined;
    value = value * size + BigInt(digit);
  }
  return value;
}

/** strconv.ParseUint(text, base, 64). */
export function parseUint(text: string, base: number, fn = 'ParseUint'): bigint | NumError {
  const value = parseDigits(text, base);
  if (value === undefined) return syntaxError(fn, text);
  return value > 0xffffffffffffffffn ? rangeError(fn, text) : value;
}

/** strconv.ParseInt(text, base, bits). On an error out of range, Go gives the nearest value too: `clamped`. */
export function parseInt64(
  text: string,
  base: number,
  bits = 64,
  fn = 'ParseInt',
): bigint | (NumError & { readonly clamped?: bigint }) {
  const negative = text[0] === '-';
  const digits = negative || text[0] === '+' ? text.slice(1) : text;
  const value = parseDigits(digits, base);
  if (value === undefined) return syntaxError(fn, text);
  const limit = 1n << BigInt(bits - 1);
  if (!negative && value >= limit) return { ...rangeError(fn, text), clamped: limit - 1n };
  if (negative && value > limit) return { ...rangeError(fn, text), clamped: -limit };
  return negative ? -value : value;
}

const DECIMAL_FLOAT = /^[+-]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9][0-9_]*)$/;

/** strconv.ParseFloat(text, 64). Underscores may stand between digits. */
export function parseFloat64(text: string, fn = 'ParseFloat'): number | (NumError & { readonly value?: number }) {
  const lower = text.toLowerCase().replace(/^[+-]/, '');
  if (lower === 'inf' || lower === 'infinity') return text[0] === '-' ? -Infinity : Infinity;
  if (lower === 'nan' && text.length === 3) return Number.NaN;
  const hex = HEX_FLOAT.exec(text);
  if (hex !== null) {
    if (text.includes('_') && !underscoresOk(text)) return syntaxError(fn, text);
    const whole = hex[2]!.replaceAll('_', '');
    const fraction = (hex[3] ?? '').replaceAll('_', '');
    if (whole + fraction === '') return syntaxError(fn, text);
    let mantissa = BigInt(`0x${whole}${fraction}`);
    let exponent = Number(hex[4]!.replaceAll('_', '')) - 4 * fraction.length;
    // Keep 64 bits and a sticky one: Number() of the scaled integer then rounds once, half to even.
    let size = mantissa.toString(2).length;
    if (size > 70) {
      const drop = BigInt(size - 70);
      const sticky = (mantissa & ((1n << drop) - 1n)) !== 0n ? 1n : 0n;
      mantissa = ((mantissa >> drop) << 1n) | sticky;
      exponent += Number(drop) - 1;
      size = 71;
    }
    const value =
      exponent < -900 ? Number(mantissa) * 2 ** -500 * 2 ** (exponent + 500) : Number(mantissa) * 2 ** exponent;
    if (!Number.isFinite(value)) return { ...rangeError(fn, text), value: hex[1] === '-' ? -Infinity : Infinity };
    return hex[1] === '-' ? -value : value;
  }
  if (!DECIMAL_FLOAT.test(text) || (text.includes('_') && !underscoresOk(text))) return syntaxError(fn, text);
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value)) return { ...rangeError(fn, text), value };
  return value;
}
