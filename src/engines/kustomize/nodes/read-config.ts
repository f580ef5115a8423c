import type { YamlValue } from '../../../core/value.ts';
import { parse } from '../../goyaml/index.ts';
import { KustomizeProblem } from '../problem.ts';

const PREFIX = 'error converting YAML to JSON: ';

/**
 * The first document of a configuration (a kustomization, a transformer's settings) as sigs.k8s.io/yaml turns it into JSON:
 * YAML 1.1's booleans count, keys become texts, and of equal keys the last one wins.
 */
export function readConfig(text: string): YamlValue {
  const result = parse(text, { dialect: 'v2' });
  if (result.ok) return result.value;
  const { message, line } = result.error;
  throw new KustomizeProblem(message.startsWith(PREFIX) ? message.slice(PREFIX.length) : message, {
    reason: 'invalid-yaml',
    ...(line === undefined ? {} : { line }),
  });
}
