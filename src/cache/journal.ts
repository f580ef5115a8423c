import { closeSync, openSync, readFileSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { withLock } from './lock.ts';

const NEWLINE = 10;
const SPACE = 32;
const CRC_LENGTH = 8;
/** Below this size nobody gains from a rewrite. Bytes. */
const COMPACT_FROM = 1 << 20;

interface Place {
  /** Of the payload within the file's bytes. */
  readonly start: number;
  readonly end: number;
}

/**
 * A map from ids to texts in ONE append-only file of checksummed lines: `crc32 id payload`. The last line of an id wins; an
 * empty payload removes it. Lines are appended with O_APPEND, each batch in one write that begins with a line break, so that
 * a line torn by a crash or a full disk spoils nothing but itself. Torn and damaged lines read as if they were not there.
 * A file whose first line is not `header` (another format, another version) reads as empty and is replaced by the first write.
 *
 * Ids hold no white space, payloads no line break. Writes throw what the disk throws (ENOSPC …).
 */
export class Journal {
  readonly path: string;
  readonly #header: string;
  #bytes: Buffer = Buffer.alloc(0);
  readonly #places = new Map<string, Place>();
  readonly #fresh = new Map<string, string>();
  #queue: string[] = [];
  #foreign = false;
  #garbage = 0;
  #size = 0;

  constructor(path: string, header: string) {
    this.path = path;
    this.#header = header;
    try {
      this.#bytes = readFileSync(path);
    } catch {
      this.#foreign = true; // absent, or unreadable: written anew
    }
    this.#scan();
  }

  #scan(): void {
    const bytes = this.#bytes;
    this.#size = bytes.length;
    if (bytes.length === 0) {
      this.#foreign = true;
      return;
    }
    let at = 0;
    let first = true;
    while (at < bytes.length) {
      let end = bytes.indexOf(NEWLINE, at);
      const torn = end < 0;
      if (torn) end = bytes.length;
      if (first && end > at) {
        first = false;
        if (torn || bytes.toString('utf8', at, end) !== this.#header) {
          this.#foreign = true;
          this.#bytes = Buffer.alloc(0);
          return;
        }
      } else if (!torn && end - at > CRC_LENGTH + 2 && bytes[at + CRC_LENGTH] === SPACE) {
        const idEnd = bytes.indexOf(SPACE, at + CRC_LENGTH + 1);
        if (idEnd > 0 && idEnd < end) this.#note(bytes.toString('latin1', at + CRC_LENGTH + 1, idEnd), idEnd + 1, end);
      }
      at = end + 1;
    }
  }

  #note(id: string, start: number, end: number): void {
    const old = this.#places.get(id);
    if (old !== undefined) {
      this.#garbage += old.end - old.start;
      this.#places.delete(id); // so that iteration follows the order of the last writes
    }
    if (end > start) this.#places.set(id, { start, end });
    else this.#garbage += id.length;
  }

  /** Ids in the order of their last writing. */
  *ids(): IterableIterator<string> {
    for (const id of this.#places.keys()) if (!this.#fresh.has(id)) yield id;
    for (const [id, payload] of this.#fresh) if (payload !== '') yield id;
  }

  /** The text of an id; `undefined` where there is none or its line is damaged. */
  get(id: string): string | undefined {
    const fresh = this.#fresh.get(id);
    if (fresh !== undefined) return fresh === '' ? undefined : fresh;
    const place = this.#places.get(id);
    if (place === undefined) return undefined;
    const bodyStart = place.start - id.length - 1;
    const expected = this.#bytes.toString('latin1', bodyStart - CRC_LENGTH - 1, bodyStart - 1);
    if (checksum(this.#bytes.subarray(bodyStart, place.end)) !== expected) {
      this.#places.delete(id);
      return undefined;
    }
    return this.#bytes.toString('utf8', place.start, place.end);
  }

  /** Takes a text for an id (`''` removes it). It is on the disk after the next `flush`. */
  set(id: string, payload: string): void {
    const old = this.#places.get(id);
    if (old !== undefined) this.#garbage += old.end - old.start;
    this.#places.delete(id);
    this.#fresh.delete(id);
    this.#fresh.set(id, payload);
    const body = `${id} ${payload}`;
    this.#queue.push(`${checksum(body)} ${body}\n`);
  }

  get dirty(): boolean {
    return this.#queue.length > 0;
  }

  /** Appends all that was set since the last call, in one write. */
  flush(): void {
    if (this.#queue.length === 0) return;
    const lines = this.#queue.join('');
    this.#queue = [];
    if (this.#foreign && !this.#begun()) {
      const temporary = `${this.path}.${process.pid}.tmp`;
      write(temporary, 'w', `${this.#header}\n${lines}`);
      // What another run put there in this very moment is lost, and with it only work that is done again.
      renameSync(temporary, this.path);
    } else write(this.path, 'a', `\n${lines}`);
    this.#foreign = false;
    this.#size += lines.length;
  }

  /** Whether another run has begun the file since this one looked. */
  #begun(): boolean {
    let file: number;
    try {
      file = openSync(this.path, 'r');
    } catch {
      return false;
    }
    try {
      const line = Buffer.alloc(this.#header.length + 1);
      readSync(file, line, 0, line.length, 0);
      return line.toString() === `${this.#header}\n`;
    } finally {
      closeSync(file);
    }
  }

  get wasteful(): boolean {
    return this.#size > COMPACT_FROM && this.#garbage * 2 > this.#size;
  }

  /**
   * Writes the file anew without what was replaced or removed, under a lock; what other runs appended since this one began
   * is kept. Gives false where another run holds the lock.
   * @param keep ids for which it is false are left out
   */
  compact(keep: (id: string, payload: string) => boolean = () => true): boolean {
    return withLock(`${this.path}.lock`, () => {
      this.flush();
      const now = new Journal(this.path, this.#header);
      const lines = [`${this.#header}\n`];
      for (const id of now.ids()) {
        const payload = now.get(id);
        if (payload === undefined || !keep(id, payload)) continue;
        const body = `${id} ${payload}`;
        lines.push(`${checksum(body)} ${body}\n`);
      }
      const temporary = `${this.path}.${process.pid}.tmp`;
      write(temporary, 'w', lines.join(''));
      renameSync(temporary, this.path);
    });
  }
}

function checksum(body: string | Uint8Array): string {
  return crc32(body).toString(16).padStart(CRC_LENGTH, '0');
}

function write(path: string, flag: 'a' | 'w', text: string): void {
  const bytes = Buffer.from(text);
  const file = openSync(path, flag);
  try {
    let at = 0;
    while (at < bytes.length) at += writeSync(file, bytes, at);
  } catch (error) {
    if (flag === 'w') rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}
