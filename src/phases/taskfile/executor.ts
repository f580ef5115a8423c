import { mkdirSync } from 'node:fs';
import { sha256 } from '../../core/digest.ts';
import { quoteGo } from '../../core/go-quote.ts';
import { formatLocation } from '../../core/location.ts';
import type { Result } from '../../core/result.ts';
import type { YamlValue } from '../../core/value.ts';
import { type Command, displayName, type Task, type Taskfile } from './ast.ts';
import { type CompiledTask, type CompileOptions, compileTask } from './compile.ts';
import { Cancelled, cancelledBehind, EXIT, isCommandFailure, statusOf, TaskError, TaskRunError } from './errors.ts';
import type { Memory } from './freshness.ts';
import { runTogether, waitFor, withTimeLimit } from './limits.ts';
import type { Logger } from './logger.ts';
import { findTask } from './lookup.ts';
import { interleaved, type Output } from './output.ts';
import { runsHere } from './platforms.ts';
import { type Ask, checkAllowed, checkRequired, confirm, missingVariables } from './questions.ts';
import { Semaphore, UNLIMITED } from './semaphore.ts';
import { runShell } from './shell.ts';
import { type Call, environmentOf, type ProcessEnvironment } from './variables.ts';

/** The same task is called at most so often in a run: a guard against cycles. */
const MAX_CALLS = 1000;

export interface ExecutorOptions {
  readonly taskfile: Taskfile;
  readonly compile: Omit<CompileOptions, 'fingerprint'>;
  readonly environment: ProcessEnvironment;
  readonly logger: Logger;
  readonly output: Output;
  readonly outputName: string;
  readonly memory: Memory;
  /** Whether commands get the process's own input and output. */
  readonly direct: boolean;
  readonly dry: boolean;
  readonly force: boolean;
  /** Forces what the named tasks call and need, too. */
  readonly forceAll: boolean;
  readonly silent: boolean;
  readonly verbose: boolean;
  readonly parallel: boolean;
  readonly failfast: boolean;
  readonly watch: boolean;
  readonly explain: boolean;
  readonly fuzzy: boolean;
  /** 0 for no limit. */
  readonly concurrency: number;
  readonly assumeYes: boolean;
  /** Ask for required variables that are not set. */
  readonly interactive: boolean;
  /** `undefined` where there is no terminal. */
  readonly ask: Ask | undefined;
  /** Runs a phase for `phase:` commands. */
  readonly runPhase?: ((name: string) => Promise<Result<void>>) | undefined;
  /** Makes the rendered outputs that a task needs, as files; gives their paths by id. */
  readonly fetchNeeds?: ((needs: readonly string[]) => Promise<Result<ReadonlyMap<string, string>>>) | undefined;
}

/**
 * Runs tasks as go-task does: dependencies side by side, then commands in order, calls among them.
 * @see go-task task.go
 */
export class Executor {
  readonly options: ExecutorOptions;
  readonly #compile: CompileOptions;
  readonly #calls = new Map<string, number>();
  readonly #shared = new Map<string, Promise<void>>();
  readonly #slots: Semaphore;
  readonly #prompted = new Map<string, { readonly value: YamlValue }>();

  constructor(options: ExecutorOptions) {
    this.options = options;
    this.#compile = { ...options.compile, fingerprint: (task, method) => options.memory.value(task, method) };
    this.#slots = options.concurrency > 0 ? new Semaphore(options.concurrency) : UNLIMITED;
  }

  find(name: string): { task: Task; match: readonly string[] } {
    const { task, wildcards } = findTask(this.options.taskfile, name, this.options.fuzzy);
    return { task, match: wildcards };
  }

