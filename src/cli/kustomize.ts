import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { cacheDirectoryOf } from '../core/cache-directory.ts';
import { getIn, type YamlValue } from '../core/value.ts';
import { tryStringify } from '../engines/goyaml/index.ts';
import { buildKustomization, type KustomizeOutput, toStream } from '../engines/kustomize/index.ts';
import type { Io } from './io.ts';
import { fetchRemotes, KustomizeRemotes } from './kustomize-remotes.ts';
import { LinkedDisk } from './linked-disk.ts';

interface KustomizeFlags {
  readonly loadRestrictor: 'LoadRestrictionsRootOnly' | 'LoadRestrictionsNone';
  readonly reorder?: 'legacy' | 'none';
  readonly enableHelm?: boolean;
  readonly helmKubeVersion?: string;
  readonly helmApiVersions: string[];
  readonly helmDebug?: boolean;
  readonly helmVersion: '3' | '4';
  readonly enableAlphaPlugins?: boolean;
  readonly enableManagedbyLabel?: boolean;
  readonly output?: string;
  readonly cacheDir?: string;
}

/** The release of kustomize whose builds these are. */
const KUSTOMIZE_VERSION = 'v5.8.2';

const split = (value: string, before: string[]): string[] => [...before, ...value.split(',')];

/**
 * `flux-local kustomize [DIR]`: a kustomization built as `kustomize build` builds it, with its flags and its output. On failure
 * the exit code is 1 and `Error: …` stands on stderr.
 */
export function kustomizeCommand(io: Io): Command {
  return new Command('kustomize')
    .description('Build a kustomization as `kustomize build` does, without the kustomize program')
    .argument('[dir]', "a directory with a kustomization, or a Git repository's URL", '.')
    .addOption(
      new Option('--load-restrictor <mode>', 'whether files outside a kustomization directory may be read')
        .choices(['LoadRestrictionsRootOnly', 'LoadRestrictionsNone'])
        .default('LoadRestrictionsRootOnly'),
    )
    .addOption(new Option('--reorder <order>', 'order of the output').choices(['legacy', 'none']))
    .option('--enable-helm', 'inflate the charts of helmCharts')
    .option('--helm-kube-version <version>', 'Kubernetes version that charts see')
    .option('--helm-api-versions <versions>', 'Kubernetes api versions that charts see', split, [])
    .option('--helm-debug', 'print what is logged while charts are rendered')
    .addOption(new Option('--helm-version <major>', 'the major of Helm to render as').choices(['3', '4']).default('4'))
    .option('--enable-alpha-plugins', 'name plugins in messages; outside programs are never run')
    .option('--enable-managedby-label', 'add app.kubernetes.io/managed-by')
    .option('-o, --output <path>', 'write to a file, or one file an object to a directory')
    .option('--cache-dir <directory>', 'where remote bases and charts are kept')
    .action(async (dir: string, flags: KustomizeFlags) => {
      io.exitCode = await kustomize(dir, flags, io);
    });
}

async function kustomize(dir: string, flags: KustomizeFlags, io: Io): Promise<number> {
  const remotes = new KustomizeRemotes(cacheDirectoryOf(flags.cacheDir, io, io.cwd), io.env);
  const isRemote = /^(?:https?|ssh|git|file):\/\/|^git::|^[a-zA-Z][\w-]*@|^github\.com[/:]/i.test(dir);
  const path = isRemote ? dir : resolve(io.cwd, dir);
  const managed = flags.enableManagedbyLabel === true || io.env.KUSTOMIZE_ENABLE_MANAGEDBY_LABEL === 'true';
  for (;;) {
    const built = buildKustomization(new LinkedDisk('/'), path, {
      loadRestrictions: flags.loadRestrictor === 'LoadRestrictionsNone' ? 'none' : 'rootOnly',
      reorder: flags.reorder ?? 'unspecified',
      managedByLabel: managed,
      version: KUSTOMIZE_VERSION,
      enableAlphaPlugins: flags.enableAlphaPlugins === true,
      remotes: remotes.answer,
      ...(flags.enableHelm === true ? { helm: await helmPort(flags, remotes, io) } : {}),
    });
    if (built.ok) {
      for (const warning of built.value.warnings) io.stderr.write(`${warning}\n`);
      return print(built.value, flags, io);
    }
    const { error } = built;
    const missing = [...(error.missingRemotes ?? [])];
    if (missing.length > 0 || remotes.hasWantedCharts) {
      await fetchRemotes(remotes, missing);
      continue;
    }
    io.stderr.write(`Error: ${error.message}\n`);
    if (error.hint !== undefined) io.stderr.write(`${error.hint}\n`);
    return 1;
  }
}

/** Helm is loaded only where a build asks for it. */
async function helmPort(flags: KustomizeFlags, remotes: KustomizeRemotes, io: Io) {
  const { inflate } = await import('./kustomize-helm.ts');
  return inflate({
    helmVersion: flags.helmVersion,
    kubeVersion: flags.helmKubeVersion,
    apiVersions: flags.helmApiVersions,
    log: flags.helmDebug === true ? (line) => io.stderr.write(`${line}\n`) : undefined,
    remotes,
  });
}

function print(output: KustomizeOutput, flags: KustomizeFlags, io: Io): number {
  if (flags.output === undefined) {
    io.stdout.write(toStream(output));
    return 0;
  }
  const path = resolve(io.cwd, flags.output);
  try {
    if (isDirectory(path)) for (const [name, text] of files(output)) writeFileSync(join(path, name), text);
    else writeFileSync(path, toStream(output));
    return 0;
  } catch (thrown) {
    io.stderr.write(`Error: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    return 1;
  }
}

function isDirectory(path: string): boolean {
  return new LinkedDisk('/').exists(path) === 'directory';
}

/** One file an object: `[<namespace>_]<group>_<version>_<kind>_<name>.yaml`, as `kustomize build -o` names them. */
function files(output: KustomizeOutput): [string, string][] {
  const spaces = new Set(output.resources.flatMap(({ namespace }) => namespace ?? []));
  return output.resources.map(({ object, namespace }) => {
    const text = (value: YamlValue | undefined): string => (typeof value === 'string' ? value.toLowerCase() : '');
    const [version, group] = text(object.get('apiVersion')).split('/').reverse();
    const type = [group, version, text(object.get('kind'))].filter((part) => part !== undefined && part !== '');
    const prefix = spaces.size > 1 && namespace !== undefined ? `${namespace.toLowerCase()}_` : '';
    const yaml = tryStringify(object);
    return [`${prefix}${type.join('_')}_${text(getIn(object, 'metadata', 'name'))}.yaml`, yaml.ok ? yaml.value : ''];
  });
}
