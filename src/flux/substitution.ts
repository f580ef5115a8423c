import { type Failure, failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { substituteBytes } from '../engines/envsubst/index.ts';
import { tryStringify } from '../engines/goyaml/index.ts';
import { attempt } from './attempt.ts';
import { booleanAt, mapAt, mapsAt, metadataText, textAt, textMapAt } from './fields.ts';
import { type DataLookup, objectData } from './object-data.ts';
import { parseYaml } from './yaml.ts';

/** A ConfigMap or Secret that `postBuild.substituteFrom` names. It is in the Kustomization's own namespace. */
export interface VariableSource {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly optional: boolean;
}

export interface Variables {
  /** Name to value, line breaks taken out. */
  readonly values: ReadonlyMap<string, string>;
  /**
   * Whether objects are substituted at all: there are variables, or the strategy is `Always`. What is missing would give some:
   * where Flux would wait for it, defaults are used meanwhile.
   */
  readonly substitute: boolean;
  /**
   * Nothing but defaults is known: a variable without one stays as it is written, since what is missing would say its value.
   */
  readonly keepUnset?: boolean;
  /** What `substituteFrom` names and nothing provides, optional ones left out. Flux would wait for them. */
  readonly missing: readonly VariableSource[];
}

const NO_VARIABLES: Variables = { values: new Map(), substitute: false, missing: [] };

/** What `spec.postBuild.substituteFrom` names, in order: the caller finds them before it asks for `resolveVariables`. */
export function variableSources(kustomization: YamlMap): Result<readonly VariableSource[]> {
  return attempt(() => {
    const namespace = textAt(kustomization, 'metadata', 'namespace');
    return mapsAt(kustomization, 'spec', 'postBuild', 'substituteFrom').map((reference) => ({
      kind: textAt(reference, 'kind'),
      namespace,
      name: textAt(reference, 'name'),
      optional: booleanAt(reference, 'optional'),
    }));
  });
}

/**
 * The variables of a Flux Kustomization: `substituteFrom` in order, later ones over earlier ones, inline `substitute` over all,
 * and `given` (from the command line) over that.
 * @see fluxcd/pkg kustomize/kustomize_varsub.go, LoadVariables
 */
export function resolveVariables(
  kustomization: YamlMap,
  lookup: DataLookup,
  given: ReadonlyMap<string, string> = new Map(),
): Result<Variables> {
  const sources = variableSources(kustomization);
  if (!sources.ok) return sources;
  return attempt(() => {
    const postBuild = mapAt(kustomization, 'spec', 'postBuild');
    if (postBuild === undefined) return NO_VARIABLES;
    const values = new Map<string, string>();
    const missing: VariableSource[] = [];
    const set = (key: string, value: string): unknown => values.set(key, value.replaceAll('\n', ''));
    for (const source of sources.value) {
      if (source.kind !== 'ConfigMap' && source.kind !== 'Secret') continue;
      const object = lookup(source.kind, source.namespace, source.name);
      if (object !== undefined) for (const [key, value] of objectData(object)) set(key, value);
      else if (!source.optional) missing.push(source);
    }
    for (const [key, value] of textMapAt(postBuild, 'substitute')) set(key, value);
    for (const [key, value] of given) set(key, value);
    const known = values.size > 0 || textAt(postBuild, 'substituteStrategy') === 'Always';
    return { values, substitute: known || missing.length > 0, keepUnset: !known, missing };
  });
}

/** The failure that Flux reports for a source of variables that is not there. */
export function missingVariableSource({ kind, namespace, name }: VariableSource): Failure {
  const resource = kind === 'ConfigMap' ? 'configmaps' : 'secrets';
  return failure('object-not-found', `substitute from '${kind}/${name}' error: ${resource} "${name}" not found`, {
    hint: `give ${kind} ${namespace}/${name} with --with-resource FILE, or its variables with --substitute KEY=VALUE`,
  });
}

const SUBSTITUTE = 'kustomize.toolkit.fluxcd.io/substitute';
/** Sets of variables whose names are in order: they are the same for all objects of a build. */
const checked = new WeakSet<ReadonlyMap<string, string>>();
const VARIABLE_NAME = /^[_A-Za-z][_A-Za-z0-9]*$/;

/** Whether an object's label or annotation says that its variables are left alone. */
export const isSubstitutionDisabled = (object: YamlMap): boolean =>
  metadataText(object, 'labels', SUBSTITUTE) === 'disabled' ||
  metadataText(object, 'annotations', SUBSTITUTE) === 'disabled';

/** The failure for a variable whose name Flux refuses, or `undefined`. Flux reports it for the first object that it substitutes. */
export function checkVariableNames(values: ReadonlyMap<string, string>): Failure | undefined {
  if (checked.has(values)) return undefined;
  for (const name of values.keys())
    if (!VARIABLE_NAME.test(name))
      return failure(
        'substitution-failed',
        `envsubst error: '${name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`,
      );
  checked.add(values);
  return undefined;
}

/**
 * Substitutes variables in one rendered object. Flux writes the object as YAML, substitutes in the text, and reads it back:
 * a text `${REPLICAS}` becomes a number, a value with `: ` in it changes the structure. An object without `$` cannot change but
 * for its large integers, which come back as the nearest float64; it is not written at all.
 * @returns the object itself where nothing changed
 * @see fluxcd/pkg kustomize/kustomize_varsub.go, SubstituteVariables
 */
export function substituteObject(
  object: YamlMap,
  variables: Pick<Variables, 'values' | 'substitute' | 'keepUnset'>,
  options: { readonly strict?: boolean } = {},
): Result<YamlMap> {
  if (!variables.substitute || isSubstitutionDisabled(object)) return ok(object);
  const badName = checkVariableNames(variables.values);
  if (badName !== undefined) return fail(badName);
  if (!holdsDollar(object)) return ok(toFloat64(object) as YamlMap);
  const text = tryStringify(object);
  if (!text.ok) return fail(text.error);
  const substituted = substituteBytes(text.value, variables.values, {
    ...options,
    ...(variables.keepUnset === undefined ? {} : { keepUnset: variables.keepUnset }),
  });
  if (!substituted.ok)
    return fail({
      ...substituted.error,
      message: `envsubst error: variable substitution failed: ${substituted.error.message}`,
    });
  if (!substituted.value.utf8) return refused('envsubst error: YAMLToJSON: yaml: invalid trailing UTF-8 octet');
  if (substituted.value.text === text.value) return ok(toFloat64(object) as YamlMap);
  const parsed = parseYaml(substituted.value.text, { numbers: 'float64' });
  if (!parsed.ok)
    return refused(
      `envsubst error: YAMLToJSON: ${parsed.error.message.replace(/^error converting YAML to JSON: /, '')}`,
      excerpt(substituted.value.text, parsed.error.line),
    );
  if (!isMap(parsed.value))
    return refused(
      'UnmarshalJSON: json: cannot unmarshal a value that is no mapping into Go value of type map[string]interface {}',
    );
  return ok(parsed.value);
}

const refused = (message: string, hint?: string): Result<never> =>
  fail(failure('substitution-failed', message, hint === undefined ? {} : { hint }));

/** The line of the substituted text that cannot be read; its name, not what the variables made of it: that may be secret. */
function excerpt(text: string, line = 0): string | undefined {
  const key = /^[\s-]*([\w./-]+):/.exec(text.split('\n')[line - 1] ?? '')?.[1];
  return key === undefined ? undefined : `see the field ${key}: what its variables stand for may need quotes`;
}

function holdsDollar(value: YamlValue): boolean {
  if (typeof value === 'string') return value.includes('$');
  if (Array.isArray(value)) return value.some(holdsDollar);
  if (value instanceof Map) for (const [key, item] of value) if (key.includes('$') || holdsDollar(item)) return true;
  return false;
}

/** The same value where it holds no bigint; a copy with the nearest numbers where it does. */
function toFloat64(value: YamlValue): YamlValue {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) {
    const items = value.map(toFloat64);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!(value instanceof Map)) return value;
  let copy: YamlMap | undefined;
  for (const [key, item] of value) {
    const converted = toFloat64(item);
    if (converted === item) continue;
    copy ??= new Map(value);
    copy.set(key, converted);
  }
  return copy ?? value;
}

/** `Kind.version.group/name`, as Flux names an object in the messages of its builds. */
export function buildName(object: YamlMap): string {
  const [version = '', group = ''] = textOf(object.get('apiVersion')).split('/').reverse();
  const part = (text: string, absent: string): string => (text === '' ? absent : text);
  const kind = part(textOf(object.get('kind')), '[noKind]');
  return `${kind}.${part(version, '[noVer]')}.${part(group, '[noGrp]')}/${textOf(getIn(object, 'metadata', 'name'))}`;
}

const textOf = (value: YamlValue | undefined): string => (typeof value === 'string' ? value : '');
