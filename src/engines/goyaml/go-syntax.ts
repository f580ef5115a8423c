import { quoteGo } from '../../core/go-quote.ts';
import { formatFloat } from './go-float.ts';
import type { YamlNode } from './node.ts';
import type { Resolved } from './resolve.ts';
import { resolveScalar } from './resolve-node.ts';
import type { Dialect } from './scanner.ts';

/** What `%#v` prints of the decoded value of a node, where it stands alone. */
export function goKeySyntax(node: YamlNode, dialect: Dialect = 'v2'): string {
  const text = goSyntax(node, dialect, 0);
  return text === 'interface {}(nil)' ? '<nil>' : text;
}

export function invalidKey(node: YamlNode, dialect: Dialect): string {
  return `yaml: invalid map key: ${goSyntax(node, dialect, 0)}`;
}

function scalarSyntax({ tag, value }: Resolved, node: YamlNode): string {
  if (value === null) return 'interface {}(nil)';
  if (tag === '!!timestamp') return quoteGo(node.value);
  if (typeof value === 'string') return quoteGo(value);
  if (typeof value === 'number' && tag === '!!float') return formatFloat(value);
  if (typeof value === 'bigint' && value > 0x7fffffffffffffffn) return `0x${value.toString(16)}`;
  return String(value);
}

function goSyntax(node: YamlNode, dialect: Dialect, depth: number): string {
  if (depth > 100) return '...';
  switch (node.kind) {
    case 'alias':
      return goSyntax(node.target!, dialect, depth + 1);
    case 'scalar':
      return scalarSyntax(resolveScalar(node, dialect), node);
    case 'sequence':
      return `[]interface {}{${node.children.map((child) => goSyntax(child, dialect, depth + 1)).join(', ')}}`;
    default:
      return mappingSyntax(node, dialect, depth);
  }
}

function mappingSyntax(node: YamlNode, dialect: Dialect, depth: number): string {
  const entries = new Map<string, { order: string; number: number; text: string }>();
  let onlyTexts = dialect === 'v3';
  for (let i = 0; i < node.children.length; i += 2) {
    const key = node.children[i]!;
    const keyText = goSyntax(key, dialect, depth + 1);
    const resolved = key.kind === 'scalar' ? resolveScalar(key, dialect) : undefined;
    const value = resolved?.value;
    if (typeof value !== 'string') onlyTexts = false;
    // Go prints maps sorted: nil, then by type, then by value.
    const type =
      value === null ? '' : resolved?.tag === '!!float' ? 'float64' : value === undefined ? 'z' : typeof value;
    entries.set(keyText, {
      order: `${type === 'number' ? 'int' : type} ${typeof value === 'string' ? value : ''}`,
      number: typeof value === 'number' ? value : 0,
      text: `${keyText}:${goSyntax(node.children[i + 1]!, dialect, depth + 1)}`,
    });
  }
  const sorted = [...entries.values()].sort((a, b) =>
    a.order === b.order ? a.number - b.number : a.order < b.order ? -1 : 1,
  );
  const type = onlyTexts ? 'map[string]interface {}' : 'map[interface {}]interface {}';
  return `${type}{${sorted.map((entry) => entry.text).join(', ')}}`;
}
