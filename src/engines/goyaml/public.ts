import { ok, type Result } from '../../core/result.ts';
import { fromPlain, toPlain } from '../../core/value.ts';
import type { YamlError } from './error.ts';
import { type ParseOptions, parseDocuments as parseStream, parse as parseValue } from './parse.ts';
import { stringify as stringifyValue } from './stringify.ts';

export type { Result } from '../../core/result.ts';
export type { YamlError } from './error.ts';
export type { ParseOptions } from './parse.ts';

/**
 * Reads the first document of a YAML or JSON text as Go's `sigs.k8s.io/yaml` does (Helm, Kubernetes), or, with `dialect: 'v3'`, as
 * kustomize does. Mappings become plain objects (`__proto__` is an ordinary key); integers beyond 2^53 are `bigint`s.
 *
 * ```ts
 * const result = parse('replicas: 3\nenabled: yes\n');
 * if (result.ok) console.log(result.value); // { replicas: 3, enabled: true }
 * else console.error(result.error.message, result.error.line);
 * ```
 */
export function parse(text: string, options?: ParseOptions): Result<unknown, YamlError> {
  const result = parseValue(text, options);
  return result.ok ? ok(toPlain(result.value)) : result;
}

/**
 * Reads all documents of a stream, each with the 1-based line where it starts. At a failure, the documents before it are given, too.
 */
export function parseDocuments(
  text: string,
  options?: ParseOptions,
): { documents: { value: unknown; line: number }[]; error?: YamlError } {
  const { documents, error } = parseStream(text, options);
  const plain = documents.map(({ value, line }) => ({ value: toPlain(value), line }));
  return error === undefined ? { documents: plain } : { documents: plain, error };
}

/**
 * Writes plain data (objects, arrays, `Map`s, texts, numbers, `bigint`s, booleans, `null`) to the byte as `sigs.k8s.io/yaml` does:
 * keys in its order, its quoting, its folding of long lines. `undefined` members are left out.
 *
 * ```ts
 * stringify({ b: [1, 'yes'], a: 'x\n' }); // 'a: |\n  x\nb:\n- 1\n- "yes"\n'
 * ```
 */
export function stringify(value: unknown): string {
  return stringifyValue(fromPlain(value));
}
