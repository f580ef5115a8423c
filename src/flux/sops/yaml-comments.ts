import type { YamlNode } from '../../engines/goyaml/index.ts';

export interface YamlComment {
  /** Both 1-based. */
  readonly line: number;
  readonly column: number;
  /** Without the `#`. */
  readonly text: string;
  /** Whether something else stands before it in its line. */
  readonly inline: boolean;
}

/** The comments of a YAML text in its order: each `#` that begins a line or follows a blank, and is in no scalar. */
export function yamlComments(text: string, roots: readonly YamlNode[]): readonly YamlComment[] {
  if (!text.includes('#')) return [];
  const scalars = roots.flatMap(scalarsOf).sort((a, b) => a.start - b.start);
  const comments: YamlComment[] = [];
  let [start, line, scalar] = [0, 1, 0];
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    for (let at = text.indexOf('#', start); at >= 0 && at < end; at = text.indexOf('#', at + 1)) {
      while (scalar < scalars.length && scalars[scalar]!.end <= at) scalar++;
      const inside = scalars[scalar];
      if (inside !== undefined && inside.start <= at && !isHeader(text, inside, at)) continue;
      if (at > start && !/\s/.test(text[at - 1]!)) continue;
      const body = text.slice(at + 1, end).replace(/\r$/, '');
      comments.push({ line, column: at - start + 1, text: body, inline: text.slice(start, at).trim() !== '' });
      break;
    }
    start = end + 1;
    line++;
  }
  return comments;
}

/** Behind the `|` or `>` of a block scalar, in its line. */
const isHeader = (text: string, { style, start }: YamlNode, at: number): boolean =>
  (style === 'literal' || style === 'folded') && !text.slice(start, at).includes('\n');

function scalarsOf(node: YamlNode): readonly YamlNode[] {
  return node.kind === 'scalar' ? [node] : node.children.flatMap(scalarsOf);
}
