import type { YamlMap } from '../../../core/value.ts';
import type { FieldSpec } from '../config/field-spec.ts';
import {
  anyMap,
  type Decoder,
  flag,
  listOf,
  optional,
  optionalText,
  structOf,
  text,
  textMap,
  texts,
  whole,
  whole64,
} from './decode.ts';

/** Which objects a patch or a replacement is for; names and kinds are regular expressions there. Absent parts are empty. */
export interface Selector {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly annotationSelector: string;
  readonly labelSelector: string;
}

export interface PatchOptions {
  readonly allowNameChange: boolean;
  readonly allowKindChange: boolean;
}

export interface Patch {
  readonly path: string;
  readonly patch: string;
  readonly target: Selector | undefined;
  readonly options: PatchOptions | undefined;
}

export interface Image {
  readonly name: string;
  readonly newName: string;
  readonly tagSuffix: string;
  readonly newTag: string;
  readonly digest: string;
}

export interface Replica {
  readonly name: string;
  readonly count: number;
}

export interface Label {
  readonly pairs: Map<string, string> | undefined;
  readonly includeSelectors: boolean;
  readonly includeTemplates: boolean;
  readonly includeVolumeClaimTemplates: boolean;
  readonly fields: FieldSpec[] | undefined;
}

export interface GeneratorOptions {
  readonly labels: Map<string, string> | undefined;
  readonly annotations: Map<string, string> | undefined;
  readonly disableNameSuffixHash: boolean;
  readonly immutable: boolean;
}

/** An entry of `configMapGenerator` or (with `type`) `secretGenerator`. */
export interface GeneratorArgs {
  readonly namespace: string;
  readonly name: string;
  readonly behavior: string;
  readonly literals: string[] | undefined;
  readonly files: string[] | undefined;
  readonly envs: string[] | undefined;
  readonly env: string;
  readonly options: GeneratorOptions | undefined;
  readonly type: string;
}

export interface ReplacementOptions {
  readonly delimiter: string;
  readonly index: number;
  readonly encoding: string;
  readonly create: boolean;
}

export interface ReplacementSource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly fieldPath: string;
  readonly options: ReplacementOptions | undefined;
}

export interface ReplacementTarget {
  readonly select: Selector | undefined;
  readonly reject: Selector[] | undefined;
  readonly fieldPaths: string[] | undefined;
  readonly options: ReplacementOptions | undefined;
}

export interface Replacement {
  readonly source: ReplacementSource | undefined;
  readonly targets: ReplacementTarget[] | undefined;
  readonly sourceValue: string | undefined;
}

export interface ReplacementField extends Replacement {
  readonly path: string;
}

export interface Var {
  readonly name: string;
  readonly objref: {
    readonly apiVersion: string;
    readonly group: string;
    readonly version: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
  };
  readonly fieldref: { readonly fieldPath: string };
}

export interface SortOptions {
  readonly order: string;
  readonly legacySortOptions:
    | { readonly orderFirst: string[] | undefined; readonly orderLast: string[] | undefined }
    | undefined;
}

export interface HelmGlobals {
  readonly chartHome: string;
  readonly configHome: string;
}

export interface HelmChart {
  readonly name: string;
  readonly version: string;
  readonly repo: string;
  readonly releaseName: string;
  readonly namespace: string;
  readonly additionalValuesFiles: string[] | undefined;
  readonly valuesFile: string;
  readonly valuesInline: YamlMap | undefined;
  readonly valuesMerge: string;
  readonly includeCRDs: boolean;
  readonly skipHooks: boolean;
  readonly apiVersions: string[] | undefined;
  readonly kubeVersion: string;
  readonly nameTemplate: string;
  readonly skipTests: boolean;
  readonly debug: boolean;
  readonly devel: boolean;
}

interface LegacyHelmChart {
  readonly chartName: string;
  readonly chartVersion: string;
  readonly chartRepoUrl: string;
  readonly chartHome: string;
  readonly chartRepoName: string;
  readonly helmBin: string;
  readonly helmHome: string;
  readonly values: string;
  readonly valuesLocal: YamlMap | undefined;
  readonly valuesMerge: string;
  readonly releaseName: string;
  readonly releaseNamespace: string;
  readonly extraArgs: string[] | undefined;
}

