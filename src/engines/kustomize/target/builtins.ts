import { fromPlain } from '../../../core/value.ts';
import { stringify } from '../../goyaml/index.ts';
import type { FieldSpec, TransformerConfig } from '../config/field-spec.ts';
import { mergeFieldSpecs } from '../config/field-spec.ts';
import { generateConfig, mergeOptions } from '../generators/config-maps/config-maps.ts';
import type { Generator } from '../generators/generator.ts';
import { helmChartGenerator } from '../generators/helm-charts/helm-charts.ts';
import type { GeneratorArgs, Label, Patch, ReplacementField } from '../kustomization/types.ts';
import { builtinOrigin, type Origin } from '../loading/origin.ts';
import { prefixed } from '../problem.ts';
import { imageTransformer } from '../transformers/images/images.ts';
import { entriesTransformer } from '../transformers/labels/labels.ts';
import { nameAffixTransformer } from '../transformers/name-affix/name-affix.ts';
import { namespaceTransformer } from '../transformers/namespace/namespace.ts';
import { json6902Transformer, patchTransformer, strategicMergeTransformer } from '../transformers/patches/patches.ts';
import { loadReplacements } from '../transformers/replacements/load-replacements.ts';
import { replacementTransformer } from '../transformers/replacements/replacements.ts';
import { replicaTransformer } from '../transformers/replicas/replicas.ts';
import type { Transformer } from '../transformers/transformer.ts';
import type { PlacedTransformer } from './plugins.ts';
import type { Target } from './target.ts';

/**
 * The generators that a kustomization's own fields ask for, in kustomize's order.
 * @see kustomize api/internal/target/kusttarget_configplugin.go
 */
export function builtinGenerators(target: Target): Generator[] {
  const { kustomization, loader, context } = target;
  const generators: Generator[] = [];
  const add = (kind: 'ConfigMap' | 'Secret', list: readonly GeneratorArgs[] | undefined): void => {
    const name = `${kind}Generator`;
    const origin = placed(target, name);
    for (const args of list ?? []) {
      const options = mergeOptions(args.options, kustomization.generatorOptions);
      generators.push({
        generate: () => [generateConfig(kind, { ...args, options }, loader, context)],
        origin,
        name: `${name} ${args.name}`,
      });
    }
  };
  add('ConfigMap', kustomization.configMapGenerator);
  add('Secret', kustomization.secretGenerator);
  const globals = kustomization.helmGlobals ?? { chartHome: '', configHome: '' };
  for (const chart of kustomization.helmCharts ?? []) {
    const namespace = chart.namespace || kustomization.namespace || target.helmNamespace;
    const settings = { ...globals, ...chart, namespace };
    generators.push({
      generate: configured('HelmChartInflationGenerator', settings, () =>
        helmChartGenerator(settings, loader, context),
      ),
      origin: placed(target, 'HelmChartInflationGenerator'),
      name: `HelmChartInflationGenerator ${chart.name}`,
    });
  }
  return generators;
}

/**
 * The transformers that a kustomization's own fields ask for, in kustomize's order.
 */
