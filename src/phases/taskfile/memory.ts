import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import {
  type Cache,
  makeCacheDirectory,
  memoryCache,
  openCache,
  replaceFile,
  type TaskRecord,
} from '../../cache/index.ts';
import { canonicalJson, type Digest, sha256 } from '../../core/digest.ts';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { YamlValue } from '../../core/value.ts';
import { Run, type TaskContext, type TaskKind, taskKey } from '../../graph/index.ts';
import type { Taskfile } from './ast.ts';
import type { CompiledTask } from './compile.ts';
import {
  calledDefinitions,
  type Declaration,
  declaredCommands,
  namedVariables,
  PART_NAMES,
  partDigests,
  variableData,
} from './declaration.ts';
import { TaskError } from './errors.ts';
import type { Freshness, Memory } from './freshness.ts';
import { globFiles, globOne } from './globs.ts';
import { type GeneratedFile, noteFiles, restoreFile } from './outputs.ts';
import type { ProcessEnvironment } from './variables.ts';

export interface MemoryOptions {
  readonly taskfile: Taskfile;
  /** What paths in records are relative to. Absolute. */
  readonly workspace: string;
  /** `undefined`: nothing is kept beyond this run. */
  readonly cacheDirectory: string | undefined;
  readonly environment: ProcessEnvironment;
  /** The rendered text of an object, for `needs:`. */
  readonly needs?: (id: string) => Promise<Result<string>>;
  onWarning(message: string): void;
}

/** What a task of kind `command` leaves: the files that `generates` names. */
type CommandOutput = {
  readonly files: readonly GeneratedFile[];
  /** Whether each glob of `generates` named something when the work was done. */
  readonly complete: boolean;
};

interface CommandInput {
  readonly task: CompiledTask;
  readonly declaration: Declaration;
  readonly workspace: string;
  readonly environment: ProcessEnvironment;
  readonly work: () => Promise<void>;
  /** Set while it runs. */
  ran: boolean;
  error: unknown;
}

/** A task of a Taskfile, keyed by all that it declares; its trace holds the bytes of its sources. */
const COMMAND: TaskKind<CommandInput, CommandOutput> = {
  name: 'command',
  version: 1,
  id: ({ task }) => `command:${task.fullName}`,
  declare: ({ declaration }) => declaration,
  async run(context, input) {
    input.ran = true;
    readSources(context, input.declaration);
    try {
      await input.work();
    } catch (error) {
      input.error = error;
      return fail(
        failure('command-failed', error instanceof Error ? error.message : String(error), { transient: true }),
      );
    }
    return ok(collectOutputs(context, input));
  },
};

/** Before the work: what the commands themselves change is no change to what they read. */
function readSources(context: TaskContext, declaration: Declaration): void {
  const files = context.files({ type: 'workspace', path: '' });
  for (const source of declaration.sources) files.readFile(`/${source}`);
}

function collectOutputs(context: TaskContext, { task, workspace, environment }: CommandInput): CommandOutput {
  const files = globFiles(task.directory, task.generates, false, environment);
  const noted = noteFiles(
    files.map((absolute) => ({ absolute, path: within(workspace, absolute) })),
    (bytes) => context.store(bytes),
  );
  return { files: noted, complete: missingOutput(task, environment) === undefined };
}

/** The first glob of `generates` that names no file. */
function missingOutput(task: CompiledTask, environment: ProcessEnvironment): string | undefined {
  for (const { glob, negate } of task.generates)
    if (!negate && (globOne(task.directory, glob, environment) ?? []).length === 0) return glob;
  return undefined;
}

function within(workspace: string, absolute: string): string | undefined {
  const path = relative(workspace, absolute);
  return path === '..' || path.startsWith('../') || path === '' ? undefined : path;
}

/** Remembers tasks as records of the graph, in the cache directory. */
export class GraphMemory implements Memory {
  readonly #options: MemoryOptions;
  readonly #needs = new Map<string, Promise<Result<string>>>();
  #opened: Cache | undefined;
  #temporary: string | undefined;

  constructor(options: MemoryOptions) {
    this.#options = options;
  }

