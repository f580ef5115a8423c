import { fail, ok, type Result } from '../core/result.ts';
import type { TaskContext } from '../graph/task.ts';
import { LOCK_FILE, readLockfile } from '../sources/lockfile.ts';
import type { OpenSource, TaskPorts } from './ports.ts';

const NONE: Result<ReadonlyMap<string, string>> = ok(new Map());
let last: { readonly text: string; readonly lock: Result<ReadonlyMap<string, string>> } | undefined;

/**
 * The revision of a moving reference: that of the workspace's lock file where it has one, else what the world says now. The
 * lock file is read as any other file of the workspace, so that a change of it is a change of what was fetched.
 */
export async function resolveLocked(
  context: TaskContext,
  ports: TaskPorts,
  { reference, lockName = reference.name }: Pick<OpenSource, 'reference' | 'lockName'>,
): Promise<Result<string>> {
  if (ports.ignoreLock !== true) {
    const lock = readLock(context);
    if (!lock.ok) return lock;
    const revision = lock.value.get(lockName);
    if (revision !== undefined) return ok(revision);
  }
  return context.resolve(reference);
}

/** What tells the tasks of a run that passes the lock file over from those of others. */
export const lockKey = (ports: TaskPorts): { readonly unlocked?: true } =>
  ports.ignoreLock === true ? { unlocked: true } : {};

function readLock(context: TaskContext): Result<ReadonlyMap<string, string>> {
  const bytes = context.files({ type: 'workspace', path: '' }).readFile(`/${LOCK_FILE}`);
  if (bytes === undefined) return NONE;
  const text = Buffer.from(bytes).toString('utf8');
  if (last?.text !== text) {
    const read = readLockfile(text);
    last = { text, lock: read.ok ? read : fail({ ...read.error, at: { file: LOCK_FILE } }) };
  }
  return last.lock;
}
