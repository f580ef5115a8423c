import { sha256 } from '../core/digest.ts';
import { failure } from '../core/failure.ts';
import { fail } from '../core/result.ts';
import { closedNeeds } from './cycles.ts';
import type { Question, Settled, TaskNode } from './node.ts';
import type { Wait } from './run-options.ts';

/**
 * Helps a run on in which every task waits. In this order, and no further than the first that helps, so that the answers
 * depend on nothing but the graph:
 * 1. Needs that go round in a circle are answered with a failure that names it.
 * 2. The driver may know better (`ask`).
 * 3. Those who can do without a fact are told that it is absent: one name at a time, the smallest first.
 * 4. All who wait for a fact are told that it is absent.
 * @param ask gives true if the driver did nothing
 */
export async function isQuiet(waiting: readonly TaskNode[], ask: () => boolean): Promise<void> {
  const closed = await closedNeeds(waiting);
  for (const { from, to, members } of closed) {
    const settled = cycle(members);
    from.cycles.set(to.key, settled);
    for (const question of [...from.questions]) if (question.target === to) question.answer(settled);
  }
  if (closed.length > 0 || !ask()) return;
  const facts = waiting.flatMap((node) => [...node.questions].filter((question) => question.type === 'fact'));
  const optional = facts.filter((question) => question.optional);
  if (optional.length > 0) {
    const least = optional.reduce((best: Question, other) => (other.on < best.on ? other : best)).on;
    for (const question of optional) if (question.on === least) question.answer(undefined);
  } else for (const question of facts) question.answer(undefined);
}

/** Who waits for what, for the driver. */
export function waitsOf(waiting: readonly TaskNode[]): readonly Wait[] {
  const waits: Wait[] = [];
  for (const node of waiting)
    for (const { type, on, optional } of node.questions)
      if (type !== 'resolve') waits.push({ node: node.id, type, waitsFor: on, optional });
  return waits.sort((a, b) => (a.node === b.node ? (a.waitsFor < b.waitsFor ? -1 : 1) : a.node < b.node ? -1 : 1));
}

function cycle(members: readonly string[]): Settled {
  const way = [...members, members[0]].join(' -> ');
  const error = failure('dependency-cycle', `these tasks wait for each other: ${way}`);
  return { result: fail(error), digest: sha256(`!${JSON.stringify(error)}`), volatile: true };
}
