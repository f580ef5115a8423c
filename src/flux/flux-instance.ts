import { MemoryFileSystem } from '../core/memory-file-system.ts';
import type { Result } from '../core/result.ts';
import { isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { parse } from '../engines/goyaml/index.ts';
import { buildKustomization } from '../engines/kustomize/index.ts';
import { attempt, unwrap } from './attempt.ts';
import { mapAt, mapsAt, scalarText, textAt, textMapAt } from './fields.ts';
import { adaptPatch } from './generate-kustomization.ts';
import { withMetadata } from './metadata.ts';
import { toJsonText } from './yaml.ts';

/**
 * The source and the Kustomization that a FluxInstance's `spec.sync` makes: named `sync.name` or as the instance's namespace, in that
 * namespace, patched by those of `spec.kustomize.patches` that mean them. None without `sync`.
 * @see flux-operator docs/api/v1/fluxinstance.md, Sync configuration
 */
export function fluxInstanceObjects(instance: YamlMap): Result<readonly YamlMap[]> {
  return attempt(() => {
    const sync = mapAt(instance, 'spec', 'sync');
    if (sync === undefined) return [];
    const namespace = textAt(instance, 'metadata', 'namespace');
    const name = textAt(sync, 'name') || namespace;
    const kind = textAt(sync, 'kind');
    const metadata = (): YamlMap =>
      new Map([
        ['name', name],
        ['namespace', namespace],
      ]);
    const source: YamlMap = new Map<string, YamlValue>([
      ['apiVersion', 'source.toolkit.fluxcd.io/v1'],
      ['kind', kind],
      ['metadata', metadata()],
      ['spec', sourceSpec(sync, kind)],
    ]);
    const kustomization: YamlMap = new Map<string, YamlValue>([
      ['apiVersion', 'kustomize.toolkit.fluxcd.io/v1'],
      ['kind', 'Kustomization'],
      ['metadata', metadata()],
      [
        'spec',
        new Map<string, YamlValue>([
          ['interval', '10m'],
          ['path', textAt(sync, 'path')],
          ['prune', true],
          [
            'sourceRef',
            new Map([
              ['kind', kind],
              ['name', name],
            ]),
          ],
        ]),
      ],
    ]);
    const labels = textMapAt(instance, 'spec', 'commonMetadata', 'labels');
    const annotations = textMapAt(instance, 'spec', 'commonMetadata', 'annotations');
    return patched([source, kustomization], mapsAt(instance, 'spec', 'kustomize', 'patches')).map((object) =>
      withMetadata(withMetadata(object, 'labels', labels), 'annotations', annotations),
    );
  });
}

function sourceSpec(sync: YamlMap, kind: string): YamlMap {
  const spec: YamlMap = new Map([['interval', textAt(sync, 'interval') || '1m']]);
  const [url, ref] = [textAt(sync, 'url'), textAt(sync, 'ref')];
  if (kind === 'Bucket') spec.set('endpoint', url).set('bucketName', ref);
  else {
    spec.set('url', url);
    if (ref !== '') spec.set('ref', new Map([[kind === 'OCIRepository' ? 'tag' : 'name', ref]]));
  }
  const secret = textAt(sync, 'pullSecret');
  if (secret !== '') spec.set('secretRef', new Map([['name', secret]]));
  const provider = textAt(sync, 'provider');
  if (provider !== '') spec.set('provider', provider);
  return spec;
}

/** Patches mean all that an instance installs; those that mean no sync object are passed over. */
function patched(objects: readonly YamlMap[], patches: readonly YamlMap[]): readonly YamlMap[] {
  const relevant = patches.map(adaptPatch).filter((patch) => {
    const target = mapAt(patch, 'target');
    if (target !== undefined) return true;
    const parsed = parse(textAt(patch, 'patch'));
    const kind = parsed.ok && isMap(parsed.value) ? scalarText(parsed.value.get('kind')) : '';
    const name =
      parsed.ok && isMap(parsed.value)
        ? scalarText((parsed.value.get('metadata') as YamlMap | undefined)?.get('name'))
        : '';
    return objects.some((object) => object.get('kind') === kind && textAt(object, 'metadata', 'name') === name);
  });
  if (relevant.length === 0) return objects;
  const fs = new MemoryFileSystem([
    [
      'kustomization.yaml',
      toJsonText(
        new Map<string, YamlValue>([
          ['resources', ['sync.yaml']],
          ['patches', relevant],
        ]),
      ),
    ],
    ['sync.yaml', objects.map(toJsonText).join('\n---\n')],
  ]);
  return unwrap(buildKustomization(fs, '/', { reorder: 'none' })).resources.map(({ object }) => object);
}