  /** @throws TaskError */
  async compile(call: Call, evaluate: boolean, parts: 'all' | 'header' = 'all'): Promise<CompiledTask> {
    const { task, match } = this.find(call.task);
    return compileTask(task, { ...call, match }, evaluate, this.#compile, parts);
  }

  /** Forgets what the run has done so far, before watched tasks run again. */
  renew(): void {
    this.#shared.clear();
    this.#calls.clear();
    this.options.compile.composer.reset();
  }

  /** Runs calls in their order, or side by side. @throws TaskError */
  async run(calls: readonly Call[], signal?: AbortSignal): Promise<void> {
    const { parallel, failfast } = this.options;
    if (!parallel) {
      for (const call of calls) await this.runTask(call, signal);
      return;
    }
    await runTogether(
      calls.map((call) => (inner) => this.runTask(call, inner)),
      failfast,
      signal,
    );
  }

  async runTask(original: Call, signal: AbortSignal | undefined): Promise<void> {
    const { logger, interactive, ask } = this.options;
    let call = this.#withPrompted(original);
    let task = await this.compile(call, false);
    if (!runsHere(task.platforms)) {
      logger.verboseOut('yellow', `task: ${quoteGo(call.task)} not for current platform - ignored\n`);
      return;
    }
    const canAsk = interactive && ask !== undefined;
    if (!canAsk) checkRequired(task);
    task = await this.compile(call, true);
    if (task.condition.trim() !== '' && !(await this.#holds(task.condition, task, signal))) {
      logger.verboseOut('yellow', `task: if condition not met - skipped: ${quoteGo(call.task)}\n`);
      return;
    }
    if (canAsk && missingVariables(task).length > 0) {
      for (const required of missingVariables(task)) {
        const value = await ask.value(required.name, required.allowed, displayName(task));
        this.#prompted.set(required.name, { value });
      }
      call = this.#withPrompted(call);
      task = await this.compile(call, true);
    }
    checkRequired(task);
    checkAllowed(task);
    this.#countCall(task);
    await this.#slots.acquire();
    try {
      await this.#once(task, call, signal);
    } finally {
      this.#slots.release();
    }
  }

  #withPrompted(call: Call): Call {
    if (this.#prompted.size === 0) return call;
    return { ...call, variables: new Map([...this.#prompted, ...call.variables]) };
  }

  #countCall(task: CompiledTask): void {
    if (this.options.watch) return;
    const count = (this.#calls.get(task.name) ?? 0) + 1;
    this.#calls.set(task.name, count);
    if (count >= MAX_CALLS)
      throw new TaskError(
        `task: Maximum task call exceeded (${MAX_CALLS}) for task ${quoteGo(task.name)}: probably an cyclic dep or infinite loop`,
        EXIT.taskCalledTooOften,
      );
  }

  /** Joins an execution that the task's `run` setting lets this call share. */
  async #once(task: CompiledTask, call: Call, signal: AbortSignal | undefined): Promise<void> {
    const hash = this.#shareHash(task);
    const execute = (): Promise<void> => this.#guarded(task, call, signal);
    if (hash === undefined || task.watch) return execute();
    const other = this.#shared.get(hash);
    if (other === undefined) {
      const running = execute();
      this.#shared.set(hash, running);
      return running;
    }
    this.options.logger.verboseErr('magenta', `task: skipping execution of task: ${hash}\n`);
    try {
      await this.#slots.yielding(() => waitFor(other, signal));
    } catch (error) {
      if (error instanceof TaskRunError) throw error;
      throw wrapped(task, error);
    }
  }

  #shareHash(task: CompiledTask): string | undefined {
    const run = task.run || this.options.taskfile.run || 'always';
    const local = task.fullName.startsWith(task.namespace) ? task.fullName.slice(task.namespace.length) : task.fullName;
    const name = `${task.location.file}:${local.replace(/^:/, '')}`;
    if (run === 'always') return undefined;
    if (run === 'once') return name;
    if (run === 'when_changed') return `${name}:${sha256(taskText(task)).slice(0, 16)}`;
    throw wrapped(task, new TaskError(`task: invalid run "${run}"`));
  }

  async #guarded(task: CompiledTask, call: Call, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#execute(task, call, signal);
    } catch (error) {
      throw wrapped(task, error);
    }
  }

  async #execute(task: CompiledTask, call: Call, signal: AbortSignal | undefined): Promise<void> {
    const { logger, memory, force, forceAll, explain } = this.options;
    logger.verboseErr('magenta', `task: ${quoteGo(call.task)} started\n`);
    await this.#dependencies(task, signal);
    await this.#needs(task);
    const forced = forceAll || (force && !call.indirect);
    if (signal?.aborted === true) throw reasonOf(signal);
    if (!forced) await this.#preconditions(task, signal);
    const work = (): Promise<void> => this.#work(task, call, signal);
    if (!remembers(task)) {
      const done = !forced && task.status.length > 0 && (await this.#statusHolds(task, signal));
      if (explain) this.#explain(task, done ? 'its status commands hold' : plainReason(task, forced), done);
      if (done) this.#sayUpToDate(task, call);
      else await work();
      return;
    }
    const statusHolds = forced || task.status.length === 0 || (await this.#statusHolds(task, signal));
    const again = forced || !statusHolds;
    if (explain || this.options.dry) {
      const freshness = again ? undefined : await memory.check(task);
      const reason = forced ? 'forced' : !statusHolds ? 'a status command failed' : undefined;
      const fresh = freshness?.fresh === true;
      if (explain)
        this.#explain(
          task,
          reason ?? (freshness?.fresh === false ? freshness.why : 'nothing it reads has changed'),
          fresh,
        );
      if (this.options.dry) {
        if (fresh) this.#sayUpToDate(task, call);
        else await work();
        return;
      }
    }
    const outcome = await memory.perform(task, again, work);
    if (outcome === 'fresh') this.#sayUpToDate(task, call);
  }

  #explain(task: CompiledTask, why: string, fresh: boolean): void {
    this.options.logger.err('cyan', `task: ${quoteGo(displayName(task))} ${fresh ? 'is fresh' : 'runs'}: ${why}\n`);
  }

