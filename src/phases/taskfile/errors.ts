import { formatDuration } from '../../core/duration.ts';
import { quoteGo } from '../../core/go-quote.ts';

/** Exit codes in go-task's families: 100… the Taskfile, 200… a task. */
export const EXIT = {
  unknown: 1,
  taskfileNotFound: 100,
  taskfileExists: 101,
  taskfileDecode: 102,
  taskfileFetchFailed: 103,
  taskfileVersion: 107,
  taskfileInvalid: 109,
  taskfileCycle: 110,
  taskfileChecksum: 111,
  taskNotFound: 200,
  taskRun: 201,
  taskInternal: 202,
  taskNameConflict: 203,
  taskCalledTooOften: 204,
  taskCancelled: 205,
  taskMissingVars: 206,
  taskNotAllowedVars: 207,
  taskTimedOut: 208,
} as const;

/**
 * What ends a Taskfile run. Thrown inside this folder and caught where the run is entered; `exitCode` is that of go-task.
 * @see go-task errors/errors.go
 */
export class TaskError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number = EXIT.unknown) {
    super(message);
    this.name = 'TaskError';
    this.exitCode = exitCode;
  }
}

/** A shell command ended with a status other than 0. */
export class ExitStatus extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`exit status ${status}`);
    this.name = 'ExitStatus';
    this.status = status;
  }
}

/** The run (or the part around a command) was given up: another task failed under fail-fast, or a time limit passed. */
export class Cancelled extends Error {
  constructor(message = 'context canceled') {
    super(message);
    this.name = 'Cancelled';
  }
}

/** What a command that was cut off by its time limit reports, as `timeout(1)` does. */
export const TIMEOUT_STATUS = 124;

export class TaskTimeout extends TaskError {
  constructor(task: string, milliseconds: number) {
    super(`task: [${task}] command timeout exceeded (${formatDuration(milliseconds)})`, EXIT.taskTimedOut);
    this.name = 'TaskTimeout';
  }
}

/** A task failed while it ran; `cause` is the failure of its command, dependency or call. */
export class TaskRunError extends TaskError {
  readonly task: string;
  override readonly cause: Error;
  constructor(task: string, cause: Error) {
    super(`task: Failed to run task ${quoteGo(task)}: ${cause.message}`, EXIT.taskRun);
    this.name = 'TaskRunError';
    this.task = task;
    this.cause = cause;
  }

  /** The status that `--exit-code` passes on. */
  get commandStatus(): number {
    return statusOf(this.cause) ?? this.exitCode;
  }
}

/** The exit status of the command behind an error, looking through the tasks that failed because of it. */
export function statusOf(error: unknown): number | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ExitStatus) return at.status;
    if (at instanceof TaskTimeout) return TIMEOUT_STATUS;
  }
  return undefined;
}

/** True where a command failed on its own terms (its status, its time limit): what `ignore_error` ignores. */
export const isCommandFailure = (error: unknown): boolean => statusOf(error) !== undefined;

export function cancelledBehind(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof Cancelled) return true;
  return false;
}
