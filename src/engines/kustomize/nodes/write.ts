import { needsQuotes } from './from-value.ts';
import { type Node, Scalar, STRING_TAG } from './node.ts';
import { resolveTag } from './resolve.ts';

/**
 * A tree as YAML in the order of its keys, two spaces a level, lists not indented, as kyaml writes one.
 * @see kyaml yaml/alias.go, NewEncoder
 */
export function writeNode(node: Node): string {
  const lines: string[] = [];
  write(node, '', lines);
  return `${lines.join('\n')}\n`;
}

function write(node: Node, indent: string, lines: string[]): void {
  if (node instanceof Scalar) {
    lines.push(...scalarLines(node, indent));
    return;
  }
  if (node instanceof Map) {
    if (node.size === 0) lines.push(`${indent}{}`);
    for (const [key, value] of node) {
      const name = `${indent}${writeText(key)}:`;
      if (value instanceof Scalar) {
        const [first, ...rest] = scalarLines(value, indent);
        lines.push(`${name} ${first!.slice(indent.length)}`.trimEnd(), ...rest);
      } else if (value instanceof Map ? value.size === 0 : value.length === 0)
        lines.push(`${name} ${value instanceof Map ? '{}' : '[]'}`);
      else {
        lines.push(name);
        write(value, value instanceof Map ? `${indent}  ` : indent, lines);
      }
    }
    return;
  }
  if (node.length === 0) lines.push(`${indent}[]`);
  for (const item of node) {
    const from = lines.length;
    write(item, `${indent}  `, lines);
    lines[from] = `${indent}- ${lines[from]!.slice(indent.length + 2)}`;
  }
}

/** The lines of a scalar, the first one with the indent in front as the others are. */
function scalarLines(node: Scalar, indent: string): string[] {
  const { value, tag } = node;
  if (value.includes('\n')) {
    const body = value.replace(/\n+$/, '');
    const ending = value.length - body.length;
    const sign = ending === 0 ? '-' : ending === 1 ? '' : '+';
    const hint = /^\s/.test(body) ? '2' : '';
    const extra = ending > 1 ? '\n'.repeat(ending - 1) : '';
    const lines = (body + extra).split('\n').map((line) => (line === '' ? '' : `${indent}  ${line}`));
    return [`${indent}|${hint}${sign}`, ...lines];
  }
  if (node.tagged && tag !== STRING_TAG) return [`${indent}${tag} ${node.quoted ? JSON.stringify(value) : value}`];
  if (node.quoted || (tag === STRING_TAG && resolveTag(value) !== STRING_TAG)) return [`${indent}${quote(value)}`];
  return [`${indent}${tag === STRING_TAG || tag === '' ? writePlain(value, tag) : value}`];
}

const writeText = (text: string): string => (needsQuotes(text) ? quote(text) : text);
const writePlain = (text: string, tag: string): string =>
  tag === '' && resolveTag(text) !== STRING_TAG
    ? text
    : needsQuotes(text) && resolveTag(text) === STRING_TAG && !/^(?:y|n|yes|no|on|off)$/i.test(text)
      ? `'${text.replaceAll("'", "''")}'`
      : text;

const quote = (text: string): string => JSON.stringify(text);
