import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { CACHE_DIRECTORY } from '../core/cache-directory.ts';
import { type Failure, failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { isMap, type YamlMap } from '../core/value.ts';
import { parseDocuments, stringify } from '../engines/goyaml/index.ts';
import type { Chart } from '../engines/helm/index.ts';
import { chartFiles, filesOfBuild } from './external-inputs.ts';
import { type ExternalRendering, readHelmStream } from './helm-stream.ts';
import type { RenderOptions } from './ports.ts';

/** The `helm` and `kustomize` of the user, in place of the engines here. */
export interface ExternalEngines {
  /** As the programs say them: part of the keys of what they give. */
  readonly versions: { readonly helm: string; readonly kustomize: string };
  /** `kustomize build` of a directory of `fs`. */
  build(fs: FileSystem, path: string, signal: AbortSignal): Promise<Result<readonly YamlMap[]>>;
  /** `helm template`. */
  template(
    chart: Chart,
    values: YamlMap,
    release: { readonly name: string; readonly namespace: string; readonly skipSchemaValidation: boolean },
    options: RenderOptions,
    signal: AbortSignal,
  ): Promise<Result<ExternalRendering>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const INSTALL = {
  helm: 'https://helm.sh/docs/intro/install/',
  kustomize: 'https://kubectl.docs.kubernetes.io/installation/kustomize/',
} as const;

/** Asks the programs on the PATH for their versions. Failures: `precondition-failed`, with what to install. */
export async function openExternal(environment: Environment): Promise<Result<ExternalEngines>> {
  const [helm, kustomize] = await Promise.all([
    versionOf('helm', ['version', '--template', '{{.Version}}'], environment),
    versionOf('kustomize', ['version'], environment),
  ]);
  if (!helm.ok) return helm;
  if (!kustomize.ok) return kustomize;
  return ok({
    versions: { helm: helm.value, kustomize: kustomize.value },
    build: (fs, path, signal) => build(fs, path, environment, signal),
    template: (chart, values, release, options, signal) =>
      template(chart, values, release, options, environment, signal),
  });
}

async function versionOf(
  program: keyof typeof INSTALL,
  words: readonly string[],
  environment: Environment,
): Promise<Result<string>> {
  const ran = await runProgram(program, words, environment);
  if (ran.ok) return ok(ran.value.stdout.trim());
  const missing = ran.error.reason === 'path-not-found';
  return fail(
    failure(
      'precondition-failed',
      missing ? `${program} is not on the PATH` : `${program} does not tell its version: ${ran.error.message}`,
      { hint: `install it (${INSTALL[program]}), or render without --engine external` },
    ),
  );
}

async function runProgram(
  program: string,
  words: readonly string[],
  environment: Environment,
  signal?: AbortSignal,
): Promise<Result<{ readonly stdout: string; readonly stderr: string }>> {
  const { execa } = await import('execa');
  const ran = await execa(program, words, {
    env: environment as Record<string, string>,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
    maxBuffer: 512 * 1024 * 1024,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (ran.code === 'ENOENT') return fail(failure('path-not-found', `${program} is not on the PATH`));
  if (ran.isCanceled) return fail(failure('command-failed', 'interrupted', { transient: true }));
  if (ran.failed) return fail(failure('command-failed', messageOf(ran.stderr) || ran.shortMessage || 'failed'));
  return ok({ stdout: ran.stdout, stderr: ran.stderr });
}

/** What a program says is wrong, without what it logged before and the flags it would have its user try. */
function messageOf(stderr: string): string {
  const at = /(?:^|\n)Error: /.exec(stderr);
  const text = at === null ? stderr : stderr.slice(at.index + at[0].length);
  return text.replace(/\n+Use --debug flag to render out invalid YAML\s*$/, '').trim();
}

/** Runs `work` in a directory of its own, which only this user can read, and removes it. */
async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'flux-local-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function writeFiles(directory: string, files: Iterable<readonly [path: string, content: string | Uint8Array]>): void {
  for (const [path, content] of files) {
    const at = join(directory, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, content);
  }
}

async function build(
  fs: FileSystem,
  path: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<Result<readonly YamlMap[]>> {
  const attempt = (files: ReadonlyMap<string, Uint8Array>): Promise<Result<readonly YamlMap[]>> =>
    inDirectory(async (directory) => {
      writeFiles(directory, files);
      mkdirSync(join(directory, path), { recursive: true });
      const ran = await runProgram(
        'kustomize',
        ['build', '--load-restrictor', 'LoadRestrictionsNone', join(directory, path)],
        environment,
        signal,
      );
      if (!ran.ok) return fail(buildFailure(ran.error, directory));
      const { documents, error } = parseDocuments(ran.value.stdout);
      if (error !== undefined) return fail(error);
      return ok(documents.flatMap(({ value }) => (isMap(value) ? [value] : [])));
    });
  // What the engine here reads of a tree is what kustomize reads; where that is not enough, it gets the whole tree.
  const read = filesOfBuild(fs, path);
  if (read.complete) {
    const built = await attempt(read.files);
    if (built.ok) return built;
  }
  return attempt(allFiles(fs));
}

const buildFailure = (error: Failure, directory: string): Failure => ({
  ...error,
  ...(error.reason === 'command-failed' ? { reason: 'build-failed' } : {}),
  message: `kustomize build failed: ${error.message.replaceAll(directory, '')}`,
});

function allFiles(fs: FileSystem): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const walk = (directory: string): void => {
    for (const { name, type } of fs.listDirectory(directory) ?? []) {
      const path = posix.join(directory, name);
      if (type === 'directory') {
        if (name !== '.git' && name !== 'node_modules' && name !== CACHE_DIRECTORY) walk(path);
        continue;
      }
      const bytes = fs.readFile(path);
      if (bytes !== undefined) files.set(path, bytes);
    }
  };
  walk('/');
  return files;
}

async function template(
  chart: Chart,
  values: YamlMap,
  release: { readonly name: string; readonly namespace: string; readonly skipSchemaValidation: boolean },
  options: RenderOptions,
  environment: Environment,
  signal: AbortSignal,
): Promise<Result<ExternalRendering>> {
  return inDirectory(async (directory) => {
    const at = join(directory, 'chart');
    writeFiles(at, chartFiles(chart));
    writeFileSync(join(directory, 'values.yaml'), stringify(values));
    const words = [
      'template',
      release.name,
      at,
      '--namespace',
      release.namespace,
      '--values',
      join(directory, 'values.yaml'),
      '--include-crds',
      ...(options.kubeVersion === undefined ? [] : ['--kube-version', options.kubeVersion]),
      ...options.apiVersions.flatMap((version) => ['--api-versions', version]),
      ...(options.isUpgrade ? ['--is-upgrade'] : []),
      ...(release.skipSchemaValidation ? ['--skip-schema-validation'] : []),
    ];
    const ran = await runProgram('helm', words, environment, signal);
    if (ran.ok) return readHelmStream(ran.value.stdout);
    const { error } = ran;
    return fail({
      ...error,
      ...(error.reason === 'command-failed' ? { reason: 'template-failed' } : {}),
      message: error.message.replaceAll(at, ''),
    });
  });
}
