import { type Failure, failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { YamlMap, YamlValue } from '../core/value.ts';
import { jsonKind } from '../engines/gotemplate/json-parse.ts';
import { mergeMaps } from '../engines/helm/merge-maps.ts';
import { parseSet, parseSetString } from '../engines/helm/strvals.ts';
import { attempt } from './attempt.ts';
import { booleanAt, FluxError, mapAt, mapsAt, textAt } from './fields.ts';
import { type DataLookup, objectData } from './object-data.ts';
import { placeholder } from './sops/decrypt-tree.ts';
import { parseYaml } from './yaml.ts';

/** An entry of `spec.valuesFrom`. What it names is in the HelmRelease's own namespace. */
export interface ValuesReference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Default `values.yaml`. */
  readonly valuesKey: string;
  /** Empty: the value is a whole values file. */
  readonly targetPath: string;
  readonly optional: boolean;
  readonly literal: boolean;
}

export interface ComposedValues {
  /** User values, numbers as float64 (`bigint`: int64, as `--set` gives). */
  readonly values: YamlMap;
  /** References that nothing provides, optional ones left out; only with `placeholders`. */
  readonly missing: readonly MissingValues[];
}

export interface MissingValues extends ValuesReference {
  /** The object is there, but encrypted: a placeholder stands for its whole values file. */
  readonly encrypted: boolean;
}

export interface ComposeValuesOptions {
  /**
   * Goes on without a ConfigMap, Secret or key that is not there or could not be decrypted: with a `targetPath`,
   * `..PLACEHOLDER_<key>..` stands for the value, otherwise the reference gives no values. Without it, the first one is the failure that helm-controller reports.
   */
  readonly placeholders?: boolean;
}

/** What `spec.valuesFrom` names, in order: the caller finds them before it asks for `composeValues`. */
export function valuesReferences(release: YamlMap): Result<readonly ValuesReference[]> {
  return attempt(() => {
    const namespace = textAt(release, 'metadata', 'namespace');
    return mapsAt(release, 'spec', 'valuesFrom').map((reference) => ({
      kind: textAt(reference, 'kind'),
      namespace,
      name: textAt(reference, 'name'),
      valuesKey: textAt(reference, 'valuesKey') || 'values.yaml',
      targetPath: textAt(reference, 'targetPath'),
      optional: booleanAt(reference, 'optional'),
      literal: booleanAt(reference, 'literal'),
    }));
  });
}

/**
 * The values of a HelmRelease. References are merged in order and inline `values` over all of them; each `targetPath` is set
 * after inline values have been merged in, so that it wins where the two share a mapping that no earlier reference gave, or
 * name a list's item, and loses otherwise. (The sharing is the real code's, kept on purpose; its documentation says otherwise.)
 * @see fluxcd/pkg chartutil/values.go, ChartValuesFromReferences
 */
export function composeValues(
  release: YamlMap,
  lookup: DataLookup,
  options: ComposeValuesOptions = {},
): Result<ComposedValues> {
  const references = valuesReferences(release);
  if (!references.ok) return references;
  return attempt(() => {
    const inline = toFloat64(mapAt(release, 'spec', 'values') ?? new Map()) as YamlMap;
    const missing: MissingValues[] = [];
    const absent = new Set<string>();
    let result: YamlMap = new Map();
    for (const reference of references.value) {
      const found = referenceText(reference, lookup, absent);
      let text = found.ok ? found.value : undefined;
      if (!found.ok) {
        if (reference.optional && found.error.reason === 'object-not-found') continue;
        if (!options.placeholders || found.error.reason !== 'object-not-found') throw new FluxError(found.error);
        missing.push({ ...reference, encrypted: false });
        if (reference.targetPath === '') continue;
        text = placeholder(reference.valuesKey);
      } else if (options.placeholders && reference.targetPath === '' && text === placeholder(reference.valuesKey)) {
        missing.push({ ...reference, encrypted: true });
        continue;
      }
      if (reference.targetPath !== '') {
        result = mergeMaps(result, inline);
        setPath(result, reference, text!);
      } else result = mergeMaps(result, readValues(reference, text!));
    }
    return { values: mergeMaps(result, inline), missing };
  });
}

/** @param absent what was looked up in vain: the second time, the real code has another word for it */
function referenceText(reference: ValuesReference, lookup: DataLookup, absent: Set<string>): Result<string> {
  const { kind, namespace, name, valuesKey } = reference;
  if (kind !== 'ConfigMap' && kind !== 'Secret')
    return fail(unresolved(reference, 'values-failed', 'unsupported values reference kind'));
  const object = lookup(kind, namespace, name);
  if (object === undefined) {
    const resource = kind === 'Secret' ? 'secrets' : 'configmaps';
    const cause = absent.has(`${kind}/${name}`) ? 'resource not found' : `${resource} "${name}" not found`;
    absent.add(`${kind}/${name}`);
    return fail(unresolved(reference, 'object-not-found', cause));
  }
  const text = objectData(object).get(valuesKey);
  return text === undefined ? fail(unresolved(reference, 'object-not-found', 'key not found')) : ok(text);
}

function unresolved(reference: ValuesReference, reason: 'values-failed' | 'object-not-found', cause: string): Failure {
  const { kind, namespace, name, valuesKey, optional } = reference;
  const message = `could not resolve${optional ? ' optional' : ''}${kind === '' ? '' : ` ${kind}`} chart values reference '${namespace}/${name}' with key '${valuesKey}': ${cause}`;
  if (reason !== 'object-not-found') return failure(reason, message);
  return failure(reason, message, { hint: `give ${kind} ${namespace}/${name} with --with-resource FILE` });
}

function readValues(reference: ValuesReference, text: string): YamlMap {
  const parsed = parseYaml(text, { numbers: 'float64' });
  if (!parsed.ok) throw new FluxError(unresolved(reference, 'values-failed', parsed.error.message));
  if (parsed.value === null) return new Map();
  if (parsed.value instanceof Map) return parsed.value;
  const cause = `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(parsed.value)} into Go value of type common.Values`;
  throw new FluxError(unresolved(reference, 'values-failed', cause));
}

/** @see fluxcd/pkg chartutil/values.go, ReplacePathValue and ReplacePathLiteralValue */
function setPath(values: YamlMap, reference: ValuesReference, text: string): void {
  const set = reference.literal
    ? parseSetString(`${reference.targetPath}=${text.replace(/[\\,[\]{}]/g, '\\$&')}`, values)
    : isQuoted(text)
      ? parseSetString(`${reference.targetPath}=${text.replace(/^['"]+|['"]+$/g, '')}`, values)
      : parseSet(`${reference.targetPath}=${text}`, values);
  if (!set.ok) throw new FluxError(unresolved(reference, 'values-failed', set.error));
}

const isQuoted = (text: string): boolean =>
  (text.startsWith("'") && text.endsWith("'")) || (text.startsWith('"') && text.endsWith('"'));

/** A copy with integers as the nearest float64, as JSON is read into Go's `interface{}`. */
function toFloat64(value: YamlValue): YamlValue {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(toFloat64);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, toFloat64(item)]));
  return value;
}
