import type { YamlMap } from '../../core/value.ts';
import { effectiveNamespace, idKey, parseApiVersion, type ResId } from './ids.ts';
import { ensureMap, setField } from './nodes/edit.ts';
import { mapOfKeys } from './nodes/keys.ts';
import {
  copyNode,
  isMissingOrNull,
  isNilOrEmpty,
  type Node,
  type NodeMap,
  Scalar,
  stringNode,
  textOf,
} from './nodes/node.ts';
import { objectValue } from './nodes/to-value.ts';
import { KustomizeProblem } from './problem.ts';
import type { SchemaBook } from './schema/schema.ts';

/** `unspecified` and `create` add an object, the others change one that is there. */
export type Behavior = 'unspecified' | 'create' | 'replace' | 'merge';
export const behaviorOf = (text: string): Behavior =>
  text === 'replace' || text === 'merge' || text === 'create' ? text : 'unspecified';

interface PreviousId {
  readonly name: string;
  /** The effective namespace. */
  readonly namespace: string;
  readonly kind: string;
}

const INTERNAL = 'internal.config.kubernetes.io/';
/** Annotations of kustomize's own bookkeeping, which do not leave it. */
const BUILD_ANNOTATIONS = new Set([
  ...[
    'previousKinds',
    'previousNames',
    'prefixes',
    'suffixes',
    'previousNamespaces',
    'allowNameChange',
    'allowKindChange',
    'refBy',
    'generatorBehavior',
    'needsHashSuffix',
    'path',
    'index',
    'seqindent',
    'id',
    'annotations-migration-resource-id',
    'helm-generated',
  ].map((name) => `${INTERNAL}${name}`),
  'config.kubernetes.io/path',
  'config.kubernetes.io/index',
  'config.k8s.io/id',
]);

/**
 * An object with what a build remembers of it. kustomize keeps that in annotations of its own; here they are fields, and
 * become annotations only where a patch could see them.
 * @see kustomize api/resource/resource.go
 */
export class Resource {
  /** `undefined` once a patch has deleted the object. */
  root: NodeMap | undefined;
  readonly #schemas: SchemaBook;
  previous: readonly PreviousId[] = [];
  prefixes: readonly string[] = [];
  suffixes: readonly string[] = [];
  behavior: Behavior = 'unspecified';
  needsHash = false;
  fromHelm = false;
  allowNameChange = false;
  allowKindChange = false;
  /** The vars that take their value from this object. */
  varNames: string[] = [];
  #current: ResId | undefined;
  #previousIds: readonly ResId[] | undefined;

  constructor(root: NodeMap, schemas: SchemaBook) {
    this.root = root;
    this.#schemas = schemas;
    this.#absorb();
  }

