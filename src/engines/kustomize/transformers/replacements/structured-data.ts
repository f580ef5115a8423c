import { goJson } from '../../go-json.ts';
import { lookup, type NodeKind, type Slot } from '../../nodes/edit.ts';
import { editedText, type SourcedTree } from '../../nodes/edited-text.ts';
import { type Node, Scalar } from '../../nodes/node.ts';
import { readNode, readSourced } from '../../nodes/read.ts';
import { toValue } from '../../nodes/to-value.ts';
import { writeNode } from '../../nodes/write.ts';
import { KustomizeProblem } from '../../problem.ts';
import { matchPath } from './path-matcher.ts';

/**
 * Sets a field within the text of a scalar that holds YAML or JSON (a file in a ConfigMap), if the path leads into one.
 * @param set puts the value into a place
 * @returns whether it did; if not, the path is for the object itself
 * @see kustomize api/filters/replacement/replacement.go, setValueInStructuredData
 */
export function setInText(
  root: Node,
  path: readonly string[],
  create: NodeKind | undefined,
  set: (slot: Slot) => void,
): boolean {
  if (path.length < 2) return false;
  const found = findText(root, path);
  if (found === undefined) return false;
  const { scalar, rest } = found;
  try {
    const tree = readSourced(scalar.value);
    let data = tree?.root ?? readNode(scalar.value);
    if (data === undefined) return false;
    const put = (to: Node): void => {
      data = to;
    };
    const places = matchPath({ node: data, put }, rest, create);
    if (places === undefined || places.length === 0) return false;
    for (const place of places) set(place);
    scalar.value = rewritten(data, scalar.value, tree);
    return true;
  } catch (thrown) {
    if (thrown instanceof KustomizeProblem) return false;
    throw thrown;
  }
}

function findText(root: Node, path: readonly string[]): { scalar: Scalar; rest: readonly string[] } | undefined {
  for (let length = 1; length < path.length; length++) {
    let field: Node | undefined;
    try {
      field = lookup(root, path.slice(0, length));
    } catch (thrown) {
      if (thrown instanceof KustomizeProblem) continue;
      throw thrown;
    }
    if (!(field instanceof Scalar)) continue;
    try {
      readNode(field.value);
      return { scalar: field, rest: path.slice(length) };
    } catch (thrown) {
      if (!(thrown instanceof KustomizeProblem)) throw thrown;
    }
  }
  return undefined;
}

function rewritten(data: Node, original: string, tree: SourcedTree | undefined): string {
  const first = original.trim()[0];
  if (first !== '{' && first !== '[') {
    const edited = tree !== undefined && tree.root === data ? editedText(tree, original) : undefined;
    return (edited ?? writeNode(data)).trim();
  }
  const pretty = original.includes('\n') && original.includes('  ');
  return goJson(toValue(data), pretty ? '  ' : '');
}
