import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeCacheDirectory } from './cache.ts';

const DIRECTORY = 'in-use';
/** What another machine that shares the cache left behind counts for so long. Milliseconds. */
const FOREIGN_MS = 3_600_000;

let leases = 0;

/** Says that this process uses the cache, until the answer is called or the process is gone. Never throws. */
export function holdLease(directory: string): () => void {
  const path = join(directory, DIRECTORY, `${hostname()}.${process.pid}.${leases++}`);
  try {
    makeCacheDirectory(directory);
    mkdirSync(join(directory, DIRECTORY), { recursive: true });
    writeFileSync(path, '');
  } catch {
    return () => {}; // a cache that cannot be written cannot be emptied either
  }
  return () => rmSync(path, { force: true });
}

/** How many runs use the cache now. What dead processes left is removed. */
export function countLeases(directory: string): number {
  let names: string[];
  try {
    names = readdirSync(join(directory, DIRECTORY));
  } catch {
    return 0;
  }
  let live = 0;
  for (const name of names) {
    const path = join(directory, DIRECTORY, name);
    if (isLive(name, path)) live++;
    else rmSync(path, { force: true });
  }
  return live;
}

function isLive(name: string, path: string): boolean {
  const [pid, host] = [Number(name.split('.').at(-2)), name.split('.').slice(0, -2).join('.')];
  if (host !== hostname()) {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats !== undefined && Date.now() - stats.mtimeMs < FOREIGN_MS;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
