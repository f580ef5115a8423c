import { posix } from 'node:path';
import type { Selector } from '../../kustomization/types.ts';
import { lookup, requireKind, type Slot, setScalar, wrongKind } from '../../nodes/edit.ts';
import { type Node, type NodeMap, Scalar, textOf } from '../../nodes/node.ts';
import type { Resource } from '../../resource.ts';
import type { ResourceMap } from '../../resource-map.ts';
import { selectResources } from '../../selector.ts';
import { setNamespace } from '../namespace/namespace.ts';
import type { Transformer } from '../transformer.ts';

export interface ValueAddTarget {
  readonly selector: Selector | undefined;
  /** Steps separated by `/` (`\/` for a slash within one). */
  readonly fieldPath: string;
  /** From 1: where in a file path the value goes; 0 puts it in place of all. */
  readonly filePathPosition: number;
}

/**
 * Puts one text into fields of objects; only as a plugin.
 *
 * ```yaml
 * apiVersion: builtin
 * kind: ValueAddTransformer
 * metadata: { name: project }
 * value: my-project
 * targets: [{ fieldPath: metadata/namespace }]
 * ```
 * @see kustomize api/internal/builtins/ValueAddTransformer.go and api/filters/valueadd
 */
export function valueAddTransformer(value: string, targets: readonly ValueAddTarget[]): Transformer {
  return {
    transform: (resources: ResourceMap): void => {
      for (const target of targets) {
        const selected =
          target.selector === undefined ? resources.resources : selectResources(resources, target.selector);
        for (const resource of selected) {
          if (target.fieldPath === 'metadata/namespace')
            setNamespace(resource, { namespace: value, specs: [], unsetOnly: false, subjects: 'defaultOnly' });
          else addValue(resource, value, target);
          resource.touch();
        }
        resources.invalidate();
      }
    },
  };
}

function addValue(resource: Resource, value: string, target: ValueAddTarget): void {
  const { root } = resource;
  if (root === undefined) return;
  const slot = lookupCreate(root, splitSteps(target.fieldPath));
  if (slot === undefined) return;
  requireKind(slot.node, 'ScalarNode');
  const position = target.filePathPosition;
  const text = position > 0 ? insertPart(textOf(slot.node), position - 1, value) : value;
  setScalar(slot, new Scalar(text, ''));
}

function splitSteps(path: string): string[] {
  const steps: string[] = [];
  for (const part of path.split('/')) {
    const last = steps.at(-1);
    if (last?.endsWith('\\') === true) steps[steps.length - 1] = `${last.slice(0, -1)}/${part}`;
    else steps.push(part);
  }
  return steps;
}

/** The place at the end of a path of fields, made where it is not there. */
function lookupCreate(root: NodeMap, steps: readonly string[]): Slot | undefined {
  const names = steps.map((step) => step.trim()).filter((step) => step !== '');
  let node: Node = root;
  for (const [at, name] of names.entries()) {
    if (/^\d+$|^\[.*\]$|^-$/.test(name)) {
      const found = lookup(node, [name]);
      if (found === undefined) return undefined;
      if (at === names.length - 1) return { node: found, put: () => {} };
      node = found;
      continue;
    }
    if (!(node instanceof Map)) throw wrongKind('MappingNode', node);
    const map: NodeMap = node;
    let field = map.get(name);
    if (field === undefined) {
      const next = names[at + 1];
      field = next === undefined ? new Scalar('', '') : /^\d+$|^\[.*\]$/.test(next) ? [] : new Map<string, Node>();
      map.set(name, field);
    }
    if (at === names.length - 1) return { node: field, put: (to) => void map.set(name, to) };
    node = field;
  }
  return undefined;
}

/** Puts a part into a file path, which stays absolute if it was. */
function insertPart(path: string, position: number, part: string): string {
  if (part === '') return path;
  const absolute = path.startsWith('/');
  const parts = path.split('/').filter((one) => one !== '');
  parts.splice(Math.min(Math.max(position, 0), parts.length), 0, part);
  return posix.join(absolute ? '/' : '', ...parts);
}
