import { type Dirent, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceCache } from './types.ts';

export interface CollectSourcesOptions {
  /** Directories to keep, relative to the cache: an entry, or any path below it. */
  readonly keep: readonly string[];
  /** What is younger stays in any case: another run may just have made it. Milliseconds. */
  readonly minAgeMs: number;
}

/**
 * Drops revisions that nothing names any more; indexes and what killed runs left go by age alone. Gives how many entries were
 * dropped. Safe beside other runs: at worst one of them fetches again.
 */
export function collectSources(cache: SourceCache, { keep, minAgeMs }: CollectSourcesOptions): number {
  const kept = new Set(keep.map((path) => path.split('/').slice(0, 2).join('/')));
  let dropped = 0;
  for (const kind of directories(cache.directory))
    for (const entry of list(join(cache.directory, kind.name))) {
      const path = join(cache.directory, kind.name, entry.name);
      const at = statSync(path, { throwIfNoEntry: false });
      if (at === undefined || Date.now() - at.mtimeMs < minAgeMs || kept.has(`${kind.name}/${entry.name}`)) continue;
      rmSync(path, { recursive: true, force: true });
      dropped++;
    }
  return dropped;
}

const directories = (path: string): readonly Dirent[] => list(path).filter((entry) => entry.isDirectory());

function list(path: string): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}