  #sayUpToDate(task: CompiledTask, call: Call): void {
    if (!this.#speaks(task, call, false)) return;
    const name = this.options.outputName === 'prefixed' ? task.prefix : displayName(task);
    this.options.logger.err('magenta', `task: Task ${quoteGo(name)} is up to date\n`);
  }

  #speaks(task: CompiledTask, call: Call, commandSilent: boolean): boolean {
    const { verbose, silent, taskfile } = this.options;
    return verbose || !(call.silent || commandSilent || task.silent === true || taskfile.silent || silent);
  }

  async #dependencies(task: CompiledTask, signal: AbortSignal | undefined): Promise<void> {
    if (task.dependencies.length === 0) return;
    const works = task.dependencies.map((dependency) => (inner: AbortSignal | undefined) => {
      const { task: name, variables, silent, timeoutMs } = dependency;
      return withTimeLimit(timeoutMs, name, inner, (limited) =>
        this.runTask({ task: name, variables, silent, indirect: true }, limited),
      );
    });
    await this.#slots.yielding(() => runTogether(works, this.options.failfast || task.failfast, signal));
  }

  async #needs(task: CompiledTask): Promise<void> {
    if (task.needs.length === 0 || this.options.dry) return;
    const { fetchNeeds } = this.options;
    if (fetchNeeds === undefined) throw new TaskError(`task: ${task.needs.join(', ')} cannot be rendered here`);
    const made = await fetchNeeds(task.needs);
    if (!made.ok) throw new TaskError(`task: ${made.error.message}`);
  }

  async #preconditions(task: CompiledTask, signal: AbortSignal | undefined): Promise<void> {
    for (const { sh, message } of task.preconditions) {
      if (await this.#holds(sh, task, signal)) continue;
      if (signal?.aborted !== true) this.options.logger.err('magenta', `task: ${message}\n`);
      throw new TaskError('task: precondition not met');
    }
  }

  /** The status commands of a task, without any output. */
  async #statusHolds(task: CompiledTask, signal: AbortSignal | undefined): Promise<boolean> {
    const { logger } = this.options;
    for (const command of task.status) {
      const failure = await this.#fails(command, task, signal);
      if (failure !== undefined) {
        logger.verboseOut('yellow', `task: status command ${command} exited non-zero: ${failure}\n`);
        return false;
      }
      logger.verboseOut('yellow', `task: status command ${command} exited zero\n`);
    }
    return true;
  }

  async #holds(command: string, task: CompiledTask, signal: AbortSignal | undefined): Promise<boolean> {
    return (await this.#fails(command, task, signal)) === undefined;
  }

  async #fails(command: string, task: CompiledTask, signal: AbortSignal | undefined): Promise<string | undefined> {
    try {
      await runShell({
        command,
        directory: task.directory,
        environment: this.environmentOf(task),
        stdout: 'ignore',
        stderr: 'ignore',
        signal,
      });
      return undefined;
    } catch (error) {
      if (error instanceof Error) return error.message;
      throw error;
    }
  }

  environmentOf(task: CompiledTask): Record<string, string> {
    return environmentOf(task.environment, this.options.environment);
  }

  /** Whether nothing of a task has to be done; asks and writes nothing. */
  async isUpToDate(task: CompiledTask): Promise<boolean> {
    if (task.status.length > 0 && !(await this.#statusHolds(task, undefined))) return false;
    if (!remembers(task)) return task.status.length > 0;
    return (await this.options.memory.check(task)).fresh;
  }

  async #work(task: CompiledTask, call: Call, signal: AbortSignal | undefined): Promise<void> {
    const { logger, dry } = this.options;
    if (!dry) {
      await confirm(task, call.task, this.options);
      makeDirectory(task, logger);
    }
    const deferred: Command[] = [];
    let status = 0;
    try {
      for (const command of task.commands) {
        if (command.defer) deferred.push(command);
        else await this.#commandOf(task, call, command, signal);
      }
      logger.verboseErr('magenta', `task: ${quoteGo(call.task)} finished\n`);
    } catch (error) {
      logger.verboseErr(
        'red',
        `task: ${quoteGo(call.task)} failed: ${error instanceof Error ? error.message : error}\n`,
      );
      status = statusOf(error) ?? 0;
      throw error;
    } finally {
      for (const command of deferred.reverse()) await this.#runDeferred(task, call, command, status);
    }
  }

  async #commandOf(task: CompiledTask, call: Call, command: Command, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#runCommand(task, call, command, signal);
    } catch (error) {
      if (!(task.ignoreError && isCommandFailure(error))) throw error;
      this.options.logger.verboseErr('yellow', `task: task error ignored: ${(error as Error).message}\n`);
    }
  }

  async #runDeferred(task: CompiledTask, call: Call, command: Command, status: number): Promise<void> {
    const { cache } = task;
    const extra = new Map<string, YamlValue>(status > 0 ? [['EXIT_CODE', String(status)]] : []);
    const rendered: Command = {
      ...command,
      logCmd: cache.masked(command.cmd, extra),
      cmd: cache.replace(command.cmd, extra),
      task: cache.replace(command.task, extra),
      condition: cache.replace(command.condition, extra),
      variables: cache.replaceVariables(command.variables, extra),
    };
    try {
      await this.#runCommand(task, call, rendered, undefined);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.options.logger.verboseErr('yellow', `task: ignored error in deferred cmd: ${error.message}\n`);
    }
  }

  async #runCommand(task: CompiledTask, call: Call, command: Command, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#limited(task, call, command, signal);
    } catch (error) {
      if (!(command.ignoreError && isCommandFailure(error))) throw error;
      const what = command.task === '' ? 'command' : 'task';
      const message = `task: [${displayName(task)}] ${what} error ignored: ${(error as Error).message}\n`;
      this.options.logger.verboseErr('yellow', message);
    }
  }

  async #limited(task: CompiledTask, call: Call, command: Command, signal: AbortSignal | undefined): Promise<void> {
    await withTimeLimit(command.timeoutMs, displayName(task), signal, async (limited) => {
      const { logger } = this.options;
      if (command.condition.trim() !== '' && !(await this.#holds(command.condition, task, limited))) {
        if (limited?.aborted === true) throw reasonOf(limited);
        logger.verboseOut('yellow', `task: [${displayName(task)}] if condition not met - skipped\n`);
        return;
      }
      if (command.task !== '') await this.#callTask(command, limited);
      else if (command.phase !== '') await this.#callPhase(command);
      else if (command.cmd !== '') await this.#shell(task, call, command, limited);
    });
  }

  async #callTask(command: Command, signal: AbortSignal | undefined): Promise<void> {
    const { task: name, variables, silent } = command;
    await this.#slots.yielding(() => this.runTask({ task: name, variables, silent, indirect: true }, signal));
  }

  async #callPhase(command: Command): Promise<void> {
    const { runPhase, dry } = this.options;
    if (dry) return;
    if (runPhase === undefined) throw new TaskError(`task: phase ${quoteGo(command.phase)} cannot be run here`);
    const done = await runPhase(command.phase);
    if (done.ok) return;
    const { at, message } = done.error;
    const place = at === undefined ? '' : `${formatLocation(at)}: `;
    throw new TaskError(`task: phase ${quoteGo(command.phase)} failed: ${place}${message}`);
  }

  async #shell(task: CompiledTask, call: Call, command: Command, signal: AbortSignal | undefined): Promise<void> {
    const { logger, taskfile, dry, direct } = this.options;
    const name = displayName(task);
    if (!runsHere(command.platforms)) {
      logger.verboseOut('yellow', `task: [${name}] ${command.logCmd} not for current platform - ignored\n`);
      return;
    }
    if (this.#speaks(task, call, command.silent)) logger.err('green', `task: [${name}] ${command.logCmd}\n`);
    if (dry) return;
    const output = (task.interactive ? interleaved(logger, direct) : this.options.output).open(
      task.prefix,
      (template) => task.cache.replace(template),
    );
    let failed = true;
    try {
      await runShell({
        command: command.cmd,
        directory: task.directory,
        environment: this.environmentOf(task),
        set: unique([...taskfile.set, ...task.set, ...command.set]),
        shopt: unique([...taskfile.shopt, ...task.shopt, ...command.shopt]),
        stdin: direct ? 'inherit' : 'ignore',
        stdout: output.stdout,
        stderr: output.stderr,
        signal,
        ownGroup: !task.interactive,
      });
      failed = false;
    } finally {
      output.close(failed);
    }
  }
}