/** A kustomization or a component, as it is written. Absent texts are empty, absent lists and mappings `undefined`. */
export interface KustomizationFile {
  apiVersion: string;
  kind: string;
  readonly metadata: ObjectMeta | undefined;
  readonly openapi: Map<string, string> | undefined;
  readonly namePrefix: string;
  readonly nameSuffix: string;
  readonly namespace: string;
  readonly commonLabels: Map<string, string> | undefined;
  readonly labels: Label[] | undefined;
  readonly commonAnnotations: Map<string, string> | undefined;
  readonly patchesStrategicMerge: string[] | undefined;
  readonly patchesJson6902: Patch[] | undefined;
  readonly patches: Patch[] | undefined;
  readonly images: Image[] | undefined;
  readonly imageTags: Image[] | undefined;
  readonly replacements: ReplacementField[] | undefined;
  readonly replicas: Replica[] | undefined;
  readonly vars: Var[] | undefined;
  readonly sortOptions: SortOptions | undefined;
  readonly resources: string[] | undefined;
  readonly components: string[] | undefined;
  readonly crds: string[] | undefined;
  readonly bases: string[] | undefined;
  readonly configMapGenerator: GeneratorArgs[] | undefined;
  readonly secretGenerator: GeneratorArgs[] | undefined;
  readonly helmGlobals: HelmGlobals | undefined;
  readonly helmCharts: HelmChart[] | undefined;
  readonly helmChartInflationGenerator: LegacyHelmChart[] | undefined;
  readonly generatorOptions: GeneratorOptions | undefined;
  readonly configurations: string[] | undefined;
  readonly generators: string[] | undefined;
  readonly transformers: string[] | undefined;
  readonly validators: string[] | undefined;
  readonly buildMetadata: string[] | undefined;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Map<string, string> | undefined;
  readonly annotations: Map<string, string> | undefined;
}

