import { sha256 } from '../core/digest.ts';
import type { Journal } from './journal.ts';

export const RESOLUTIONS_HEADER = 'flux-local resolutions 1';

/** What a mutable reference meant when it was last asked. */
export interface Resolution {
  readonly name: string;
  readonly revision: string;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
  /** How long it serves. Milliseconds. */
  readonly intervalMs: number;
}

/** The answers to mutable references. */
export class Resolutions {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get(name: string): Resolution | undefined {
    const text = this.#journal.get(sha256(name));
    if (text === undefined) return undefined;
    const [, revision, askedAt, intervalMs] = JSON.parse(text) as [string, string, number, number];
    return { name, revision, askedAt, intervalMs };
  }

  put({ name, revision, askedAt, intervalMs }: Resolution): void {
    this.#journal.set(sha256(name), JSON.stringify([name, revision, askedAt, intervalMs]));
  }
}

/** Whether an answer still serves. A clock that was set back makes it expire. */
export function serves(resolution: Pick<Resolution, 'askedAt' | 'intervalMs'>, nowMs: number): boolean {
  return resolution.askedAt <= nowMs && nowMs < resolution.askedAt + resolution.intervalMs;
}