  get #cache(): Cache {
    const { cacheDirectory, onWarning } = this.#options;
    this.#opened ??= cacheDirectory === undefined ? memoryCache() : openCache(cacheDirectory, { onWarning });
    return this.#opened;
  }

  #method(task: CompiledTask): string {
    const method = task.method || this.#options.taskfile.method || 'checksum';
    if (method !== 'checksum' && method !== 'timestamp' && method !== 'none')
      throw new TaskError(`task: invalid method "${method}"`);
    return method;
  }

  async check(task: CompiledTask): Promise<Freshness> {
    const method = this.#method(task);
    if (method === 'none') return { fresh: false, why: 'its method is none' };
    if (method === 'timestamp') return this.#checkTimes(task);
    const input = await this.#input(task, async () => undefined);
    const stale: string[] = [];
    for (const record of this.#cache.records(taskKey(COMMAND, input as never))) {
      const why = this.#stale(record, task);
      if (why === undefined) return { fresh: true };
      stale.push(why);
    }
    return { fresh: false, why: stale[0] ?? this.#changedPart(input.declaration) };
  }

  /** Why a record does not hold; `undefined` where it does, or what it made can be put back. */
  #stale(record: TaskRecord, task: CompiledTask): string | undefined {
    const fingerprints = this.#cache.fingerprints(this.#options.workspace);
    for (const entry of record.trace)
      if (entry[0] === 'file') {
        const seen = fingerprints.file(entry[1]);
        if ((typeof seen === 'string' ? seen : 0) !== entry[2]) return `${entry[1]} changed`;
      }
    const output = record.output === undefined ? undefined : (JSON.parse(record.output) as CommandOutput);
    if (output === undefined) return 'its last run failed';
    if (!output.complete)
      return `it did not make ${missingOutput(task, this.#options.environment) ?? 'what it generates'}`;
    for (const file of output.files) {
      const seen = fingerprints.file(file.path);
      if (seen !== file.digest && !(file.kept && this.#cache.read(file.digest) !== undefined))
        return `${file.path} is not as it was made`;
    }
    return undefined;
  }

  async perform(task: CompiledTask, force: boolean, work: () => Promise<void>): Promise<'fresh' | 'built'> {
    const method = this.#method(task);
    if (method === 'none') {
      await work();
      return 'built';
    }
    if (method === 'timestamp') return this.#performByTime(task, force, work);
    const input = await this.#input(task, work);
    if (force) this.#drop(input);
    const output = await this.#run(input);
    if (input.ran) return 'built';
    if (output.complete && this.#restore(output)) return 'fresh';
    this.#drop(input);
    await this.#run(input);
    return 'built';
  }

  #drop(input: CommandInput): void {
    for (const record of this.#cache.records(taskKey(COMMAND, input as never))) this.#cache.drop(record);
  }

  async #run(input: CommandInput): Promise<CommandOutput> {
    const run = new Run({
      workspace: this.#options.workspace,
      cache: this.#cache,
      jobs: 1,
      environment: this.#options.environment,
    });
    const result = await run.need(COMMAND, input);
    await run.finish();
    if (result.ok) {
      if (input.ran) this.#note(input.declaration);
      return result.value;
    }
    throw input.error ?? new TaskError(result.error.message);
  }

  #restore(output: CommandOutput): boolean {
    const { workspace } = this.#options;
    const fingerprints = this.#cache.fingerprints(workspace);
    return output.files.every((file) => {
      const seen = fingerprints.file(file.path);
      const current = typeof seen === 'string' ? seen : undefined;
      return restoreFile(join(workspace, file.path), file, current, () => this.#cache.read(file.digest));
    });
  }

  async #input(task: CompiledTask, work: () => Promise<void>): Promise<CommandInput> {
    const { workspace, environment } = this.#options;
    return { task, declaration: await this.#declare(task), workspace, environment, work, ran: false, error: undefined };
  }

  async #declare(task: CompiledTask): Promise<Declaration> {
    const { workspace, environment, taskfile } = this.#options;
    const sources: string[] = [];
    const outside: [string, Digest][] = [];
    for (const file of globFiles(task.directory, task.sources, task.useGitignore, environment)) {
      const path =
        within(realpathSync(workspace), realpathSync(file)) === undefined ? undefined : within(workspace, file);
      if (path === undefined) outside.push([relative(workspace, file), sha256(readFileSync(file))]);
      else sources.push(path);
    }
    const needs: [string, Digest][] = [];
    for (const id of task.needs) {
      const rendered = await this.#rendered(id);
      if (!rendered.ok) throw new TaskError(`task: ${rendered.error.message}`);
      needs.push([id, sha256(rendered.value)]);
    }
    const commands = declaredCommands(task);
    return {
      task: task.fullName,
      directory: relative(workspace, task.directory),
      commands: [commands, task.set, task.shopt, taskfile.set, taskfile.shopt],
      environment: variableData(task.environment),
      process: namedVariables(
        [...task.commands.map(({ cmd }) => cmd), ...[...task.environment.keys()].map((name) => `$${name}`)],
        environment,
      ),
      sources,
      outside,
      generates: task.generates,
      needs,
      calls: calledDefinitions(task, taskfile),
    };
  }

  #noteFile(task: string): string | undefined {
    const { cacheDirectory } = this.#options;
    return cacheDirectory === undefined ? undefined : join(cacheDirectory, 'commands', `${sha256(task)}.json`);
  }

  /** Keeps digests of what a task declared, to name what changed when it runs again. */
  #note(declaration: Declaration): void {
    const file = this.#noteFile(declaration.task);
    if (file === undefined) return;
    try {
      replaceFile(file, Buffer.from(canonicalJson({ task: declaration.task, parts: partDigests(declaration) })));
    } catch {
      // The cache says once that it cannot be written; without notes, explanations are less exact.
    }
  }

  #changedPart(declaration: Declaration): string {
    const file = this.#noteFile(declaration.task);
    let before: Record<string, Digest> | undefined;
    try {
      if (file !== undefined)
        before = (JSON.parse(readFileSync(file, 'utf8')) as { parts: Record<string, Digest> }).parts;
    } catch {
      before = undefined;
    }
    if (before === undefined) return 'it has not run before';
    const now = partDigests(declaration);
    const changed = Object.entries(PART_NAMES).filter(([part]) => now[part] !== before[part]);
    return changed.length === 0
      ? 'no record of it is kept'
      : `${changed.map(([, name]) => name).join(' and ')} changed`;
  }

  // Method `timestamp`: the times of files decide.

  #stamp(task: CompiledTask): string | undefined {
    const { cacheDirectory } = this.#options;
    return cacheDirectory === undefined ? undefined : join(cacheDirectory, 'timestamps', sha256(task.fullName));
  }

  #checkTimes(task: CompiledTask): Freshness {
    const { environment } = this.#options;
    const missing = missingOutput(task, environment);
    if (missing !== undefined) return { fresh: false, why: `${missing} is missing` };
    const made = globFiles(task.directory, task.generates, task.useGitignore, environment);
    const stamp = this.#stamp(task);
    const times = [...made, ...(stamp === undefined ? [] : [stamp])].map(timeOf).filter((time) => time > 0);
    if (times.length === 0) return { fresh: false, why: 'it has not run before' };
    const newest = Math.max(...times);
    const sources = globFiles(task.directory, task.sources, task.useGitignore, environment);
    const newer = sources.find((file) => timeOf(file) > newest);
    return newer === undefined ? { fresh: true } : { fresh: false, why: `${newer} is newer than what it made` };
  }

  async #performByTime(task: CompiledTask, force: boolean, work: () => Promise<void>): Promise<'fresh' | 'built'> {
    if (!force && this.#checkTimes(task).fresh) return 'fresh';
    const stamp = this.#stamp(task);
    if (stamp !== undefined) rmSync(stamp, { force: true });
    const started = new Date();
    await work();
    const { cacheDirectory } = this.#options;
    if (stamp === undefined || cacheDirectory === undefined) return 'built';
    makeCacheDirectory(cacheDirectory);
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, '');
    utimesSync(stamp, started, started);
    return 'built';
  }

  async value(task: CompiledTask, method: string): Promise<YamlValue> {
    const { environment, workspace } = this.#options;
    const sources = globFiles(task.directory, task.sources, task.useGitignore, environment);
    if (method === 'timestamp') return newestMoment(sources);
    return sha256(canonicalJson(sources.map((file) => [relative(workspace, file), sha256(readFileSync(file))])));
  }

  // Rendered outputs that tasks need.

  #rendered(id: string): Promise<Result<string>> {
    let rendered = this.#needs.get(id);
    if (rendered === undefined) {
      const { needs } = this.#options;
      rendered =
        needs === undefined
          ? Promise.resolve(fail(failure('object-not-found', `${id} cannot be rendered here`)))
          : needs(id);
      this.#needs.set(id, rendered);
    }
    return rendered;
  }

  /** Where the rendered output of an object is put for commands to read. */
  needPath(id: string): string {
    const { cacheDirectory } = this.#options;
    if (cacheDirectory === undefined && this.#temporary === undefined)
      this.#temporary = mkdtempSync(join(tmpdir(), 'flux-local-needs-'));
    return join(
      cacheDirectory ?? this.#temporary ?? '',
      'needs',
      `${id.split('/').map(encodeURIComponent).join('/')}.yaml`,
    );
  }

  async fetchNeeds(needs: readonly string[]): Promise<Result<ReadonlyMap<string, string>>> {
    const paths = new Map<string, string>();
    for (const id of needs) {
      const rendered = await this.#rendered(id);
      if (!rendered.ok) return rendered;
      const path = this.needPath(id);
      if (this.#options.cacheDirectory !== undefined) makeCacheDirectory(this.#options.cacheDirectory);
      replaceFile(path, Buffer.from(rendered.value));
      paths.set(id, path);
    }
    return ok(paths);
  }

  async close(): Promise<void> {
    this.#opened?.close();
    if (this.#temporary !== undefined) rmSync(this.#temporary, { recursive: true, force: true });
  }
}

/** When the newest of some files was changed: ISO 8601 to the nanosecond. */
function newestMoment(files: readonly string[]): string {
  let newest = 0n;
  for (const file of files) {
    const time = statSync(file, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? 0n;
    if (time > newest) newest = time;
  }
  const second = new Date(Number(newest / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${second}.${String(newest % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** Milliseconds since 1970; 0 for a file that is not there. */
const timeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
