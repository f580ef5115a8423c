import type { BuildContext } from '../../build-context.ts';
import type { GeneratorArgs, GeneratorOptions } from '../../kustomization/types.ts';
import type { Loader } from '../../loading/loader.ts';
import { mapOfKeys } from '../../nodes/keys.ts';
import { type NodeMap, Scalar, STRING_TAG, stringNode } from '../../nodes/node.ts';
import { KustomizeProblem } from '../../problem.ts';
import { behaviorOf, Resource } from '../../resource.ts';
import { type DataValue, loadKeyValues } from './key-values.ts';

/**
 * Makes a ConfigMap or a Secret of literals, files and env files.
 *
 * ```yaml
 * configMapGenerator:
 * - name: settings
 *   literals: [HOST=example.org]
 *   files: [config.json, nginx.conf=conf/nginx]
 *   envs: [settings.env]
 *   behavior: merge            # into one that a base has
 *   options: { disableNameSuffixHash: true }
 * ```
 * @see kustomize api/internal/generators
 */
export function generateConfig(
  kind: 'ConfigMap' | 'Secret',
  args: GeneratorArgs,
  loader: Loader,
  context: BuildContext,
): Resource {
  if (args.name === '') throw new KustomizeProblem('a configmap must have a name');
  const root: NodeMap = new Map();
  root.set('apiVersion', stringNode('v1'));
  root.set('kind', stringNode(kind));
  const metadata: NodeMap = new Map([['name', stringNode(args.name)]]);
  root.set('metadata', metadata);
  if (args.namespace !== '') metadata.set('namespace', stringNode(args.namespace));
  if (kind === 'Secret') root.set('type', stringNode(args.type || 'Opaque'));
  const values = loadKeyValues(args.name, args, loader);
  if (kind === 'Secret') root.set('data', secretData(values));
  else putConfigMapData(root, values);
  putOptions(root, metadata, args.options);
  const resource = new Resource(root, context.schemas);
  resource.needsHash = args.options?.disableNameSuffixHash !== true;
  resource.behavior = behaviorOf(args.behavior);
  return resource;
}

const sorted = <T>(values: ReadonlyMap<string, T>): [string, T][] =>
  [...values].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

function putConfigMapData(root: NodeMap, values: ReadonlyMap<string, DataValue>): void {
  const texts: [string, Scalar][] = [];
  const binaries: [string, Scalar][] = [];
  for (const [key, value] of sorted(values))
    if ('text' in value) texts.push([key, dataNode(value.text)]);
    else binaries.push([key, dataNode(base64(value.bytes))]);
  if (texts.length > 0) root.set('data', mapOfKeys(texts));
  if (binaries.length > 0) root.set('binaryData', mapOfKeys(binaries));
}

function secretData(values: ReadonlyMap<string, DataValue>): NodeMap {
  return mapOfKeys(
    sorted(values).map(([key, value]) => [
      key,
      dataNode(base64('text' in value ? Buffer.from(value.text) : value.bytes)),
    ]),
  );
}

const dataNode = (text: string): Scalar => new Scalar(text, STRING_TAG, text.includes('\n') ? 'quoted' : 'plain');

/** Base64 in lines of 70 characters, each ended, where there is more than one. */
export function base64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  if (text.length < 70) return text;
  return text.replace(/.{1,70}/g, '$&\n');
}

function putOptions(root: NodeMap, metadata: NodeMap, options: GeneratorOptions | undefined): void {
  if (options === undefined) return;
  for (const field of ['labels', 'annotations'] as const) {
    const entries = options[field];
    if (entries === undefined || entries.size === 0) continue;
    metadata.set(
      field,
      mapOfKeys(sorted(entries).map(([key, value]) => [key, new Scalar(value, STRING_TAG, 'quoted')])),
    );
  }
  if (options.immutable) root.set('immutable', new Scalar('true', '!!bool'));
}

/** `generatorOptions` under the generator's own options. */
export function mergeOptions(
  own: GeneratorOptions | undefined,
  global: GeneratorOptions | undefined,
): GeneratorOptions | undefined {
  if (global === undefined) return own;
  const under = (ours: Map<string, string> | undefined, theirs: Map<string, string> | undefined) =>
    ours === undefined ? theirs : new Map([...(theirs ?? []), ...ours]);
  return {
    labels: under(own?.labels, global.labels),
    annotations: under(own?.annotations, global.annotations),
    disableNameSuffixHash: own?.disableNameSuffixHash === true || global.disableNameSuffixHash,
    immutable: own?.immutable === true || global.immutable,
  };
}
