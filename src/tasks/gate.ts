import { type Failure, failure } from '../core/failure.ts';
import { fail, ok } from '../core/result.ts';
import { fromPlain, type YamlMap, type YamlValue } from '../core/value.ts';
import { evaluateReadyExpr, readyVariables } from '../flux/ready-expr.ts';
import type { TaskContext, TaskKind } from '../graph/task.ts';
import { formatId } from '../manifests/index.ts';
import { defineKind } from './define-kind.ts';
import { objectOf, type Readiness, readyFact } from './facts.ts';

export interface Reference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface GateInput extends Reference {
  readonly dependsOn: readonly (Reference & { /** CEL. */ readonly readyExpr?: string })[];
  /** The object itself as canonical JSON, where an expression is to see it. */
  readonly self?: string;
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
      else if (!answer.ok && answer.failure.reason === 'dependency-cycle') return fail(answer.failure);
      else if (dependency.readyExpr !== undefined) {
        const refused = await refusal(context, input, { ...dependency, readyExpr: dependency.readyExpr }, answer);
        if (refused !== undefined) failures.push(refused);
      } else if (!answer.ok) {
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

const GROUPS = new Map([
  ['Kustomization', 'kustomize.toolkit.fluxcd.io'],
  ['HelmRelease', 'helm.toolkit.fluxcd.io'],
  ['ResourceSet', 'fluxcd.controlplane.io'],
]);

/**
 * Why a `readyExpr` holds the object back. It stands in for the dependency's own readiness, as in the controllers; what it sees
 * of a status is the Ready condition that this run gives.
 * @see kustomize-controller internal/controller/kustomization_controller.go, checkDependencies
 */
async function refusal(
  context: TaskContext,
  input: GateInput,
  dependency: Reference & { readonly readyExpr: string },
  answer: Readiness,
): Promise<Failure | undefined> {
  const object = await objectOf(context, { group: GROUPS.get(dependency.kind) ?? '', ...dependency });
  const dep = object === undefined ? undefined : withReadiness(object, answer);
  const self = fromPlain(JSON.parse(input.self ?? 'null')) as YamlMap;
  if (dep === undefined)
    return failure(
      'object-not-found',
      `${formatId(input)} depends on ${formatId(dependency)}, which is nowhere in the run`,
    );
  const variables =
    input.kind === 'ResourceSet'
      ? readyVariables(dep)
      : new Map<string, YamlValue>([
          ['self', withReadiness(self, { ok: false })],
          ['dep', dep],
        ]);
  const ready = await evaluateReadyExpr(dependency.readyExpr, variables);
  if (ready.ok && ready.value) return undefined;
  if (ready.ok)
    return failure(
      'dependency-failed',
      `${formatId(input)} waits for ${formatId(dependency)}, which is not ready according to its readyExpr: ${dependency.readyExpr.trim()}`,
      { blockedBy: (answer.ok ? undefined : answer.failure.blockedBy) ?? [formatId(dependency)] },
    );
  // Of a status only the Ready condition is known here: what else an expression asks of it, the cluster alone can tell.
  if (ready.error.reason === 'precondition-failed' && answer.ok && /\bstatus\b/.test(dependency.readyExpr)) {
    context.warn(
      `${formatId(input)}: whether ${formatId(dependency)} is ready cannot be told here, and is taken for granted: ${ready.error.message}`,
    );
    return undefined;
  }
  return {
    ...ready.error,
    message: `${formatId(input)}: spec.dependsOn ${formatId(dependency)}: ${ready.error.message}`,
  };
}

/** The object as the API server would show it once its controller has handled it. */
function withReadiness(object: YamlMap, { ok: isReady }: { readonly ok: boolean }): YamlMap {
  const metadata: YamlMap = new Map(object.get('metadata') as YamlMap);
  if (!metadata.has('generation')) metadata.set('generation', 1);
  const generation = metadata.get('generation') ?? 1;
  const given = object.get('status');
  const status: YamlMap = new Map<string, YamlValue>([
    ['observedGeneration', generation],
    [
      'conditions',
      [
        new Map<string, YamlValue>([
          ['type', 'Ready'],
          ['status', isReady ? 'True' : 'False'],
          ['reason', isReady ? 'ReconciliationSucceeded' : 'ReconciliationFailed'],
          ['message', ''],
          ['observedGeneration', generation],
        ]),
      ],
    ],
    ...(given instanceof Map ? given : []),
  ]);
  return new Map<string, YamlValue>([...object, ['metadata', metadata], ['status', status]]);
}
