import type { TraceEntry } from '../cache/records.ts';

type Observation = Extract<TraceEntry, readonly ['file' | 'list' | 'exists' | 'env' | 'tree', ...unknown[]]>;
type Answer =
  | readonly ['need', string, string]
  | readonly ['fact', string, string | 0, 0 | 1]
  | readonly ['resolve', string, string];

/** Collects what a task reads, each thing once, in the order of the asking. */
export class TraceRecorder {
  readonly #entries: (TraceEntry | undefined)[] = [];
  readonly #seen = new Map<string, unknown>();
  /** The same thing was read twice with different answers: the world changed meanwhile, and no record can say what was read. */
  torn = false;
  #questions = 0;
  #answers = 0;

  observe(entry: Observation): void {
    const id = `${entry[0]} ${entry[1]}`;
    if (this.#seen.has(id)) {
      if (this.#seen.get(id) !== entry[2]) this.torn = true;
      return;
    }
    this.#seen.set(id, entry[2]);
    this.#entries.push(entry);
  }

  /** Reserves a place for a question. Call the result with the answer when the task gets it. */
  question(): (answer: Answer) => void {
    const place = this.#entries.push(undefined) - 1;
    const index = this.#questions++;
    const after = this.#answers;
    return (answer) => {
      const rank = this.#answers++;
      const inTurn = after === index && rank === index;
      this.#entries[place] = (inTurn ? answer : [...answer, after, rank]) as TraceEntry;
    };
  }

  /** The trace. Questions whose answers the task did not wait for have no part in its output, and are left out. */
  finish(): readonly TraceEntry[] {
    return this.#entries.filter((entry) => entry !== undefined);
  }
}

/** The order of a question: how many answers the task had when it asked, and which answer this one was. */
export function orderOf(entry: TraceEntry, index: number): { readonly after: number; readonly rank: number } {
  const [after, rank] = entry.slice(entry[0] === 'fact' ? 4 : 3) as [number?, number?];
  return { after: after ?? index, rank: rank ?? index };
}
