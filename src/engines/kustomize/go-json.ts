import type { YamlValue } from '../../core/value.ts';

/**
 * JSON as Go's encoding/json writes it: keys sorted, `<`, `>` and `&` escaped, numbers in their shortest form.
 * @param indent what each level adds, or '' for one line
 */
export function goJson(value: YamlValue, indent = '', prefix = ''): string {
  if (value instanceof Map) {
    if (value.size === 0) return '{}';
    const inner = prefix + indent;
    const parts = [...value]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, item]) => `${inner}${goString(key)}:${indent === '' ? '' : ' '}${goJson(item, indent, inner)}`);
    return indent === '' ? `{${parts.join(',')}}` : `{\n${parts.join(',\n')}\n${prefix}}`;
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const inner = prefix + indent;
    const parts = value.map((item) => inner + goJson(item, indent, inner));
    return indent === '' ? `[${parts.join(',')}]` : `[\n${parts.join(',\n')}\n${prefix}]`;
  }
  if (typeof value === 'string') return goString(value);
  if (typeof value === 'number') return goNumber(value);
  return value === null ? 'null' : String(value);
}

const ESCAPED = /["\\<>&\u0000-\u001f\u2028\u2029]/g;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

function goString(text: string): string {
  const escaped = text.replace(
    ESCAPED,
    (char) => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/** strconv's shortest form, with an exponent below 1e-6 and from 1e21 on. */
function goNumber(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-6 || magnitude >= 1e21)) return value.toExponential();
  return String(value);
}
