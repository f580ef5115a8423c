import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** A lock older than this belongs to no one. Milliseconds. */
const ABANDONED_MS = 10 * 60_000;

/**
 * Runs `work` while this process alone holds the lock file. Never waits: gives false where another process holds it. A lock
 * whose process is gone, or that is very old, is taken over.
 */
export function withLock(path: string, work: () => void): boolean {
  if (!take(path)) {
    if (!abandoned(path)) return false;
    rmSync(path, { force: true });
    if (!take(path)) return false;
  }
  try {
    work();
    return true;
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function abandoned(path: string): boolean {
  try {
    if (Date.now() - statSync(path).mtimeMs > ABANDONED_MS) return true;
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    if (!Number.isInteger(pid)) return false; // being written
    process.kill(pid, 0);
    return false;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ESRCH' || code === 'ENOENT';
  }
}
