import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { DiskFileSystem } from '../core/disk-file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import {
  type Chart,
  checkDependencies,
  checkInstallable,
  composeValues,
  type HelmVersion,
  isTestHook,
  loadChartArchive,
  loadChartDirectory,
  matchFile,
  type Rendered,
  renderChart,
  renderNameTemplate,
  splitManifests,
  streamDocument,
  toStream,
} from '../engines/helm/index.ts';
import type { Io } from './io.ts';
import { type ChartLocation, locateChart } from './locate-chart.ts';

interface TemplateOptions extends ChartLocation {
  readonly values: string[];
  readonly set: string[];
  readonly setString: string[];
  readonly setJson: string[];
  readonly setFile: string[];
  readonly setLiteral: string[];
  readonly namespace: string;
  readonly kubeVersion?: string;
  readonly apiVersions: string[];
  readonly includeCrds?: boolean;
  readonly hooks: boolean;
  readonly skipTests?: boolean;
  readonly showOnly: string[];
  readonly helmVersion: HelmVersion;
  readonly skipSchemaValidation?: boolean;
  readonly isUpgrade?: boolean;
  readonly nameTemplate?: string;
  readonly generateName?: boolean;
  readonly releaseName?: boolean;
  readonly outputDir?: string;
  readonly debug?: boolean;
  readonly real?: boolean;
}

/** What `helm template` adds where it came as far as templates. */
const DEBUG_HINT = 'Use --debug flag to render out invalid YAML';

const each = (value: string, before: string[]): string[] => [...before, value];
/** A flag of Go's `StringSlice`: values may be separated by commas. */
const split = (value: string, before: string[]): string[] => [...before, ...(value === '' ? [] : value.split(','))];

/**
 * `flux-local template [NAME] CHART`: a chart rendered as `helm template` renders it, with its flags and its output. On failure
 * the exit code is 1 and `Error: …` stands on stderr.
 */
export function templateCommand(io: Io): Command {
  return new Command('template')
    .description('Render a chart as `helm template` does, without the helm program')
    .argument('<name-or-chart>', "the release's name, or the chart alone")
    .argument('[chart]', 'a directory, a .tgz file, oci://…, https://….tgz, repository/name, or a name in --repo')
    .option('-f, --values <file>', 'specify values in a YAML file (can specify multiple)', split, [])
    .option('--set <key=value>', 'set values (key1=val1,key2=val2)', each, [])
    .option('--set-string <key=value>', 'set STRING values', each, [])
    .option('--set-json <key=json>', 'set JSON values', each, [])
    .option('--set-file <key=path>', 'set values from files', each, [])
    .option('--set-literal <key=value>', 'set a literal STRING value', each, [])
    .option('-n, --namespace <name>', 'namespace of the release', 'default')
    .option('--kube-version <version>', 'Kubernetes version used for Capabilities.KubeVersion')
    .option('-a, --api-versions <versions>', 'Kubernetes api versions used for Capabilities.APIVersions', split, [])
    .option('--include-crds', 'include CRDs in the templated output')
    .option('--no-hooks', 'leave hooks out of the output')
    .option('--skip-tests', 'skip tests from templated output')
    .option('-s, --show-only <path>', 'only show manifests rendered from the given templates', each, [])
    .addOption(new Option('--helm-version <major>', 'the major of Helm to render as').choices(['3', '4']).default('4'))
    .option('--skip-schema-validation', 'do not hold values against values.schema.json')
    .option('--is-upgrade', 'set .Release.IsUpgrade instead of .Release.IsInstall')
    .option('--name-template <template>', 'specify template used to name the release')
    .option('-g, --generate-name', 'generate the name (and omit the NAME parameter)')
    .option('--output-dir <directory>', 'write the manifests to files in this directory instead of stdout')
    .option('--release-name', 'use release name in the output-dir path')
    .option('--debug', 'print what was rendered even where it is no valid YAML')
    .option(
      '--real',
      'real random values, certificates and clock, as helm has; by default they are made from the release',
    )
    .option('--repo <url>', 'chart repository url where to locate the requested chart')
    .option('--version <constraint>', 'a version or a range of versions of the chart; the newest release by default')
    .option('--devel', 'use development versions, too')
    .option('--username <name>', 'chart repository username')
    .option('--password <password>', 'chart repository password')
    .option('--pass-credentials', 'pass credentials to all domains')
    .option('--ca-file <file>', 'verify certificates of HTTPS-enabled servers using this CA bundle')
    .option('--cert-file <file>', 'identify HTTPS client using this SSL certificate file')
    .option('--key-file <file>', 'identify HTTPS client using this SSL key file')
    .option('--plain-http', 'use insecure HTTP connections to a registry')
    .option('--registry-config <file>', 'credentials of registries')
    .option('--repository-config <file>', 'names and urls of repositories, as `helm repo add` writes them')
    .option('--cache-dir <directory>', 'where charts that were fetched are kept (FLUX_LOCAL_CACHE)')
    .option('--offline', 'take from the cache what would have to be fetched')
    .action(async (first: string, second: string | undefined, options: TemplateOptions) => {
      const result = await template(first, second, options, io);
      if (result.ok) return;
      io.stderr.write(`Error: ${result.error}\n`);
      io.exitCode = 1;
    });
}