/** The readers of the parts above: strict within a kustomization, lenient within the configuration of a plugin. */
export function decoders(strict: boolean) {
  const struct = <T>(name: string, fields: { readonly [K in keyof T]-?: Decoder<T[K]> }): Decoder<T> =>
    structOf<T>(name, fields, strict);
  const gvk = { group: text, version: text, kind: text };
  const id = { ...gvk, name: text, namespace: text };
  const selector = struct<Selector>('types.Selector', { ...id, annotationSelector: text, labelSelector: text });
  const patchOptions = struct<PatchOptions>('types.PatchArgs', { allowNameChange: flag, allowKindChange: flag });
  const patch = struct<Patch>('types.Patch', {
    path: text,
    patch: text,
    target: optional(selector),
    options: optional(patchOptions),
  });
  const image = struct<Image>('types.Image', {
    name: text,
    newName: text,
    tagSuffix: text,
    newTag: text,
    digest: text,
  });
  const fieldSpec = struct<FieldSpec>('types.FieldSpec', { ...gvk, path: text, create: flag });
  const label = struct<Label>('types.Label', {
    pairs: textMap,
    includeSelectors: flag,
    includeTemplates: flag,
    includeVolumeClaimTemplates: flag,
    fields: listOf(fieldSpec, 'types.FieldSpec'),
  });
  const generatorOptions = struct<GeneratorOptions>('types.GeneratorOptions', {
    labels: textMap,
    annotations: textMap,
    disableNameSuffixHash: flag,
    immutable: flag,
  });
  const generatorFields = {
    namespace: text,
    name: text,
    behavior: text,
    literals: texts,
    files: texts,
    envs: texts,
    env: text,
    options: optional(generatorOptions),
  };
  const configMapArgs = struct<Omit<GeneratorArgs, 'type'>>('types.ConfigMapArgs', generatorFields);
  const secretArgs = struct<GeneratorArgs>('types.SecretArgs', { ...generatorFields, type: text });
  const replacementOptions = struct<ReplacementOptions>('types.FieldOptions', {
    delimiter: text,
    index: whole,
    encoding: text,
    create: flag,
  });
  const source = struct<ReplacementSource>('types.SourceSelector', {
    ...id,
    fieldPath: text,
    options: optional(replacementOptions),
  });
  const target = struct<ReplacementTarget>('types.TargetSelector', {
    select: optional(selector),
    reject: listOf(selector, '*types.Selector'),
    fieldPaths: texts,
    options: optional(replacementOptions),
  });
  const replacementFields = {
    source: optional(source),
    targets: listOf(target, '*types.TargetSelector'),
    sourceValue: optionalText,
  };
  const replacement = struct<Replacement>('types.Replacement', replacementFields);
  const replacementField = struct<ReplacementField>('types.ReplacementField', { ...replacementFields, path: text });
  const replica = struct<Replica>('types.Replica', { name: text, count: whole64 });
  const variable = struct<Var>('types.Var', {
    name: text,
    objref: struct<Var['objref']>('types.Target', { apiVersion: text, ...id }),
    fieldref: struct<Var['fieldref']>('types.FieldSelector', { fieldPath: text }),
  });
  const sortOptions = struct<SortOptions>('types.SortOptions', {
    order: text,
    legacySortOptions: optional(
      struct<NonNullable<SortOptions['legacySortOptions']>>('types.LegacySortOptions', {
        orderFirst: texts,
        orderLast: texts,
      }),
    ),
  });
  const helmGlobalsFields = { chartHome: text, configHome: text };
  const helmGlobals = struct<HelmGlobals>('types.HelmGlobals', helmGlobalsFields);
  const helmChartFields = {
    name: text,
    version: text,
    repo: text,
    releaseName: text,
    namespace: text,
    additionalValuesFiles: texts,
    valuesFile: text,
    valuesInline: anyMap,
    valuesMerge: text,
    includeCRDs: flag,
    skipHooks: flag,
    apiVersions: texts,
    kubeVersion: text,
    nameTemplate: text,
    skipTests: flag,
    debug: flag,
    devel: flag,
  };
  const helmChart = struct<HelmChart>('types.HelmChart', helmChartFields);
  const legacyHelmChart = struct<LegacyHelmChart>('types.HelmChartArgs', {
    chartName: text,
    chartVersion: text,
    chartRepoUrl: text,
    chartHome: text,
    chartRepoName: text,
    helmBin: text,
    helmHome: text,
    values: text,
    valuesLocal: anyMap,
    valuesMerge: text,
    releaseName: text,
    releaseNamespace: text,
    extraArgs: texts,
  });
  const objectMeta = struct<ObjectMeta>('types.ObjectMeta', {
    name: text,
    namespace: text,
    labels: textMap,
    annotations: textMap,
  });
  const kustomization = struct<KustomizationFile>('types.Kustomization', {
    apiVersion: text,
    kind: text,
    metadata: optional(objectMeta),
    openapi: textMap,
    namePrefix: text,
    nameSuffix: text,
    namespace: text,
    commonLabels: textMap,
    labels: listOf(label, 'types.Label'),
    commonAnnotations: textMap,
    patchesStrategicMerge: texts,
    patchesJson6902: listOf(patch, 'types.Patch'),
    patches: listOf(patch, 'types.Patch'),
    images: listOf(image, 'types.Image'),
    imageTags: listOf(image, 'types.Image'),
    replacements: listOf(replacementField, 'types.ReplacementField'),
    replicas: listOf(replica, 'types.Replica'),
    vars: listOf(variable, 'types.Var'),
    sortOptions: optional(sortOptions),
    resources: texts,
    components: texts,
    crds: texts,
    bases: texts,
    configMapGenerator: listOf(
      (value, at): GeneratorArgs => ({ ...configMapArgs(value, at), type: '' }),
      'types.ConfigMapArgs',
    ),
    secretGenerator: listOf(secretArgs, 'types.SecretArgs'),
    helmGlobals: optional(helmGlobals),
    helmCharts: listOf(helmChart, 'types.HelmChart'),
    helmChartInflationGenerator: listOf(legacyHelmChart, 'types.HelmChartArgs'),
    generatorOptions: optional(generatorOptions),
    configurations: texts,
    generators: texts,
    transformers: texts,
    validators: texts,
    buildMetadata: texts,
  });
  return {
    struct,
    kustomization,
    selector,
    patch,
    patchOptions,
    image,
    fieldSpec,
    fieldSpecs: listOf(fieldSpec, 'types.FieldSpec'),
    generatorFields,
    secretArgs,
    replacement,
    replacementField,
    replica,
    sortOptions,
    helmGlobalsFields,
    helmChartFields,
    objectMeta,
  };
}

/** Of the fields of a kustomization. */
export const strictly = decoders(true);
/** Of the configuration of plugins. */
export const leniently = decoders(false);
