import type { TaskRecord } from '../cache/index.ts';
import { sha256 } from '../core/digest.ts';
import { type Failure, failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { RunContext } from './context.ts';
import { TaskFailure } from './files.ts';
import { isJson } from './key.ts';
import type { Settled, TaskNode } from './node.ts';
import type { Json } from './task.ts';

/** Failures of the disk, as opposed to absent files: the task fails, and is tried again by the next run. */
const DISK_ERRORS = new Set(['EACCES', 'EPERM', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EBUSY', 'ESTALE']);

/** A result as others see it: gone through JSON, with its digest. */
export function settledOf(result: Result<Json>, volatile: boolean): Settled {
  if (!result.ok) {
    const text = JSON.stringify(result.error);
    const error = JSON.parse(text) as Failure;
    return {
      result: fail(error),
      digest: sha256(`!${text}`),
      volatile: volatile || error.transient === true || error.reason === 'bug',
    };
  }
  if (!isJson(result.value)) throw new Error('the output is not plain JSON data');
  // What a cold run hands on is what a warm run reads: members in the same order, nothing that JSON cannot say.
  const text = JSON.stringify(result.value);
  return { result: ok(JSON.parse(text) as Json), digest: sha256(text), volatile };
}

/** The result that a record holds. */
export function settledFrom(record: TaskRecord): Settled {
  if (record.output === undefined) {
    const text = JSON.stringify(record.failure);
    return { result: fail(record.failure as Failure), digest: sha256(`!${text}`), volatile: false };
  }
  return { result: ok(JSON.parse(record.output) as Json), digest: sha256(record.output), volatile: false };
}

/** What is kept of a task that ran. */
export function recordOf(node: TaskNode, { result }: Settled, context: RunContext): TaskRecord {
  return {
    key: node.key,
    kind: node.kind.name,
    input: isJson(node.input) ? JSON.stringify(node.input) : undefined,
    trace: node.trace,
    output: result.ok ? JSON.stringify(result.value) : undefined,
    failure: result.ok ? undefined : result.error,
    warnings: context.warnings,
    blobs: [...context.blobs],
  };
}

/**
 * What became of a task that threw: a read that may not be, a disk that failed, or else a bug.
 * @param tell gets the stack of a bug
 */
export function settledByThrow(
  node: TaskNode,
  error: unknown,
  volatile: boolean,
  tell: (stack: string) => void,
): Settled {
  if (error instanceof TaskFailure) return settledOf(fail(error.failure), volatile);
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const message = error instanceof Error ? error.message : String(error);
  if (code !== undefined && DISK_ERRORS.has(code))
    return settledOf(fail(failure('path-not-found', message, { transient: true })), true);
  tell(error instanceof Error ? (error.stack ?? message) : message);
  return settledOf(fail(failure('bug', `${node.id}: ${message}`)), true);
}

export const interrupted = (): Settled =>
  settledOf(fail(failure('command-failed', 'interrupted', { transient: true })), true);
