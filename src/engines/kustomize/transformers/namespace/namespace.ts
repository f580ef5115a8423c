import type { FieldSpec } from '../../config/field-spec.ts';
import { goJson } from '../../go-json.ts';
import { idKey } from '../../ids.ts';
import { requireKind, type Slot, setScalar, wrongKind } from '../../nodes/edit.ts';
import { isMissingOrNull, type Node, type NodeMap, Scalar, STRING_TAG, scalarText } from '../../nodes/node.ts';
import { asProblem, KustomizeProblem, prefixed } from '../../problem.ts';
import type { Resource } from '../../resource.ts';
import type { ResourceMap } from '../../resource-map.ts';
import { visitFields } from '../field-visitor.ts';
import type { Transformer } from '../transformer.ts';

/** Which subjects of (cluster) role bindings get the namespace, too. */
export type SubjectMode = 'defaultOnly' | 'allServiceAccounts' | 'none';

export interface NamespaceSettings {
  readonly namespace: string;
  readonly specs: readonly FieldSpec[];
  readonly unsetOnly: boolean;
  readonly subjects: SubjectMode;
}

const METADATA_NAMESPACE: readonly FieldSpec[] = [
  { group: '', version: '', kind: '', path: 'metadata/namespace', create: true },
];

/**
 * Puts the objects into a namespace: all but those of kinds that have none, and those that a chart made.
 *
 * ```yaml
 * namespace: staging
 * ```
 * @see kustomize api/internal/builtins/NamespaceTransformer.go and api/filters/namespace
 */
export function namespaceTransformer(settings: NamespaceSettings): Transformer {
  return {
    transform: (resources: ResourceMap): void => {
      if (settings.namespace === '') return;
      const counts = new Map<string, number>();
      const count = (key: string, by: number): number => {
        const sum = (counts.get(key) ?? 0) + by;
        counts.set(key, sum);
        return sum;
      };
      for (const resource of resources.resources) count(resource.key, 1);
      for (const resource of resources.resources) {
        if (resource.isEmpty || resource.fromHelm) continue;
        const before = resource.key;
        resource.storePreviousId();
        setNamespace(resource, settings);
        resource.touch();
        count(before, -1);
        if (count(resource.key, 1) !== 1) {
          const key = idKey(resource.id);
          const same = resources.resources.filter((one) => one.key === key);
          throw new KustomizeProblem(`namespace transformation produces ID conflict: [${same.map(shown).join(' ')}]`);
        }
      }
      resources.invalidate();
    },
  };
}

/** An object with what kustomize remembers of it. */
function shown(resource: Resource): string {
  resource.exposeBookkeeping();
  return goJson(resource.toObject());
}

/** Sets the namespace of one object. */
export function setNamespace(resource: Resource, settings: NamespaceSettings): void {
  const { root } = resource;
  if (root === undefined) return;
  const isBinding = resource.kind === 'RoleBinding' || resource.kind === 'ClusterRoleBinding';
  const isCore = resource.apiVersion === 'v1';
  const value = new Scalar(settings.namespace, STRING_TAG);
  const set = (slot: Slot): void => {
    if (settings.unsetOnly && scalarText(slot.node) !== '') return;
    setScalar(slot, value);
  };
  if (!resource.id.clusterScoped) visitFields(resource, METADATA_NAMESPACE, { set, createKind: 'ScalarNode' });
  if (isBinding) setSubjects(root, settings.subjects, set);
  try {
    visitFields(
      resource,
      settings.specs,
      { set, createKind: 'ScalarNode', createTag: STRING_TAG },
      (spec) =>
        spec.path !== 'metadata/namespace' &&
        (isCore || spec.path !== 'metadata/name') &&
        !(isBinding && spec.path === 'subjects/namespace' && /^(?:Cluster)?RoleBinding$/.test(spec.kind)),
    );
  } catch (thrown) {
    const problem = asProblem(thrown);
    const prefix = problem.message.includes('wrong node kind: expected ScalarNode')
      ? 'namespace field specs must target scalar nodes'
      : 'namespace transformation failed';
    throw problem.withMessage(`${prefix}: ${problem.message}`);
  }
}

function setSubjects(root: NodeMap, mode: SubjectMode, set: (slot: Slot) => void): void {
  if (mode === 'none') return;
  const subjects = root.get('subjects');
  if (isMissingOrNull(subjects)) return;
  prefixed('setting namespace on (cluster)role binding subjects', () => {
    requireKind(subjects, 'SequenceNode');
    for (const subject of subjects as Node[]) setSubject(subject, mode, set);
  });
}

function setSubject(subject: Node, mode: SubjectMode, set: (slot: Slot) => void): void {
  if (isMissingOrNull(subject)) return;
  if (!(subject instanceof Map)) throw wrongKind('MappingNode', subject);
  const [field, wanted] = mode === 'allServiceAccounts' ? ['kind', 'ServiceAccount'] : ['name', 'default'];
  const found = subject.get(field!);
  if (isMissingOrNull(found)) return;
  requireKind(found, 'ScalarNode');
  if (scalarText(found) !== wanted) return;
  let namespace = subject.get('namespace');
  if (namespace === undefined) {
    namespace = new Scalar('', '');
    subject.set('namespace', namespace);
  }
  set({ node: namespace, put: (node) => void subject.set('namespace', node) });
}
