import { failure } from '../core/failure.ts';
import { ok, type Result } from '../core/result.ts';
import { getIn, isList, type YamlMap } from '../core/value.ts';
import type { Wait } from '../graph/index.ts';
import {
  dependsOn,
  fluxKind,
  formatId,
  type ObjectId,
  type ObjectReference,
  objectKey,
  parseId,
} from '../manifests/index.ts';
import type { Board, ClusterGraph } from './board.ts';
import { cyclesOf } from './cycles.ts';
import { type Readiness, readyFact, readyJson } from './facts.ts';
import { gateKind } from './gate.ts';
import { encodeFact } from './kinds.ts';

/** Kinds whose readiness a run knows; a ResourceSet may depend on any other, which the cluster alone knows. */
const GATED = new Set(['Kustomization', 'HelmRelease', 'ResourceSet']);

/** Which objects are ready, who waits for whom, and who waits in vain. */
export class ReadyObjects {
  readonly #graph: Pick<ClusterGraph, 'need'>;
  readonly #board: Board;
  readonly #ready = new Set<string>();
  /** Kustomizations that were built and are not ready: what they brought (`spec.wait`), or what they depend on, is not. */
  readonly #built = new Set<string>();

  constructor(graph: Pick<ClusterGraph, 'need'>, board: Board) {
    this.#graph = graph;
    this.#board = board;
  }

  /** Waits for what an object depends on. */
  async gate(id: ObjectId, object: YamlMap): Promise<Result<null>> {
    const dependencies = dependsOn(object, id.kind, id.namespace).filter(({ kind }) => GATED.has(kind));
    if (dependencies.length === 0) return ok(null);
    return this.#graph.need(gateKind, {
      kind: id.kind,
      namespace: id.namespace,
      name: id.name,
      dependsOn: dependencies,
      ...(dependencies.some(({ readyExpr }) => readyExpr !== undefined) ? { self: encodeFact(object) } : {}),
    });
  }

  /**
   * Whether all that keeps the object from being ready are Kustomizations that were built and wait for what they brought: it is
   * blocked, but what it would bring can be seen, and what fails in it is told in the same run.
   */
  isBehindBuilt(id: ObjectId, object: YamlMap): boolean {
    return dependsOn(object, id.kind, id.namespace).every((dependency) => {
      const name = formatId(dependency);
      return dependency.readyExpr === undefined && (this.#built.has(name) || this.#ready.has(name));
    });
  }

  /** The Kustomization was built, though what it depends on is not ready. */
  setBuilt(id: ObjectId): void {
    this.#built.add(formatId(id));
  }

  /** With `spec.wait` or `spec.healthChecks`, an object is ready once what it applies or names is. */
  async setReadyWith(id: ObjectId, children: readonly ObjectId[]): Promise<void> {
    const settled = await this.#graph.need(gateKind, {
      kind: id.kind,
      namespace: id.namespace,
      name: id.name,
      dependsOn: children.map(({ kind, namespace, name }) => ({ kind, namespace, name })),
    });
    if (!settled.ok) this.setBuilt(id);
    this.set(id, settled.ok ? { ok: true } : { ok: false, failure: settled.error });
  }

  /** The first answer counts: a cycle may have been named before its members come to tell. */
  set(id: ObjectReference, readiness: Readiness): void {
    if (this.#board.tell(readyFact(id), readyJson(readiness)) && readiness.ok) this.#ready.add(formatId(id));
  }

  /** Objects that wait for each other are told so, each circle named in order. */
  answerCircles(waits: readonly Wait[]): void {
    const edges = new Map<string, string[]>();
    for (const { node, waitsFor } of waits) {
      if (!node.startsWith('gate:') || !waitsFor.startsWith('ready:')) continue;
      const from = node.slice('gate:'.length);
      edges.set(from, [...(edges.get(from) ?? []), waitsFor.slice('ready:'.length)].sort());
    }
    for (const circle of cyclesOf(edges)) {
      const message = `${[...circle, circle[0]].join(' → ')}: each waits for the next`;
      const hint = 'take one spec.dependsOn entry (or spec.wait) out of the circle';
      for (const member of circle)
        this.set(parseId(member), { ok: false, failure: failure('dependency-cycle', message, { hint }) });
    }
  }
}

/**
 * What has to be ready before a Kustomization or ResourceSet is: all that it applies, or what it names; of what a run knows.
 * @param children what it rendered
 */
export function awaitedBy(id: ObjectId, object: YamlMap, children: readonly ObjectId[]): readonly ObjectId[] {
  return (getIn(object, 'spec', 'wait') === true ? children : healthChecks(object)).filter(
    (child) =>
      (fluxKind(child) === 'HelmRelease' || fluxKind(child) === 'Kustomization') && objectKey(child) !== objectKey(id),
  );
}

function healthChecks(object: YamlMap): ObjectId[] {
  const checks = getIn(object, 'spec', 'healthChecks');
  return (isList(checks) ? checks : []).map((check) => {
    const text = (field: string): string => String(getIn(check, field) ?? '');
    const [version = '', group = ''] = text('apiVersion').split('/').reverse();
    return { group, version, kind: text('kind'), namespace: text('namespace'), name: text('name') };
  });
}
