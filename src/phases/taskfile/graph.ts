import type { Executor } from './executor.ts';
import type { Call } from './variables.ts';

export interface GraphNode {
  readonly task: string;
  readonly description: string;
  /** Tasks that run before it, tasks that it calls, objects whose output it reads, phases that it runs. */
  readonly dependencies: readonly string[];
  readonly calls: readonly string[];
  readonly needs: readonly string[];
  readonly phases: readonly string[];
}

export interface TaskGraph {
  readonly roots: readonly string[];
  readonly tasks: readonly GraphNode[];
}

/** What a call would run, as a graph. Dynamic variables are not evaluated. */
export async function graphOf(executor: Executor, calls: readonly Call[]): Promise<TaskGraph> {
  const tasks = new Map<string, GraphNode>();
  const visit = async (call: Call): Promise<string> => {
    const task = await executor.compile(call, false);
    const name = task.fullName;
    if (tasks.has(name)) return name;
    const dependencies: string[] = [];
    const called: string[] = [];
    tasks.set(name, {
      task: name,
      description: task.description,
      dependencies,
      calls: called,
      needs: task.needs,
      phases: task.commands.map(({ phase }) => phase).filter((phase) => phase !== ''),
    });
    for (const { task: target, variables } of task.dependencies)
      dependencies.push(await visit({ task: target, variables, silent: false, indirect: true }));
    for (const { task: target, variables } of task.commands)
      if (target !== '') called.push(await visit({ task: target, variables, silent: false, indirect: true }));
    return name;
  };
  const roots: string[] = [];
  for (const call of calls) roots.push(await visit(call));
  return { roots, tasks: [...tasks.values()] };
}

/** The graph as an indented text; a task that was shown above is only named. */
export function graphText(graph: TaskGraph): string {
  const byName = new Map(graph.tasks.map((task) => [task.task, task]));
  const shown = new Set<string>();
  const lines: string[] = [];
  const show = (name: string, indent: string, how: string): void => {
    const task = byName.get(name);
    const again = shown.has(name) && task !== undefined && task.dependencies.length + task.calls.length > 0;
    lines.push(`${indent}${how}${name}${again ? ' (above)' : ''}`);
    if (task === undefined || shown.has(name)) return;
    shown.add(name);
    for (const need of task.needs) lines.push(`${indent}  needs ${need}`);
    for (const dependency of task.dependencies) show(dependency, `${indent}  `, 'after ');
    for (const phase of task.phases) lines.push(`${indent}  phase ${phase}`);
    for (const call of task.calls) show(call, `${indent}  `, 'calls ');
  };
  for (const root of graph.roots) show(root, '', '');
  return `${lines.join('\n')}\n`;
}
