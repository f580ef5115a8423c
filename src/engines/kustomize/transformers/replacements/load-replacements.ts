import type { YamlValue } from '../../../../core/value.ts';
import { leniently, type Replacement, type ReplacementField } from '../../kustomization/types.ts';
import type { Loader } from '../../loading/loader.ts';
import { readConfig } from '../../nodes/read-config.ts';
import { KustomizeProblem } from '../../problem.ts';

/** Replacements with those of files (`path`) in their place; a file holds one or a list of them. */
export function loadReplacements(fields: readonly ReplacementField[], loader: Loader): Replacement[] {
  return fields.flatMap((field) => {
    if (field.path === '') return [field];
    if (field.source !== undefined || (field.targets !== undefined && field.targets.length > 0))
      throw new KustomizeProblem('cannot specify both path and inline replacement');
    return parseReplacements(readConfig(loader.load(field.path)));
  });
}

function parseReplacements(value: YamlValue): Replacement[] {
  const place = { field: '', lenient: true };
  if (Array.isArray(value)) return value.map((item) => leniently.replacement(item, place));
  if (value instanceof Map) return [leniently.replacement(value, place)];
  const kind =
    value === null ? 'invalid' : typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'float64';
  throw new KustomizeProblem(`unsupported replacement type encountered within replacement path: ${kind}`);
}
