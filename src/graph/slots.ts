import type PQueue from 'p-queue';

/** Bounds how many tasks run at once. The queue is loaded by the first task that runs: a run with nothing to do has none. */
export class Slots {
  readonly #jobs: number;
  #queue: Promise<PQueue> | undefined;

  constructor(jobs: number) {
    this.#jobs = jobs;
  }

  /** Waits for a slot. The answer gives it back. */
  async take(): Promise<() => void> {
    this.#queue ??= import('p-queue').then(({ default: Queue }) => new Queue({ concurrency: this.#jobs }));
    const queue = await this.#queue;
    return new Promise((taken) => {
      void queue.add(() => new Promise<void>((release) => taken(release)));
    });
  }
}

/** One task's place among those that run: given back while it waits for answers, taken again to go on. */
export class Seat {
  readonly #slots: Slots;
  #release: (() => void) | undefined;
  #taking: Promise<void> | undefined;
  #open = 0;
  #left = false;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  async take(): Promise<void> {
    if (this.#release !== undefined) return;
    this.#taking ??= this.#slots.take().then((release) => {
      this.#taking = undefined;
      this.#release = release;
      if (this.#open > 0 || this.#left) this.#give();
    });
    await this.#taking;
  }

  #give(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /**
   * Waits for an answer without the slot. The slot is taken again once no question of the task is open: a task that puts
   * several at once and has but some of the answers may well be waiting for the others.
   */
  async waiting<T>(answer: Promise<T>): Promise<T> {
    if (this.#open++ === 0) this.#give();
    const value = await answer;
    if (--this.#open === 0) await this.take();
    return value;
  }

  leave(): void {
    this.#left = true;
    this.#give();
  }
}
