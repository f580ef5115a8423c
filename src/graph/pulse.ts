/**
 * Knows whether anything goes on in a run: tasks that are not settled and wait for no answer, and holds from outside. When
 * nothing does, and all that was under way in this turn of the event loop has happened, it calls `rest`.
 */
export class Pulse {
  readonly #rest: () => Promise<boolean>;
  #busy = 0;
  #looking = false;
  #idle: (() => void)[] = [];
  /** Rises with whatever happens. */
  progress = 0;

  /** @param rest gives true if nothing is left to wait for; else it has made something go on, or there is nothing to be done */
  constructor(rest: () => Promise<boolean>) {
    this.#rest = rest;
  }

  enter(): void {
    this.#busy++;
    this.progress++;
  }

  leave(): void {
    if (--this.#busy === 0) this.#look();
  }

  moved(): void {
    this.progress++;
  }

  /** Counts as something that goes on until the answer is called. */
  hold(): () => void {
    this.enter();
    let held = true;
    return () => {
      if (held) this.leave();
      held = false;
    };
  }

  async holding<T>(work: () => Promise<T>): Promise<T> {
    const release = this.hold();
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Waits until nothing goes on and nothing is left to wait for. */
  idle(): Promise<void> {
    return new Promise((idle) => {
      this.#idle.push(idle);
      this.#look();
    });
  }

  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    setImmediate(() => {
      this.#looking = false;
      if (this.#busy === 0) void this.#settle();
    });
  }

  async #settle(): Promise<void> {
    const before = this.progress;
    this.#busy++;
    const done = await this.#rest();
    this.#busy--;
    if (!done || this.progress !== before) {
      if (this.#busy === 0) this.#look();
    } else for (const idle of this.#idle.splice(0)) idle();
  }
}
