import { type Command, Option } from 'commander';
import { UsageError } from './usage-error.ts';

/** What the commands that render a cluster take. Names and short forms are those that scripts already use. */
export interface ClusterFlags {
  readonly path: string | undefined;
  readonly namespace: string | undefined;
  readonly labelSelector: ReadonlyMap<string, string>;
  readonly sources: readonly string[];
  readonly skipCrds: boolean;
  readonly skipSecrets: boolean;
  readonly skipKinds: readonly string[];
  readonly recursive: boolean;
  readonly kubeVersion: string | undefined;
  readonly apiVersions: readonly string[];
  readonly helmVersion: '3' | '4';
  readonly engine: 'built-in' | 'external';
  readonly isUpgrade: boolean;
  readonly noHooks: boolean;
  readonly showOnly: readonly string[];
  readonly skipSchemaValidation: boolean;
  readonly strictSubstitute: boolean;
  readonly featureGates: ReadonlyMap<string, boolean>;
  readonly substitute: ReadonlyMap<string, string>;
  readonly withResource: readonly string[];
  readonly registryConfig: string | undefined;
  readonly force: readonly string[];
  readonly cache: boolean;
  readonly cacheDir: string | undefined;
  readonly jobs: number | undefined;
  readonly refresh: boolean;
  readonly offline: boolean;
  readonly logLevel: string | undefined;
  readonly outputFile: string | undefined;
}

const list = (value: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  ...value.split(',').filter((item) => item !== ''),
];
const each = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];
const truth = (value: string): boolean => value !== 'false' && value !== '0' && value !== 'no';

/** A flag that is on when it stands alone, and also takes `=true` and `=false`, with its `--no-` form. */
function flag(command: Command, name: string, description: string): Command {
  return command
    .addOption(new Option(`--${name} [bool]`, description).preset('true').argParser(truth))
    .addOption(new Option(`--no-${name}`).hideHelp());
}

/** Adds the options of `ClusterFlags` to a command. */
export function addClusterFlags(command: Command): Command {
  command
    .option('-p, --path <path>', 'cluster directory: what Flux is bootstrapped with', undefined)
    .option('-n, --namespace <namespace>', 'only objects of this namespace')
    .option('-A, --all-namespaces', 'objects of all namespaces (the default)')
    .option('-l, --label-selector <key=value>', 'only objects with these labels', list)
    .option(
      '--sources <name[=path]>',
      'sources that the repository at hand, or a directory of it, stands in for',
      list,
    );
  flag(command, 'skip-crds', 'leave CustomResourceDefinitions out of the output');
  flag(command, 'skip-secrets', 'leave Secrets out of the output');
  command
    .option('--skip-kinds <kinds>', 'leave these kinds out of the output', list)
    .option('--no-recursive', 'read the cluster directory itself, not what lies below it')
    .option('--kube-version <version>', 'Kubernetes version for .Capabilities.KubeVersion')
    .option('-a, --api-versions <versions>', 'added to .Capabilities.APIVersions', list)
    .addOption(new Option('--helm-version <major>', 'the Helm to render as').choices(['3', '4']).default('4'));
  command.addOption(
    new Option('--engine <engine>', 'what renders: the engines here, or helm and kustomize on the PATH')
      .choices(['built-in', 'external'])
      .default('built-in'),
  );
  flag(command, 'is-upgrade', 'set .Release.IsUpgrade instead of .Release.IsInstall');
  flag(command, 'skip-schema-validation', "do not check values against a chart's values.schema.json");
  flag(command, 'strict-substitute', 'a variable without a value is an error');
  command
    .option('--no-hooks', 'leave objects with hook annotations out of the output')
    .option('-s, --show-only <template>', 'only what these templates render', each)
    .option('--feature-gates <Gate=true>', "helm-controller's gates: DisableChartDigestTracking", list)
    .option('--substitute <KEY=VALUE>', 'a variable that postBuild substitution shall know', each)
    .option('--with-resource <file>', 'ConfigMaps, Secrets and other objects that live outside the repository', each)
    .option('--registry-config <file>', 'docker config.json with credentials for OCI registries')
    .addOption(
      new Option(
        '--force <phase>',
        'run the tasks of a phase again (load, fetch, values, build, template, all)',
      ).argParser(list),
    )
    .option('--no-cache', 'neither read nor write the cache')
    .option('--cache-dir <directory>', 'the cache directory (FLUX_LOCAL_CACHE)')
    .option('-j, --jobs <n>', 'tasks at a time', (value) => {
      const jobs = Number(value);
      if (!Number.isInteger(jobs) || jobs < 1) throw new RangeError('--jobs takes a whole number from 1');
      return jobs;
    })
    .option('--refresh', 'ask anew what moving references (branches, ranges, tags) mean')
    .option('--offline', 'take from the cache what would have to be fetched')
    .option('--log-level <level>', 'debug shows every task, key and decision (LOG_LEVEL)')
    .option('--output-file <file>', 'write the result there instead of to stdout');
  // Accepted because scripts say them; what they ask for is always so here.
  for (const name of [
    'enable-helm',
    'enable-oci',
    'enable-dns',
    'wipe-secrets',
    'skip-invalid-kustomization-paths',
    'skip-invalid-helm-release-paths',
  ]) {
    command.addOption(new Option(`--${name} [bool]`).hideHelp());
    command.addOption(new Option(`--no-${name}`).hideHelp());
  }
  command.addOption(new Option('--kustomize-build-flags <flags>').hideHelp());
  command.addOption(new Option('--no-progress').hideHelp());
  return command;
}

/** The flags as a command parsed them. */
export function readClusterFlags(options: Readonly<Record<string, unknown>>): ClusterFlags {
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const texts = (name: string): readonly string[] => (options[name] as readonly string[] | undefined) ?? [];
  return {
    path: text('path'),
    namespace: options.allNamespaces === true ? undefined : text('namespace'),
    labelSelector: pairs(texts('labelSelector'), '--label-selector'),
    sources: texts('sources'),
    skipCrds: options.skipCrds === true,
    skipSecrets: options.skipSecrets === true,
    skipKinds: texts('skipKinds'),
    recursive: options.recursive !== false,
    kubeVersion: text('kubeVersion'),
    apiVersions: texts('apiVersions'),
    helmVersion: text('helmVersion') === '3' ? '3' : '4',
    engine: text('engine') === 'external' ? 'external' : 'built-in',
    isUpgrade: options.isUpgrade === true,
    noHooks: options.hooks === false,
    showOnly: texts('showOnly'),
    skipSchemaValidation: options.skipSchemaValidation === true,
    strictSubstitute: options.strictSubstitute === true,
    featureGates: new Map(
      [...pairs(texts('featureGates'), '--feature-gates')].map(([gate, on]) => [gate, on === 'true']),
    ),
    substitute: pairs(texts('substitute'), '--substitute'),
    withResource: texts('withResource'),
    registryConfig: text('registryConfig'),
    force: texts('force'),
    cache: options.cache !== false,
    cacheDir: text('cacheDir'),
    jobs: options.jobs as number | undefined,
    refresh: options.refresh === true,
    offline: options.offline === true,
    logLevel: text('logLevel'),
    outputFile: text('outputFile'),
  };
}

function pairs(entries: readonly string[], option: string): ReadonlyMap<string, string> {
  return new Map(
    entries.map((entry) => {
      const equals = entry.indexOf('=');
      if (equals <= 0) throw new UsageError(`${option} takes KEY=VALUE, not '${entry}'`);
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}
