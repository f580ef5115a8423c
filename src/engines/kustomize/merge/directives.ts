import { describeNode } from '../nodes/describe.ts';
import { type Node, Scalar, textOf } from '../nodes/node.ts';
import { KustomizeProblem } from '../problem.ts';
import { setElement } from './elements.ts';

export type Directive = 'merge' | 'replace' | 'delete';

const KEY = '$patch';

/**
 * What `$patch` asks for; the directive is taken out of the patch. In a sequence it is an element that holds nothing else.
 * @param lenient an unknown directive counts as none
 * @see kyaml yaml/merge2/smpdirective.go
 */
export function directiveOf(patch: Node, lenient: boolean): Directive {
  if (patch instanceof Map) {
    const value = patch.get(KEY);
    if (value === undefined) return 'merge';
    const directive = known(textOf(value), lenient);
    if (directive !== undefined) patch.delete(KEY);
    return directive ?? 'merge';
  }
  if (Array.isArray(patch)) {
    const element = patch.find((item) => item instanceof Map && item.has(KEY));
    if (!(element instanceof Map) || element.size > 1) return 'merge';
    const value = textOf(element.get(KEY));
    const directive = known(value, lenient);
    if (directive !== undefined) setElement(patch, undefined, [KEY], [value]);
    return directive ?? 'merge';
  }
  if (lenient) return 'merge';
  const tag = patch instanceof Scalar ? patch.tag : '';
  throw new KustomizeProblem(`no implemented strategic merge patch strategy for '${tag}' ('${describeNode(patch)}')`);
}

function known(value: string, lenient: boolean): Directive | undefined {
  if (value === 'merge' || value === 'replace' || value === 'delete') return value;
  if (lenient) return undefined;
  throw new KustomizeProblem(`unknown patch strategy '${value}'`, {
    hint: "the strategies of '$patch' are merge, replace and delete",
  });
}
