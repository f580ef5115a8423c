import { isMap, type YamlMap, type YamlScalar, type YamlValue } from '../../core/value.ts';
import { resolvePlain } from '../../engines/goyaml/index.ts';

/**
 * Documents as SOPS writes a decrypted file: keys in their order, four spaces, block style, texts of several lines literally. Comments
 * are lost.
 * @see getsops/sops stores/yaml/store.go; go.yaml.in/yaml/v3 encode.go
 */
export function writeYamlFile(documents: readonly YamlMap[]): string {
  return documents.map((document) => (document.size === 0 ? '{}\n' : branch(document, ''))).join('---\n');
}

const STEP = '    ';
/** Characters past U+FFFF, which goyaml.v3 takes for unprintable. */
const BEYOND = /[\u{10000}-\u{10ffff}]/gu;

function branch(map: YamlMap, indent: string): string {
  return [...map].map(([key, value]) => `${indent}${scalar(key, indent)}:${below(value, indent)}`).join('');
}

/** What follows a `:` or, in a list, a `-`. */
function below(value: YamlValue, indent: string): string {
  if (isMap(value)) return value.size === 0 ? ' {}\n' : `\n${branch(value, indent + STEP)}`;
  if (Array.isArray(value)) return value.length === 0 ? ' []\n' : `\n${list(value, indent + STEP)}`;
  return ` ${scalar(value, indent)}\n`;
}

function list(items: readonly YamlValue[], indent: string): string {
  return items
    .map((item) => {
      if (isMap(item) && item.size > 0) return `${indent}- ${branch(item, `${indent}  `).slice(indent.length + 2)}`;
      if (Array.isArray(item) && item.length > 0)
        return `${indent}- ${list(item, `${indent}  `).slice(indent.length + 2)}`;
      return `${indent}-${below(item, indent)}`;
    })
    .join('');
}

function scalar(value: YamlScalar, indent: string): string {
  if (typeof value !== 'string') return value === null ? 'null' : String(value);
  if (value.search(BEYOND) >= 0)
    return JSON.stringify(value).replace(
      BEYOND,
      (character) => `\\U${character.codePointAt(0)!.toString(16).toUpperCase().padStart(8, '0')}`,
    );
  if (value.includes('\n')) return literal(value, indent + STEP);
  if (value === '' || resolvePlain(value, 'v3').tag !== '!!str' || /^(?:y|n|yes|no|on|off)$/i.test(value))
    return JSON.stringify(value);
  if (!isPlain(value)) return value.includes("'") || /[\x00-\x1f\x7f]/.test(value) ? quoted(value) : `'${value}'`;
  return value;
}

const quoted = (value: string): string =>
  /[\x00-\x1f\x7f]/.test(value) ? JSON.stringify(value) : `'${value.replaceAll("'", "''")}'`;

/** Whether a text can stand without quotes. */
const isPlain = (value: string): boolean =>
  !/^[\s\-?:,[\]{}#&*!|>'"%@`]/.test(value.replace(/^[-?:](?=\S)/, '')) &&
  !/:(?:\s|$)|\s#|^\s|\s$|[\x00-\x1f\x7f]/.test(value) &&
  !/^(?:---|\.\.\.)/.test(value);

function literal(value: string, indent: string): string {
  const body = value.replace(/\n+$/, '');
  const breaks = value.length - body.length;
  const chomp = breaks === 0 ? '-' : breaks === 1 ? '' : '+';
  const hint = /^[ \n]/.test(value) ? String(STEP.length) : '';
  const lines = (body + '\n'.repeat(Math.max(0, breaks - 1)))
    .split('\n')
    .map((line) => (line === '' ? '' : indent + line));
  return `|${hint}${chomp}\n${lines.join('\n')}`;
}
