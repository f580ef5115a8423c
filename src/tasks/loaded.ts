import { compareIds, objectKey, specPath } from '../manifests/index.ts';
import { type Definition, decodeDefinition } from './definition.ts';

/** Whether the path of a Kustomization holds the file that a loaded object comes from. */
export function contains(kustomization: Definition, loaded: Definition): boolean {
  if (loaded.at === undefined) return false;
  const path = specPath(decodeDefinition(kustomization));
  return path === '' || loaded.at.file.startsWith(`${path}/`);
}

/**
 * Which of the loaded objects a Kustomization is to reveal itself, by the `objectKey` of that Kustomization; the others were
 * applied by the bootstrap. A root reveals first; but what a Kustomization further down builds is its to reveal as well.
 *
 * @param ours the Kustomizations that read the repository at hand.
 * @param isApplied whether the bootstrap applied an object in any case.
 */
export function heldBack(
  definitions: readonly Definition[],
  kustomizations: readonly Definition[],
  ours: readonly Definition[],
  isApplied: (definition: Definition) => boolean,
): Map<string, Definition[]> {
  const roots = rootsOf(kustomizations, ours);
  const owners = [...roots.filter((root) => ours.includes(root)), ...ours];
  const held = new Map<string, Definition[]>();
  for (const definition of definitions) {
    if (roots.includes(definition) || isApplied(definition)) continue;
    const owner = owners.find((other) => other !== definition && contains(other, definition));
    if (owner === undefined) continue;
    const key = objectKey(owner);
    held.set(key, [...(held.get(key) ?? []), definition]);
  }
  return held;
}

/** The loaded Kustomizations that no other loaded one reveals. Where each lies in another's path, the first by id begins. */
function rootsOf(kustomizations: readonly Definition[], ours: readonly Definition[]): Definition[] {
  const roots = kustomizations.filter(
    (candidate) => !ours.some((other) => other !== candidate && contains(other, candidate)),
  );
  if (roots.length > 0 || kustomizations.length === 0) return roots;
  const [first] = [...kustomizations].sort(compareIds);
  return first === undefined ? [] : [first];
}
