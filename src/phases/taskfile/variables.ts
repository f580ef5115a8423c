import { dirname } from 'node:path';
import { quoteGo } from '../../core/go-quote.ts';
import type { YamlValue } from '../../core/value.ts';
import type { Task, Variable, Variables } from './ast.ts';
import { TaskError } from './errors.ts';
import type { Logger } from './logger.ts';
import { smartJoin } from './paths.ts';
import { runShell } from './shell.ts';
import { TemplateCache } from './templater.ts';

export interface Call {
  readonly task: string;
  readonly variables: Variables;
  /** What a wildcard name stands for in this call. */
  readonly match?: readonly string[];
  readonly silent: boolean;
  /** Called by another task. */
  readonly indirect: boolean;
}

export type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

export interface VariableOptions {
  /** Where the root's tasks run. Absolute. */
  readonly directory: string;
  /** The root Taskfile. Absolute. */
  readonly entrypoint: string;
  readonly cwd: string;
  readonly environment: ProcessEnvironment;
  readonly logger: Logger;
  readonly toolVersion: string;
  readonly toolName: string;
}

/** Variables that the outermost Taskfile sets. */
export interface RootVariables {
  readonly environment: Variables;
  readonly variables: Variables;
}

/**
 * Composes the variables of a task. Later wins: the process's environment, the special variables, the root's `env`, the root's
 * `vars` (those of the command line included), what `includes` passes, the included Taskfile's, the call's, the task's.
 * @see go-task compiler.go
 */
export class VariableComposer {
  readonly #options: VariableOptions;
  readonly #dynamic = new Map<string, Promise<string>>();

  constructor(options: VariableOptions) {
    this.#options = options;
  }

  /** Forgets what commands gave, before a watched task runs again. */
  reset(): void {
    this.#dynamic.clear();
  }

  /** @param evaluate run the commands of dynamic variables; otherwise they are '' and keep their `sh` */
  async compose(
    root: RootVariables,
    task: Task | undefined,
    call: Call | undefined,
    evaluate: boolean,
  ): Promise<Variables> {
    const result: Variables = new Map();
    for (const [name, value] of Object.entries(this.#options.environment))
      if (value !== undefined) result.set(name, { value });
    for (const [name, value] of this.#special(task, call)) result.set(name, { value });
    const { directory } = this.#options;
    let taskDirectory = directory;
    if (task !== undefined) {
      const cache = new TemplateCache(result, this.#options);
      const own = cache.replace(task.directory);
      if (cache.error !== undefined) throw cache.error;
      taskDirectory = smartJoin(directory, own);
    }
    const layers: [Variables, string][] = [
      [root.environment, directory],
      [root.variables, directory],
    ];
    if (task !== undefined) layers.push([task.includeVariables, directory], [task.includedVariables, taskDirectory]);
    if (task !== undefined && call !== undefined) {
      layers.push([call.variables, directory]);
      if (call.match !== undefined) layers.push([new Map([['MATCH', { value: [...call.match] }]]), directory]);
      layers.push([task.variables, taskDirectory]);
    }
    for (const [variables, at] of layers)
      for (const [name, variable] of variables) await this.#add(result, name, variable, at, evaluate);
    return result;
  }

  async #add(result: Variables, name: string, variable: Variable, directory: string, evaluate: boolean): Promise<void> {
    const cache = new TemplateCache(result, this.#options);
    const rendered = cache.replaceVariable(variable);
    const secret = variable.secret === true ? { secret: true } : {};
    if (!evaluate) {
      const sh = rendered.sh === undefined ? {} : { sh: rendered.sh };
      result.set(name, { value: rendered.value ?? '', ...sh, ...secret });
      return;
    }
    if (cache.error !== undefined) throw cache.error;
    if ((rendered.value !== undefined && rendered.value !== null) || rendered.sh === undefined) {
      result.set(name, { value: rendered.value ?? null, ...secret });
      return;
    }
    const output = await this.dynamic(rendered, directory, environmentOf(result, this.#options.environment));
    result.set(name, { value: output, ...secret });
  }

  /**
   * The output of a variable's command, without its last line break. Kept by the command's text for the run.
   * @throws TaskError where the command fails
   */
  async dynamic(variable: Variable, directory: string, environment: Readonly<Record<string, string>>): Promise<string> {
    const command = variable.sh ?? '';
    if (command === '') return '';
    const known = this.#dynamic.get(command);
    if (known !== undefined) return known;
    const running = this.#run(command, variable, directory, environment);
    this.#dynamic.set(command, running);
    return running;
  }

  async #run(
    command: string,
    variable: Variable,
    directory: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<string> {
    const { logger } = this.#options;
    let output = '';
    try {
      await runShell({
        command,
        directory: variable.directory ?? directory,
        environment,
        stdout: (text) => {
          output += text;
        },
        stderr: (text) => logger.streams.stderr.write(text),
      });
    } catch (error) {
      throw new TaskError(`task: Command "${command}" failed: ${error instanceof Error ? error.message : error}`);
    }
    const result = output.replace(/\r?\n$/, '');
    const shown = variable.secret === true ? '*****' : result;
    logger.verboseErr('magenta', `task: dynamic variable: ${quoteGo(command)} result: ${quoteGo(shown)}\n`);
    return result;
  }

  #special(task: Task | undefined, call: Call | undefined): [string, YamlValue][] {
    const { directory, entrypoint, cwd, toolVersion, toolName } = this.#options;
    return [
      ['TASK_EXE', toolName],
      ['ROOT_TASKFILE', entrypoint],
      ['ROOT_DIR', directory],
      ['USER_WORKING_DIR', cwd],
      ['TASK_VERSION', toolVersion],
      ['PATH_LIST_SEPARATOR', ':'],
      ['FILE_PATH_SEPARATOR', '/'],
      ['TASK', task?.name ?? ''],
      ['TASK_DIR', task === undefined ? '' : smartJoin(directory, task.directory)],
      ['TASKFILE', task?.location.file ?? ''],
      ['TASKFILE_DIR', task === undefined ? '' : dirname(task.location.file)],
      ['ALIAS', call?.task ?? ''],
    ];
  }
}

/** The process's environment with the variables that it does not set. Lists and maps are left out. */
export function environmentOf(variables: Variables, environment: ProcessEnvironment): Record<string, string> {
  const made: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) made[name] = value;
  for (const [name, variable] of variables) {
    const { value } = variable;
    if (Object.hasOwn(made, name) || (variable.sh !== undefined && variable.sh !== '')) continue;
    if (value === undefined || value === null || typeof value === 'object' || name.includes('\0')) continue;
    made[name] = String(value);
  }
  return made;
}