async function template(
  first: string,
  second: string | undefined,
  options: TemplateOptions,
  io: Io,
): Promise<Result<null, string>> {
  const { helmVersion } = options;
  const named = releaseName(first, second, options);
  if (!named.ok) return named;
  const { name, reference } = named.value;
  const located = await locateChart(reference, options, io);
  if (!located.ok) return located;
  const values = composeValues(
    {
      valueFiles: options.values,
      json: options.setJson,
      values: options.set,
      strings: options.setString,
      files: options.setFile,
      literals: options.setLiteral,
    },
    (file) => readText(file, io),
    helmVersion,
  );
  if (!values.ok) return values;
  const chart = load(located.value, reference, helmVersion);
  if (!chart.ok) return chart;
  for (const warning of chart.value.warnings) io.stderr.write(`${warning}\n`);
  const installable = checkInstallable(chart.value);
  if (!installable.ok) return fail(installable.error.message);
  if (chart.value.metadata.deprecated)
    io.stderr.write(
      helmVersion === '3' ? 'WARNING: This chart is deprecated\n' : 'level=WARN msg="this chart is deprecated"\n',
    );
  const complete = checkDependencies(chart.value);
  if (!complete.ok) {
    const command = helmVersion === '3' ? '`helm dependency build`' : "'helm dependency build'";
    return fail(
      `${helmVersion === '3' ? 'An' : 'an'} error occurred while checking for chart dependencies. You may need to run ${command} to fetch missing dependencies: ${complete.error.message}`,
    );
  }
  const rendered = renderChart(chart.value, values.value, {
    release: { name, namespace: options.namespace, isUpgrade: options.isUpgrade === true },
    kubeVersion: options.kubeVersion,
    apiVersions: options.apiVersions,
    helmVersion,
    skipSchemaValidation: options.skipSchemaValidation,
    includeCrds: options.includeCrds,
    seed: options.real === true ? false : undefined,
    log: (line) => io.stderr.write(`${line}\n`),
  });
  if (!rendered.ok) {
    const { message, hasRelease } = rendered.error;
    if (options.debug === true && rendered.error.partial !== undefined) io.stdout.write(rendered.error.partial);
    return fail(hasRelease !== true || options.debug === true ? message : `${message}\n\n${DEBUG_HINT}`);
  }
  if (options.outputDir !== undefined) writeFiles(rendered.value, name, options.outputDir, options, io);
  return print(rendered.value, options, io);
}

