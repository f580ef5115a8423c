import { createTwoFilesPatch } from 'diff';
import { compareIds, type ObjectId, objectKey } from '../manifests/index.ts';

/** One rendered object on one side of a comparison. */
export interface DiffSide {
  readonly id: ObjectId;
  /** Who rendered it: `Kustomization/flux-system/apps`. */
  readonly parent: string;
  /** YAML, keys sorted. */
  readonly text: string;
}

export interface ObjectDiff {
  readonly id: ObjectId;
  readonly parent: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Unified, with `---` and `+++` lines that name the object. */
  readonly patch: string;
}

/**
 * Compares two renderings object by object. An object that the same parent rendered on both sides is compared with itself;
 * where one side has several (a duplicate), they are compared in their order.
 * @param context lines around each change, as `diff -u` counts them
 */
export function diffObjects(before: readonly DiffSide[], after: readonly DiffSide[], context: number): ObjectDiff[] {
  const diffs: ObjectDiff[] = [];
  const old = group(before);
  const now = group(after);
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const left = old.get(key) ?? [];
    const right = now.get(key) ?? [];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const a = left[i];
      const b = right[i];
      if (a?.text === b?.text) continue;
      const side = (b ?? a)!;
      const name = `${side.parent} ${side.id.kind}: ${side.id.namespace === '' ? '' : `${side.id.namespace}/`}${side.id.name}`;
      const patch = createTwoFilesPatch(name, name, a?.text ?? '', b?.text ?? '', undefined, undefined, { context })
        .replace(/^Index: .*\n=+\n/, '')
        .replace(/^(---|\+\+\+) (.*?)\t?$/gm, '$1 $2');
      diffs.push({
        id: side.id,
        parent: side.parent,
        change: a === undefined ? 'added' : b === undefined ? 'removed' : 'changed',
        patch,
      });
    }
  }
  return diffs.sort((a, b) => (a.parent < b.parent ? -1 : a.parent > b.parent ? 1 : compareIds(a.id, b.id)));
}

function group(sides: readonly DiffSide[]): Map<string, DiffSide[]> {
  const groups = new Map<string, DiffSide[]>();
  for (const side of sides) {
    const key = `${side.parent}\0${objectKey(side.id)}`;
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [side]);
    else list.push(side);
  }
  return groups;
}
