import type { Cache, TaskRecord } from '../cache/index.ts';
import type { Digest } from '../core/digest.ts';

/** The bytes of a run at hand, and what is on its way to the cache. */
export class Keeper {
  readonly #cache: Cache;
  readonly #blobs = new Map<Digest, Uint8Array>();
  readonly #writes = new Set<Promise<void>>();
  #flushing = false;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  remember(digest: Digest, bytes: Uint8Array): void {
    this.#blobs.set(digest, bytes);
  }

  load(digest: Digest): Uint8Array {
    const bytes = this.#blobs.get(digest) ?? this.#cache.read(digest);
    if (bytes === undefined) throw new Error(`the bytes ${digest} are not in the cache`);
    return bytes;
  }

  /**
   * Takes a record's bytes to hand, verified. A record whose bytes are damaged or lost is dropped.
   * @returns why it does not hold
   */
  take(record: TaskRecord): string | undefined {
    for (const digest of record.blobs) {
      if (this.#blobs.has(digest)) continue;
      const bytes = this.#cache.read(digest);
      if (bytes === undefined) {
        this.#cache.drop(record);
        this.flushSoon();
        return `its bytes ${digest.slice(0, 12)} are lost or damaged`;
      }
      this.#blobs.set(digest, bytes);
    }
    return undefined;
  }

  /** Bytes first, then the record that names them: a run that dies in between leaves bytes that nobody asks for. */
  keep(record: TaskRecord): void {
    const write = async (): Promise<void> => {
      for (const digest of record.blobs) {
        const bytes = this.#blobs.get(digest);
        if (bytes !== undefined) await this.#cache.write(digest, bytes);
      }
      this.#cache.put(record);
      this.flushSoon();
    };
    const written = write().finally(() => this.#writes.delete(written));
    this.#writes.add(written);
  }

  /** Appends what was put, once for all that this turn of the event loop puts. */
  flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#cache.flush();
    });
  }

  /** Waits until all is on the disk. */
  async done(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes);
    this.#cache.flush();
  }
}
