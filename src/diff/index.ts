/** Comparing two renderings. */
export { type DiffSide, diffObjects, type ObjectDiff } from './diff-objects.ts';
