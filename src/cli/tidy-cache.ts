import { closeSync, existsSync, openSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { collect, countLeases } from '../cache/index.ts';
import { collectSources } from '../sources/collect.ts';

export const DAY_MS = 86_400_000;
/** What another run may just have made stays. Milliseconds. */
const GRACE_MS = 3_600_000;

export interface TidyLimits {
  /** What served nobody for so long is dropped. Milliseconds. */
  readonly maxAgeMs: number;
  /** What tasks gave may take so many bytes. */
  readonly maxBytes: number;
}

export const DEFAULT_LIMITS: TidyLimits = { maxAgeMs: 30 * DAY_MS, maxBytes: 2048e6 };

/** Drops what served nobody lately; sources as well, unless a run may be reading them. `false` where another one is at it. */
export function tidyCache(directory: string, { maxAgeMs, maxBytes }: TidyLimits, nowMs = Date.now()): boolean {
  if (!existsSync(directory)) return true;
  const collected = collect(directory, { maxAgeMs, maxBytes, nowMs });
  if (collected === undefined) return false;
  if (countLeases(directory) === 0) {
    const prefix = 'sources/';
    const keep = collected.trees.flatMap((tree) => (tree.startsWith(prefix) ? [tree.slice(prefix.length)] : []));
    collectSources({ directory: join(directory, 'sources') }, { keep, minAgeMs: Math.max(GRACE_MS, maxAgeMs) });
  }
  return true;
}

/** Tells when the cache was tidied last, by its time. */
const STAMP = 'tidied';

/**
 * Tidies a cache that was not tidied for a day, as Go's build cache does by itself, so that nobody has to think of it. A run calls
 * it once its result is out. What goes wrong here is no failure of the run.
 */
export function tidyCacheDaily(directory: string, nowMs: number = Date.now()): void {
  const stamp = join(directory, STAMP);
  try {
    const last = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs;
    if (last !== undefined && Math.abs(nowMs - last) < DAY_MS) return;
    if (last === undefined) closeSync(openSync(stamp, 'a'));
    else if (!tidyCache(directory, DEFAULT_LIMITS, nowMs)) return;
    utimesSync(stamp, nowMs / 1000, nowMs / 1000);
  } catch {
    // A cache that cannot be written to is used as it is.
  }
}
