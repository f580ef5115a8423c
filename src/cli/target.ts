import type { ObjectId } from '../manifests/index.ts';
import { UsageError } from './usage-error.ts';

/** What a command is asked to show: Kustomizations, HelmReleases or both, all or those of one name. */
export interface Target {
  readonly what: 'all' | 'ks' | 'hr';
  readonly name: string | undefined;
}

const WORDS = new Map<string, Target['what']>([
  ['all', 'all'],
  ['ks', 'ks'],
  ['kustomization', 'ks'],
  ['kustomizations', 'ks'],
  ['hr', 'hr'],
  ['helmrelease', 'hr'],
  ['helmreleases', 'hr'],
]);

/** Reads `all`, `ks`, `hr` and their long names, also joined with a name: `ks/apps`. */
export function parseTarget(word: string, name: string | undefined): Target {
  const slash = word.indexOf('/');
  const what = WORDS.get((slash < 0 ? word : word.slice(0, slash)).toLowerCase());
  if (what === undefined) throw new UsageError(`'${word}' is none of all, ks, hr`);
  return { what, name: slash < 0 ? name : word.slice(slash + 1) };
}

/** Whether an object's output belongs to the target. ResourceSets belong to `all` and, like the Kustomizations that they stand in for, to `ks`. */
export function wants(target: Target, namespace: string | undefined, id: ObjectId): boolean {
  if (target.what === 'ks' && id.kind === 'HelmRelease') return false;
  if (target.what === 'hr' && id.kind !== 'HelmRelease') return false;
  if (namespace !== undefined && id.namespace !== namespace) return false;
  return target.name === undefined || target.name === id.name || target.name === `${id.namespace}/${id.name}`;
}
