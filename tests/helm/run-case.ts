import { MemoryFileSystem } from '../../src/core/memory-file-system.ts';
import { fail, ok, type Result } from '../../src/core/result.ts';
import {
  checkDependencies,
  checkInstallable,
  composeValues,
  type HelmVersion,
  loadChartDirectory,
  matchFile,
  parseKubeVersion,
  renderChart,
  renderNameTemplate,
  splitManifests,
  toStream,
} from '../../src/engines/helm/index.ts';

/** A recorded case of conformance/helm.json: a chart `top` below files, and what `helm template` said. */
export interface Case {
  readonly id: string;
  /** Path in the chart to text, or to bytes in base64. */
  readonly files: Readonly<Record<string, string | { readonly base64: string }>>;
  /** Flags of `helm template`; `CHART` in a `--set-file` stands for the chart's directory. */
  readonly args: readonly string[];
  /** Texts of values files. */
  readonly values: readonly string[];
  /** The release; `null` for none, default `rel`. */
  readonly name?: string | null;
  readonly helm3: Outcome;
  readonly helm4: Outcome;
}
export type Outcome = { readonly output: string } | { readonly error: string };

const LISTS: Readonly<Record<string, 'values' | 'strings' | 'json' | 'files' | 'literals'>> = {
  '--set': 'values',
  '--set-string': 'strings',
  '--set-json': 'json',
  '--set-file': 'files',
  '--set-literal': 'literals',
};

/** Runs a case as the command does, over files in memory. */
export function runCase(test: Case, helmVersion: HelmVersion): Outcome {
  const result = outcome(test, helmVersion);
  return result.ok ? { output: result.value } : { error: result.error };
}

function outcome(test: Case, helmVersion: HelmVersion): Result<string, string> {
  const fs = new MemoryFileSystem();
  for (const [path, content] of Object.entries(test.files))
    fs.write(`/top/${path}`, typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'));
  const sets: Record<(typeof LISTS)[string], string[]> = { values: [], strings: [], json: [], files: [], literals: [] };
  const flags = new Map<string, string[]>();
  for (let i = 0; i < test.args.length; i++) {
    const flag = test.args[i]!;
    const list = LISTS[flag];
    if (list !== undefined) sets[list].push(test.args[++i]!);
    else if (/^--(is-upgrade|include-crds|no-hooks|skip-tests|skip-schema-validation)$/.test(flag)) flags.set(flag, []);
    else flags.set(flag, [...(flags.get(flag) ?? []), test.args[++i]!]);
  }
  const kubeVersion = flags.get('--kube-version')?.[0] ?? '1.34.0';
  const kube = parseKubeVersion(kubeVersion, helmVersion);
  if (!kube.ok) return fail(`invalid kube version '${kubeVersion}': ${kube.error}`);
  let name = test.name === undefined ? 'rel' : (test.name ?? 'release-name');
  const template = flags.get('--name-template')?.[0];
  if (test.name === null && template !== undefined) {
    const made = renderNameTemplate(template);
    if (!made.ok) return made;
    name = made.value;
  }
  const read = (path: string): Result<string, string> => {
    const values = /^values(\d+)\.yaml$/.exec(path);
    if (values !== null) return ok(test.values[Number(values[1])]!);
    const bytes = fs.readFile(`/${path.replace('CHART', 'top')}`);
    return bytes === undefined
      ? fail(`open ${path}: no such file or directory`)
      : ok(Buffer.from(bytes).toString('utf8'));
  };
  const valueFiles = test.values.map((_, i) => `values${i}.yaml`);
  const values = composeValues({ ...sets, valueFiles }, read, helmVersion);
  if (!values.ok) return values;
  const chart = loadChartDirectory(fs, '/top', { helmVersion });
  if (!chart.ok) return fail(chart.error.message.replaceAll('/top/', 'top/'));
  const installable = checkInstallable(chart.value);
  if (!installable.ok) return fail(installable.error.message);
  const complete = checkDependencies(chart.value);
  if (!complete.ok) return fail(dependencyMessage(complete.error.message, helmVersion));
  const rendered = renderChart(chart.value, values.value, {
    release: { name, namespace: flags.get('-n')?.[0] ?? 'default', isUpgrade: flags.has('--is-upgrade') },
    kubeVersion,
    apiVersions: flags.get('-a')?.flatMap((list) => list.split(',')),
    helmVersion,
    includeCrds: flags.has('--include-crds'),
    skipSchemaValidation: flags.has('--skip-schema-validation'),
  });
  if (!rendered.ok) {
    const { message, hasRelease } = rendered.error;
    return fail(hasRelease === true ? `${message}\n\nUse --debug flag to render out invalid YAML` : message);
  }
  const stream = toStream(rendered.value, { hooks: !flags.has('--no-hooks'), skipTests: flags.has('--skip-tests') });
  const shown = flags.get('-s');
  return shown === undefined ? ok(stream) : only(shown, stream, helmVersion);
}

function dependencyMessage(message: string, helmVersion: HelmVersion): string {
  const [start, command] = helmVersion === '3' ? ['An', '`helm dependency build`'] : ['an', "'helm dependency build'"];
  return `${start} error occurred while checking for chart dependencies. You may need to run ${command} to fetch missing dependencies: ${message}`;
}

function only(patterns: readonly string[], stream: string, helmVersion: HelmVersion): Result<string, string> {
  let output = '';
  for (const pattern of patterns) {
    const matched = splitManifests(stream, helmVersion).filter((document) => {
      const path = /# Source: [^/]+\/(.+)/.exec(document)?.[1];
      return path !== undefined && matchFile(pattern, path) === true;
    });
    if (matched.length === 0) return fail(`could not find template ${pattern} in chart`);
    for (const document of matched) output += `---\n${document}\n`;
  }
  return ok(output);
}
