import { quoteGo } from '../../core/go-quote.ts';
import type { Task, Taskfile } from './ast.ts';
import { didYouMean } from './did-you-mean.ts';
import { EXIT, TaskError } from './errors.ts';

export interface Match {
  readonly task: Task;
  /** What each `*` of the name stands for. Empty without wildcards. */
  readonly wildcards: readonly string[];
}

/**
 * The task that a name means: by its name, an alias, then a wildcard name.
 * @throws TaskError where there is none (with a guess), or where several have the alias
 */
export function findTask(taskfile: Taskfile, name: string, guess = true): Match {
  const direct = taskfile.tasks.get(name);
  if (direct !== undefined) return { task: direct, wildcards: [] };
  const aliased = [...taskfile.tasks.values()].filter((task) => task.aliases.includes(name));
  const [first] = aliased;
  if (aliased.length > 1)
    throw new TaskError(
      `task: Found multiple tasks (${aliased.map((task) => task.name).join(', ')}) that match ${quoteGo(name)}`,
      EXIT.taskNameConflict,
    );
  if (first !== undefined) return { task: first, wildcards: [] };
  for (const task of taskfile.tasks.values()) {
    const wildcards = wildcardMatch(task, name);
    if (wildcards !== undefined) return { task, wildcards };
  }
  throw notFound(taskfile, name, guess);
}

function notFound(taskfile: Taskfile, name: string, guess: boolean): TaskError {
  let meant = '';
  if (guess) {
    const names: string[] = [];
    for (const task of taskfile.tasks.values()) if (!task.internal) names.push(task.name, ...task.aliases);
    meant = didYouMean(name, names);
  }
  const hint = meant === '' ? '' : `. Did you mean ${quoteGo(meant)}?`;
  return new TaskError(`task: Task ${quoteGo(name)} does not exist${hint}`, EXIT.taskNotFound);
}

const expressions = new Map<string, RegExp>();

function wildcardMatch(task: Task, name: string): string[] | undefined {
  for (const pattern of [task.name, ...task.aliases]) {
    if (!pattern.includes('*')) continue;
    let expression = expressions.get(pattern);
    if (expression === undefined) {
      const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      expression = new RegExp(`^${parts.join('(.*)')}$`, 's');
      expressions.set(pattern, expression);
    }
    const match = expression.exec(name);
    if (match !== null) return match.slice(1);
  }
  return undefined;
}
