import type { FileSystem } from '../core/file-system.ts';
import type { Result } from '../core/result.ts';
import type { Json, TaskKind } from '../graph/index.ts';

/** What the driver needs of a run of the graph. */
export interface ClusterGraph {
  need<I, O extends Json>(kind: TaskKind<I, O>, input: I): Promise<Result<O>>;
  publish(name: string, value: Json): void;
  /** Facts that tasks which can do without them were told are absent. */
  missedFacts(): ReadonlySet<string>;
  /** The workspace. */
  readonly files: FileSystem;
}

/** Where the facts of an evaluation are published. The first answer counts. */
export class Board {
  readonly #graph: Pick<ClusterGraph, 'publish'>;
  readonly #told = new Set<string>();

  constructor(graph: Pick<ClusterGraph, 'publish'>) {
    this.#graph = graph;
  }

  /** Answers what is no object's own: readiness, absence, selections. Gives whether this is the first answer. */
  tell(name: string, value: Json): boolean {
    if (this.#told.has(name)) return false;
    this.#told.add(name);
    this.#graph.publish(name, value);
    return true;
  }

  isTold(name: string): boolean {
    return this.#told.has(name);
  }

  /** Publishes what an object is, unless those who waited for it were told that it is nowhere. @param text JSON of the fact */
  show(name: string, text: string): void {
    if (!this.#told.has(name))
      this.#graph.publish(name, name.startsWith('object:') ? text : (JSON.parse(text) as Json));
  }
}
