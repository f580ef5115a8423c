import { quoteGo } from '../../core/go-quote.ts';
import { displayName, type RequiredVariable } from './ast.ts';
import type { CompiledTask } from './compile.ts';
import { EXIT, TaskError } from './errors.ts';
import type { Logger } from './logger.ts';

/** A person at a terminal. */
export interface Ask {
  /** A line that the person types, without its end; `undefined` where the input has ended. */
  line(question: string): Promise<string | undefined>;
  /** The value of a variable. @throws TaskError where the person gives up */
  value(name: string, allowed: readonly string[], task: string): Promise<string>;
}

export function missingVariables(task: CompiledTask): readonly RequiredVariable[] {
  return task.requires.filter(({ name }) => !task.variables.has(name));
}

/** @throws TaskError naming the required variables that are not set */
export function checkRequired(task: CompiledTask): void {
  const missing = missingVariables(task);
  if (missing.length === 0) return;
  const names = missing.map(({ name, allowed }) =>
    allowed.length === 0 ? name : `${name} (allowed values: [${allowed.join(' ')}])`,
  );
  throw new TaskError(
    `task: Task ${quoteGo(displayName(task))} cancelled because it is missing required variables: ${names.join(', ')}`,
    EXIT.taskMissingVars,
  );
}

/** @throws TaskError naming the variables whose value is not one of those allowed */
export function checkAllowed(task: CompiledTask): void {
  const wrong: string[] = [];
  for (const { name, allowed } of task.requires) {
    const value = task.variables.get(name)?.value;
    if (typeof value === 'string' && allowed.length > 0 && !allowed.includes(value))
      wrong.push(`  - ${name} has an invalid value : '${value}' (allowed values : [${allowed.join(' ')}])\n`);
  }
  if (wrong.length === 0) return;
  throw new TaskError(
    `task: Task ${quoteGo(displayName(task))} cancelled because it is missing required variables:\n${wrong.join('')}`,
    EXIT.taskNotAllowedVars,
  );
}

/** Asks what the task's prompts ask. @throws TaskError where an answer is not yes, or nobody can answer */
export async function confirm(
  task: CompiledTask,
  name: string,
  options: { readonly logger: Logger; readonly assumeYes: boolean; readonly ask: Ask | undefined },
): Promise<void> {
  for (const prompt of task.prompts) {
    if (prompt === '') continue;
    if (options.assumeYes) {
      options.logger.out('yellow', `${prompt} [assuming yes]\n`);
      continue;
    }
    if (options.ask === undefined)
      throw new TaskError(
        `task: Task ${quoteGo(name)} cancelled because it has a prompt and the environment is not a terminal. Use --yes (-y) to run anyway.`,
        EXIT.taskCancelled,
      );
    const answer = await options.ask.line(options.logger.paint('yellow', `${prompt} [y/N]: `));
    if (!['y', 'yes'].includes((answer ?? '').trim().toLowerCase()))
      throw new TaskError(`task: Task ${quoteGo(name)} cancelled by user`, EXIT.taskCancelled);
  }
}
