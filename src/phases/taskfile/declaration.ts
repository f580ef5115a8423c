import { canonicalJson, type Digest, sha256 } from '../../core/digest.ts';
import type { Command, Task, Taskfile, Variables } from './ast.ts';
import type { CompiledTask } from './compile.ts';
import { findTask } from './lookup.ts';
import type { ProcessEnvironment } from './variables.ts';

/** All that a task's outputs may depend on besides the bytes of its sources, in parts that `--explain` can name. */
export interface Declaration {
  readonly task: string;
  readonly directory: string;
  readonly commands: unknown;
  readonly environment: unknown;
  /** Variables of the process that the commands name. */
  readonly process: unknown;
  /** Names of the sources, relative to the workspace. */
  readonly sources: readonly string[];
  /** Sources outside of the workspace, by name and digest. */
  readonly outside: readonly (readonly [string, Digest])[];
  readonly generates: unknown;
  readonly needs: readonly (readonly [string, Digest])[];
  /** Definitions of the tasks that it calls. */
  readonly calls: unknown;
}

/** How a changed part is spoken of. */
export const PART_NAMES: Readonly<Record<Exclude<keyof Declaration, 'task'>, string>> = {
  directory: 'its directory',
  commands: 'its commands',
  environment: 'its environment',
  process: "the process's environment",
  sources: 'the names of its sources',
  outside: 'a source outside of the workspace',
  generates: 'what it generates',
  needs: 'the rendered output that it needs',
  calls: 'a task that it calls',
};

/** Digests of the parts, kept to tell later which one changed. */
export function partDigests(declaration: Declaration): Record<string, Digest> {
  const parts: Record<string, Digest> = {};
  for (const part of Object.keys(PART_NAMES) as (keyof typeof PART_NAMES)[])
    parts[part] = sha256(canonicalJson(declaration[part]));
  return parts;
}

/** The commands of a task as data: everything that decides what they do. */
export function declaredCommands(task: CompiledTask): unknown {
  return task.commands.map((command) => ({
    ...commandData(command),
    // What is deferred is rendered when it runs; EXIT_CODE is the only thing that it may not know yet.
    ...(command.defer ? { cmd: task.cache.replace(command.cmd), task: task.cache.replace(command.task) } : {}),
  }));
}

function commandData(command: Command): Record<string, unknown> {
  const { cmd, task, phase, condition, set, shopt, ignoreError, defer, platforms, timeoutMs } = command;
  return {
    cmd,
    task,
    phase,
    condition,
    set,
    shopt,
    ignoreError,
    defer,
    platforms,
    timeoutMs,
    variables: variableData(command.variables),
  };
}

export function variableData(variables: Variables): unknown {
  return [...variables].map(([name, { value, sh, ref }]) => [name, value ?? null, sh ?? null, ref ?? null]);
}

/** The definitions of all tasks that a task calls, directly or not, as they are written. */
export function calledDefinitions(task: CompiledTask, taskfile: Taskfile): unknown {
  const found = new Map<string, unknown>();
  const visit = (name: string): void => {
    if (name === '' || found.has(name)) return;
    found.set(name, null);
    const called = lookUp(taskfile, name);
    if (called === undefined) return;
    found.set(name, definition(called));
    for (const { task: next } of [...called.commands, ...called.dependencies]) visit(next);
  };
  for (const command of task.commands) visit(command.task);
  return [...found];
}

function lookUp(taskfile: Taskfile, name: string): Task | undefined {
  try {
    return findTask(taskfile, name, false).task;
  } catch {
    return undefined; // A templated name: what it means is known only when it runs.
  }
}

function definition(task: Task): unknown {
  return {
    commands: task.commands.map(commandData),
    dependencies: task.dependencies.map(({ task: name, variables }) => [name, variableData(variables)]),
    variables: variableData(task.variables),
    environment: variableData(task.environment),
    directory: task.directory,
    condition: task.condition,
    status: task.status,
  };
}

/** Set by the shell itself, or different in each process. */
const OF_THE_SHELL = new Set(
  '_ PWD OLDPWD SHLVL RANDOM SECONDS LINENO BASHPID PPID UID EUID IFS OPTIND REPLY'.split(' '),
);

/** The variables of the process that texts name as `$NAME` or `${NAME…}`, with their values. */
export function namedVariables(texts: readonly string[], environment: ProcessEnvironment): [string, string | null][] {
  const names = new Set<string>();
  for (const text of texts)
    for (const match of text.matchAll(/\$\{?[#!]?([A-Za-z_][A-Za-z0-9_]*)/g)) names.add(match[1] ?? '');
  return [...names]
    .filter((name) => !OF_THE_SHELL.has(name))
    .sort()
    .map((name) => [name, environment[name] ?? null]);
}
