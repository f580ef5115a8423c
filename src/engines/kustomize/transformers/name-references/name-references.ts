import { type FieldSpec, type NameBackReference, splitPath } from '../../config/field-spec.ts';
import { effectiveNamespace, type Gvk, idString, isSelected, NOT_A_NAMESPACE } from '../../ids.ts';
import { getField, type Slot, setField, setScalar } from '../../nodes/edit.ts';
import {
  isMissingOrNull,
  isNilOrEmpty,
  type Node,
  type NodeMap,
  NULL_TAG,
  Scalar,
  STRING_TAG,
  textOf,
} from '../../nodes/node.ts';
import { asProblem, KustomizeProblem } from '../../problem.ts';
import type { Resource } from '../../resource.ts';
import type { ResourceMap } from '../../resource-map.ts';
import { visitPath } from '../field-visitor.ts';

interface Reference {
  readonly target: Gvk;
  readonly spec: FieldSpec;
  readonly path: readonly string[];
  readonly isRoleRef: boolean;
}

const referencesByKind = new WeakMap<readonly NameBackReference[], Map<string, readonly Reference[]>>();

/** The fields of a kind that may hold names, in the order of the configuration. */
function referencesOf(all: readonly NameBackReference[], kind: string): readonly Reference[] {
  let byKind = referencesByKind.get(all);
  if (byKind === undefined) {
    byKind = new Map();
    referencesByKind.set(all, byKind);
  }
  let found = byKind.get(kind);
  if (found === undefined) {
    found = all.flatMap((target) =>
      target.referrers
        .filter((spec) => spec.kind === '' || spec.kind === kind)
        .map((spec) => ({
          target,
          spec,
          path: splitPath(spec.path, '/'),
          isRoleRef: spec.path.endsWith('roleRef/name'),
        })),
    );
    byKind.set(kind, found);
  }
  return found;
}

/**
 * Puts the new names of objects into the fields of others that refer to them: a Deployment of the prefixed ConfigMap
 * mentions the prefixed name.
 * @see kustomize api/internal/accumulator/namereferencetransformer.go and api/filters/nameref
 */
export function fixNameReferences(resources: ResourceMap, references: readonly NameBackReference[]): void {
  const names = new NameIndex(resources.resources);
  for (const referrer of resources.resources) {
    const { root } = referrer;
    if (root === undefined) continue;
    const original = referrer.originalId;
    const fields = referencesOf(references, original.kind);
    if (fields.length === 0) continue;
    const finder = new ReferralFinder(referrer, names);
    for (const reference of fields) {
      const { spec } = reference;
      if (!isSelected(original, spec)) continue;
      try {
        visitPath(referrer, root, spec, reference.path, { set: (slot) => finder.update(slot, reference) });
      } catch (thrown) {
        const problem = asProblem(thrown);
        throw problem.withMessage(
          `updating name reference in '${spec.path}' field of '${idString(referrer.id)}': ${problem.message}`,
        );
      }
    }
    referrer.touch();
  }
  resources.invalidate();
}

/** The objects by the names that they had. */
class NameIndex {
  readonly #byName = new Map<string, Resource[]>();
  readonly #order = new Map<Resource, number>();
  readonly byOriginalNamespace = new Map<string, Resource[]>();

  constructor(resources: readonly Resource[]) {
    resources.forEach((resource, at) => {
      const { previousIds } = resource;
      put(this.byOriginalNamespace, effectiveNamespace(resource.originalId), resource);
      if (previousIds.length === 0) return;
      this.#order.set(resource, at);
      for (const name of new Set(previousIds.map((id) => id.name))) put(this.#byName, name, resource);
    });
  }

  formerly(name: string): readonly Resource[] {
    return this.#byName.get(name) ?? [];
  }
}

function put(index: Map<string, Resource[]>, key: string, resource: Resource): void {
  const list = index.get(key);
  if (list === undefined) index.set(key, [resource]);
  else list.push(resource);
}

/** Finds what the fields of one object refer to. */
class ReferralFinder {
  readonly #referrer: Resource;
  readonly #names: NameIndex;
  readonly #clusterScoped: boolean;
  readonly #namespace: string;
  readonly #subjectNamespaces: ReadonlySet<string>;

  constructor(referrer: Resource, names: NameIndex) {
    this.#referrer = referrer;
    this.#names = names;
    const { id } = referrer;
    this.#clusterScoped = id.clusterScoped;
    this.#namespace = effectiveNamespace(id);
    this.#subjectNamespaces = id.clusterScoped ? new Set() : subjectNamespaces(referrer);
  }

  update(slot: Slot, reference: Reference): void {
    const { node } = slot;
    if (node instanceof Scalar) {
      if (node.tag !== NULL_TAG) this.#updateScalar(slot, reference);
    } else if (node instanceof Map) this.#updateMap(node, reference);
    else
      node.forEach((item, at) => {
        if (isMissingOrNull(item)) return;
        if (item instanceof Scalar)
          this.#updateScalar({ node: item, put: (to) => void node.splice(at, 1, to) }, reference);
        else if (item instanceof Map) this.#updateMap(item, reference);
        else throw new KustomizeProblem('a sequence is expected to be either a string or a map of string');
      });
  }

