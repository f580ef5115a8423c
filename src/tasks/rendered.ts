import { canonicalJson, type Digest } from '../core/digest.ts';
import { getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { stringify } from '../engines/goyaml/index.ts';
import { isDeclaringSecret } from '../flux/declared-secret.ts';
import type { TaskContext } from '../graph/task.ts';
import { fluxKind, isConfigMap, isCrd, isSecret, isSourceKind, type ObjectId, objectId } from '../manifests/index.ts';
import { NAMED_BY_VARIABLE, PLACEHOLDERS, SENSITIVE } from './facts.ts';

/** An object in the output of a `build` or `template` task. */
export type RenderedObject = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Where its YAML stands in the stream: byte offsets, the `---` line left out. */
  readonly start: number;
  readonly end: number;
  /** What the rest of the run may ask of it (`factOf`), as canonical JSON; absent for kinds that nobody asks for. */
  readonly fact?: string;
  /** Rendered from a Helm hook. */
  readonly hook?: boolean;
};

/** What a `build` or `template` task gives: a YAML stream in the store, and the index of its objects. */
export type Rendered = {
  readonly stream: Digest;
  readonly objects: readonly RenderedObject[];
  /** Why the cluster would refuse the objects all the same; they are shown, and their parent has failed. */
  readonly refused?: string;
};

export interface ObjectToWrite {
  readonly object: YamlMap;
  readonly hook?: boolean;
  /** Decrypted: its fact says so to all who read it. */
  readonly sensitive?: boolean;
  /** The `spec` of a HelmRelease with placeholders for the variables that nothing tells. */
  readonly placeholders?: YamlValue | undefined;
  /** Declares a Secret, and a variable names it. */
  readonly namedByVariable?: boolean;
}

/** Writes objects as one YAML stream, keys sorted as `sigs.k8s.io/yaml` does, and keeps it under its digest. */
export function writeRendered(context: Pick<TaskContext, 'store'>, objects: readonly ObjectToWrite[]): Rendered {
  const parts: string[] = [];
  const index: RenderedObject[] = [];
  let at = 0;
  for (const { object, hook, sensitive, placeholders, namedByVariable } of objects) {
    const text = stringify(object);
    const start = at + SEPARATOR.length;
    at = start + Buffer.byteLength(text);
    parts.push(SEPARATOR, text);
    const id = objectId(object);
    const fact = factOf(id, object);
    if (sensitive && isMap(fact)) fact.set(SENSITIVE, true);
    if (placeholders !== undefined && isMap(fact)) fact.set(PLACEHOLDERS, placeholders);
    if (namedByVariable && isMap(fact)) fact.set(NAMED_BY_VARIABLE, true);
    index.push({
      ...id,
      start,
      end: at,
      ...(fact === undefined ? {} : { fact: canonicalJson(fact) }),
      ...(hook ? { hook } : {}),
    });
  }
  return { stream: context.store(parts.join('')), objects: index };
}

const SEPARATOR = '---\n';

/**
 * The part of an object that the rest of a run can see, or `undefined` for kinds that nothing asks for. Labels and annotations
 * are in it for the kinds that are chosen by them; those that only say who applied an object are not: they change no result.
 */
export function factOf(id: ObjectId, object: YamlMap): YamlValue | undefined {
  if (isConfigMap(id) || isSecret(id))
    return pick(object, ['apiVersion', 'kind', 'type', 'data', 'binaryData', 'stringData'], id);
  const kind = fluxKind(id);
  if (kind !== undefined) {
    const fact = pick(object, ['apiVersion', 'kind', 'spec', 'status'], id);
    return isSourceKind(kind) ? fact : withLabels(fact, object);
  }
  if (isCrd(id)) {
    const names = getIn(object, 'spec', 'names', 'kind') ?? null;
    const group = getIn(object, 'spec', 'group') ?? null;
    const scope = getIn(object, 'spec', 'scope') ?? null;
    return new Map<string, YamlValue>([
      ['group', group],
      ['kind', names],
      ['scope', scope],
    ]);
  }
  if (id.group === '' && id.kind === 'ServiceAccount')
    return object.has('imagePullSecrets') ? pick(object, ['apiVersion', 'kind', 'imagePullSecrets'], id) : undefined;
  return isDeclaringSecret(id.group, id.kind) ? pick(object, ['apiVersion', 'kind', 'spec'], id) : undefined;
}

const OWNERSHIP = /^(?:kustomize|helm)\.toolkit\.fluxcd\.io\/(?:name|namespace)$/;

function pick(object: YamlMap, fields: readonly string[], id: ObjectId): YamlMap {
  const out: YamlMap = new Map();
  for (const field of fields) {
    const value = object.get(field);
    if (value !== undefined && value !== null) out.set(field, value);
  }
  const metadata: YamlMap = new Map<string, YamlValue>([['name', id.name]]);
  if (id.namespace !== '') metadata.set('namespace', id.namespace);
  return out.set('metadata', metadata);
}

function withLabels(fact: YamlMap, object: YamlMap): YamlMap {
  const metadata = fact.get('metadata');
  for (const field of ['labels', 'annotations']) {
    const value = getIn(object, 'metadata', field);
    if (!isMap(value) || !isMap(metadata)) continue;
    const kept = new Map([...value].filter(([key]) => !OWNERSHIP.test(key)));
    if (kept.size > 0) metadata.set(field, kept);
  }
  return fact;
}
