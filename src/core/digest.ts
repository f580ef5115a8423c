import { createHash } from 'node:crypto';

/** A SHA-256 in lower-case hex, 64 characters. All that is stored or shared is named by one. */
export type Digest = string;

export function sha256(data: string | Uint8Array): Digest {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * JSON with one spelling for each value: keys sorted by code unit, no white space, `undefined` members left out, `Map`s as
 * objects, `bigint`s as digits. What keys and records are digests of. Throws on what JSON cannot say (functions, NaN, cycles).
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'bigint':
      return value.toString();
    case 'number':
      if (!Number.isFinite(value)) throw new Error(`canonicalJson: ${value} has no JSON form`);
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
      const entries: [string, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
      const parts: string[] = [];
      for (const [key, item] of entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
        if (item !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(item)}`);
      return `{${parts.join(',')}}`;
    }
    default:
      throw new Error(`canonicalJson: a ${typeof value} has no JSON form`);
  }
}