function releaseName(
  first: string,
  second: string | undefined,
  options: TemplateOptions,
): Result<{ name: string; reference: string }, string> {
  if (second !== undefined) {
    if (options.generateName === true) return fail('cannot set --generate-name and also specify a name');
    if (options.nameTemplate !== undefined) return fail('cannot set --name-template and also specify a name');
    return ok({ name: first, reference: second });
  }
  if (options.nameTemplate === undefined || options.nameTemplate === '')
    return ok({ name: 'release-name', reference: first });
  const name = renderNameTemplate(options.nameTemplate);
  return name.ok ? ok({ name: name.value, reference: first }) : fail(name.error);
}

function load(path: string, reference: string, helmVersion: HelmVersion): Result<Chart, string> {
  if (statSync(path).isDirectory()) {
    const chart = loadChartDirectory(new DiskFileSystem(path), '/', { helmVersion });
    return chart.ok ? chart : fail(chart.error.message);
  }
  const bytes = readFileSync(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 0x08) {
    if (/\.ya?ml$/.test(reference))
      return fail(`file '${path}' seems to be a YAML file, but expected a gzipped archive`);
    return fail(`file '${path}' does not appear to be a gzipped archive; got '${contentType(bytes)}'`);
  }
  const chart = loadChartArchive(bytes, { helmVersion });
  if (chart.ok) return chart;
  const { message } = chart.error;
  if (message !== 'gzip: invalid header') return fail(message);
  return fail(`file '${path}' does not appear to be a valid chart file (details: ${message})`);
}

/** The part of Go's `http.DetectContentType` that a chart's path may meet. */
function contentType(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 512));
  if (/^\s*<(!DOCTYPE HTML|HTML|HEAD)\b/i.test(head.toString('latin1'))) return 'text/html; charset=utf-8';
  if (head.toString('latin1', 0, 4) === 'PK\x03\x04') return 'application/zip';
  return head.some((byte) => byte < 9 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32)) || head.length < 512
    ? 'application/octet-stream'
    : 'text/plain; charset=utf-8';
}

function readText(file: string, io: Io): Result<string, string> {
  if (file.trim() === '-') return ok(readFileSync(0, 'utf8'));
  try {
    return ok(readFileSync(isAbsolute(file) ? file : join(io.cwd, file), 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return fail(`open ${file}: no such file or directory`);
    if (code === 'EISDIR') return fail(`read ${file}: is a directory`);
    if (code === 'EACCES') return fail(`open ${file}: permission denied`);
    return fail(message);
  }
}

function print(rendered: Rendered, options: TemplateOptions, io: Io): Result<null, string> {
  const stream =
    options.outputDir === undefined ? toStream(rendered, { hooks: options.hooks, skipTests: options.skipTests }) : '\n';
  if (options.showOnly.length === 0) {
    io.stdout.write(stream);
    return ok(null);
  }
  const shown: string[] = [];
  for (const pattern of options.showOnly) {
    const matched = splitManifests(stream, options.helmVersion).filter((manifest) => {
      const path = /# Source: [^/]+\/(.+)/.exec(manifest)?.[1];
      return path !== undefined && matchFile(pattern, path) === true;
    });
    if (matched.length === 0) return fail(`could not find template ${pattern} in chart`);
    shown.push(...matched);
  }
  for (const manifest of shown) io.stdout.write(`---\n${manifest}\n`);
  return ok(null);
}

function writeFiles(rendered: Rendered, release: string, directory: string, options: TemplateOptions, io: Io): void {
  const written = new Set<string>();
  const write = (root: string, path: string, content: string): void => {
    const file = resolve(io.cwd, root, path);
    mkdirSync(dirname(file), { recursive: true });
    if (written.has(path)) appendFileSync(file, streamDocument(path, content));
    else writeFileSync(file, streamDocument(path, content));
    written.add(path);
    io.stdout.write(`wrote ${join(root, path)}\n`);
  };
  const root = options.releaseName === true ? join(directory, release) : directory;
  if (rendered.includeCrds) for (const crd of rendered.crds) write(directory, crd.path, crd.content);
  for (const manifest of rendered.manifests) write(root, manifest.path, manifest.content);
  if (options.hooks)
    for (const hook of rendered.hooks)
      if (!(options.skipTests === true && isTestHook(hook))) write(root, hook.path, hook.content);
}
