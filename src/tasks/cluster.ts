import { canonicalJson } from '../core/digest.ts';
import { type Failure, failure } from '../core/failure.ts';
import { ok } from '../core/result.ts';
import { fromPlain, getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { declaredSecret, fluxInstanceObjects, generatorSources, isDeclaringSecret } from '../flux/index.ts';
import type { Wait } from '../graph/index.ts';
import {
  compareIds,
  type FluxKind,
  fluxKind,
  formatId,
  isSecret,
  isSuspended,
  type ObjectId,
  objectId,
  objectKey,
  sourceReference,
} from '../manifests/index.ts';
import type { Origin, Store } from '../store/index.ts';
import { Absence } from './absence.ts';
import { applicationOrder } from './application-order.ts';
import type { ArtifactInput } from './artifact.ts';
import { Board, type ClusterGraph } from './board.ts';
import type { BuildInput } from './build.ts';
import { type Definition, decodeDefinition, definitionId } from './definition.ts';
import { declaredFact, declaredSecretFact, NAMED_BY_VARIABLE, objectFact, PLACEHOLDERS, SENSITIVE } from './facts.ts';
import { GENERATOR } from './fetch.ts';
import { encodeFact, type TaskKinds } from './kinds.ts';
import { heldBack } from './loaded.ts';
import { type Contest, GIVEN, Offers, type Settlement } from './offers.ts';
import { awaitedBy, ReadyObjects } from './ready-objects.ts';
import { chartSource } from './release-chart.ts';
import { factOf, type Rendered, type RenderedObject } from './rendered.ts';
import { type GivenStandIns, StandIns } from './stand-ins.ts';
import type { TemplateInput } from './template.ts';
import { valuesKind } from './values.ts';

/** How far HelmReleases (and for `load`, all objects) are taken: `template`, unless a phase asks for less. */
export type ClusterDepth = 'load' | 'none' | 'fetch' | 'values' | 'template';

export interface ClusterOptions extends GivenStandIns {
  readonly depth?: ClusterDepth;
  /** The cluster directory or file, relative to the workspace. */
  readonly path: string;
  readonly recursive: boolean;
  /** Which HelmReleases to render; `undefined` for none (`build ks`). */
  readonly wantRelease?: (id: ObjectId) => boolean;
  /** Objects given with `--with-resource`. */
  readonly given: readonly Definition[];
  /** What objects are that several parents render differently, or that came late (`unsettled` of the evaluation before). */
  readonly settled?: Settlement;
}

/** What one object of the run rendered. */
export interface RenderedBy {
  readonly id: ObjectId;
  readonly rendered: Rendered;
}

export interface ClusterResult {
  /** By kind (Kustomizations, then ResourceSets, then HelmReleases), namespace and name. */
  readonly rendered: readonly RenderedBy[];
  /** What could not be loaded. Failures of objects are in the store. */
  readonly loadFailures: readonly Failure[];
  /** The `--path` itself cannot be used. */
  readonly unusable?: Failure;
  /** Evaluate again with this as `settled`: others read what does not count in the end. */
  readonly unsettled?: Settlement;
  /** Objects that several parents render with different content, by name. */
  readonly contested: readonly Contest[];
  /** ConfigMaps and Secrets that had to be there before what renders them could be applied: their facts, the ids of the latter. */
  readonly late: readonly (readonly [name: string, parents: readonly string[]])[];
}

/**
 * Walks a cluster as its controllers do: loads the cluster directory, builds each Kustomization, renders each HelmRelease and
 * ResourceSet, and takes up what these reveal, until nothing new comes. All work is done by tasks; this only starts them and
 * publishes what they reveal.
 */
export class Cluster {
  readonly #graph: ClusterGraph;
  readonly #kinds: TaskKinds;
  readonly #store: Store;
  readonly #options: ClusterOptions;
  readonly #offers: Offers;
  /** The Flux objects of the run, by the names of their facts and by their formatted ids. */
  readonly #ids = new Map<string, ObjectId>();
  readonly #parents = new Map<string, ObjectId>();
  readonly #started = new Set<string>();
  readonly #rendered = new Map<string, RenderedBy>();
  readonly #pending = new Set<Promise<void>>();
  /** What the facts of HelmReleases hold under `PLACEHOLDERS`. */
  readonly #placeholders = new Map<string, YamlValue>();
  /** Loaded objects that some Kustomization is to reveal itself, by the key of that Kustomization. */
  #heldBack = new Map<string, Definition[]>();
  readonly #standIns: StandIns;
  readonly #board: Board;
  readonly #readyObjects: ReadyObjects;
  readonly #absence: Absence;

  constructor(graph: ClusterGraph, kinds: TaskKinds, store: Store, options: ClusterOptions) {
    this.#graph = graph;
    this.#kinds = kinds;
    this.#store = store;
    this.#options = options;
    this.#standIns = new StandIns(graph.files, options);
    this.#offers = new Offers(options.settled);
    this.#board = new Board(graph);
    this.#readyObjects = new ReadyObjects(graph, this.#board);
    this.#absence = new Absence(this.#board, store, this.#offers, this.#standIns);
  }

  async evaluate(): Promise<ClusterResult> {
    const { path, recursive } = this.#options;
    for (const [name, text] of this.#offers.early()) this.#board.show(name, text);
    const loaded = await this.#graph.need(this.#kinds.load, { path, recursive });
    if (!loaded.ok) return { rendered: [], loadFailures: [], contested: [], late: [], unusable: loaded.error };
    if (this.#options.depth === 'load')
      return { rendered: [], loadFailures: loaded.value.failures, contested: [], late: [] };
    for (const definition of this.#options.given) this.#revealGiven(definition);
    this.#takeLoaded(loaded.value.definitions);
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    const byApplication = applicationOrder(this.#parents, this.#store, this.#offers);
    const { lacked } = this.#absence;
    const unsettled = this.#offers.unsettled(byApplication, [...this.#graph.missedFacts(), ...lacked]);
    const several = this.#offers.several(byApplication);
    for (const { name, offers } of several) {
      const id = this.#ids.get(name);
      if (id !== undefined) this.#store.setOrigin(id, offers[offers.length - 1]!.origin);
    }
    return {
      rendered: [...this.#rendered.values()].sort(byKindThenId),
      loadFailures: loaded.value.failures,
      contested: several.filter(({ offers }) => offers.some(({ fact }) => fact !== offers[0]!.fact)),
      late: [...lacked]
        .filter((name) => this.#offers.has(name))
        .map((name) => [name, this.#offers.parents(name)] as const),
      ...(unsettled === undefined ? {} : { unsettled }),
    };
  }

  #takeLoaded(definitions: readonly Definition[]): void {
    this.#standIns.takeLoaded(definitions);
    const kustomizations = definitions.filter((definition) => fluxKind(definition) === 'Kustomization');
    const ours = kustomizations.filter((kustomization) => this.#standIns.isOurs(kustomization));
    this.#heldBack = heldBack(definitions, kustomizations, ours, (definition) => this.#standIns.isIncluded(definition));
    const held = new Set([...this.#heldBack.values()].flat());
    for (const definition of definitions)
      if (!held.has(definition)) this.#reveal(definitionId(definition), definition, originOfDefinition(definition));
  }

  /** Takes up an object: publishes what others may ask of it, and starts its work if it has any. */
  #reveal(
    id: ObjectId,
    source: Definition | RenderedObject,
    origin: Origin,
    by: string = origin.renderedBy ?? '',
  ): void {
    const kind = fluxKind(id);
    const fact = 'json' in source ? this.#factOfDefinition(id, source) : source.fact;
    if (fact === undefined) return;
    const name = objectFact(id);
    const text = this.#offers.take(name, { by, fact, origin });
    if (isDeclaringSecret(id.group, id.kind)) this.#publishDeclared(id, fromPlain(JSON.parse(fact)) as YamlMap);
    if (text === undefined) return;
    // Those who waited for it may have been told that it is nowhere, so that they failed and brought it: it is taken up all the same.
    this.#board.show(name, text);
    if (kind === undefined) return;
    const object = fromPlain(JSON.parse(text)) as YamlMap;
    const placeholders = object.get(PLACEHOLDERS);
    if (object.delete(PLACEHOLDERS)) this.#placeholders.set(objectKey(id), placeholders ?? null);
    this.#ids.set(name, id);
    this.#parents.set(formatId(id), id);
    this.#store.put(id, object, origin);
    this.#start(kind, id, object, origin);
  }

  /** What a Secret from outside the repository says is written down no more than what was decrypted. */
  #revealGiven(definition: Definition): void {
    const id = definitionId(definition);
    const fact = isSecret(id) ? factOf(id, decodeDefinition(definition)) : undefined;
    if (!isMap(fact)) this.#reveal(id, definition, {}, GIVEN);
    else this.#reveal(id, { ...id, start: 0, end: 0, fact: encodeFact(fact.set(SENSITIVE, true)) }, {}, GIVEN);
  }

  #factOfDefinition(id: ObjectId, definition: Definition): string | undefined {
    const fact = factOf(id, decodeDefinition(definition));
    return fact === undefined ? undefined : encodeFact(fact);
  }

  #publishDeclared(id: ObjectId, object: YamlMap): void {
    const secret = declaredSecret(object);
    const fact = declaredSecretFact(id.namespace, secret.name);
    const declared = canonicalJson(declaredFact(id.kind, secret, object.has(NAMED_BY_VARIABLE)));
    const text = this.#offers.take(fact, { by: formatId(id), fact: declared, origin: {} });
    if (text !== undefined) this.#board.show(fact, text);
  }

  #start(kind: FluxKind, id: ObjectId, object: YamlMap, origin: Origin): void {
    const key = objectKey(id);
    if (this.#started.has(key)) return;
    this.#started.add(key);
    if (isSuspended(object)) {
      this.#store.setStatus(id, { phase: 'Suspended', message: 'spec.suspend is true' });
      // What an object rendered before it was suspended stays in the cluster: those that depend on it go on.
      this.#readyObjects.set(id, { ok: true });
      return;
    }
    if (kind === 'Kustomization') this.#track(this.#kustomization(id, object, origin));
    else if (kind === 'HelmRelease') this.#track(this.#release(id, object, origin));
    else if (kind === 'ResourceSet') this.#track(this.#resourceSet(id, object, origin));
    else if (kind === 'FluxInstance') this.#revealSync(id, object, origin);
    else if (kind === 'ArtifactGenerator') this.#track(this.#artifacts(id, object, origin));
    else if (kind === 'GitRepository') this.#standIns.takeRepository(id, object);
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
  }

  async #kustomization(id: ObjectId, object: YamlMap, origin: Origin): Promise<void> {
    const gate = await this.#readyObjects.gate(id, object);
    if (!gate.ok && !this.#readyObjects.isBehindBuilt(id, object)) return this.#failed(id, gate.error);
    const reference = sourceReference(getIn(object, 'spec', 'sourceRef'), id.namespace);
    if (reference === undefined)
      return this.#failed(id, failure('invalid-object', `${formatId(id)} has no spec.sourceRef`, originOf(origin)));
    this.#store.setStatus(id, { phase: 'Fetching' });
    const input: BuildInput = { object: encodeFact(object), source: this.#standIns.fetchInput(reference) };
    const fetched = await this.#graph.need(this.#kinds.fetch, input.source);
    if (!fetched.ok) return this.#failed(id, withOrigin(fetched.error, origin));
    this.#store.addArtifact(id, { kind: 'source', revision: fetched.value.revision });
    this.#store.setStatus(id, { phase: 'Building' });
    const built = await this.#graph.need(this.#kinds.build, input);
    if (!built.ok) return this.#failed(id, withOrigin(built.error, origin));
    const children = this.#takeRendered(id, built.value);
    if (!gate.ok) {
      this.#readyObjects.setBuilt(id);
      return this.#failed(id, gate.error);
    }
    this.#ready(id, counted(built.value.objects, 'object'), awaitedBy(id, object, children));
  }

  async #release(id: ObjectId, object: YamlMap, origin: Origin): Promise<void> {
    const { depth = 'template', wantRelease } = this.#options;
    if (depth === 'none' || wantRelease?.(id) !== true) {
      this.#readyObjects.set(id, { ok: true });
      return;
    }
    if (!(await this.#gate(id, object))) return;
    this.#store.setStatus(id, { phase: 'Building' });
    const placeholders = this.#placeholders.get(objectKey(id));
    const input: TemplateInput = {
      object: encodeFact(object),
      standIns: this.#standIns.forRelease(object, id),
      ...(placeholders === undefined
        ? {}
        : { withPlaceholders: encodeFact(new Map(object).set('spec', placeholders)) }),
    };
    if (depth === 'values' || depth === 'fetch') {
      const source = chartSource(object, input.standIns);
      const part =
        depth === 'values'
          ? await this.#graph.need(valuesKind, { object: input.object })
          : source === undefined
            ? ok(null)
            : await this.#graph.need(this.#kinds.fetch, source);
      return part.ok ? this.#ready(id, depth, []) : this.#failed(id, withOrigin(part.error, origin));
    }
    const rendered = await this.#graph.need(this.#kinds.template, input);
    if (!rendered.ok) return this.#failed(id, withOrigin(rendered.error, origin));
    this.#takeRendered(id, rendered.value);
    const { objects, refused } = rendered.value;
    if (refused !== undefined)
      return this.#failed(id, withOrigin(failure('template-failed', `${formatId(id)}: ${refused}`), origin));
    this.#ready(id, counted(objects, 'object'), []);
  }

  async #resourceSet(id: ObjectId, object: YamlMap, origin: Origin): Promise<void> {
    if (!(await this.#gate(id, object))) return;
    this.#store.setStatus(id, { phase: 'Building' });
    const rendered = await this.#graph.need(this.#kinds.resourceSet, { object: encodeFact(object) });
    if (!rendered.ok) return this.#failed(id, withOrigin(rendered.error, origin));
    const children = this.#takeRendered(id, rendered.value);
    this.#ready(id, counted(rendered.value.objects, 'object'), awaitedBy(id, object, children));
  }

  /** A FluxInstance with `spec.sync` makes a source and a root Kustomization of its own. */
  #revealSync(id: ObjectId, object: YamlMap, origin: Origin): void {
    const synced = fluxInstanceObjects(object);
    if (!synced.ok) {
      this.#failed(id, withOrigin(synced.error, origin));
      return;
    }
    for (const made of synced.value) this.#standIns.takeMade(objectId(made));
    for (const made of synced.value) this.#revealMade(made, id);
    this.#ready(id, 'sync', []);
  }

  /** Each artifact of an ArtifactGenerator is an ExternalArtifact that Kustomizations and HelmReleases can name. */
  async #artifacts(id: ObjectId, object: YamlMap, origin: Origin): Promise<void> {
    const sources = generatorSources(object);
    if (!sources.ok) return this.#failed(id, withOrigin(sources.error, origin));
    const input: ArtifactInput = { object: encodeFact(object), standIns: this.#standIns.among(sources.value) };
    this.#store.setStatus(id, { phase: 'Building' });
    const made = await this.#graph.need(this.#kinds.artifact, input);
    if (!made.ok) return this.#failed(id, withOrigin(made.error, origin));
    for (const { name } of made.value.artifacts)
      this.#revealMade(
        fromPlain({
          apiVersion: 'source.toolkit.fluxcd.io/v1',
          kind: 'ExternalArtifact',
          metadata: { name, namespace: id.namespace },
          spec: { sourceRef: { apiVersion: `${id.group}/${id.version}`, kind: id.kind, name: id.name } },
          [GENERATOR]: JSON.stringify(input),
        }) as YamlMap,
        id,
      );
    this.#ready(id, counted(made.value.artifacts, 'artifact'), []);
  }

  #revealMade(object: YamlMap, by: ObjectId): void {
    const id = objectId(object);
    this.#reveal(id, { ...id, start: 0, end: 0, fact: encodeFact(object) }, { renderedBy: formatId(by) });
  }

  /** Whether what the object depends on is ready. A failure is stated in the store. */
  async #gate(id: ObjectId, object: YamlMap): Promise<boolean> {
    const gate = await this.#readyObjects.gate(id, object);
    if (!gate.ok) this.#failed(id, gate.error);
    return gate.ok;
  }

  #takeRendered(id: ObjectId, rendered: Rendered): ObjectId[] {
    this.#rendered.set(objectKey(id), { id, rendered });
    this.#store.addArtifact(id, { kind: 'manifests', digest: rendered.stream });
    this.#heldBack.delete(objectKey(id));
    const children: ObjectId[] = [];
    for (const object of rendered.objects) {
      if (fluxKind(object) !== undefined) children.push(object);
      this.#reveal(idOf(object), object, { renderedBy: formatId(id) });
    }
    return children;
  }

  #ready(id: ObjectId, message: string, waitFor: readonly ObjectId[]): void {
    this.#store.setStatus(id, { phase: 'Ready', message });
    if (waitFor.length === 0) this.#readyObjects.set(id, { ok: true });
    else this.#track(this.#readyObjects.setReadyWith(id, waitFor));
  }

  /** Called when nothing can go on by itself. */
  settle(waits: readonly Wait[]): void {
    this.#absence.answerSelections(waits);
    if (!this.#absence.answerAbsent(waits)) this.#readyObjects.answerCircles(waits);
  }

  #failed(id: ObjectId, error: Failure): void {
    const blocked = error.reason === 'dependency-failed';
    this.#store.setStatus(id, { phase: blocked ? 'Blocked' : 'Failed', failure: error });
    this.#readyObjects.set(id, { ok: false, failure: blocked ? error : { ...error, blockedBy: [formatId(id)] } });
    this.#fallBack(id);
  }

  /**
   * What a failed Kustomization would have revealed and the cluster directory also holds goes on from there: one mistake
   * in a root hides nothing else.
   */
  #fallBack(id: ObjectId): void {
    const definitions = this.#heldBack.get(objectKey(id)) ?? [];
    this.#heldBack.delete(objectKey(id));
    for (const definition of definitions)
      this.#reveal(definitionId(definition), definition, originOfDefinition(definition));
  }
}

const counted = ({ length }: readonly unknown[], one: string): string => `${length} ${one}${length === 1 ? '' : 's'}`;

const idOf = (object: RenderedObject): ObjectId => ({
  group: object.group,
  version: object.version,
  kind: object.kind,
  namespace: object.namespace,
  name: object.name,
});

const KIND_ORDER = ['Kustomization', 'ResourceSet', 'HelmRelease'];
const byKindThenId = (a: RenderedBy, b: RenderedBy): number =>
  KIND_ORDER.indexOf(a.id.kind) - KIND_ORDER.indexOf(b.id.kind) || compareIds(a.id, b.id);

const originOfDefinition = ({ at }: Definition): Origin => (at === undefined ? {} : { at });
const originOf = (origin: Origin): { at?: NonNullable<Origin['at']> } =>
  origin.at === undefined ? {} : { at: origin.at };
const withOrigin = (error: Failure, origin: Origin): Failure =>
  error.at !== undefined || origin.at === undefined ? error : { ...error, at: origin.at };
