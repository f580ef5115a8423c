import { fail, ok, type Result } from '../../core/result.ts';
import type { YamlValue } from '../../core/value.ts';
import { Emitter } from './emit.ts';
import { catchProblem, type YamlError } from './error.ts';

/**
 * Writes a value to the byte as `sigs.k8s.io/yaml`'s `Marshal` does (Helm's `toYaml`, `kustomize build`), with a line break at its end.
 * What that library cannot write (NaN, infinities, control characters such as DEL) is `''`, as `toYaml` has it.
 */
export function stringify(value: YamlValue): string {
  const result = tryStringify(value);
  return result.ok ? result.value : '';
}

/** `stringify` with the library's reason where it fails. */
export function tryStringify(value: YamlValue): Result<string, YamlError> {
  try {
    return ok(new Emitter('v2').write(value));
  } catch (thrown) {
    return fail(catchProblem(thrown));
  }
}

/**
 * Writes a value as goyaml.v3's encoder does with an indentation of two (Helm's `toYamlPretty`): lists are indented, lines never folded.
 * A `number` is Go's float64 there (a million is `1e+06`), a `bigint` an integer.
 */
export function stringifyPretty(value: YamlValue): string {
  return new Emitter('v3').write(value);
}
