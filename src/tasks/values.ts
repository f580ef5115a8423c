import { canonicalJson } from '../core/digest.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { fromPlain, type YamlMap } from '../core/value.ts';
import { composeValues, valuesReferences } from '../flux/compose-values.ts';
import { knownPart } from '../flux/declared-secret.ts';
import type { Json, TaskContext, TaskKind } from '../graph/task.ts';
import { formatId } from '../manifests/index.ts';
import { defineKind } from './define-kind.ts';
import { type DeclaredFact, declaredSecretFact, objectOf } from './facts.ts';

export interface ValuesInput {
  /** The HelmRelease as its fact says it: canonical JSON. */
  readonly object: string;
}

export type ValuesOutput = {
  /** The values as canonical JSON, in the store: equal values have equal digests. */
  readonly values: string;
};

/** Gathers the values of a HelmRelease: what `valuesFrom` names, `values` over it. */
export const valuesKind: TaskKind<ValuesInput, ValuesOutput & Json> = defineKind({
  name: 'values',
  version: 1,
  id: ({ object }) => `values:${idOf(object)}`,
  declare: ({ object }) => {
    const { metadata, spec } = JSON.parse(object) as {
      metadata: { name: string; namespace?: string };
      spec?: Record<string, unknown>;
    };
    return {
      name: metadata.name,
      namespace: metadata.namespace ?? '',
      values: spec?.values ?? null,
      valuesFrom: spec?.valuesFrom ?? null,
    };
  },
  run: gather,
});

const idOf = (object: string): string => {
  const { metadata } = JSON.parse(object) as { metadata: { name: string; namespace?: string } };
  return formatId({ kind: 'HelmRelease', namespace: metadata.namespace ?? '', name: metadata.name });
};

async function gather(context: TaskContext, input: ValuesInput): Promise<Result<ValuesOutput & Json>> {
  const release = fromPlain(JSON.parse(input.object)) as YamlMap;
  const references = valuesReferences(release);
  if (!references.ok) return references;
  const found = new Map<string, YamlMap>();
  for (const { kind, namespace, name, optional } of references.value) {
    const object = await objectOf(context, { group: '', kind, namespace, name }, { optional });
    const known = object ?? (kind === 'Secret' ? knownPart(await declaredBy(context, namespace, name)) : undefined);
    if (known !== undefined) found.set(`${kind}/${namespace}/${name}`, known);
  }
  const composed = composeValues(release, (kind, namespace, name) => found.get(`${kind}/${namespace}/${name}`), {
    placeholders: true,
  });
  if (!composed.ok) return composed;
  for (const { kind, namespace, name, valuesKey, targetPath, encrypted } of composed.value.missing) {
    const maker = kind === 'Secret' && !encrypted ? await declaredBy(context, namespace, name) : undefined;
    const what = `${formatId({ kind, namespace, name })} (key ${valuesKey})`;
    const effect = targetPath === '' ? 'its values are left out' : `a placeholder stands at ${targetPath}`;
    const why = encrypted
      ? 'is encrypted and no key for it is at hand'
      : maker?.by !== undefined
        ? `is made by an ${maker.by} and unknown here`
        : 'is nowhere in the run';
    context.warn({
      message: `${idOf(input.object)}: ${what} ${why}: ${effect}; give it with --with-resource FILE`,
      together: {
        text: `{count} values for HelmReleases are unknown here, so ${targetPath === '' ? 'they are left out' : 'placeholders stand for them'}: {names}; give the Secrets and ConfigMaps that hold them with --with-resource FILE`,
        subject: `${valuesKey} of ${formatId({ kind, namespace, name })}`,
      },
    });
  }
  return ok({ values: context.store(canonicalJson(composed.value.values)) });
}

const declaredBy = async (context: TaskContext, namespace: string, name: string): Promise<DeclaredFact | undefined> =>
  (await context.fact(declaredSecretFact(namespace, name), { optional: true })) as DeclaredFact | undefined;

/** The values that a `ValuesOutput` names. */
export function readValues(context: Pick<TaskContext, 'load'>, output: ValuesOutput): Result<YamlMap> {
  const value = fromPlain(JSON.parse(Buffer.from(context.load(output.values)).toString('utf8')));
  return value instanceof Map ? ok(value) : fail({ reason: 'bug', message: 'values are no mapping' });
}
