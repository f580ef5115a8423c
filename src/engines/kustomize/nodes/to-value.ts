import type { YamlMap, YamlScalar, YamlValue } from '../../../core/value.ts';
import { KustomizeProblem } from '../problem.ts';
import { foldedAgain } from './folded.ts';
import { IrregularMap, type Node, type NodeMap, Scalar, STRING_TAG } from './node.ts';
import { resolve } from './resolve.ts';

/** Deeper than any object, shallow enough for the stack. */
const MAX_DEPTH = 2000;

/**
 * What the tree means once it is written and read again, which is how kustomize gets from nodes to JSON: a quoted scalar is
 * a string whatever its tag, a plain one is what it looks like.
 * @see kyaml yaml/rnode.go, MarshalJSON; go.yaml.in/yaml/v3 encode.go, encoder.node
 */
export function toValue(node: Node, depth = 0): YamlValue {
  if (node instanceof Scalar) return scalarValue(node);
  if (depth > MAX_DEPTH) throw new KustomizeProblem('yaml: exceeded max depth', { reason: 'limit-exceeded' });
  if (node instanceof Map) {
    if (node instanceof IrregularMap) refuseIrregular(node, depth);
    const map: YamlMap = new Map();
    for (const [key, item] of node) map.set(key, toValue(item, depth + 1));
    return map;
  }
  return node.map((item) => toValue(item, depth + 1));
}

export const objectValue = (node: NodeMap): YamlMap => toValue(node) as YamlMap;

function refuseIrregular(node: IrregularMap, depth: number): void {
  const { duplicate, nonStringKey } = node;
  if (duplicate !== undefined)
    throw new KustomizeProblem(
      `yaml: unmarshal errors:\n  line ${duplicate.line}: mapping key ${JSON.stringify(duplicate.key)} already defined at line ${duplicate.firstLine}`,
    );
  if (nonStringKey !== undefined && depth > 0)
    throw new KustomizeProblem('json: unsupported type: map[interface {}]interface {}', {
      hint: `the key ${nonStringKey} of a mapping is no string; put it in quotes`,
    });
}

export function scalarValue(node: Scalar): YamlScalar {
  const { tag } = node;
  const value = node.style === 'folded' ? foldedAgain(node.value) : node.value;
  if (tag === STRING_TAG) return value;
  if (tag === '') return node.quoted ? value : finite(resolve(value).value);
  if (tag === '!!binary') return decodeBinary(value);
  const resolved = resolve(value);
  if (resolved.tag === tag) return node.quoted && !node.tagged ? value : finite(resolved.value);
  if (tag === '!!float' && resolved.tag === '!!int') return finite(Number(resolved.value));
  if (tag === '!!bool' || tag === '!!int' || tag === '!!float' || tag === '!!null' || tag === '!!timestamp')
    throw new KustomizeProblem(
      `yaml: unmarshal errors:\n  cannot decode ${node.quoted ? STRING_TAG : resolved.tag} \`${value}\` as a ${tag}`,
    );
  return value;
}

function finite(value: YamlScalar): YamlScalar {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  throw new KustomizeProblem(`json: unsupported value: ${name}`);
}

function decodeBinary(value: string): string {
  const compact = value.replace(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact))
    throw new KustomizeProblem('yaml: !!binary value contains invalid base64 data');
  return Buffer.from(compact, 'base64').toString('utf8');
}
