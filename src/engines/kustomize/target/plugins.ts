import { posix } from 'node:path';
import type { YamlMap } from '../../../core/value.ts';
import type { FieldSpec } from '../config/field-spec.ts';
import { generateConfig } from '../generators/config-maps/config-maps.ts';
import type { Generator } from '../generators/generator.ts';
import { type HelmSettings, helmChartGenerator } from '../generators/helm-charts/helm-charts.ts';
import { generateIamPolicy } from '../generators/iam-policy/iam-policy.ts';
import { gvkString, idString } from '../ids.ts';
import { type Decoder, flag, listOf, optional, text, textMap, texts, whole } from '../kustomization/decode.ts';
import { leniently, type ObjectMeta } from '../kustomization/types.ts';
import { EMPTY_ORIGIN, type Origin } from '../loading/origin.ts';
import { readConfig } from '../nodes/read-config.ts';
import { KustomizeProblem, prefixed } from '../problem.ts';
import type { Resource } from '../resource.ts';
import { addHashes } from '../transformers/hash/hash.ts';
import { imageTransformer } from '../transformers/images/images.ts';
import { entriesTransformer } from '../transformers/labels/labels.ts';
import { nameAffixTransformer } from '../transformers/name-affix/name-affix.ts';
import { namespaceTransformer, type SubjectMode } from '../transformers/namespace/namespace.ts';
import { json6902Transformer, patchTransformer, strategicMergeTransformer } from '../transformers/patches/patches.ts';
import { loadReplacements } from '../transformers/replacements/load-replacements.ts';
import { replacementTransformer } from '../transformers/replacements/replacements.ts';
import { replicaTransformer } from '../transformers/replicas/replicas.ts';
import type { Transformer } from '../transformers/transformer.ts';
import { type ValueAddTarget, valueAddTransformer } from '../transformers/value-add/value-add.ts';
import type { Target } from './target.ts';

export interface PlacedTransformer {
  readonly transformer: Transformer;
  /** What objects say of it, if anything. */
  readonly origin: Origin | undefined;
}

/** Generators that objects of `generators` configure. */
export function pluginGenerators(target: Target, configs: readonly Resource[]): Generator[] {
  return configs.map((config) => {
    const plugin = prefixed('failed to load generator', () => {
      const made = loadPlugin(target, config);
      if (!('generate' in made)) throw new KustomizeProblem(`plugin ${idString(config.originalId)} not a generator`);
      return made;
    });
    return { generate: plugin.generate, origin: pluginOrigin(config), name: idString(config.originalId) };
  });
}

/** Transformers (or validators) that objects configure. */
export function pluginTransformers(target: Target, configs: readonly Resource[]): PlacedTransformer[] {
  return configs.map((config) => {
    const plugin = loadPlugin(target, config);
    if (!('transform' in plugin)) throw new KustomizeProblem(`plugin ${idString(config.originalId)} not a transformer`);
    return { transformer: plugin, origin: pluginOrigin(config) };
  });
}

