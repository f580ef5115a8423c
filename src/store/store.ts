import type { Failure } from '../core/failure.ts';
import type { Location } from '../core/location.ts';
import type { YamlMap } from '../core/value.ts';
import { compareIds, fluxKind, type ObjectId, objectKey } from '../manifests/index.ts';

/** How far an object has come. `Blocked` is a failure whose cause is another object's. */
export type Phase = 'Pending' | 'Fetching' | 'Building' | 'Ready' | 'Suspended' | 'Failed' | 'Blocked';

export interface Status {
  readonly phase: Phase;
  /** Why, for `Failed` and `Blocked`. */
  readonly failure?: Failure;
  /** One sentence for the other phases: the revision fetched, the number of objects. */
  readonly message?: string;
}

/** What an object gave: the text of what it rendered, or the revision that was fetched for it. */
export type Artifact =
  | { readonly kind: 'manifests'; readonly digest: string }
  | { readonly kind: 'source'; readonly revision: string };

/** Where a definition comes from: a file that was loaded, or an object that rendered it. */
export interface Origin {
  readonly at?: Location;
  /** `Kustomization/flux-system/apps`. */
  readonly renderedBy?: string;
}

export interface StoredObject {
  readonly id: ObjectId;
  readonly definition: YamlMap;
  readonly origin: Origin;
  readonly status: Status;
  readonly artifacts: readonly Artifact[];
}

export type StoreEvent =
  | { readonly type: 'added' | 'replaced'; readonly object: StoredObject }
  | { readonly type: 'status'; readonly object: StoredObject; readonly before: Status }
  | { readonly type: 'artifact'; readonly object: StoredObject; readonly artifact: Artifact };

export type StoreListener = (event: StoreEvent) => void;

const PENDING: Status = { phase: 'Pending' };
const isSettled = (status: Status): boolean =>
  status.phase === 'Ready' || status.phase === 'Failed' || status.phase === 'Blocked' || status.phase === 'Suspended';

/**
 * The objects of a run, what became of each, and the events that progress, `get` and `test` read. It keeps what is put
 * into it and nothing else; it neither reads files nor starts work.
 */
export class Store {
  readonly #objects = new Map<string, StoredObject>();
  readonly #listeners = new Set<StoreListener>();
  readonly #waiting = new Map<string, Set<(object: StoredObject) => void>>();

  /** Calls `listener` for each change from now on. Returns what ends that. A listener that throws stops nothing else. */
  subscribe(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adds an object, or replaces its definition; a replaced one is `Pending` again. An equal definition changes nothing. */
  put(id: ObjectId, definition: YamlMap, origin: Origin): void {
    const key = objectKey(id);
    const before = this.#objects.get(key);
    if (before?.definition === definition) return;
    const object: StoredObject = { id, definition, origin, status: PENDING, artifacts: [] };
    this.#objects.set(key, object);
    this.#tell({ type: before === undefined ? 'added' : 'replaced', object });
  }

  /** Moves an object on. Unknown objects are a bug of the caller. */
  setStatus(id: ObjectId, status: Status): void {
    const before = this.#known(id);
    const object = { ...before, status };
    this.#objects.set(objectKey(id), object);
    this.#tell({ type: 'status', object, before: before.status });
    if (!isSettled(status)) return;
    const waiting = this.#waiting.get(objectKey(id));
    this.#waiting.delete(objectKey(id));
    for (const resolve of waiting ?? []) resolve(object);
  }

  /** Says where a definition comes from, once that is known better. No listener is told: the object is the same. */
  setOrigin(id: ObjectId, origin: Origin): void {
    this.#objects.set(objectKey(id), { ...this.#known(id), origin });
  }

  addArtifact(id: ObjectId, artifact: Artifact): void {
    const before = this.#known(id);
    const object = { ...before, artifacts: [...before.artifacts, artifact] };
    this.#objects.set(objectKey(id), object);
    this.#tell({ type: 'artifact', object, artifact });
  }

  get(id: ObjectId): StoredObject | undefined {
    return this.#objects.get(objectKey(id));
  }

  /** All objects, or those of a Flux kind, by namespace and name. */
  list(kind?: string): StoredObject[] {
    const objects = [...this.#objects.values()];
    return (kind === undefined ? objects : objects.filter((object) => fluxKind(object.id) === kind)).sort((a, b) =>
      compareIds(a.id, b.id),
    );
  }

  /** The object once it is Ready, Failed, Blocked or Suspended. It may not be known yet. */
  whenReady(id: ObjectId): Promise<StoredObject> {
    const known = this.get(id);
    if (known !== undefined && isSettled(known.status)) return Promise.resolve(known);
    return new Promise((resolve) => {
      const key = objectKey(id);
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting.add(resolve));
    });
  }

  #known(id: ObjectId): StoredObject {
    const object = this.get(id);
    if (object === undefined) throw new Error(`the store has no ${objectKey(id)}`);
    return object;
  }

  #tell(event: StoreEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // A listener only watches: what it does wrong must not change a run.
      }
    }
  }
}
