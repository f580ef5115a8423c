import { BUILD_ID } from '../core/build-id.ts';
import type { Json, TaskKind } from '../graph/task.ts';

/** A task kind whose results are those of this build of the program: another build's are not taken. */
export function defineKind<I, O extends Json>(kind: TaskKind<I, O>): TaskKind<I, O> {
  return { ...kind, declare: (input) => [BUILD_ID, kind.declare(input)] };
}
