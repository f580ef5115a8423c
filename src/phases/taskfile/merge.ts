import type { Include, Task, Taskfile, Variables } from './ast.ts';
import { EXIT, TaskError } from './errors.ts';
import { smartJoin } from './paths.ts';

/**
 * An included Taskfile merged into the one that includes it: its tasks under the namespace, its variables over those there.
 * Neither argument is changed.
 * @see go-task taskfile/ast, Taskfile.Merge and Tasks.Merge
 */
export function mergeTaskfile(parent: Taskfile, included: Taskfile, include: Include): Taskfile {
  if (parent.version !== included.version)
    throw new TaskError(
      `task: Taskfiles versions should match. First is "${parent.version}" but second is "${included.version}"`,
    );
  if (included.dotenv.length > 0)
    throw new TaskError(
      "task: Included Taskfiles can't have dotenv declarations. Please, move the dotenv declaration to the main Taskfile",
    );
  const variables = mergeVariables(parent.variables, included.variables, include);
  return {
    ...parent,
    output: included.output.name === '' ? parent.output : included.output,
    variables,
    environment: mergeVariables(parent.environment, included.environment, include),
    tasks: mergeTasks(parent.tasks, included, include, variables),
  };
}

function mergeVariables(into: Variables, from: Variables, include: Include): Variables {
  const merged: Variables = new Map(into);
  for (const [name, value] of from)
    merged.set(name, include.advanced ? { ...value, directory: include.directory } : value);
  return merged;
}

function mergeTasks(
  into: ReadonlyMap<string, Task>,
  included: Taskfile,
  include: Include,
  variables: Variables,
): Map<string, Task> {
  const merged = new Map(into);
  for (const [name, task] of included.tasks) {
    if (isExcluded(name, include)) continue;
    let made: Task = { ...inherit(task, included), internal: task.internal || include.internal };
    let full = name;
    if (!include.flatten) {
      full = qualify(name, include.namespace);
      made = qualifyTask(made, task, include, full);
    }
    if (include.advanced)
      made = {
        ...made,
        directory: smartJoin(include.directory, made.directory),
        includeVariables: new Map([...made.includeVariables, ...include.variables]),
        includedVariables: new Map(variables),
      };
    if (merged.has(full))
      throw new TaskError(
        `task: Found multiple tasks (${full}) included by "${include.namespace}""`,
        EXIT.taskNameConflict,
      );
    merged.set(full, made);
  }
  if (included.tasks.has('default') && !into.has(include.namespace) && !include.flatten) {
    const name = `${include.namespace}:default`;
    const main = merged.get(name);
    if (main !== undefined)
      merged.set(name, { ...main, aliases: [...main.aliases, include.namespace, ...include.aliases] });
  }
  return merged;
}

function inherit(task: Task, included: Taskfile): Task {
  let made = task;
  if (included.silent && made.silent === undefined) made = { ...made, silent: true };
  if (included.useGitignore !== undefined && made.useGitignore === undefined)
    made = { ...made, useGitignore: included.useGitignore };
  return made;
}

function qualifyTask(task: Task, original: Task, include: Include, full: string): Task {
  const { namespace } = include;
  const aliases = task.aliases.map((alias) => qualify(alias, namespace));
  for (const other of include.aliases)
    aliases.push(qualify(task.name, other), ...original.aliases.map((alias) => qualify(alias, other)));
  return {
    ...task,
    name: full,
    namespace,
    aliases,
    dependencies: task.dependencies.map((dependency) =>
      dependency.task === '' ? dependency : { ...dependency, task: qualify(dependency.task, namespace) },
    ),
    commands: task.commands.map((command) =>
      command.task === '' ? command : { ...command, task: qualify(command.task, namespace) },
    ),
  };
}

/** A name that starts with `:` is one of the root. */
function qualify(name: string, namespace: string): string {
  return name.startsWith(':') ? name.slice(1) : `${namespace}:${name}`;
}

function isExcluded(name: string, include: Include): boolean {
  return include.excludes.some((exclude) => {
    if (!exclude.endsWith(':*')) return name === exclude;
    const namespace = exclude.slice(0, -2);
    return namespace !== '' && name.startsWith(`${namespace}:`);
  });
}