  /** Takes over bookkeeping that stands in the annotations of a text (as output of another kustomize run may have it). */
  #absorb(): void {
    const annotations = this.#metadataMap('annotations');
    if (annotations === undefined) return;
    let found: Map<string, string> | undefined;
    for (const [key, value] of annotations)
      if (key.startsWith(INTERNAL)) {
        found ??= new Map();
        found.set(key.slice(INTERNAL.length), textOf(value));
      }
    if (found === undefined) return;
    const list = (name: string): string[] => found.get(name)?.split(',') ?? [];
    const [names, namespaces, kinds] = [list('previousNames'), list('previousNamespaces'), list('previousKinds')];
    if (names.length === namespaces.length && names.length === kinds.length)
      this.previous = names.map((name, at) => ({ name, namespace: namespaces[at]!, kind: kinds[at]! }));
    this.prefixes = list('prefixes');
    this.suffixes = list('suffixes');
    this.behavior = behaviorOf(found.get('generatorBehavior') ?? '');
    this.needsHash = found.get('needsHashSuffix') === 'enabled';
    this.fromHelm = found.get('helm-generated') === 'true';
    this.allowNameChange = found.get('allowNameChange') === 'enabled';
    this.allowKindChange = found.get('allowKindChange') === 'enabled';
    for (const key of [...annotations.keys()]) if (BUILD_ANNOTATIONS.has(key)) annotations.delete(key);
  }

  /** Forgets the ids, which a change of the tree may have changed. */
  touch(): void {
    this.#current = undefined;
    this.#previousIds = undefined;
  }

  get isEmpty(): boolean {
    return this.root === undefined || this.root.size === 0;
  }

  copy(): Resource {
    const copy = new Resource(this.root === undefined ? new Map() : copyNode<NodeMap>(this.root), this.#schemas);
    copy.takeBookkeeping(this);
    copy.varNames = [...this.varNames];
    return copy;
  }

  takeBookkeeping(other: Resource): void {
    this.previous = other.previous;
    this.prefixes = other.prefixes;
    this.suffixes = other.suffixes;
    this.behavior = other.behavior;
    this.needsHash = other.needsHash;
    this.fromHelm = other.fromHelm;
    this.allowNameChange = other.allowNameChange;
    this.allowKindChange = other.allowKindChange;
    this.touch();
  }

  // What the object says of itself

  get apiVersion(): string {
    return textOf(this.root?.get('apiVersion'));
  }

  get kind(): string {
    return textOf(this.root?.get('kind'));
  }

  get name(): string {
    return this.#metadataText('name');
  }

  get namespace(): string {
    return this.#metadataText('namespace');
  }

  get metadata(): NodeMap | undefined {
    const metadata = this.root?.get('metadata');
    return metadata instanceof Map && metadata.size > 0 ? metadata : undefined;
  }

  #metadataText(field: string): string {
    const node = this.metadata?.get(field);
    return isNilOrEmpty(node) ? '' : textOf(node);
  }

  #metadataMap(field: 'labels' | 'annotations'): NodeMap | undefined {
    const node = this.metadata?.get(field);
    return node instanceof Map ? node : undefined;
  }

  /** The labels with their texts; a copy. */
  get labels(): Map<string, string> {
    return texts(this.#metadataMap('labels'));
  }

  /** The annotations with their texts, without the bookkeeping; a copy. */
  get annotations(): Map<string, string> {
    return texts(this.#metadataMap('annotations'));
  }

  annotation(name: string): string | undefined {
    const node = this.#metadataMap('annotations')?.get(name);
    return node === undefined ? undefined : textOf(node);
  }

  setLabels(labels: ReadonlyMap<string, string>): void {
    this.#setMetadataMap('labels', labels);
  }

  setAnnotations(annotations: ReadonlyMap<string, string>): void {
    this.#setMetadataMap('annotations', annotations);
  }

  #setMetadataMap(field: 'labels' | 'annotations', values: ReadonlyMap<string, string>): void {
    if (this.root === undefined) return;
    const metadata = ensureMap(this.root, 'metadata');
    metadata.delete(field);
    if (values.size === 0) return;
    metadata.set(field, mapOfKeys([...values].map(([key, value]) => [key, stringNode(value)])));
  }

  setName(name: string): void {
    if (this.root === undefined) return;
    setField(ensureMap(this.root, 'metadata'), 'name', new Scalar(name, ''));
    this.touch();
  }

  /** Empty takes the namespace away. */
  setNamespace(namespace: string): void {
    if (this.root === undefined) return;
    if (namespace !== '') setField(ensureMap(this.root, 'metadata'), 'namespace', new Scalar(namespace, ''));
    else {
      const metadata = this.root.get('metadata');
      if (metadata instanceof Map) metadata.delete('namespace');
    }
    this.touch();
  }

  setKind(kind: string): void {
    if (this.root === undefined) return;
    setField(this.root, 'kind', new Scalar(kind, ''));
    this.touch();
  }

  setApiVersion(apiVersion: string): void {
    if (this.root === undefined) return;
    setField(this.root, 'apiVersion', new Scalar(apiVersion, ''));
    this.touch();
  }

  // What it is known by

  /** What the object is called now. */
  get id(): ResId {
    if (this.#current === undefined) {
      const { apiVersion, kind } = this;
      this.#current = {
        ...parseApiVersion(apiVersion),
        kind,
        name: this.name,
        namespace: this.namespace,
        clusterScoped: this.#schemas.isClusterScoped(apiVersion, kind),
      };
    }
    return this.#current;
  }

  get key(): string {
    return idKey(this.id);
  }

  /** What the object was called, the oldest first. */
  get previousIds(): readonly ResId[] {
    if (this.#previousIds === undefined) {
      if (this.previous.length === 0) this.#previousIds = [];
      else {
        const { group, version } = this.id;
        this.#previousIds = asListed(this.previous).map(({ name, namespace, kind }) => ({
          group,
          version,
          kind,
          name,
          namespace,
          clusterScoped: false,
        }));
      }
    }
    return this.#previousIds;
  }

  /** What the object was called when it was read. */
  get originalId(): ResId {
    return this.previousIds[0] ?? this.id;
  }

  storePreviousId(): void {
    const { id } = this;
    this.previous = [...this.previous, { name: id.name, namespace: effectiveNamespace(id), kind: id.kind }];
    this.#previousIds = undefined;
  }

  addPrefix(prefix: string): void {
    if (prefix !== '') this.prefixes = [...this.prefixes, prefix];
  }

  addSuffix(suffix: string): void {
    if (suffix !== '') this.suffixes = [...this.suffixes, suffix];
  }

  /** Whether both were named in the same context; empty prefixes or suffixes may count as any. */
  namedAlike(other: Resource, allowEmpty: boolean): boolean {
    return endAlike(this.prefixes, other.prefixes, allowEmpty) && endAlike(this.suffixes, other.suffixes, allowEmpty);
  }

  // The bookkeeping as annotations, for those who may see it

  /** Puts the bookkeeping into the annotations. */
  exposeBookkeeping(): void {
    if (this.root === undefined) return;
    const values = this.#bookkeeping();
    if (values.length === 0) return;
    const metadata = ensureMap(this.root, 'metadata');
    let annotations = metadata.get('annotations');
    if (!(annotations instanceof Map)) {
      if (!isMissingOrNull(annotations)) return;
      annotations = new Map<string, Node>();
      metadata.set('annotations', annotations);
    }
    for (const [key, value] of values) annotations.set(`${INTERNAL}${key}`, stringNode(value));
  }

  #bookkeeping(): [string, string][] {
    const values: [string, string][] = [];
    if (this.previous.length > 0)
      values.push(
        ['previousNames', this.previous.map((id) => id.name).join(',')],
        ['previousNamespaces', this.previous.map((id) => id.namespace).join(',')],
        ['previousKinds', this.previous.map((id) => id.kind).join(',')],
      );
    if (this.prefixes.length > 0) values.push(['prefixes', this.prefixes.join(',')]);
    if (this.suffixes.length > 0) values.push(['suffixes', this.suffixes.join(',')]);
    if (this.behavior !== 'unspecified') values.push(['generatorBehavior', this.behavior]);
    if (this.needsHash) values.push(['needsHashSuffix', 'enabled']);
    return values;
  }

  /** Takes the bookkeeping out of the annotations again, and with it annotations that hold nothing else. */
  hideBookkeeping(): void {
    const { metadata } = this;
    const annotations = metadata?.get('annotations');
    if (!(annotations instanceof Map) || metadata === undefined) return;
    let found = false;
    for (const key of [...annotations.keys()]) if (BUILD_ANNOTATIONS.has(key)) found = annotations.delete(key) || found;
    if (found && annotations.size === 0) metadata.delete('annotations');
  }

  /**
   * What kustomize does to every object on its way out: its own annotations go, those that stay become text, and empty
   * ones vanish.
   */
  finish(keepOrigin: boolean, keepTransformations: boolean): void {
    const { annotations } = this;
    for (const key of [...annotations.keys()]) if (BUILD_ANNOTATIONS.has(key)) annotations.delete(key);
    if (!keepOrigin) annotations.delete('config.kubernetes.io/origin');
    if (!keepTransformations) annotations.delete('alpha.config.kubernetes.io/transformations');
    if (annotations.size === 0 && keepOrigin && keepTransformations && this.#metadataMap('annotations')?.size === 0)
      return;
    this.setAnnotations(annotations);
  }

  toObject(): YamlMap {
    return objectValue(this.root ?? new Map());
  }
}

