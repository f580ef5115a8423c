import { fromPlain, getIn, type YamlMap } from '../core/value.ts';
import type { Json, Wait } from '../graph/index.ts';
import { formatId, parseId, sourceReference, specPath } from '../manifests/index.ts';
import type { Store } from '../store/index.ts';
import type { Board } from './board.ts';
import { STAND_IN } from './fetch.ts';
import { encodeFact } from './kinds.ts';
import type { Offers } from './offers.ts';
import type { StandIns } from './stand-ins.ts';

/** What a Kustomization or HelmRelease reads anew each time that it is reconciled. */
const READ_AGAIN = /^object:(?:ConfigMap|Secret)\//;
const SOURCE = /^object:source\.toolkit\.fluxcd\.io\/((GitRepository|OCIRepository|Bucket)\/.*)$/;

/** Answers who waits for what nothing in the run has, once nothing more can come by itself. */
export class Absence {
  readonly #board: Board;
  readonly #store: Store;
  readonly #offers: Offers;
  readonly #standIns: StandIns;
  /** Those of `READ_AGAIN` that were said to be absent to some who cannot do without. */
  readonly #lacked = new Set<string>();

  constructor(board: Board, store: Store, offers: Offers, standIns: StandIns) {
    this.#board = board;
    this.#store = store;
    this.#offers = offers;
    this.#standIns = standIns;
  }

  /** Facts of ConfigMaps and Secrets that some who cannot do without were told are absent. */
  get lacked(): ReadonlySet<string> {
    return this.#lacked;
  }

  /** Selections by labels are answered, since no object can come any more that they choose from. */
  answerSelections(waits: readonly Wait[]): void {
    for (const { waitsFor } of waits) {
      const [, selection, namespace = ''] = /^(providers|repositories):(.*)$/.exec(waitsFor) ?? [];
      if (selection === undefined || this.#board.isTold(waitsFor)) continue;
      const selected = this.#store
        .list(selection === 'providers' ? 'ResourceSetInputProvider' : 'HelmRepository')
        .filter(({ id }) => id.namespace === namespace);
      const answer: Json =
        selection === 'providers'
          ? selected.map(({ definition }) => encodeFact(definition))
          : selected
              .map(({ id, definition }) => [id.name, String(getIn(definition, 'spec', 'url') ?? '')] as const)
              .sort(([a], [b]) => (a < b ? -1 : 1));
      this.#board.tell(waitsFor, answer);
    }
  }

  /**
   * What nothing in the run has is said to be absent, and only that: those who wait for an object that is itself still waiting
   * go on to wait, and learn of the root cause. Optional facts come first, and are the run's own to answer.
   * @returns whether anybody was told
   */
  answerAbsent(waits: readonly Wait[]): boolean {
    if (waits.some(({ optional }) => optional)) return false;
    const absent = waits
      .map(({ waitsFor }) => waitsFor)
      .filter((name) => name.startsWith('object:') || (name.startsWith('ready:') && !this.#isKnown(name)))
      .filter((name) => !this.#board.isTold(name) && !this.#offers.has(name));
    for (const name of new Set(absent)) {
      if (READ_AGAIN.test(name)) this.#lacked.add(name);
      this.#board.tell(name, this.#standInFor(name));
    }
    return absent.length > 0;
  }

  /** The fact of a source that is nowhere: the repository at hand, if a Kustomization reads a path from it that is there. */
  #standInFor(name: string): Json {
    const [, id, kind] = SOURCE.exec(name) ?? [];
    if (id === undefined) return null;
    const isRead = this.#store.list('Kustomization').some(({ id: { namespace }, definition }) => {
      const reference = sourceReference(getIn(definition, 'spec', 'sourceRef'), namespace);
      return reference !== undefined && formatId(reference) === id && this.#standIns.holds(specPath(definition));
    });
    if (!isRead) return null;
    return encodeFact(fromPlain({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind, [STAND_IN]: true }) as YamlMap);
  }

  #isKnown(ready: string): boolean {
    const id = ready.slice('ready:'.length);
    return this.#store.list(parseId(id).kind).some((object) => formatId(object.id) === id);
  }
}
