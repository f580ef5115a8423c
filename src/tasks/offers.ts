import type { Origin } from '../store/index.ts';

/** What one parent has an object (or another fact of the run) be. */
export interface Offer {
  /** The formatted id of the parent; `''` for what the bootstrap applied, `GIVEN` for what the person at hand gave. */
  readonly by: string;
  readonly fact: string;
  readonly origin: Origin;
}

/** The parent of objects given with `--with-resource`. */
export const GIVEN = 'given';

/** Several parents render one object, each with other content: in the cluster, the one applied last counts. */
export interface Contest {
  readonly name: string;
  /** In the order in which they are applied: the last one counts. */
  readonly offers: readonly Offer[];
}

/** What an evaluation has learned for the next one. */
export interface Settlement {
  /** Name of a fact → what it is to be, whoever is the first to offer it. */
  readonly facts: ReadonlyMap<string, string>;
  /** Those of them that some were told are absent although they came: they are known from the start. */
  readonly early: ReadonlySet<string>;
}

const NOTHING: Settlement = { facts: new Map(), early: new Set() };

/** Compares two parents of a fact: the one applied first is the smaller one. */
export type ApplicationOrder = (name: string, a: string, b: string) => number;

/**
 * The objects that a run reveals, as each of their parents has them. The first offer is published at once, for others wait for
 * it; whether it was the one that counts in the end is known when all have come. Where it was not, or somebody was told that there
 * is none, the cluster is evaluated again with what counts, as controllers reconcile again what changed, until nothing differs.
 */
export class Offers {
  readonly #settled: Settlement;
  readonly #published = new Map<string, string>();
  /** The first offer alone, or all by their parents. */
  readonly #offers = new Map<string, Offer | Map<string, Offer>>();

  constructor(settled: Settlement = NOTHING) {
    this.#settled = settled;
  }

  /** The facts to publish before anything is offered. */
  early(): (readonly [name: string, fact: string])[] {
    const { early, facts } = this.#settled;
    return [...early].flatMap((name) => {
      const fact = facts.get(name);
      return fact === undefined ? [] : [[name, fact] as const];
    });
  }

  /** Takes an offer. Gives what is to be published if it is the first. */
  take(name: string, offer: Offer): string | undefined {
    const known = this.#offers.get(name);
    if (known === undefined) {
      this.#offers.set(name, offer);
      const text = this.#settled.facts.get(name) ?? offer.fact;
      this.#published.set(name, text);
      return text;
    }
    if (known instanceof Map) known.set(offer.by, offer);
    else if (known.by !== offer.by) this.#offers.set(name, new Map([known, offer].map((one) => [one.by, one])));
    return undefined;
  }

  /** Whether the fact was offered. */
  has(name: string): boolean {
    return this.#offers.has(name);
  }

  /** The parents that a fact was offered by. */
  parents(name: string): readonly string[] {
    const offers = this.#offers.get(name);
    return offers === undefined ? [] : offers instanceof Map ? [...offers.keys()] : [offers.by];
  }

  /** Facts that several parents offer. @param compare the order in which parents apply a fact */
  several(compare: ApplicationOrder): Contest[] {
    const contests: Contest[] = [];
    for (const [name, offers] of this.#offers)
      if (offers instanceof Map)
        contests.push({ name, offers: [...offers.values()].sort((a, b) => compare(name, a.by, b.by)) });
    return contests;
  }

  /**
   * What is to be settled for another evaluation; `undefined` where all that was published is what counts.
   * @param missed facts that some were told are absent
   */
  unsettled(compare: ApplicationOrder, missed: Iterable<string>): Settlement | undefined {
    const facts = new Map<string, string>();
    let isSettled = true;
    const settle = (name: string, counts: Offer): void => {
      facts.set(name, counts.fact);
      isSettled &&= this.#published.get(name) === counts.fact;
    };
    for (const { name, offers } of this.several(compare)) settle(name, offers[offers.length - 1]!);
    const late = [...missed].filter((name) => this.#offers.has(name));
    const early = new Set([...this.#settled.early, ...late].filter((name) => this.#offers.has(name)));
    if (late.length > 0 || early.size < this.#settled.early.size) isSettled = false;
    for (const name of [...this.#settled.facts.keys(), ...late]) {
      const only = this.#offers.get(name);
      if (only !== undefined && !(only instanceof Map)) settle(name, only);
    }
    return isSettled ? undefined : { facts, early };
  }
}
