import { type Node, NULL_TAG, Scalar } from './node.ts';

/** A node as YAML for messages, in the order of the text; long ones are cut. */
export function describeNode(node: Node): string {
  const lines: string[] = [];
  write(node, '', lines);
  const text = lines.join('\n');
  return text.length > 2000 ? `${text.slice(0, 2000)}…\n` : `${text}\n`;
}

function write(node: Node, indent: string, lines: string[]): void {
  if (lines.length > 200) return;
  if (node instanceof Scalar) lines.push(`${indent}${inline(node)}`);
  else if (node instanceof Map) {
    if (node.size === 0) lines.push(`${indent}{}`);
    for (const [key, item] of node) {
      if (item instanceof Scalar) lines.push(`${indent}${key}: ${inline(item)}`.trimEnd());
      else if (item instanceof Map ? item.size === 0 : item.length === 0)
        lines.push(`${indent}${key}: ${item instanceof Map ? '{}' : '[]'}`);
      else {
        lines.push(`${indent}${key}:`);
        write(item, item instanceof Map ? `${indent}  ` : indent, lines);
      }
    }
  } else {
    if (node.length === 0) lines.push(`${indent}[]`);
    for (const item of node) {
      const from = lines.length;
      write(item, `${indent}  `, lines);
      const first = lines[from];
      if (first !== undefined) lines[from] = `${indent}- ${first.slice(indent.length + 2)}`;
    }
  }
}

function inline(node: Scalar): string {
  if (node.tag === NULL_TAG) return node.value;
  if (node.value.includes('\n')) return JSON.stringify(node.value);
  return node.quoted ? JSON.stringify(node.value) : node.value;
}
