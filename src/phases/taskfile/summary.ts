import { displayName, type Variable, type Variables } from './ast.ts';
import type { CompiledTask } from './compile.ts';
import type { Logger } from './logger.ts';
import type { ProcessEnvironment } from './variables.ts';

/** Prints what `--summary` shows of a task. */
export function printSummary(task: CompiledTask, logger: Logger, environment: ProcessEnvironment): void {
  const plain = (text: string): void => logger.out('default', text);
  plain('task: ');
  logger.out('green', `${displayName(task)}\n`);
  plain('\n');
  if (task.summary !== '') {
    const lines = task.summary.split('\n');
    for (const [at, line] of lines.entries()) if (at + 1 < lines.length || line !== '') plain(`${line}\n`);
  } else if (task.description !== '') plain(`${task.description}\n`);
  else plain('(task does not have description or summary)\n');
  section('vars', task.variables, (name) => !isGiven(name, environment) && !task.environment.has(name), logger);
  section('env', task.environment, (name) => !isGiven(name, environment), logger);
  printRequires(task, logger);
  if (task.dependencies.length > 0) {
    plain('\n');
    plain('dependencies:\n');
    for (const dependency of task.dependencies) plain(` - ${dependency.task}\n`);
  }
  if (task.aliases.length > 0) {
    plain('\n');
    plain('aliases:\n');
    for (const alias of task.aliases) {
      plain(' - ');
      logger.out('cyan', `${alias}\n`);
    }
  }
  if (task.commands.length === 0) return;
  plain('\n');
  plain('commands:\n');
  for (const command of task.commands) {
    plain(' - ');
    if (command.cmd !== '') logger.out('yellow', `${command.logCmd || command.cmd}\n`);
    else logger.out('green', command.phase === '' ? `Task: ${command.task}\n` : `Phase: ${command.phase}\n`);
  }
}

function section(title: string, variables: Variables, wanted: (name: string) => boolean, logger: Logger): void {
  const shown = [...variables].filter(([name]) => wanted(name));
  if (shown.length === 0) return;
  logger.out('default', '\n');
  logger.out('default', `${title}:\n`);
  for (const [name, variable] of shown) logger.out('yellow', `  ${name}: ${shownValue(variable)}\n`);
}

function shownValue(variable: Variable): string {
  if (variable.secret === true) return '*****';
  // A fingerprint of the sources is no variable of the user's.
  if (variable.moment !== undefined) return '""';
  if (variable.sh !== undefined) return `sh: ${variable.sh}`;
  if (variable.ref !== undefined && variable.ref !== '') return `ref: ${variable.ref}`;
  const { value } = variable;
  if (value === undefined || value === null) return '""';
  if (value instanceof Map)
    return value.size === 0 ? '{}' : `\n${[...value].map(([key, item]) => `    ${key}: ${goText(item)}\n`).join('')}`;
  return `"${goText(value)}"`;
}

/** A value as Go's `%v` prints it. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (value instanceof Map)
    return `map[${[...value]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${key}:${goText(item)}`)
      .join(' ')}]`;
  return String(value);
}

function printRequires(task: CompiledTask, logger: Logger): void {
  if (task.requires.length === 0) return;
  logger.out('default', '\n');
  logger.out('default', 'requires:\n');
  logger.out('default', '  vars:\n');
  for (const { name, allowed, allowedRef } of task.requires) {
    if (allowed.length === 0 && allowedRef === '') {
      logger.out('yellow', `    - ${name}\n`);
      continue;
    }
    logger.out('yellow', `    - ${name}:\n`);
    logger.out('yellow', '        enum:\n');
    if (allowed.length > 0) for (const value of allowed) logger.out('yellow', `          - ${value}\n`);
    else logger.out('yellow', `          ref: ${allowedRef}\n`);
  }
}

/** Set by the process or by the tool itself. */
function isGiven(name: string, environment: ProcessEnvironment): boolean {
  return (
    /^(?:TASK_|CLI_|ROOT_)/.test(name) ||
    [
      'TASK',
      'TASKFILE',
      'TASKFILE_DIR',
      'USER_WORKING_DIR',
      'ALIAS',
      'MATCH',
      'PATH_LIST_SEPARATOR',
      'FILE_PATH_SEPARATOR',
    ].includes(name) ||
    environment[name] !== undefined
  );
}
