import { DirectedGraph } from 'graphology';
import type { Digest } from '../core/digest.ts';
import type { TaskNode } from './node.ts';
import type { Outcome } from './task.ts';

/** What a node of the graph is: a task, or something that tasks read. */
export type GraphNode =
  | {
      readonly type: 'task';
      readonly label: string;
      readonly kind: string;
      readonly outcome: Outcome;
      readonly ran: boolean;
    }
  | { readonly type: 'fact' | 'file' | 'list' | 'exists' | 'env' | 'resolve' | 'tree'; readonly label: string };

/**
 * Tasks and what they read. An edge goes from who reads to what is read. A task's node is named by its id, others by type and
 * name (`file:apps/web.yaml`); where two tasks have one id, the later one's is its id and key.
 */
export function graphOf(tasks: ReadonlyMap<Digest, TaskNode>): DirectedGraph<GraphNode> {
  const graph = new DirectedGraph<GraphNode>();
  const names = new Map<Digest, string>();
  for (const [key, { id, kind, outcome, ran }] of tasks) {
    const name = graph.hasNode(id) ? `${id} ${key.slice(0, 12)}` : id;
    names.set(key, name);
    graph.addNode(name, { type: 'task', label: id, kind: kind.name, outcome: outcome ?? 'failed', ran });
  }
  for (const [key, task] of tasks) {
    const from = names.get(key)!;
    for (const [type, name] of task.trace) {
      const to = type === 'need' ? names.get(name) : `${type}:${name}`;
      if (to === undefined) continue;
      if (type !== 'need') graph.mergeNode(to, { type, label: name });
      graph.mergeEdge(from, to);
    }
  }
  return graph;
}
