import { type Cache, type Resolution, serves } from '../cache/index.ts';
import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { RunOptions } from './run-options.ts';
import type { MutableReference } from './task.ts';

/** What mutable references mean in one run. Each is asked at most once. */
export class Revisions {
  readonly #cache: Cache;
  readonly #refresh: boolean;
  readonly #offline: boolean;
  readonly #nowMs: number;
  readonly #kept: () => void;
  readonly #known = new Map<string, Resolution | undefined>();
  readonly #asked = new Map<string, Promise<Result<string>>>();

  /** @param kept called when an answer was given to the cache */
  constructor({ cache, refresh = false, offline = false, now = Date.now }: RunOptions, kept: () => void) {
    this.#cache = cache;
    this.#refresh = refresh;
    this.#offline = offline;
    this.#nowMs = now();
    this.#kept = kept;
  }

  /** The answer that serves without asking. */
  known(name: string): Resolution | undefined {
    if (!this.#known.has(name)) {
      const kept = this.#cache.resolution(name);
      const current = kept !== undefined && (this.#offline || (!this.#refresh && serves(kept, this.#nowMs)));
      this.#known.set(name, current ? kept : undefined);
    }
    return this.#known.get(name);
  }

  ask(reference: MutableReference, signal: AbortSignal): Promise<Result<string>> {
    let answer = this.#asked.get(reference.name);
    if (answer === undefined) {
      answer = this.#ask(reference, signal);
      this.#asked.set(reference.name, answer);
    }
    return answer;
  }

  async #ask(reference: MutableReference, signal: AbortSignal): Promise<Result<string>> {
    const { name, intervalMs } = reference;
    const known = this.known(name);
    if (known !== undefined) return ok(known.revision);
    if (this.#offline) {
      const message = `${name} was never resolved, and --offline forbids to ask`;
      return fail(failure('offline', message, { transient: true }));
    }
    let answer: Result<string>;
    try {
      answer = await reference.ask(signal);
    } catch (error) {
      return fail(failure('bug', `${name}: ${error instanceof Error ? error.message : String(error)}`));
    }
    if (answer.ok) {
      const resolution = { name, revision: answer.value, askedAt: this.#nowMs, intervalMs };
      this.#known.set(name, resolution);
      this.#cache.resolved(resolution);
      this.#kept();
    }
    return answer;
  }
}
