import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, sha256 } from '../core/digest.ts';

/** Bytes under their digest, below `content/` of the cache directory, in cacache's layout. */
export class ContentStore {
  readonly #directory: string;
  readonly #written = new Set<Digest>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @see cacache lib/content/path.js: `content-v2/<algorithm>/<2>/<2>/<rest>` */
  pathOf(digest: Digest): string {
    return join(this.#directory, 'content-v2', 'sha256', digest.slice(0, 2), digest.slice(2, 4), digest.slice(4));
  }

  /** Verified bytes; `undefined` where there are none. What does not match its name is removed and reads as absent. */
  read(digest: Digest): Uint8Array | undefined {
    const path = this.pathOf(digest);
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch {
      return undefined;
    }
    if (sha256(bytes) === digest) return bytes;
    this.#written.delete(digest);
    rmSync(path, { force: true });
    return undefined;
  }

  /** Keeps bytes. Throws what the disk throws (ENOSPC …). */
  async write(digest: Digest, bytes: Uint8Array): Promise<void> {
    if (this.#written.has(digest)) return;
    this.#written.add(digest);
    if (statSync(this.pathOf(digest), { throwIfNoEntry: false })?.size === bytes.length) return;
    try {
      const { put } = await import('./cacache.ts');
      await put(this.#directory, bytes);
    } catch (error) {
      this.#written.delete(digest);
      throw error;
    }
  }
}