  #updateScalar(slot: Slot, reference: Reference): void {
    const name = textOf(slot.node);
    const referral = this.#select(name, undefined, reference, sameNames);
    if (referral === undefined || referral.name === name) return;
    setScalar(slot, new Scalar(referral.name, ''));
  }

  #updateMap(map: NodeMap, reference: Reference): void {
    const nameNode = getField(map, 'name');
    if (nameNode === undefined)
      throw new KustomizeProblem("path config error; no 'name' field in node", {
        hint: `a list entry that refers to a ${reference.target.kind} needs a 'name'`,
      });
    const name = textOf(nameNode);
    const namespaceNode = getField(map, 'namespace');
    const namespace = namespaceNode === undefined ? undefined : textOf(namespaceNode);
    const referral = this.#select(name, namespace, reference, sameNamesAndNamespaces);
    if (referral === undefined) return;
    if (referral.name === name && referral.namespace === '') return;
    setField(map, 'name', new Scalar(referral.name, ''));
    if (referral.namespace !== '') setField(map, 'namespace', new Scalar(referral.namespace, ''));
  }

  #mayRefer(candidate: Resource): boolean {
    if (this.#clusterScoped) return true;
    const { id } = candidate;
    return (
      id.clusterScoped || effectiveNamespace(id) === this.#namespace || this.#subjectNamespaces.has(candidate.namespace)
    );
  }

  /** Those of a namespace: the one that they came from, or, where none of them did, the one that they are in. */
  #inNamespace(candidates: readonly Resource[], namespace: string): readonly Resource[] {
    if (namespace === NOT_A_NAMESPACE) return [];
    const originally = this.#names.byOriginalNamespace.get(namespace);
    const original = originally?.some((candidate) => this.#mayRefer(candidate)) === true;
    return candidates.filter(
      (candidate) => effectiveNamespace(original ? candidate.originalId : candidate.id) === namespace,
    );
  }

  #select(
    name: string,
    namespace: string | undefined,
    reference: Reference,
    identical: (candidates: readonly Resource[]) => boolean,
  ): Resource | undefined {
    let found = this.#names.formerly(name).filter((candidate) => this.#mayRefer(candidate));
    if (found.length === 0) return undefined;
    if (namespace !== undefined) found = [...this.#inNamespace(found, namespace)];
    found = found.filter((candidate) => candidate.previousIds.some((id) => isSelected(id, reference.target)));
    if (reference.isRoleRef) {
      const role = roleRefGvk(this.#referrer);
      if (role !== undefined) found = found.filter((one) => one.previousIds.some((id) => isSelected(id, role)));
    }
    if (!this.#clusterScoped)
      found = found.filter(
        (candidate) =>
          candidate.id.clusterScoped ||
          candidate.kind === 'ServiceAccount' ||
          effectiveNamespace(candidate.id) === this.#namespace,
      );
    if (found.length === 1) return found[0];
    found = found.filter((candidate) => candidate.namedAlike(this.#referrer, true));
    if (found.length > 1) found = found.filter((candidate) => candidate.namedAlike(this.#referrer, false));
    if (found.length <= 1) return found[0];
    if (identical(found)) return found[0];
    throw new KustomizeProblem(
      `found multiple possible referrals: ${found.map((one) => idString(one.id)).join(', ')}`,
      { hint: `${idString(this.#referrer.id)} refers to ${JSON.stringify(name)}, which several objects were called` },
    );
  }
}

const sameNames = (found: readonly Resource[]): boolean => found.every((one) => one.name === found[0]!.name);
const sameNamesAndNamespaces = (found: readonly Resource[]): boolean =>
  sameNames(found) && found.every((one) => one.namespace === found[0]!.namespace);

function roleRefGvk(referrer: Resource): Gvk | undefined {
  const roleRef = referrer.root?.get('roleRef');
  if (!(roleRef instanceof Map)) return undefined;
  const [apiGroup, kind] = [roleRef.get('apiGroup'), roleRef.get('kind')];
  if (apiGroup === undefined || kind === undefined) return undefined;
  return { group: textOf(apiGroup), version: '', kind: textOf(kind) };
}

/** The namespaces of the service accounts that a RoleBinding is for. */
function subjectNamespaces(referrer: Resource): ReadonlySet<string> {
  const found = new Set<string>();
  if (referrer.kind !== 'RoleBinding') return found;
  const subjects = referrer.root?.get('subjects');
  if (!Array.isArray(subjects)) return found;
  for (const subject of subjects) {
    if (!(subject instanceof Map) || textOf(subject.get('kind')) !== 'ServiceAccount') continue;
    const namespace = subject.get('namespace');
    if (namespace === undefined) continue;
    if (!isText(namespace))
      throw new KustomizeProblem(
        `Invalid Input: namespace is blank for resource ${JSON.stringify(idString(referrer.id))}\n`,
      );
    found.add(textOf(namespace));
  }
  return found;
}

const isText = (node: Node): boolean =>
  node instanceof Scalar && !isNilOrEmpty(node) && (node.tag === STRING_TAG || node.tag === '' || node.quoted);
