import { isCrd, isSecret } from './kinds.ts';
import type { ObjectId } from './object-id.ts';

/** Which objects a reader or a report leaves out. */
export interface ObjectFilter {
  readonly skipCrds?: boolean;
  readonly skipSecrets?: boolean;
  /** Kinds, as they are written (`Deployment`), letter case aside. */
  readonly skipKinds?: readonly string[];
}

/** Whether an object passes. */
export function passes(filter: ObjectFilter, id: Pick<ObjectId, 'group' | 'kind'>): boolean {
  if (filter.skipCrds && isCrd(id)) return false;
  if (filter.skipSecrets && isSecret(id)) return false;
  const kind = id.kind.toLowerCase();
  return !filter.skipKinds?.some((skipped) => skipped.toLowerCase() === kind);
}
