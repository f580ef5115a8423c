import type { DirectedGraph } from 'graphology';
import type { TaskNode } from './node.ts';

/** A need that cannot be met: `from` waits for `to`, which waits, through others, for `from`. */
export interface ClosedNeed {
  readonly from: TaskNode;
  readonly to: TaskNode;
  /** The ids around the cycle, the smallest first. */
  readonly members: readonly string[];
}

/** All needs that are part of a cycle, each with a shortest cycle through it. Nodes are those that wait. */
export async function closedNeeds(waiting: readonly TaskNode[]): Promise<readonly ClosedNeed[]> {
  const needs = waiting.flatMap((from) =>
    [...from.questions].flatMap((question) => (question.target === undefined ? [] : [{ from, to: question.target }])),
  );
  if (!circular(needs)) return [];
  const { DirectedGraph } = await import('graphology');
  const graph = new DirectedGraph();
  for (const { from, to } of needs) {
    graph.mergeNode(from.key);
    graph.mergeNode(to.key);
    graph.mergeEdge(from.key, to.key);
  }
  const byKey = new Map<string, TaskNode>();
  for (const { from, to } of needs) byKey.set(from.key, from).set(to.key, to);
  const id = (key: string): string => byKey.get(key)?.id ?? key;
  const closed: ClosedNeed[] = [];
  for (const { from, to } of needs) {
    const way = shortestWay(graph, to.key, from.key, id);
    if (way !== undefined) closed.push({ from, to, members: smallestFirst(way.map(id)) });
  }
  return closed;
}

/** Whether anything is left once whoever waits for nobody is taken away, again and again. */
function circular(needs: readonly { readonly from: TaskNode; readonly to: TaskNode }[]): boolean {
  const waitsFor = new Map<TaskNode, number>();
  const needers = new Map<TaskNode, TaskNode[]>();
  for (const { from, to } of needs) {
    waitsFor.set(from, (waitsFor.get(from) ?? 0) + 1);
    const others = needers.get(to);
    if (others === undefined) needers.set(to, [from]);
    else others.push(from);
  }
  const free = [...needers.keys()].filter((node) => !waitsFor.has(node));
  for (let node = free.pop(); node !== undefined; node = free.pop())
    for (const needer of needers.get(node) ?? []) {
      const left = waitsFor.get(needer)! - 1;
      waitsFor.set(needer, left);
      if (left === 0) free.push(needer);
    }
  return [...waitsFor.values()].some((left) => left > 0);
}

/** Breadth first, neighbours by id: the same way whatever the order in which the needs arose. */
function shortestWay(
  graph: DirectedGraph,
  from: string,
  to: string,
  id: (key: string) => string,
): string[] | undefined {
  const before = new Map<string, string | undefined>([[from, undefined]]);
  for (const at of before.keys()) {
    if (at === to) {
      const way: string[] = [];
      for (let step: string | undefined = to; step !== undefined; step = before.get(step)) way.unshift(step);
      return way;
    }
    const next = graph.outNeighbors(at).sort((a, b) => (id(a) < id(b) ? -1 : 1));
    for (const neighbour of next) if (!before.has(neighbour)) before.set(neighbour, at);
  }
  return undefined;
}

function smallestFirst(members: readonly string[]): readonly string[] {
  const least = members.reduce((best, member, at) => (member < members[best]! ? at : best), 0);
  return [...members.slice(least), ...members.slice(0, least)];
}
