import { formatFloat } from './go-float.ts';
import type { Resolved } from './resolve.ts';

/** A key that is no text: its identity (which names its Go type) and the text that `sigs.k8s.io/yaml` makes of it. */
export function goTypedKey({ tag, value }: Resolved): { id: string; text: string } {
  if (value === null) return { id: '\0nil', text: 'null' };
  if (typeof value === 'boolean') return { id: `\0bool:${value}`, text: String(value) };
  if (tag === '!!float') {
    const text = floatKey(value as number);
    return { id: `\0float64:${value}`, text };
  }
  const type = typeof value === 'bigint' && value > 0x7fffffffffffffffn ? 'uint64' : 'int';
  return { id: `\0${type}:${value}`, text: String(value) };
}

/** Floats lose what a float32 does not hold. */
function floatKey(value: number): string {
  const text = formatFloat(value, 32);
  return text === '+Inf' ? '.inf' : text === '-Inf' ? '-.inf' : text === 'NaN' ? '.nan' : text;
}
