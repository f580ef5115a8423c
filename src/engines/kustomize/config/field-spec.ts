import { compareGvk, type Gvk, isSelected } from '../ids.ts';
import { KustomizeProblem, prefixed } from '../problem.ts';
import { defaultFieldSpecs, defaultNameReferences, type FieldSpecRow } from './default-field-specs.generated.ts';

/** A field that a transformer works on: in objects of which group, version and kind (empty for any), at which path. */
export interface FieldSpec extends Gvk {
  /** Steps separated by `/` (`\/` for a slash within one); `[]` at the end of a step demands a list. */
  readonly path: string;
  /** Whether the path is made where it is not there. */
  readonly create: boolean;
}

/** What may be referred to by its name, and the fields that refer to it. */
export interface NameBackReference extends Gvk {
  readonly referrers: readonly FieldSpec[];
}

/** Adds `incoming`; one that is there already must agree on `create`. */
export function mergeFieldSpecs(specs: readonly FieldSpec[], incoming: readonly FieldSpec[]): readonly FieldSpec[] {
  if (incoming.length === 0) return specs;
  if (specs.length === 0) return incoming.reduce<readonly FieldSpec[]>(mergeOne, []);
  return incoming.reduce(mergeOne, specs);
}

function mergeOne(specs: readonly FieldSpec[], incoming: FieldSpec): readonly FieldSpec[] {
  const there = specs.find((spec) => spec.path === incoming.path && isSelected(spec, incoming));
  if (there === undefined) return [...specs, incoming];
  if (there.create !== incoming.create) throw new KustomizeProblem('conflicting fieldspecs');
  return specs;
}

const FIELDS = [
  'namePrefix',
  'nameSuffix',
  'namespace',
  'commonLabels',
  'labels',
  'templateLabels',
  'volumeClaimTemplateLabels',
  'commonAnnotations',
  'varReference',
  'images',
  'replicas',
] as const;
export type TransformerField = (typeof FIELDS)[number];

const TITLES: Readonly<Record<TransformerField, string>> = {
  namePrefix: 'NamePrefix',
  nameSuffix: 'NameSuffix',
  namespace: 'NameSpace',
  commonLabels: 'CommonLabels',
  labels: 'Labels',
  templateLabels: 'TemplateLabels',
  volumeClaimTemplateLabels: 'VolumeClaimTemplateLabels',
  commonAnnotations: 'CommonAnnotations',
  varReference: 'VarReference',
  images: 'Images',
  replicas: 'Replicas',
};

/**
 * Which fields each transformer works on. Immutable: a merge gives another one.
 * @see kustomize api/internal/plugins/builtinconfig/transformerconfig.go
 */
export class TransformerConfig {
  readonly fields: Readonly<Record<TransformerField, readonly FieldSpec[]>>;
  readonly nameReferences: readonly NameBackReference[];

  constructor(
    fields: Readonly<Record<TransformerField, readonly FieldSpec[]>>,
    nameReferences: readonly NameBackReference[],
  ) {
    this.fields = fields;
    this.nameReferences = nameReferences;
  }

  merge(other: TransformerConfig): TransformerConfig {
    if (other === this || other === EMPTY_CONFIG) return this;
    if (this.#merged.has(other)) return this;
    if (this === EMPTY_CONFIG) {
      other.#normal ??= this.#mergeAll(other);
      return other.#normal;
    }
    return this.#mergeAll(other);
  }

  /** This one merged into an empty one, which leaves out entries that others before them make superfluous. */
  #normal: TransformerConfig | undefined;
  /** What this one was merged from: merging that in again changes nothing. */
  #merged: ReadonlySet<TransformerConfig> = new Set();

  #mergeAll(other: TransformerConfig): TransformerConfig {
    const fields = {} as Record<TransformerField, readonly FieldSpec[]>;
    for (const field of FIELDS)
      fields[field] = sorted(
        prefixed(`failed to merge ${TITLES[field]} fieldSpec`, () =>
          mergeFieldSpecs(this.fields[field], other.fields[field]),
        ),
      );
    const references = prefixed('failed to merge NameReference fieldSpec', () =>
      mergeReferences(this.nameReferences, other.nameReferences),
    );
    const merged = new TransformerConfig(fields, sorted(references));
    merged.#merged = new Set([...this.#merged, ...other.#merged, this, other]);
    return merged;
  }
}

function sorted<T extends Gvk>(items: readonly T[]): readonly T[] {
  return [...items].sort(compareGvk);
}

function mergeReferences(
  ours: readonly NameBackReference[],
  theirs: readonly NameBackReference[],
): readonly NameBackReference[] {
  let result = ours;
  for (const other of theirs) {
    let found = false;
    result = result.map((own) => {
      if (own.kind !== other.kind || own.group !== other.group || own.version !== other.version) return own;
      found = true;
      return { ...own, referrers: mergeFieldSpecs(own.referrers, other.referrers) };
    });
    if (!found) result = [...result, other];
  }
  return result;
}

const fromRow = ([group, version, kind, path, create]: FieldSpecRow): FieldSpec => ({
  group,
  version,
  kind,
  path,
  create,
});

function emptyFields(): Record<TransformerField, readonly FieldSpec[]> {
  return Object.fromEntries(FIELDS.map((field) => [field, []])) as unknown as Record<
    TransformerField,
    readonly FieldSpec[]
  >;
}

export const EMPTY_CONFIG = new TransformerConfig(emptyFields(), []);

let defaultConfig: TransformerConfig | undefined;
/** What kustomize knows of the built-in kinds. */
export function defaultTransformerConfig(): TransformerConfig {
  if (defaultConfig === undefined) {
    const fields = emptyFields();
    for (const field of FIELDS) fields[field] = (defaultFieldSpecs[field] ?? []).map(fromRow);
    const references = defaultNameReferences.map(([group, version, kind, referrers]) => ({
      group,
      version,
      kind,
      referrers: referrers.map(fromRow),
    }));
    defaultConfig = new TransformerConfig(fields, references);
  }
  return defaultConfig;
}

export interface TransformerConfigFile extends Partial<Record<TransformerField, readonly FieldSpec[] | undefined>> {
  readonly nameReference?: readonly NameBackReference[] | undefined;
}

/** A configuration as a file or a CRD gives it. */
export function transformerConfig(file: TransformerConfigFile): TransformerConfig {
  const fields = emptyFields();
  for (const field of FIELDS) fields[field] = sorted(file[field] ?? []);
  return new TransformerConfig(fields, sorted(file.nameReference ?? []));
}

/** The path of a field spec in its steps. */
export function splitPath(path: string, delimiter: string): string[] {
  let parts = path.split(delimiter);
  if (parts.length > 1 && parts[0] === '') parts = parts.slice(1);
  const result = [parts[0]!];
  for (const part of parts.slice(1)) {
    const last = result.at(-1)!;
    if (last.endsWith('\\')) result[result.length - 1] = `${last.slice(0, -1)}${delimiter}${part}`;
    else result.push(part);
  }
  return result;
}
