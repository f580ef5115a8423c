import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeCacheDirectory, replaceFile } from '../../cache/index.ts';
import type { Digest } from '../../core/digest.ts';

/** What is left of a phase that ran: `<cache>/phases/<phase>.json`. Put in place whole, after its outputs exist. */
export interface PhaseMarker {
  readonly phase: string;
  /** Digest of all that the phase's work depended on. */
  readonly inputs: Digest;
  /** Digests of the parts of `inputs`, to say later which one changed. */
  readonly parts: Readonly<Record<string, Digest>>;
  /** What it produced; phases after it depend on that. */
  readonly output: Digest;
  readonly toolVersion: string;
  /** ISO 8601, when the work began. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly outcome: 'done' | 'failed';
  readonly counts: Readonly<Record<string, number>>;
  /** Why it failed: one line each. */
  readonly failures: readonly string[];
}

/** Markers of one cache directory. Reading never writes; a damaged marker reads as none. */
export class Markers {
  readonly #cacheDirectory: string;

  constructor(cacheDirectory: string) {
    this.#cacheDirectory = cacheDirectory;
  }

  path(phase: string): string {
    return join(this.#cacheDirectory, 'phases', `${encodeURIComponent(phase)}.json`);
  }

  read(phase: string): PhaseMarker | undefined {
    try {
      const data = JSON.parse(readFileSync(this.path(phase), 'utf8')) as Partial<PhaseMarker>;
      const whole = data.phase === phase && typeof data.inputs === 'string' && typeof data.output === 'string';
      return whole && typeof data.parts === 'object' ? (data as PhaseMarker) : undefined;
    } catch {
      return undefined;
    }
  }

  write(marker: PhaseMarker): void {
    makeCacheDirectory(this.#cacheDirectory);
    replaceFile(this.path(marker.phase), Buffer.from(`${JSON.stringify(marker, null, 2)}\n`));
  }

  /** @returns whether there was one */
  remove(phase: string): boolean {
    const had = this.read(phase) !== undefined;
    rmSync(this.path(phase), { force: true });
    return had;
  }

  /** Names of all phases that have a marker, known ones or not. */
  names(): string[] {
    try {
      return readdirSync(join(this.#cacheDirectory, 'phases'))
        .filter((name) => name.endsWith('.json'))
        .map((name) => decodeURIComponent(name.slice(0, -'.json'.length)))
        .sort();
    } catch {
      return [];
    }
  }
}
