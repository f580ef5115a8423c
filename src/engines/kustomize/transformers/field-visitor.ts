import { type FieldSpec, splitPath } from '../config/field-spec.ts';
import { idString, parseApiVersion } from '../ids.ts';
import { emptyOfKind, type NodeKind, parseIndex, type Slot, wrongKind } from '../nodes/edit.ts';
import { type Node, type NodeMap, NULL_TAG, Scalar } from '../nodes/node.ts';
import { KustomizeProblem, prefixed } from '../problem.ts';
import type { Resource } from '../resource.ts';

/** What to do at the fields that a field spec leads to. */
export interface FieldVisitor {
  set(slot: Slot): void;
  /** What is made at the end of a path whose spec says `create`; without it nothing is made. */
  readonly createKind?: NodeKind;
  /** The tag that a null at the end of a path gets instead. */
  readonly createTag?: string;
}

interface CompiledSpec {
  readonly spec: FieldSpec;
  readonly path: readonly string[];
}

const compiled = new WeakMap<readonly FieldSpec[], Map<string, readonly CompiledSpec[]>>();

/** The specs of a list that can concern a kind, in their order, with their paths in steps. */
function specsForKind(specs: readonly FieldSpec[], kind: string): readonly CompiledSpec[] {
  let byKind = compiled.get(specs);
  if (byKind === undefined) {
    byKind = new Map();
    compiled.set(specs, byKind);
  }
  let found = byKind.get(kind);
  if (found === undefined) {
    found = specs
      .filter((spec) => spec.kind === '' || spec.kind === kind)
      .map((spec) => ({ spec, path: splitPath(spec.path, '/') }));
    byKind.set(kind, found);
  }
  return found;
}

/**
 * Visits the fields that specs lead to in an object.
 * @see kustomize api/filters/fsslice and api/filters/fieldspec
 */
export function visitFields(
  resource: Resource,
  specs: readonly FieldSpec[],
  visitor: FieldVisitor,
  accept?: (spec: FieldSpec) => boolean,
): void {
  const { root } = resource;
  if (root === undefined) return;
  const { apiVersion, kind } = resource;
  const { group, version } = parseApiVersion(apiVersion);
  for (const { spec, path } of specsForKind(specs, kind)) {
    if ((spec.group !== '' && spec.group !== group) || (spec.version !== '' && spec.version !== version)) continue;
    if (accept?.(spec) === false) continue;
    visitPath(resource, root, spec, path, visitor);
  }
}

/** Visits the fields that one spec leads to, whose group, version and kind are known to fit. */
export function visitPath(
  resource: Resource,
  root: NodeMap,
  spec: FieldSpec,
  path: readonly string[],
  visitor: FieldVisitor,
): void {
  prefixed(
    () => `considering field '${spec.path}' of object ${idString(resource.id)}`,
    () => new Walk(spec, path, visitor).node({ node: root, put: () => {} }, 0),
  );
}

class Walk {
  readonly #spec: FieldSpec;
  readonly #path: readonly string[];
  readonly #visitor: FieldVisitor;

  constructor(spec: FieldSpec, path: readonly string[], visitor: FieldVisitor) {
    this.#spec = spec;
    this.#path = path;
    this.#visitor = visitor;
  }

  node(slot: Slot, at: number): void {
    const { node } = slot;
    if (at === this.#path.length) {
      this.#visitor.set(slot);
      return;
    }
    if (node instanceof Map) this.#map(node, at);
    else if (Array.isArray(node)) this.#list(node, at);
    else if (node.tag !== NULL_TAG) throw new KustomizeProblem('expected sequence or mapping node');
  }

  #list(list: Node[], at: number): void {
    for (let index = 0; index < list.length; index++) {
      const position = index;
      try {
        this.node({ node: list[index]!, put: (node) => void list.splice(position, 1, node) }, at);
      } catch (thrown) {
        if (!(thrown instanceof KustomizeProblem)) throw thrown;
        throw thrown.withMessage(`visit traversal on path: [${this.#path.slice(at).join(' ')}]: ${thrown.message}`);
      }
    }
  }

  #map(map: NodeMap, at: number): void {
    const part = this.#path[at]!;
    const isList = part.endsWith('[]');
    const name = (isList ? part.slice(0, -2) : part).trim();
    if (name === '') throw new KustomizeProblem('cannot set or create an empty field name');
    if (parseIndex(name) !== undefined) {
      const problem = wrongKind('SequenceNode', map);
      throw problem.withMessage(`fieldName: ${name}: ${problem.message}`);
    }
    const { createKind } = this.#visitor;
    const isLast = at === this.#path.length - 1;
    const makes = this.#spec.create && createKind !== undefined && !isList;
    const kind: NodeKind | undefined = makes
      ? isLast
        ? createKind
        : 'MappingNode'
      : isList
        ? 'SequenceNode'
        : undefined;
    let field = map.get(name);
    if (field === undefined) {
      if (!makes || kind === undefined) return;
      field = emptyOfKind(kind);
      map.set(name, field);
    } else if (field instanceof Scalar && field.tag === NULL_TAG && kind !== undefined) {
      if (kind === 'ScalarNode') field.tag = this.#visitor.createTag ?? '';
      else {
        field = emptyOfKind(kind);
        map.set(name, field);
      }
    }
    this.node({ node: field, put: (node) => void map.set(name, node) }, at + 1);
  }
}