function pluginOrigin(config: Resource): Origin | undefined {
  const annotation = config.annotation('config.kubernetes.io/origin');
  if (annotation === undefined) return undefined;
  const read = readConfig(annotation);
  const field = (name: string): string => {
    const value = read instanceof Map ? read.get(name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  return {
    ...EMPTY_ORIGIN,
    repo: field('repo'),
    ref: field('ref'),
    configuredIn: field('path'),
    configuredBy: {
      apiVersion: config.apiVersion,
      kind: config.kind,
      name: config.name,
      namespace: config.namespace,
    },
  };
}

type Plugin = Transformer | { generate(): Resource[] };
type MakePlugin = (settings: YamlMap, target: Target) => Plugin;

/**
 * @see kustomize api/internal/plugins/loader/loader.go
 */
function loadPlugin(target: Target, config: Resource): Plugin {
  const { id } = config;
  if (id.group !== '' || id.version !== 'builtin') {
    if (target.context.options.enableAlphaPlugins !== true)
      throw new KustomizeProblem(
        `external plugins disabled; unable to load external plugin '${config.originalId.kind}'`,
        {
          hint: 'functions and executables are outside programs, which are not run here',
        },
      );
    throw new KustomizeProblem(
      `unable to load external plugin '${idString(config.originalId)}': outside programs (functions in containers, executables) are not run`,
      { hint: 'render with kustomize itself, or put the result into the repository' },
    );
  }
  const make = Object.hasOwn(PLUGINS, id.kind) ? PLUGINS[id.kind] : undefined;
  if (make === undefined) throw new KustomizeProblem(`unable to load builtin ${gvkString(id)}`);
  return prefixed(
    () => `plugin ${idString(config.originalId)} fails configuration`,
    () => make(config.toObject(), target),
  );
}

/** Reads the settings of a plugin: fields it does not know are none of its business. */
function read<T>(settings: YamlMap, fields: { readonly [K in keyof T]-?: Decoder<T[K]> }): T {
  return leniently.struct<T>('', fields)(settings, { field: '', lenient: true });
}

const metadata = optional(leniently.objectMeta);
interface WithMetadata {
  readonly metadata: ObjectMeta | undefined;
}

const entriesOf =
  (field: 'labels' | 'annotations'): MakePlugin =>
  (settings) => {
    const given = read<{ entries: Map<string, string> | undefined; fieldSpecs: FieldSpec[] | undefined }>(
      new Map([...settings, ['entries', settings.get(field) ?? null]]),
      { entries: textMap, fieldSpecs: leniently.fieldSpecs },
    );
    return entriesTransformer(given.entries ?? new Map(), given.fieldSpecs ?? []);
  };

const affixOf =
  (side: 'prefix' | 'suffix'): MakePlugin =>
  (settings) => {
    const given = read<{ affix: string; fieldSpecs: FieldSpec[] | undefined }>(
      new Map([...settings, ['affix', settings.get(side) ?? null]]),
      { affix: text, fieldSpecs: leniently.fieldSpecs },
    );
    if (given.fieldSpecs === undefined) throw new KustomizeProblem('fieldSpecs is not expected to be nil');
    return nameAffixTransformer(side, given.affix, given.fieldSpecs);
  };

const generatorOf =
  (kind: 'ConfigMap' | 'Secret'): MakePlugin =>
  (settings, target) => {
    const given = read<Parameters<typeof generateConfig>[1] & WithMetadata>(settings, {
      ...leniently.generatorFields,
      type: text,
      metadata,
    });
    const args = {
      ...given,
      type: kind === 'Secret' ? given.type : '',
      name: given.name || given.metadata?.name || '',
      namespace: given.namespace || given.metadata?.namespace || '',
    };
    return { generate: () => [generateConfig(kind, args, target.loader, target.context)] };
  };

const valueTarget = leniently.struct<ValueAddTarget>('builtins.Target', {
  selector: optional(leniently.selector),
  fieldPath: text,
  filePathPosition: whole,
});
const valueTargets = listOf(valueTarget, 'builtins.Target');

const PLUGINS: Readonly<Record<string, MakePlugin>> = {
  AnnotationsTransformer: entriesOf('annotations'),
  LabelTransformer: entriesOf('labels'),
  PrefixTransformer: affixOf('prefix'),
  SuffixTransformer: affixOf('suffix'),
  PrefixSuffixTransformer: (settings, target) => {
    const both = [affixOf('prefix')(settings, target), affixOf('suffix')(settings, target)] as Transformer[];
    return {
      transform: (resources) => {
        for (const one of both) one.transform(resources);
      },
    };
  },
  ConfigMapGenerator: generatorOf('ConfigMap'),
  SecretGenerator: generatorOf('Secret'),
  HashTransformer: () => ({ transform: addHashes }),
  ImageTagTransformer: (settings) => {
    const given = read<{
      imageTag: ReturnType<typeof leniently.image>;
      fieldSpecs: FieldSpec[] | undefined;
    }>(settings, { imageTag: leniently.image, fieldSpecs: leniently.fieldSpecs });
    return imageTransformer(given.imageTag, given.fieldSpecs ?? []);
  },
  ReplicaCountTransformer: (settings) => {
    const given = read<{
      replica: ReturnType<typeof leniently.replica>;
      fieldSpecs: FieldSpec[] | undefined;
    }>(settings, { replica: leniently.replica, fieldSpecs: leniently.fieldSpecs });
    return replicaTransformer(given.replica, given.fieldSpecs ?? []);
  },
  NamespaceTransformer: (settings) => {
    const given = read<
      WithMetadata & { fieldSpecs: FieldSpec[] | undefined; unsetOnly: boolean; setRoleBindingSubjects: string }
    >(settings, { metadata, fieldSpecs: leniently.fieldSpecs, unsetOnly: flag, setRoleBindingSubjects: text });
    const mode = given.setRoleBindingSubjects || 'defaultOnly';
    if (mode !== 'defaultOnly' && mode !== 'allServiceAccounts' && mode !== 'none')
      throw new KustomizeProblem(
        `invalid value ${JSON.stringify(mode)} for setRoleBindingSubjects: must be one of "defaultOnly", "none" or "allServiceAccounts"`,
      );
    const subjects: SubjectMode = mode;
    return namespaceTransformer({
      namespace: given.metadata?.namespace ?? '',
      specs: given.fieldSpecs ?? [],
      unsetOnly: given.unsetOnly,
      subjects,
    });
  },
  PatchTransformer: (settings, target) => {
    const patch = leniently.patch(settings, { field: '', lenient: true });
    return patchTransformer(patch, '', target.loader, target.context);
  },
  PatchJson6902Transformer: (settings, target) => {
    const given = read<{ target: ReturnType<typeof leniently.selector> | undefined; path: string; jsonOp: string }>(
      settings,
      { target: optional(leniently.selector), path: text, jsonOp: text },
    );
    return json6902Transformer({ target: given.target, path: given.path, patch: given.jsonOp }, target.loader);
  },
  PatchStrategicMergeTransformer: (settings, target) => {
    const given = read<{ paths: string[] | undefined; patches: string }>(settings, { paths: texts, patches: text });
    return strategicMergeTransformer(
      { paths: given.paths ?? [], patches: given.patches },
      target.loader,
      target.context,
    );
  },
  ReplacementTransformer: (settings, target) => {
    const given = read<{ replacements: ReturnType<typeof leniently.replacementField>[] | undefined }>(settings, {
      replacements: listOf(leniently.replacementField, 'types.ReplacementField'),
    });
    return replacementTransformer(loadReplacements(given.replacements ?? [], target.loader));
  },
  ValueAddTransformer: (settings, target) => {
    const given = read<{ value: string; targets: ValueAddTarget[] | undefined; targetFilePath: string }>(settings, {
      value: text,
      targets: valueTargets,
      targetFilePath: text,
    });
    const value = given.value.trim() || posix.basename(target.loader.root);
    const targets = [...(given.targets ?? [])];
    if (given.targetFilePath !== '') {
      const file = readConfig(target.loader.load(given.targetFilePath));
      if (file instanceof Map)
        targets.push(...(valueTargets(file.get('targets'), { field: 'targets', lenient: true }) ?? []));
    }
    if (targets.length === 0) throw new KustomizeProblem('must specify at least one target');
    for (const one of targets) {
      if (one.fieldPath === '') throw new KustomizeProblem('fieldPath cannot be empty');
      if (one.filePathPosition < 0)
        throw new KustomizeProblem(`value of FilePathPosition (${one.filePathPosition}) cannot be negative`);
    }
    return valueAddTransformer(value, targets);
  },
  HelmChartInflationGenerator: (settings, target) => {
    const given = read<HelmSettings>(settings, { ...leniently.helmGlobalsFields, ...leniently.helmChartFields });
    return { generate: helmChartGenerator(given, target.loader, target.context) };
  },
  IAMPolicyGenerator: (settings, target) => {
    const given = read<{
      cloud: string;
      kubernetesService: { name: string; namespace: string };
      serviceAccount: { name: string; projectId: string };
    }>(settings, {
      cloud: text,
      kubernetesService: leniently.struct<{ name: string; namespace: string }>('', { name: text, namespace: text }),
      serviceAccount: leniently.struct<{ name: string; projectId: string }>('', { name: text, projectId: text }),
    });
    return {
      generate: () =>
        generateIamPolicy(
          {
            cloud: given.cloud,
            projectId: given.serviceAccount.projectId,
            namespace: given.kubernetesService.namespace,
            serviceAccount: given.serviceAccount.name,
            kubernetesService: given.kubernetesService.name,
          },
          target.context,
        ),
    };
  },
};
