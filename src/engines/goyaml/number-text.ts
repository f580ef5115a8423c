import { YamlProblem } from './error.ts';
import { formatFloat } from './go-float.ts';
import { resolvePlain } from './resolve.ts';

/** Go's float64 as goyaml writes it. */
export function floatText(value: number): string {
  const text = formatFloat(value);
  return text === '+Inf' ? '.inf' : text === '-Inf' ? '-.inf' : text === 'NaN' ? '.nan' : text;
}

/** A number as it comes out of JSON and is read by go-yaml again: whole numbers up to 64 bits are integers. */
export function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return value === 0 ? '0' : String(value);
  if (!Number.isFinite(value))
    throw new YamlProblem(`error marshaling into JSON: json: unsupported value: ${formatFloat(value)}`);
  if (Number.isInteger(value)) {
    const text = String(value);
    if (resolvePlain(text, 'v2').tag === '!!int') return text;
  }
  return formatFloat(value);
}

/** A whole number beyond 64 bits is a float. */
export function bigintText(value: bigint): string {
  if (value >= -0x8000000000000000n && value <= 0xffffffffffffffffn) return value.toString();
  return formatFloat(Number(value));
}
