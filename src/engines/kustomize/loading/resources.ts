import { fromValue } from '../nodes/from-value.ts';
import { isNilOrEmpty, type Node, type NodeMap, type Scalar, scalarText, textOf } from '../nodes/node.ts';
import { readDocuments } from '../nodes/read.ts';
import { toValue } from '../nodes/to-value.ts';
import { KustomizeProblem } from '../problem.ts';
import { Resource } from '../resource.ts';
import type { SchemaBook } from '../schema/schema.ts';

/**
 * The objects in a text: each with a kind and a name; lists give their items, which come after all others.
 * @see kustomize api/resource/factory.go
 */
export function resourcesFromText(text: string, schemas: SchemaBook): Resource[] {
  return inlineLists(checked(readDocuments(text))).map((root) => new Resource(root, schemas));
}

function checked(nodes: readonly Node[]): NodeMap[] {
  const objects: NodeMap[] = [];
  for (const node of nodes) {
    if (isNilOrEmpty(node)) continue;
    requireMetadata(node);
    objects.push(node as NodeMap);
  }
  return objects;
}

function inlineLists(nodes: NodeMap[]): NodeMap[] {
  const result: NodeMap[] = [];
  const queue = [...nodes];
  for (let at = 0; at < queue.length; at++) {
    const node = queue[at]!;
    const kind = textOf(node.get('kind'));
    if (!kind.endsWith('List') || !node.has('items')) {
      result.push(node);
      continue;
    }
    const items = node.get('items')!;
    if (Array.isArray(items)) queue.push(...checked(items.map((item) => fromValue(toValue(item)))));
    else if (!isNilOrEmpty(items) || items instanceof Map) {
      const type = items instanceof Map ? 'map[string]interface {}' : goType(items as Scalar);
      throw new KustomizeProblem(`expected array in ${kind}/items, but found ${type}`);
    }
  }
  return result;
}

function goType(node: Scalar): string {
  const value = toValue(node);
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' && !Number.isInteger(value) ? 'float64' : 'int';
}

function requireMetadata(node: Node): void {
  const meta = node instanceof Map ? readMeta(node) : undefined;
  if (meta === undefined) throw new KustomizeProblem('missing Resource metadata');
  if (meta.kind === '')
    throw new KustomizeProblem(`missing kind in object ${metaText(meta)}`, { reason: 'invalid-object' });
  if (meta.kind.endsWith('List')) return;
  if (meta.name === '')
    throw new KustomizeProblem(`missing metadata.name in object ${metaText(meta)}`, { reason: 'invalid-object' });
}

interface Meta {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: readonly [string, string][];
  readonly annotations: readonly [string, string][];
}

function readMeta(node: NodeMap): Meta | undefined {
  const apiVersion = node.get('apiVersion');
  const kind = node.get('kind');
  const metadata = node.get('metadata');
  const meta = metadata instanceof Map ? metadata : undefined;
  const known = [apiVersion, kind, ...['name', 'namespace', 'labels', 'annotations'].map((field) => meta?.get(field))];
  if (known.every(isNilOrEmpty)) return undefined;
  const pairs = (field: string): [string, string][] => {
    const map = meta?.get(field);
    return map instanceof Map ? [...map].map(([key, value]) => [key, scalarText(value)]) : [];
  };
  return {
    apiVersion: scalarText(apiVersion),
    kind: scalarText(kind),
    name: isNilOrEmpty(meta?.get('name')) ? '' : textOf(meta?.get('name')),
    namespace: scalarText(meta?.get('namespace')),
    labels: pairs('labels'),
    annotations: pairs('annotations'),
  };
}

/** As Go prints a ResourceMeta. */
function metaText(meta: Meta): string {
  const map = (pairs: readonly [string, string][]): string =>
    `map[${[...pairs]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}:${value}`)
      .join(' ')}]`;
  return `{{${meta.apiVersion} ${meta.kind}} {{${meta.name} ${meta.namespace}} ${map(meta.labels)} ${map(meta.annotations)}}}`;
}

/** Adds the file to a message about its YAML, as kustomize does: by the `path` that names it. `file` is where it stands. */
export function withFile(problem: KustomizeProblem, path: string, file: string): KustomizeProblem {
  if (problem.message.includes('MalformedYAMLError'))
    return problem.withMessage(`${problem.message} in File: ${path}`, { file });
  return problem.withMessage(problem.message, { file: problem.file ?? file });
}
