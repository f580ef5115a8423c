import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fail, ok, type Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import {
  type Chart,
  checkDependencies,
  checkInstallable,
  type HelmVersion,
  isTestHook,
  manifestStream,
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
import { checkDryRun, checkFlags, isTrue } from './template-checks.ts';
import { readTemplateLine, type TemplateLine } from './template-line.ts';
import { type OutputOptions, printManifests, writeHooks, writeManifests } from './template-output.ts';
import { renderWithFlags } from './template-render.ts';

/** What `helm template` adds where it came as far as templates. */
const DEBUG_HINT = 'Use --debug flag to render out invalid YAML';

/**
 * `flux-local template [NAME] CHART`: a chart rendered as `helm template` renders it, with its flags and its output. On failure
 * the exit code is 1 and `Error: …` stands on stderr.
 * @param words what follows `template`
 * @returns false, and nothing else, where help is asked for
 */
export async function template(words: readonly string[], io: Io): Promise<boolean> {
  const line = readTemplateLine(words, io);
  if (line === 'help') return false;
  for (const notice of line.flags.notices) io.stderr.write(`${notice}\n`);
  const result = line.problem === undefined ? await run(line, io) : fail(line.problem);
  if (result.ok) return true;
  io.stderr.write(`Error: ${result.error}\n`);
  io.exitCode = 1;
  return true;
}

async function run(line: TemplateLine, io: Io): Promise<Result<null, string>> {
  const { flags, helmVersion } = line;
  const warn = (message: string): unknown =>
    io.stderr.write(helmVersion === '3' ? `WARNING: ${message}\n` : `level=WARN msg=${JSON.stringify(message)}\n`);
  const checked = checkFlags(line, warn, io);
  if (!checked.ok) return checked;
  const named = releaseName(flags, io);
  if (!named.ok) return named;
  const { name, reference } = named.value;
  const location = chartLocation(flags);
  const located = await locateChart(reference, location, helmVersion, io);
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
  const debug = flags.is('debug') || isTrue(io.env.HELM_DEBUG ?? '');
  const written = rendered.ok ? await writeOut(rendered.value, name, line, output, io) : rendered;
  if (written.ok) return printManifests(written.value, output, io);
  const { message, hasRelease, partial, hooks = '' }: Unprinted = written.error;
  if (hasRelease !== true) return fail(message);
  if (!debug) return fail(`${message}\n\n${DEBUG_HINT}`);
  // Helm prints what there is, and the reason after it.
  const shown = printManifests(`${trimGo(partial ?? '')}\n${hooks}`, output, io);
  return fail(shown.ok || helmVersion === '4' ? message : shown.error);
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
    insecureSkipTlsVerify: flags.is('insecure-skip-tls-verify'),
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
  return updateDependencies(chart, path, location, helmVersion, io);
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
