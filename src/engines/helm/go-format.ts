import { compareStrings } from '../gotemplate/go-string.ts';
import { GoInt, type GoValue } from '../gotemplate/value.ts';

/** Go's `%v` (and what `%t` makes of what is no bool) of plain values data. */
export function formatGo(verb: 'v' | 't', value: GoValue): string {
  if (value === null || value === undefined) return verb === 'v' ? '<nil>' : '%!t(<nil>)';
  if (Array.isArray(value)) return `[${value.map((item) => formatGo(verb, item)).join(' ')}]`;
  if (value instanceof Map) {
    const keys = [...value.keys()].sort(compareStrings);
    return `map[${keys.map((key) => `${scalar(verb, key)}:${formatGo(verb, value.get(key))}`).join(' ')}]`;
  }
  return scalar(verb, value);
}

function scalar(verb: 'v' | 't', value: GoValue): string {
  if (typeof value === 'boolean') return String(value);
  const [type, text] =
    value instanceof GoInt
      ? [value.type.name, String(value.n)]
      : typeof value === 'number'
        ? ['float64', formatFloat(value)]
        : ['string', String(value)];
  return verb === 'v' ? text : `%!t(${type}=${text})`;
}

/** `%v` of a float64: the shortest digits, with an exponent below 1e-4 and from 1e21. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e21)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  return String(value);
}
