import { sha256 } from '../../../../core/digest.ts';
import type { YamlValue } from '../../../../core/value.ts';
import { goJson } from '../../go-json.ts';
import { Scalar } from '../../nodes/node.ts';
import { toValue } from '../../nodes/to-value.ts';
import type { Resource } from '../../resource.ts';
import type { ResourceMap } from '../../resource-map.ts';

/**
 * Puts a hash of the content behind the names of generated ConfigMaps and Secrets (`web-5k92ttbkch`), so that what refers
 * to one changes with it.
 * @see kustomize api/internal/builtins/HashTransformer.go and api/hasher/hasher.go
 */
export function addHashes(resources: ResourceMap): void {
  let changed = false;
  for (const resource of resources.resources) {
    if (!resource.needsHash) continue;
    const hash = contentHash(resource);
    resource.storePreviousId();
    resource.setName(`${resource.name}-${hash}`);
    changed = true;
  }
  if (changed) resources.invalidate();
}

const LETTERS: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };

export function contentHash(resource: Resource): string {
  return sha256(content(resource))
    .slice(0, 10)
    .replace(/[013ae]/g, (digit) => LETTERS[digit]!);
}

function content(resource: Resource): string {
  const field = (name: string): YamlValue => {
    const node = resource.root?.get(name);
    if (node === undefined) return '';
    return node instanceof Scalar ? node.value : toValue(node);
  };
  const { kind } = resource;
  if (kind === 'ConfigMap') {
    // `name` stays empty: the original looks for a field called "metadata/name".
    const values = new Map<string, YamlValue>([
      ['kind', 'ConfigMap'],
      ['name', ''],
      ['data', field('data')],
    ]);
    const binary = field('binaryData');
    if (binary instanceof Map) values.set('binaryData', binary);
    return goJson(values);
  }
  if (kind === 'Secret') {
    const values = new Map<string, YamlValue>([
      ['kind', 'Secret'],
      ['type', field('type')],
      ['name', ''],
      ['data', field('data')],
    ]);
    const strings = field('stringData');
    if (strings instanceof Map) values.set('stringData', strings);
    return goJson(values);
  }
  return goJson(resource.toObject());
}
