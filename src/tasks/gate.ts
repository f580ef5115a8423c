import { type Failure, failure } from '../core/failure.ts';
import { fail, ok } from '../core/result.ts';
import type { TaskKind } from '../graph/task.ts';
import { formatId } from '../manifests/index.ts';
import { defineKind } from './define-kind.ts';
import { type Readiness, readyFact } from './facts.ts';

export interface Reference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface GateInput extends Reference {
  readonly dependsOn: readonly Reference[];
}

/**
 * Holds an object back until what it depends on is Ready, as the controllers do. A task of its own, so that a dependency's
 * failure leaves the object's last good record alone.
 */
export const gateKind: TaskKind<GateInput, null> = defineKind({
  name: 'gate',
  version: 1,
  id: (input) => `gate:${formatId(input)}`,
  declare: (input) => input,
  async run(context, input) {
    const failures: Failure[] = [];
    for (const dependency of input.dependsOn) {
      const answer = (await context.fact(readyFact(dependency))) as Readiness | null | undefined;
      if (answer === undefined || answer === null)
        failures.push(
          failure(
            'object-not-found',
            `${formatId(input)} depends on ${formatId(dependency)}, which is nowhere in the run`,
            {
              hint: `check spec.dependsOn: the namespace of a dependency is the object's own where none is given`,
            },
          ),
        );
      else if (!answer.ok) {
        if (answer.failure.reason === 'dependency-cycle') return fail(answer.failure);
        failures.push(
          failure('dependency-failed', `${formatId(input)} waits for ${formatId(dependency)}, which is not ready`, {
            // The root cause comes first: what failed by itself, not what waited for it.
            blockedBy: answer.failure.blockedBy ?? [formatId(dependency)],
          }),
        );
      }
    }
    return failures.length === 0 ? ok(null) : fail(failures[0]!);
  },
});
