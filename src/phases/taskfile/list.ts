import { displayName, type Task } from './ast.ts';
import type { CompiledTask } from './compile.ts';
import type { Logger } from './logger.ts';
import { alignColumns, type Cell } from './tab-writer.ts';

export type TaskOrder = 'default' | 'alphanumeric' | 'none';

/** Tasks in the order of a list: those of the root first, then by name (bytes). */
export function sortTasks<T extends Task>(tasks: readonly T[], order: TaskOrder): T[] {
  const byName = (a: T, b: T): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  if (order === 'none') return [...tasks];
  if (order === 'alphanumeric') return tasks.toSorted(byName);
  return tasks.toSorted((a, b) => Number(a.name.includes(':')) - Number(b.name.includes(':')) || byName(a, b));
}

/** The table of `--list`. */
export function printList(tasks: readonly Task[], logger: Logger): void {
  logger.out('default', 'task: Available tasks for this project:\n');
  // A colour starts before the gap in front of its column, as go-task's does.
  const [plain, reset] = logger.paint('default', '|').split('|') as [string, string];
  const [cyan] = logger.paint('cyan', '|').split('|') as [string];
  const rows = tasks.map((task): Cell[] => {
    const bullet = `${logger.paint('yellow', '* ')}${logger.paint('green', task.name)}`;
    const description = task.description.replaceAll('\n', ' ');
    const cells = [{ text: `* ${task.name}: `, painted: `${bullet}${plain}: ` }];
    if (task.aliases.length === 0) return [...cells, { text: description, painted: `${description}${reset}` }];
    const aliases = `(aliases: ${task.aliases.join(', ')})`;
    return [
      ...cells,
      { text: description, painted: `${description}${reset}${cyan}` },
      { text: aliases, painted: `${aliases}${reset}` },
    ];
  });
  logger.streams.stdout.write(alignColumns(rows, 6));
}

/** `--list --silent`: names and aliases, one a line. */
export function printNames(tasks: readonly Task[], logger: Logger): void {
  for (const task of tasks)
    for (const name of [task.name, ...task.aliases]) logger.streams.stdout.write(`${name.replace(/:+$/, '')}\n`);
}

export interface ListedTask {
  readonly name: string;
  readonly task: string;
  readonly desc: string;
  readonly summary: string;
  readonly aliases: readonly string[];
  readonly up_to_date?: boolean;
  readonly location: { readonly line: number; readonly column: number; readonly taskfile: string };
}

interface Namespace {
  tasks: ListedTask[] | null;
  namespaces?: Record<string, Namespace>;
  location?: string;
}

export function listedTask(task: CompiledTask, upToDate: boolean | undefined): ListedTask {
  return {
    name: displayName(task),
    task: task.name,
    desc: task.description,
    summary: task.summary,
    aliases: task.aliases,
    ...(upToDate === undefined ? {} : { up_to_date: upToDate }),
    location: { line: task.location.line, column: task.location.column, taskfile: task.location.file },
  };
}

/** The JSON of `--list --json`; with `nested`, by namespace. */
export function listJson(tasks: readonly ListedTask[], location: string, nested: boolean): string {
  const root: Namespace = { tasks: nested ? [] : [...tasks], location };
  if (nested) for (const task of tasks) addNested(root, task.task.split(':'), task);
  return `${goJson(ordered(root))}\n`;
}

function addNested(parent: Namespace, path: readonly string[], task: ListedTask): void {
  const [first, ...rest] = path;
  if (first === undefined || rest.length === 0) {
    parent.tasks = [...(parent.tasks ?? []), task];
    return;
  }
  parent.namespaces ??= Object.create(null) as Record<string, Namespace>;
  let child = parent.namespaces[first];
  if (child === undefined) {
    child = { tasks: null };
    parent.namespaces[first] = child;
  }
  addNested(child, rest, task);
}

function ordered(space: Namespace): Namespace {
  const made: Namespace = { tasks: space.tasks };
  if (space.namespaces !== undefined) {
    made.namespaces = Object.create(null) as Record<string, Namespace>;
    for (const name of Object.keys(space.namespaces).sort())
      made.namespaces[name] = ordered(space.namespaces[name] as Namespace);
  }
  if (space.location !== undefined) made.location = space.location;
  return made;
}

/** Go's encoder escapes what HTML reads as markup. */
const goJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