/** Whether a task's work is remembered by what it reads. */
export const remembers = (task: Task): boolean => task.sources.length > 0 || task.needs.length > 0;

function plainReason(task: CompiledTask, forced: boolean): string {
  if (forced) return 'forced';
  return task.status.length > 0 ? 'a status command failed' : 'it names no sources and no status';
}

function wrapped(task: CompiledTask, error: unknown): unknown {
  return error instanceof Error && error.name !== 'TypeError' ? new TaskRunError(displayName(task), error) : error;
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error && !cancelledBehind(signal.reason) ? signal.reason : new Cancelled();
}

const unique = (words: readonly string[]): string[] => [...new Set(words)].sort();

function makeDirectory(task: CompiledTask, logger: Logger): void {
  if (task.directory === '') return;
  try {
    mkdirSync(task.directory, { recursive: true, mode: 0o755 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    logger.err('red', `task: cannot make directory ${quoteGo(task.directory)}: ${message}\n`);
  }
}

/**
 * A task as text: what tells one call from another. Variables count where a text names them, and as the environment; names and
 * aliases do not: the same task included twice is one.
 */
function taskText(task: CompiledTask): string {
  const { commands, dependencies, environment, directory, sources, generates, status, preconditions, prompts } = task;
  const { label, description, summary, method, condition, platforms, set, shopt, location } = task;
  return JSON.stringify(
    {
      commands: commands.map(({ task: name, ...command }) => ({ ...command, calls: name !== '' })),
      dependencies: dependencies.map(({ variables }) => variables),
      ...{ environment, directory, sources, generates, status, preconditions, prompts },
      ...{ label, description, summary, method, condition, platforms, set, shopt, location },
    },
    (_key, value: unknown) => (value instanceof Map ? [...value] : typeof value === 'bigint' ? String(value) : value),
  );
}