export function builtinTransformers(target: Target, config: TransformerConfig): PlacedTransformer[] {
  const { kustomization, loader, context } = target;
  const { fields } = config;
  const transformers: PlacedTransformer[] = [];
  const add = (kind: string, settings: unknown, make: (shown: string) => Transformer): void => {
    transformers.push({ transformer: configured(kind, settings, make), origin: placed(target, kind) });
  };

  const { patchesStrategicMerge } = kustomization;
  if (patchesStrategicMerge !== undefined && patchesStrategicMerge.length > 0)
    add('PatchStrategicMergeTransformer', { paths: patchesStrategicMerge }, () =>
      strategicMergeTransformer({ paths: patchesStrategicMerge, patches: '' }, loader, context),
    );
  for (const patch of kustomization.patches ?? [])
    add('PatchTransformer', patch, (shown) => patchTransformer(patch, shown, loader, context));
  if (kustomization.namespace !== '')
    add('NamespaceTransformer', { metadata: { namespace: kustomization.namespace } }, () =>
      namespaceTransformer({
        namespace: kustomization.namespace,
        specs: fields.namespace,
        unsetOnly: false,
        subjects: 'defaultOnly',
      }),
    );
  if (kustomization.namePrefix !== '')
    add('PrefixTransformer', { prefix: kustomization.namePrefix }, () =>
      nameAffixTransformer('prefix', kustomization.namePrefix, fields.namePrefix),
    );
  if (kustomization.nameSuffix !== '')
    add('SuffixTransformer', { suffix: kustomization.nameSuffix }, () =>
      nameAffixTransformer('suffix', kustomization.nameSuffix, fields.nameSuffix),
    );
  const labels = kustomization.labels ?? [];
  const commonLabels = kustomization.commonLabels ?? new Map<string, string>();
  if (labels.length > 0 || commonLabels.size > 0) {
    for (const label of labels) {
      const specs = prefixed('failed to merge labels', () => labelSpecs(label, config));
      add('LabelTransformer', { labels: label.pairs }, () => entriesTransformer(label.pairs ?? new Map(), specs));
    }
    add('LabelTransformer', { labels: commonLabels }, () => entriesTransformer(commonLabels, fields.commonLabels));
  }
  const annotations = kustomization.commonAnnotations;
  if (annotations !== undefined && annotations.size > 0)
    add('AnnotationsTransformer', { annotations }, () => entriesTransformer(annotations, fields.commonAnnotations));
  for (const patch of kustomization.patchesJson6902 ?? [])
    add('PatchJson6902Transformer', json6902Config(patch), () => json6902Transformer(patch, loader));
  for (const replica of kustomization.replicas ?? [])
    add('ReplicaCountTransformer', { replica }, () => replicaTransformer(replica, fields.replicas));
  for (const image of kustomization.images ?? [])
    add('ImageTagTransformer', { imageTag: image }, () => imageTransformer(image, fields.images));
  const replacements: readonly ReplacementField[] = kustomization.replacements ?? [];
  if (replacements.length > 0)
    add('ReplacementTransformer', { Replacements: replacements }, () =>
      replacementTransformer(loadReplacements(replacements, loader)),
    );
  return transformers;
}

const json6902Config = (patch: Patch): unknown => ({ target: patch.target, path: patch.path, jsonOp: patch.patch });

const METADATA_LABELS: FieldSpec = { group: '', version: '', kind: '', path: 'metadata/labels', create: true };

function labelSpecs(label: Label, config: TransformerConfig): readonly FieldSpec[] {
  const { fields } = config;
  let specs = mergeFieldSpecs(label.fields ?? [], fields.labels);
  if (label.includeSelectors) return mergeFieldSpecs(specs, fields.commonLabels);
  if (label.includeTemplates)
    specs = prefixed('failed to merge template fieldSpec', () => mergeFieldSpecs(specs, fields.templateLabels));
  if (label.includeVolumeClaimTemplates)
    specs = prefixed('failed to merge volumeClaimTemplate fieldSpec', () =>
      mergeFieldSpecs(specs, fields.volumeClaimTemplateLabels),
    );
  return mergeFieldSpecs(specs, [METADATA_LABELS]);
}

function placed(target: Target, kind: string): Origin | undefined {
  return target.origin === undefined ? undefined : builtinOrigin(target.origin, target.kustomization.file, kind);
}

/** Runs what reads the settings of a builtin; its problems tell which one and with which settings. */
function configured<T>(kind: string, settings: unknown, make: (shown: string) => T): T {
  const shown = (): string => stringify(fromPlain(withoutEmpty(settings)));
  return prefixed(
    () => `trouble configuring builtin ${kind} with config: \`\n${shown()}\``,
    () => make(kind === 'PatchTransformer' ? shown() : ''),
  );
}

/** Without what Go's `omitempty` leaves out. */
function withoutEmpty(value: unknown): unknown {
  if (value instanceof Map) return value.size === 0 ? undefined : value;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty);
  if (value === '' || value === false || value === undefined || value === null) return undefined;
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, withoutEmpty(item)] as const)
    .filter(([, item]) => item !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
