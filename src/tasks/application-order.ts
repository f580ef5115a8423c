import { dependsOn, formatId, type ObjectId } from '../manifests/index.ts';
import type { Store } from '../store/index.ts';
import { objectFact } from './facts.ts';
import { type ApplicationOrder, GIVEN, type Offers } from './offers.ts';

/**
 * The order in which parents apply their objects, as far as it is given: what they depend on and what rendered them goes
 * before them; where neither says, the order of their names, so that each run tells the same. What an object makes of itself
 * goes before what another makes of it: that other one is why it is there.
 * @param parents the objects that render others, by their formatted ids
 */
export function applicationOrder(
  parents: ReadonlyMap<string, ObjectId>,
  store: Pick<Store, 'get'>,
  offers: Pick<Offers, 'parents'>,
): ApplicationOrder {
  const ranks = new Map<string, number>([
    ['', 0],
    [GIVEN, Number.POSITIVE_INFINITY],
  ]);
  const rank = (parent: string): number => {
    const known = ranks.get(parent);
    if (known !== undefined) return known;
    ranks.set(parent, 0); // for those that come back to it in a circle
    const id = parents.get(parent);
    const definition = id === undefined ? undefined : store.get(id)?.definition;
    if (id === undefined || definition === undefined) return 0;
    const before = [...dependsOn(definition, id.kind, id.namespace).map(formatId), ...offers.parents(objectFact(id))];
    const own = 1 + Math.max(0, ...before.map(rank));
    ranks.set(parent, own);
    return own;
  };
  return (name, a, b) => {
    const rankOf = (parent: string): number => {
      const id = parents.get(parent);
      return id !== undefined && objectFact(id) === name ? 0.5 : rank(parent);
    };
    return Math.sign(rankOf(a) - rankOf(b)) || (a < b ? -1 : a > b ? 1 : 0);
  };
}
