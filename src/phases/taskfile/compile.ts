import { readFileSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { quoteGo } from '../../core/go-quote.ts';
import type { YamlValue } from '../../core/value.ts';
import type { Command, Dependency, Loop, Precondition, RequiredVariable, Task, Taskfile, Variables } from './ast.ts';
import { parseDotenv } from './dotenv.ts';
import { EXIT, TaskError } from './errors.ts';
import { expandLiteral } from './expand.ts';
import { type Glob, globFiles } from './globs.ts';
import { smartJoin } from './paths.ts';
import { TemplateCache } from './templater.ts';
import { type Call, environmentOf, type ProcessEnvironment, type VariableComposer } from './variables.ts';

/** A task with all its templates rendered, ready to run. */
export interface CompiledTask extends Task {
  /** The name with wildcards filled in. */
  readonly fullName: string;
  readonly useGitignore: boolean;
  /** What templates of deferred commands see. */
  readonly cache: TemplateCache;
  /** What commands get, besides the process's own environment. */
  readonly environment: Variables;
}

export interface CompileOptions {
  readonly taskfile: Taskfile;
  /** The root's directory. Absolute. */
  readonly directory: string;
  readonly composer: VariableComposer;
  readonly environment: ProcessEnvironment;
  readonly cwd: string;
  /** Where the rendered output of a needed object is put. */
  needPath?(id: string): string;
  /** The value of `CHECKSUM` or `TIMESTAMP` of a task's sources. */
  fingerprint(task: CompiledTask, method: string): Promise<YamlValue>;
}

/**
 * Renders a task for a call.
 * @param evaluate run dynamic variables and report template errors; otherwise what cannot be rendered stays as it is written
 * @param parts `header`: only what lists show; commands and dependencies stay as they are written
 * @see go-task variables.go, compiledTask
 */
export async function compileTask(
  task: Task,
  call: Call,
  evaluate: boolean,
  options: CompileOptions,
  parts: 'all' | 'header' = 'all',
): Promise<CompiledTask> {
  const { taskfile } = options;
  const variables = await options.composer.compose(taskfile, task, call, evaluate);
  let fullName = task.name;
  for (const match of call.match ?? []) fullName = fullName.replace('*', () => match);
  const cache = new TemplateCache(variables, options);
  if (task.needs.length > 0 && options.needPath !== undefined) {
    const needs = task.needs.map((need) => cache.replace(need));
    variables.set('NEEDS', { value: new Map(needs.map((id) => [id, options.needPath?.(id) ?? ''])) });
    cache.reset();
  }
  const requires = evaluate ? task.requires.map((required) => resolveAllowed(required, cache)) : task.requires;
  const gitignore = task.useGitignore ?? taskfile.useGitignore ?? false;
  const directory = smartJoin(options.directory, expandLiteral(cache.replace(task.directory), options.environment));
  const dotenv = task.dotenv.map((path) => cache.replace(path));
  let made: CompiledTask = {
    ...task,
    fullName,
    useGitignore: gitignore,
    cache,
    label: cache.replace(task.label),
    description: cache.replace(task.description),
    prompts: task.prompts.map((prompt) => cache.replace(prompt)),
    summary: cache.replace(task.summary),
    sources: replaceGlobs(task.sources, cache),
    generates: replaceGlobs(task.generates, cache),
    directory,
    variables,
    dotenv,
    method: cache.replace(task.method),
    prefix: cache.replace(task.prefix) || task.name,
    run: cache.replace(task.run),
    condition: cache.replace(task.condition),
    needs: task.needs.map((need) => cache.replace(need)),
    requires,
    environment: await environmentFor(task, directory, dotenv, cache, evaluate, options),
  };
  if (parts === 'header') return made;
  const method = made.method || taskfile.method || 'checksum';
  const kind = method === 'timestamp' || method === 'none' ? method : 'checksum';
  const known = ['checksum', 'timestamp', 'none'].includes(method);
  if (known && task.sources.length > 0 && kind !== 'none' && mentions(task, kind.toUpperCase())) {
    variables.set(kind.toUpperCase(), {
      value: await options.fingerprint(made, kind),
      moment: kind === 'timestamp',
    });
    cache.reset();
  }
  const loops = new LoopItems(made, cache, options.environment);
  made = {
    ...made,
    commands: task.commands.flatMap((command) => compileCommand(command, loops)),
    dependencies: task.dependencies.flatMap((dependency) => compileDependency(dependency, loops)),
    preconditions: task.preconditions.map(
      ({ sh, message }): Precondition => ({ sh: cache.replace(sh), message: cache.replace(message) }),
    ),
    status: task.status.map((command) => cache.replace(command)),
  };
  if (evaluate && cache.error !== undefined) throw cache.error;
  return made;
}

function replaceGlobs(globs: readonly Glob[], cache: TemplateCache): Glob[] {
  return globs.map(({ glob, negate }) => ({ glob: cache.replace(glob), negate }));
}

async function environmentFor(
  task: Task,
  directory: string,
  dotenv: readonly string[],
  cache: TemplateCache,
  evaluate: boolean,
  options: CompileOptions,
): Promise<Variables> {
  const made: Variables = new Map();
  const fromFiles: Variables = new Map();
  for (const path of dotenv)
    for (const [name, value] of readDotenv(smartJoin(directory, path)))
      if (!fromFiles.has(name)) fromFiles.set(name, { value });
  for (const layer of [options.taskfile.environment, fromFiles, task.environment])
    for (const [name, variable] of layer) made.set(name, cache.replaceVariable(variable));
  if (!evaluate) return made;
  for (const [name, variable] of made) {
    if ((variable.value !== undefined && variable.value !== null) || variable.sh === undefined) {
      made.set(name, { value: variable.value ?? null });
      continue;
    }
    const environment = environmentOf(made, options.environment);
    made.set(name, { value: await options.composer.dynamic(variable, directory, environment) });
  }
  return made;
}

/** The variables of a dotenv file; none where there is no file. */
export function readDotenv(path: string): Map<string, string> {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return new Map();
  try {
    return parseDotenv(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new TaskError(`error reading env file ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Whether the parts that are rendered after the fingerprint name it. */
function mentions(task: Task, name: string): boolean {
  return JSON.stringify([task.status, task.commands, task.dependencies, task.preconditions], (_key, value: unknown) =>
    value instanceof Map ? [...value] : typeof value === 'bigint' ? String(value) : value,
  ).includes(name);
}

function compileCommand(command: Command, loops: LoopItems): Command[] {
  const { cache } = loops;
  // What is deferred is rendered when it runs: it may name EXIT_CODE.
  if (command.defer && command.loop === undefined) return [command];
  const render = (extra: ReadonlyMap<string, YamlValue> | undefined): Command => ({
    ...command,
    logCmd: cache.masked(command.cmd, extra),
    cmd: cache.replace(command.cmd, extra),
    task: cache.replace(command.task, extra),
    phase: cache.replace(command.phase, extra),
    condition: cache.replace(command.condition, extra),
    variables: cache.replaceVariables(command.variables, extra),
  });
  return command.loop === undefined ? [render(undefined)] : loops.of(command.loop).map(render);
}

function compileDependency(dependency: Dependency, loops: LoopItems): Dependency[] {
  const { cache } = loops;
  const render = (extra: ReadonlyMap<string, YamlValue> | undefined): Dependency => ({
    ...dependency,
    task: cache.replace(dependency.task, extra),
    variables: cache.replaceVariables(dependency.variables, extra),
  });
  return dependency.loop === undefined ? [render(undefined)] : loops.of(dependency.loop).map(render);
}

/** What a `for` repeats over, as the names and values that each round sees. */
class LoopItems {
  readonly cache: TemplateCache;
  readonly #task: CompiledTask;
  readonly #environment: ProcessEnvironment;

  constructor(task: CompiledTask, cache: TemplateCache, environment: ProcessEnvironment) {
    this.#task = task;
    this.cache = cache;
    this.#environment = environment;
  }

  of(loop: Loop): ReadonlyMap<string, YamlValue>[] {
    const as = loop.as || 'ITEM';
    return this.#items(loop).map(([key, value]) => {
      const extra = new Map<string, YamlValue>([[as, value]]);
      if (key !== undefined) extra.set('KEY', key);
      return extra;
    });
  }

  #items(loop: Loop): [string | undefined, YamlValue][] {
    if (loop.matrix.size > 0) return this.#matrix(loop).map((item) => [undefined, item]);
    if (loop.list.length > 0) return loop.list.map((item) => [undefined, item]);
    if (loop.from === 'sources') return this.#files(this.#task.sources);
    if (loop.from === 'generates') return this.#files(this.#task.generates);
    return loop.variable === '' ? [] : this.#variable(loop);
  }

  #files(globs: readonly Glob[]): [undefined, YamlValue][] {
    const { directory, useGitignore } = this.#task;
    const files = globFiles(directory, globs, useGitignore, this.#environment);
    return files.map((file) => [undefined, relative(directory, file)]);
  }

  #variable(loop: Loop): [string | undefined, YamlValue][] {
    const variable = this.#task.variables.get(loop.variable);
    const value = variable?.value;
    if (variable === undefined || value === undefined || value === null || variable.sh !== undefined) return [];
    if (typeof value === 'string') {
      const parts = loop.split === '' ? value.split(/\s+/).filter((part) => part !== '') : value.split(loop.split);
      return parts.map((part) => [undefined, part]);
    }
    if (Array.isArray(value)) return value.map((item) => [undefined, item]);
    if (value instanceof Map) return [...value];
    throw this.#invalid('loop var must be a delimiter-separated string, list or a map');
  }

  #matrix(loop: Loop): Map<string, YamlValue>[] {
    let combinations: Map<string, YamlValue>[] = [new Map()];
    for (const [name, row] of loop.matrix) {
      let values = row.values;
      if (row.ref !== '') {
        const referenced = this.cache.reference(row.ref);
        if (this.cache.error !== undefined) throw this.#invalid(this.cache.error.message);
        if (!Array.isArray(referenced))
          throw this.#invalid(`matrix reference ${quoteGo(row.ref)} must resolve to a list`);
        values = referenced;
      }
      if (combinations.length * values.length > 100_000)
        throw this.#invalid('matrix has more than 100000 combinations');
      combinations = combinations.flatMap((made) => values.map((value) => new Map(made).set(name, value)));
    }
    return combinations;
  }

  #invalid(message: string): TaskError {
    return new TaskError(`task: Failed to parse ${this.#task.location.file}:\n${message}`, EXIT.taskfileInvalid);
  }
}

function resolveAllowed(required: RequiredVariable, cache: TemplateCache): RequiredVariable {
  if (required.allowedRef === '') return required;
  const value = cache.reference(required.allowedRef);
  if (cache.error !== undefined) throw cache.error;
  const name = quoteGo(required.allowedRef);
  if (!Array.isArray(value)) throw new TaskError(`enum reference ${name} must resolve to a list`);
  const allowed = value.map((item) => {
    if (typeof item !== 'string') throw new TaskError(`enum reference ${name} must contain only strings`);
    return item;
  });
  return { ...required, allowed };
}
