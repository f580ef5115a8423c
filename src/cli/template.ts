import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { fail, ok, type Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import {
  type Chart,
  checkDependencies,
  checkInstallable,
  type HelmVersion,
  isTestHook,
  manifestStream,
  parseKubeVersion,
  quoteGo,
  type Rendered,
  type RenderFailure,
  renderNameTemplate,
  streamDocument,
  trimGo,
} from '../engines/helm/index.ts';
import type { Io } from './io.ts';
import { loadChartFile } from './load-chart-file.ts';
import { type ChartLocation, fetchText, locateChart } from './locate-chart.ts';
import type { ParsedFlags } from './pflag.ts';
import { systemError } from './system-error.ts';
import { TemplateCommand, type TemplateLine } from './template-command.ts';
import { type OutputOptions, printManifests, writeHooks, writeManifests } from './template-output.ts';
import { NO_CLUSTER, renderWithFlags } from './template-render.ts';

/** What `helm template` adds where it came as far as templates. */
const DEBUG_HINT = 'Use --debug flag to render out invalid YAML';

/**
 * `flux-local template [NAME] CHART`: a chart rendered as `helm template` renders it, with its flags and its output. On failure
 * the exit code is 1 and `Error: …` stands on stderr.
 */
export function templateCommand(io: Io): Command {
  const command = new TemplateCommand(io);
  return command.action(async () => {
    const { line } = command;
    for (const notice of line.flags.notices) io.stderr.write(`${notice}\n`);
    const result = line.problem === undefined ? await template(line, io) : fail(line.problem);
    if (result.ok) return;
    io.stderr.write(`Error: ${result.error}\n`);
    io.exitCode = 1;
  });
}

async function template(line: TemplateLine, io: Io): Promise<Result<null, string>> {
  const { flags, helmVersion } = line;
  const warn = (message: string): unknown =>
    io.stderr.write(helmVersion === '3' ? `WARNING: ${message}\n` : `level=WARN msg=${JSON.stringify(message)}\n`);
  const checked = checkFlags(line, warn, io);
  if (!checked.ok) return checked;
  const named = releaseName(flags, io);
  if (!named.ok) return named;
  const { name, reference } = named.value;
  const location = chartLocation(flags);
  const located = await locateChart(reference, location, io);
  if (!located.ok) return located;
  if (flags.is('verify')) {
    const trusted = await verify(located.value, reference, flags, helmVersion, io);
    if (!trusted.ok) return trusted;
  }
  const values = await userValues(flags, location, helmVersion, io);
  if (!values.ok) return values;
  const loaded = loadChartFile(located.value, reference, helmVersion);
  if (!loaded.ok) return loaded;
  for (const warning of loaded.value.warnings) io.stderr.write(`${warning}\n`);
  const installable = checkInstallable(loaded.value);
  if (!installable.ok) return fail(installable.error.message);
  if (loaded.value.metadata.deprecated)
    warn(helmVersion === '3' ? 'This chart is deprecated' : 'this chart is deprecated');
  const chart = await withDependencies(loaded.value, located.value, location, line, io);
  if (!chart.ok) return chart;
  const dryRun = checkDryRun(flags, helmVersion);
  if (!dryRun.ok) return dryRun;
  const namespace = await releaseNamespace(flags, io);
  const rendered = await renderWithFlags(chart.value, values.value, { name, namespace }, line, dryRun.value, io);
  const output: OutputOptions = {
    hooks: !flags.is('no-hooks'),
    skipTests: flags.is('skip-tests'),
    showOnly: flags.all('show-only'),
    helmVersion,
  };
  const debug = flags.is('debug') || isTrue(io.env.HELM_DEBUG);
  const written = rendered.ok ? await writeOut(rendered.value, name, line, output, io) : rendered;
  if (written.ok) return printManifests(written.value, output, io);
  const { message, hasRelease, partial, hooks = '' }: Unprinted = written.error;
  if (hasRelease !== true) return fail(message);
  if (!debug) return fail(`${message}\n\n${DEBUG_HINT}`);
  // Helm prints what there is, and the reason after it.
  const shown = printManifests(`${trimGo(partial ?? '')}\n${hooks}`, output, io);
  return fail(shown.ok || helmVersion === '4' ? message : shown.error);
}

/** What helm looks at before it looks for the chart. */
function checkFlags(
  { flags, helmVersion }: TemplateLine,
  warn: (message: string) => unknown,
  io: Io,
): Result<null, string> {
  const colour = flags.text('colour') ?? flags.text('color') ?? 'auto';
  if (!['never', 'auto', 'always'].includes(colour))
    return fail(`invalid color mode ${quoteGo(colour)}: must be one of: never, auto, always`);
  const wait = flags.text('wait');
  if (helmVersion === '4' && (wait === 'true' || wait === 'false'))
    warn(
      `--wait=${wait} is deprecated (boolean value) and can be replaced with --wait=${wait === 'true' ? 'watcher' : 'hookOnly'}`,
    );
  if (flags.operands.length === 0)
    return fail('"helm template" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]');
  const kubeVersion = flags.text('kube-version');
  if (kubeVersion) {
    const parsed = parseKubeVersion(kubeVersion, helmVersion);
    if (!parsed.ok) return fail(`invalid kube version '${kubeVersion}': ${parsed.error}`);
  }
  const registry = registryProblem(flags, helmVersion, io);
  if (registry !== undefined) return fail(`missing registry client: can't create TLS config for client: ${registry}`);
  if (helmVersion === '3') return ok(null);
  const dryRun = flags.text('dry-run') ?? 'client';
  if (dryRun === 'unset') warn("--dry-run is deprecated and should be replaced with '--dry-run=client'");
  else if (/^(1|t|T|TRUE|true|True)$/.test(dryRun))
    warn(`boolean '--dry-run=${dryRun}' flag is deprecated and must be replaced with '--dry-run=client'`);
  else if (/^(0|f|F|FALSE|false|False|none)$/.test(dryRun))
    return fail(`invalid dry-run value (${quoteGo(dryRun)}). Must be "server" or "client"`);
  else if (dryRun !== 'client' && dryRun !== 'server')
    return fail(`invalid dry-run value (${quoteGo(dryRun)}). Must be "none", "server", or "client"`);
  return ok(null);
}

/** Helm makes a client for registries first, whether or not it will ask one. @see Helm internal/tlsutil/tls.go */
function registryProblem(flags: ParsedFlags, helmVersion: HelmVersion, io: Io): string | undefined {
  const problem = (file: string): string | undefined => {
    try {
      accessSync(resolve(io.cwd, file), constants.R_OK);
      return undefined;
    } catch (error) {
      return systemError(error, `open ${file}`);
    }
  };
  const [authority, certificate, key] = ['ca-file', 'cert-file', 'key-file'].map((name) => flags.text(name) ?? '') as [
    string,
    string,
    string,
  ];
  if (certificate !== '' && key !== '') {
    const why = problem(certificate) ?? problem(key);
    if (why !== undefined)
      return helmVersion === '3'
        ? `can't load key pair from cert ${certificate} and key ${key}: ${why}`
        : `unable to load cert from key pair: ${why}`;
  }
  const why = authority === '' ? undefined : problem(authority);
  if (why === undefined) return undefined;
  return `can't read CA file: ${helmVersion === '3' ? authority : `${quoteGo(authority)}: ${why}`}`;
}

/**
 * @returns whether `lookup` would ask a cluster. Helm 3 asks for nothing else under `--dry-run=server`.
 */
function checkDryRun(flags: ParsedFlags, helmVersion: HelmVersion): Result<boolean, string> {
  const dryRun = flags.text('dry-run') || 'true';
  if (helmVersion === '4')
    return flags.is('validate') || dryRun === 'server'
      ? fail(`cluster reachability check failed: kubernetes cluster unreachable: ${NO_CLUSTER}`)
      : ok(false);
  if (!['false', 'true', 'none', 'client', 'server'].includes(dryRun))
    return fail('Invalid dry-run flag. Flag must one of the following: false, true, none, client, server');
  if (flags.is('validate')) return fail(`Kubernetes cluster unreachable: ${NO_CLUSTER}`);
  return ok(dryRun === 'server' || dryRun === 'none' || dryRun === 'false');
}

function releaseName(flags: ParsedFlags, io: Io): Result<{ name: string; reference: string }, string> {
  const { operands } = flags;
  const template = flags.text('name-template') ?? '';
  if (operands.length > 2)
    return fail(`expected at most two arguments, unexpected arguments: ${operands.slice(2).join(', ')}`);
  const [first = '', second] = operands;
  if (second !== undefined) {
    if (flags.is('generate-name')) return fail('cannot set --generate-name and also specify a name');
    if (template !== '') return fail('cannot set --name-template and also specify a name');
    return ok({ name: first, reference: second });
  }
  if (template === '') return ok({ name: 'release-name', reference: first });
  const environment = new Map(
    Object.entries(io.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const name = renderNameTemplate(template, environment);
  return name.ok ? ok({ name: name.value, reference: first }) : fail(name.error);
}

async function releaseNamespace(flags: ParsedFlags, io: Io): Promise<string> {
  const given = flags.text('namespace') ?? io.env.HELM_NAMESPACE;
  if (given) return given;
  const { kubeNamespace } = await import('./kube-namespace.ts');
  return kubeNamespace({ kubeconfig: flags.text('kubeconfig'), context: flags.text('kube-context') }, io);
}

function chartLocation(flags: ParsedFlags): ChartLocation {
  const text = (name: string, field: keyof ChartLocation): object => {
    const value = flags.text(name);
    return value === undefined ? {} : { [field]: value };
  };
  return {
    ...text('repo', 'repo'),
    ...text('version', 'version'),
    ...text('username', 'username'),
    ...text('password', 'password'),
    ...text('ca-file', 'caFile'),
    ...text('cert-file', 'certFile'),
    ...text('key-file', 'keyFile'),
    ...text('registry-config', 'registryConfig'),
    ...text('repository-config', 'repositoryConfig'),
    ...text('cache-dir', 'cacheDir'),
    devel: flags.is('devel'),
    passCredentials: flags.is('pass-credentials'),
    plainHttp: flags.is('plain-http'),
    offline: flags.is('offline'),
  };
}

async function verify(
  chart: string,
  reference: string,
  flags: ParsedFlags,
  helmVersion: HelmVersion,
  io: Io,
): Promise<Result<null, string>> {
  if (resolve(io.cwd, reference.trim()) !== chart)
    return fail(`${reference}: a chart that is fetched is not verified here; fetch it and its .prov file first`);
  const { defaultKeyring, verifyChart } = await import('./chart-provenance.ts');
  const shown = flags.text('keyring') ?? defaultKeyring(io.env, io.env.HOME ?? homedir());
  return verifyChart(chart, { path: resolve(io.cwd, shown), shown }, helmVersion);
}

async function userValues(
  flags: ParsedFlags,
  location: ChartLocation,
  helmVersion: HelmVersion,
  io: Io,
): Promise<Result<YamlMap, string>> {
  const { gatherValues } = await import('./helm-values.ts');
  const options = {
    valueFiles: flags.all('values'),
    json: flags.all('set-json'),
    values: flags.all('set'),
    strings: flags.all('set-string'),
    files: flags.all('set-file'),
    literals: flags.all('set-literal'),
  };
  return gatherValues(options, helmVersion, io, (url) => fetchText(url, location, io));
}

async function withDependencies(
  chart: Chart,
  path: string,
  location: ChartLocation,
  { flags, helmVersion }: TemplateLine,
  io: Io,
): Promise<Result<Chart, string>> {
  const complete = checkDependencies(chart);
  if (complete.ok) return ok(chart);
  if (!flags.is('dependency-update')) {
    const command = helmVersion === '3' ? '`helm dependency build`' : "'helm dependency build'";
    return fail(
      `${helmVersion === '3' ? 'An' : 'an'} error occurred while checking for chart dependencies. You may need to run ${command} to fetch missing dependencies: ${complete.error.message}`,
    );
  }
  if (!statSync(path).isDirectory()) return fail('only unpacked charts can be updated');
  const { updateDependencies } = await import('./chart-dependencies.ts');
  return updateDependencies(chart, path, helmVersion, io, async ({ name, version, repository }) => {
    const alias = /^(?:@|alias:)(.*)$/.exec(repository)?.[1];
    const { username: _, password: __, ...own } = location;
    const reference =
      alias !== undefined ? `${alias}/${name}` : repository.startsWith('oci://') ? `${repository}/${name}` : name;
    const from = { ...own, version, ...(reference === name ? { repo: repository } : {}) };
    const { repo: ___, ...plain } = from;
    const located = await locateChart(reference, reference === name ? from : plain, io);
    return located.ok ? loadChartFile(located.value, reference, helmVersion) : located;
  });
}

/** `hooks` is what helm prints behind the manifests even where a post-renderer failed. */
type Unprinted = RenderFailure & { readonly hooks?: string };

/** @returns what goes to stdout; files of `--output-dir` are written */
async function writeOut(
  rendered: Rendered,
  name: string,
  { flags, postRenderer }: TemplateLine,
  output: OutputOptions,
  io: Io,
): Promise<Result<string, Unprinted>> {
  const directory = flags.text('output-dir') ?? '';
  const root = directory !== '' && flags.is('release-name') ? join(directory, name) : directory;
  const hooks = directory === '' ? hookStream(rendered, output) : '';
  const refuse = (message: string): Result<never, Unprinted> =>
    fail({ reason: 'template-failed', message, hasRelease: true, hooks });
  if (directory !== '') {
    const written = writeManifests(rendered, directory, root, io);
    if (!written.ok) return refuse(written.error);
  }
  let manifest = directory === '' ? manifestStream(rendered) : '';
  if (postRenderer !== undefined) {
    const { postRender } = await import('./post-render.ts');
    const changed = postRender(postRenderer, flags.all('post-renderer-args'), manifest, io);
    if (!changed.ok) return refuse(changed.error);
    manifest = changed.value;
  }
  const stream = `${trimGo(manifest)}\n${hooks}`;
  if (directory === '' || !output.hooks) return ok(stream);
  const written = writeHooks(rendered, root, output, io);
  return written.ok ? ok(stream) : fail({ reason: 'template-failed', message: written.error });
}

function hookStream(rendered: Rendered, { hooks, skipTests }: OutputOptions): string {
  if (!hooks) return '';
  let stream = '';
  for (const hook of rendered.hooks)
    if (!(skipTests && isTestHook(hook))) stream += streamDocument(hook.path, hook.content);
  return stream;
}

const isTrue = (text: string | undefined): boolean => /^(1|t|T|TRUE|true|True)$/.test(text ?? '');