/**
 * The ids as kustomize finds them again: it keeps three lists of texts separated by commas. What has a comma itself (an
 * encrypted name) breaks them, and an empty text does not get into one.
 */
function asListed(previous: readonly PreviousId[]): readonly PreviousId[] {
  if (!previous.some(({ name, namespace, kind }) => name === '' || `${name}${namespace}${kind}`.includes(',')))
    return previous;
  const list = (pick: (id: PreviousId) => string): string[] =>
    previous
      .map(pick)
      .filter((text) => text !== '')
      .join(',')
      .split(',');
  const [names, namespaces, kinds] = [list((id) => id.name), list((id) => id.namespace), list((id) => id.kind)];
  if (names[0] === '') return [];
  if (names.length !== namespaces.length || names.length !== kinds.length)
    throw new KustomizeProblem(
      'number of previous names, number of previous namespaces, number of previous kinds not equal',
      { reason: 'invalid-object', hint: `a name, namespace or kind holds a comma: ${JSON.stringify(names.join(','))}` },
    );
  return names.map((name, at) => ({ name, namespace: namespaces[at]!, kind: kinds[at]! }));
}

function texts(map: NodeMap | undefined): Map<string, string> {
  const found = new Map<string, string>();
  if (map !== undefined) for (const [key, value] of map) found.set(key, textOf(value));
  return found;
}

function endAlike(a: readonly string[], b: readonly string[], allowEmpty: boolean): boolean {
  if (allowEmpty && (a.length === 0 || b.length === 0)) return true;
  const [short, long] = a.length > b.length ? [b, a] : [a, b];
  if (short.length === 0) return long.length === 0;
  const offset = long.length - short.length;
  return short.every((text, at) => long[at + offset] === text);
}
