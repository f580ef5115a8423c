import type { FieldSpec } from '../../config/field-spec.ts';
import { effectiveNamespace, gvkEquals, gvkString, type ResId } from '../../ids.ts';
import type { Var } from '../../kustomization/types.ts';
import { lookup, type Slot } from '../../nodes/edit.ts';
import { isMissingOrNull, isStringNode, type Node, Scalar } from '../../nodes/node.ts';
import { toValue } from '../../nodes/to-value.ts';
import { asProblem, KustomizeProblem } from '../../problem.ts';
import type { Resource } from '../../resource.ts';
import type { ResourceMap } from '../../resource-map.ts';
import { visitFields } from '../field-visitor.ts';
import { splitFieldPath } from '../replacements/split-path.ts';
import { expandVars, type VarLookup, type VarValue } from './expand.ts';

/** The variables of a build by name. */
export class VarSet {
  readonly #vars = new Map<string, Var>();

  get vars(): readonly Var[] {
    return [...this.#vars.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  add(vars: Iterable<Var>): void {
    for (const one of vars) {
      if (this.#vars.has(one.name)) throw new KustomizeProblem(`var '${one.name}' already encountered`);
      this.#vars.set(one.name, one);
    }
  }

  addAll(other: VarSet): void {
    this.add(other.#vars.values());
  }
}

/** Group and version of the object that a variable points to: `apiVersion` wins over them. */
function targetGvk(target: Var['objref']): { group: string; version: string; kind: string } {
  const parts = target.apiVersion.split('/');
  if (target.apiVersion === '') return target;
  if (parts.length === 2) return { group: parts[0]!, version: parts[1]!, kind: target.kind };
  return { group: target.group, version: parts.length === 1 ? parts[0]! : target.version, kind: target.kind };
}

/** Tells the objects that variables point to of them. */
export function markVarSources(resources: ResourceMap, vars: readonly Var[]): void {
  for (const one of vars) {
    const { objref } = one;
    const gvk = targetGvk(objref);
    const matches = (id: ResId): boolean =>
      id.name === objref.name &&
      gvkEquals(id, gvk) &&
      (objref.namespace === '' || effectiveNamespace(id) === objref.namespace);
    const found = resources.resources.filter(
      (resource) => !resource.isEmpty && [...resource.previousIds, resource.id].some(matches),
    );
    if (found.length > 1)
      throw new KustomizeProblem(
        `found ${found.length} resId matches for var ${varText(one, gvkString(gvk))} (unable to disambiguate)`,
      );
    found[0]?.varNames.push(one.name);
  }
}

/** A variable as Go prints it. */
export const varText = (one: Var, gvk: string = gvkString(one.objref)): string =>
  `{${one.name} ${gvk} {${one.fieldref.fieldPath}}}`;

/**
 * Replaces the variables in the fields that may hold them.
 * @returns the names of those that stand nowhere
 * @see kustomize api/internal/accumulator/refvartransformer.go and api/filters/refvar
 */
export function resolveVars(resources: ResourceMap, vars: VarSet, specs: readonly FieldSpec[]): string[] {
  const values = new Map<string, VarValue>();
  for (const one of vars.vars) values.set(one.name, varValue(resources.resources, one));
  if (values.size === 0) return [];
  const used = new Set<string>();
  const find: VarLookup = (name) => {
    const value = values.get(name);
    if (value === undefined || value.tag === '') return undefined;
    used.add(name);
    return value;
  };
  for (const resource of resources.resources) {
    visitFields(resource, specs, { set: (slot) => replaceIn(slot, find) });
    resource.touch();
  }
  resources.invalidate();
  return [...values.keys()].filter((name) => !used.has(name));
}

function varValue(resources: readonly Resource[], one: Var): VarValue {
  const resource = resources.find((candidate) => candidate.varNames.includes(one.name));
  const shown = varText(one, gvkString(targetGvk(one.objref)));
  if (resource === undefined)
    throw new KustomizeProblem(`var '${shown}' cannot be mapped to a field in the set of known resources`);
  const missing = new KustomizeProblem(`field specified in var '${shown}' not found in corresponding resource`);
  let node: Node | undefined;
  try {
    node = lookup(resource.root, indexSteps(splitFieldPath(one.fieldref.fieldPath || 'metadata.name')));
  } catch (thrown) {
    asProblem(thrown);
    throw missing;
  }
  if (node === undefined) throw missing;
  if (!(node instanceof Scalar)) return { text: '', tag: '' };
  const { tag } = node;
  if (tag !== '!!int' && tag !== '!!float' && tag !== '!!bool') return { text: node.value, tag: '!!str' };
  try {
    return { text: String(toValue(node)), tag };
  } catch (thrown) {
    asProblem(thrown);
    throw missing;
  }
}

/** `ports[0]` in two steps. */
function indexSteps(steps: readonly string[]): string[] {
  return steps.flatMap((step) => {
    const match = /^(.*)\[(\d+)\]$/.exec(step);
    if (match === null) return [step];
    return match[1] === '' ? [match[2]!] : [match[1]!, match[2]!];
  });
}

function replaceIn({ node }: Slot, find: VarLookup): void {
  if (isMissingOrNull(node)) return;
  if (node instanceof Scalar) {
    if (isStringNode(node)) replace(node, find);
  } else if (node instanceof Map) {
    for (const value of node.values()) if (isStringNode(value)) replace(value, find);
  } else
    for (const item of node) {
      if (!isStringNode(item)) throw new KustomizeProblem('invalid value type expect a string');
      replace(item, find);
    }
}

function replace(node: Scalar, find: VarLookup): void {
  const { text, tag } = expandVars(node.value, find);
  node.value = text;
  node.tag = tag;
  node.style = 'plain';
  node.tagged = false;
}
