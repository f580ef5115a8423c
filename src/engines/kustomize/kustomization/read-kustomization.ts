import type { Loader } from '../loading/loader.ts';
import { readConfig } from '../nodes/read-config.ts';
import { asProblem, KustomizeProblem } from '../problem.ts';
import { type GeneratorArgs, type HelmChart, type HelmGlobals, type KustomizationFile, strictly } from './types.ts';

export const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;
const KUSTOMIZATION_VERSION = 'kustomize.config.k8s.io/v1beta1';
const COMPONENT_VERSION = 'kustomize.config.k8s.io/v1alpha1';

/** A kustomization with its older fields moved to the newer ones. */
export interface Kustomization extends Omit<KustomizationFile, 'bases' | 'imageTags' | 'helmChartInflationGenerator'> {
  readonly file: string;
}

/** Reads the kustomization of a directory. `warn` gets what kustomize says of fields that are on their way out. */
export function readKustomization(loader: Loader, warn: (text: string) => void): Kustomization {
  const { text, file } = findFile(loader);
  const at = loader.root === '/' ? `/${file}` : `${loader.root}/${file}`;
  let read: KustomizationFile;
  try {
    read = strictly.kustomization(readConfig(text), { field: '', lenient: false });
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(`invalid Kustomization: ${problem.message}`, { file: at });
  }
  warnOfDeprecated(read, warn);
  const fixed = withNewerFields(read, file);
  if (isEmpty(read)) throw new KustomizeProblem('kustomization.yaml is empty', { file: at });
  const problems = fieldProblems(fixed);
  if (problems.length > 0)
    throw new KustomizeProblem(`Failed to read kustomization file under ${loader.shownRoot}:\n${problems.join('\n')}`, {
      file: at,
    });
  return fixed;
}

function findFile(loader: Loader): { text: string; file: string } {
  const found: { text: string; file: string }[] = [];
  for (const file of KUSTOMIZATION_FILES) {
    if (!loader.isFile(file)) continue;
    try {
      found.push({ text: loader.load(file), file });
    } catch (thrown) {
      asProblem(thrown);
    }
  }
  if (found.length === 1) return found[0]!;
  if (found.length === 0)
    throw new KustomizeProblem(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${loader.shownRoot}'`,
      { reason: 'path-not-found' },
    );
  throw new KustomizeProblem(`Found multiple kustomization files under: ${loader.shownRoot}\n`);
}

const DEPRECATED: readonly (readonly [keyof KustomizationFile, string, string])[] = [
  ['bases', 'resources', ''],
  ['commonLabels', 'labels', ''],
  ['imageTags', 'images', ''],
  ['patchesJson6902', 'patches', ''],
  ['patchesStrategicMerge', 'patches', ''],
  ['vars', 'replacements', '[EXPERIMENTAL] '],
];

function warnOfDeprecated(file: KustomizationFile, warn: (text: string) => void): void {
  for (const [old, now, mark] of DEPRECATED)
    if (file[old] !== undefined)
      warn(
        `# Warning: '${old}' is deprecated. Please use '${now}' instead. ${mark}Run 'kustomize edit fix' to update your Kustomization automatically.`,
      );
}

/**
 * Moves what older forms have to where it is now.
 * @see kustomize api/types/kustomization.go, FixKustomization
 */
function withNewerFields(read: KustomizationFile, file: string): Kustomization {
  const { bases, imageTags, helmChartInflationGenerator, ...rest } = read;
  const kind = read.kind || 'Kustomization';
  const charts = (helmChartInflationGenerator ?? []).map(
    (old): HelmChart => ({
      name: old.chartName,
      version: old.chartVersion,
      repo: old.chartRepoUrl,
      releaseName: old.releaseName,
      namespace: '',
      additionalValuesFiles: undefined,
      valuesFile: old.values,
      valuesInline: old.valuesLocal,
      valuesMerge: old.valuesMerge,
      includeCRDs: false,
      skipHooks: false,
      apiVersions: undefined,
      kubeVersion: '',
      nameTemplate: '',
      skipTests: false,
      debug: false,
      devel: false,
    }),
  );
  const globals = (helmChartInflationGenerator ?? []).reduce<HelmGlobals>(
    (sum, old) => ({ chartHome: old.chartHome || sum.chartHome, configHome: old.helmHome || sum.configHome }),
    { chartHome: '', configHome: '' },
  );
  const hasGlobals = globals.chartHome !== '' || globals.configHome !== '';
  return {
    ...rest,
    file,
    kind,
    apiVersion: read.apiVersion || (kind === 'Component' ? COMPONENT_VERSION : KUSTOMIZATION_VERSION),
    resources: joined(read.resources, bases),
    images: joined(read.images, imageTags),
    configMapGenerator: read.configMapGenerator?.map(withEnv),
    secretGenerator: read.secretGenerator?.map(withEnv),
    helmGlobals: read.helmGlobals ?? (hasGlobals ? globals : undefined),
    helmCharts: charts.length === 0 ? read.helmCharts : joined(read.helmCharts, charts),
  };
}

function joined<T>(first: T[] | undefined, second: T[] | undefined): T[] | undefined {
  if (second === undefined || second.length === 0) return first;
  return [...(first ?? []), ...second];
}

const withEnv = (args: GeneratorArgs): GeneratorArgs =>
  args.env === '' ? args : { ...args, envs: [...(args.envs ?? []), args.env], env: '' };

/** Whether nothing but `apiVersion` and `kind` is there. An empty list counts as something. */
function isEmpty(file: KustomizationFile): boolean {
  return Object.entries(file).every(
    ([field, value]) =>
      field === 'apiVersion' ||
      field === 'kind' ||
      value === undefined ||
      value === '' ||
      // Moved away by the fix-up and empty there.
      ((field === 'bases' || field === 'imageTags' || field === 'helmChartInflationGenerator') &&
        Array.isArray(value) &&
        value.length === 0),
  );
}

function fieldProblems(kustomization: Kustomization): string[] {
  const problems: string[] = [];
  const { kind, apiVersion } = kustomization;
  if (kind !== 'Kustomization' && kind !== 'Component') problems.push('kind should be Kustomization or Component');
  const required = kind === 'Component' ? COMPONENT_VERSION : KUSTOMIZATION_VERSION;
  if (apiVersion !== required) problems.push(`apiVersion for ${kind} should be ${required}`);
  return problems;
}
