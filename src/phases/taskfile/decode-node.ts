import type { YamlNode } from '../../engines/goyaml/index.ts';

/** A value that is not what its place in a Taskfile asks for. Caught where the file is read, which adds its name and text. */
export class DecodeError extends Error {
  readonly line: number;
  readonly column: number;
  readonly problems: readonly string[];
  constructor(node: YamlNode, problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'DecodeError';
    this.line = node.line;
    this.column = node.column;
    this.problems = problems;
  }
}

/** Collects the problems of one mapping's plain fields; they are reported together, as go-yaml does. */
export class Problems {
  readonly node: YamlNode;
  readonly found: string[] = [];
  constructor(node: YamlNode) {
    this.node = node;
  }

  add(node: YamlNode, type: string): void {
    const tag = shortTag(node);
    const text =
      node.kind === 'scalar' ? ` \`${node.value.length > 10 ? `${node.value.slice(0, 7)}...` : node.value}\`` : '';
    this.found.push(`line ${node.line}: cannot unmarshal ${tag}${text} into ${type}`);
  }

  end(): void {
    if (this.found.length > 0) throw new DecodeError(this.node, this.found);
  }
}

export const wrongType = (node: YamlNode, type: string): DecodeError =>
  new DecodeError(node, [`cannot unmarshal ${shortTag(node)} into ${type}`]);

/** The node behind aliases. Chains are bounded by the reader of the YAML text. */
export function resolved(node: YamlNode): YamlNode {
  let at = node;
  for (let depth = 0; at.kind === 'alias' && at.target !== undefined && depth < 100; depth++) at = at.target;
  return at;
}

const TAGS = 'tag:yaml.org,2002:';

export function shortTag(raw: YamlNode): string {
  const node = resolved(raw);
  if (node.tag !== '' && node.tag !== '!')
    return node.tag.startsWith(TAGS) ? `!!${node.tag.slice(TAGS.length)}` : node.tag;
  if (node.kind === 'mapping') return '!!map';
  if (node.kind === 'sequence') return '!!seq';
  if (node.style !== 'plain') return '!!str';
  return scalarTag(node.value);
}

/** The tag that go-yaml v3 gives a plain scalar. */
function scalarTag(text: string): string {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return '!!null';
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return '!!bool';
  if (/^[-+]?(?:0|[1-9][0-9_]*|0[0-7_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+)$/.test(text)) return '!!int';
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) return '!!float';
  if (/^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text)) return '!!float';
  if (text === '<<') return '!!merge';
  if (/^\d{4}-\d\d?-\d\d?(?:$|[Tt\s])/.test(text)) return '!!timestamp';
  return '!!str';
}

export const isNull = (node: YamlNode): boolean => resolved(node).kind === 'scalar' && shortTag(node) === '!!null';

/** The keys and values of a mapping. Merge keys (`<<`) are followed; own keys win. */
export function entries(node: YamlNode): [YamlNode, YamlNode][] {
  const own: [YamlNode, YamlNode][] = [];
  const merged: [YamlNode, YamlNode][] = [];
  for (let at = 0; at + 1 < node.children.length; at += 2) {
    const key = node.children[at] as YamlNode;
    const value = node.children[at + 1] as YamlNode;
    if (shortTag(key) !== '!!merge') {
      own.push([key, value]);
      continue;
    }
    const from = resolved(value);
    for (const source of from.kind === 'sequence' ? from.children.map(resolved) : [from])
      if (source.kind === 'mapping') merged.push(...entries(source));
  }
  const names = new Set(own.map(([key]) => key.value));
  for (const entry of merged)
    if (!names.has(entry[0].value)) {
      names.add(entry[0].value);
      own.push(entry);
    }
  return own;
}

/** Reads a value; what is wrong with plain ones goes to the problems of the mapping that it stands in. */
export type Read<T> = (value: YamlNode, problems: Problems) => T;

/**
 * Gives readers of fields: `into(made)('dir', text)` reads a value with `text` and sets `made.dir`, unless there is none to set.
 */
export const into =
  <T extends object>(made: T) =>
  <K extends keyof T>(field: K, read: Read<T[K] | undefined>): Read<void> =>
  (value, problems) => {
    const found = read(value, problems);
    if (found !== undefined) made[field] = found;
  };

/** Passes over a value that is empty. */
export const unlessNull =
  <T>(read: Read<T>): Read<T | undefined> =>
  (value, problems) =>
    isNull(value) ? undefined : read(value, problems);

/** Hands each known key of a mapping to its reader, in the order of the text; unknown keys are passed over. */
export function fields(node: YamlNode, readers: Readonly<Record<string, Read<void>>>): void {
  const problems = new Problems(node);
  const seen = new Map<string, number>();
  for (const [key, value] of entries(node)) {
    const name = key.value;
    const before = seen.get(name);
    if (before !== undefined) {
      problems.found.push(`line ${key.line}: mapping key ${JSON.stringify(name)} already defined at line ${before}`);
      continue;
    }
    seen.set(name, key.line);
    if (Object.hasOwn(readers, name)) readers[name]?.(resolved(value), problems);
  }
  problems.end();
}

export function text(node: YamlNode, problems: Problems): string {
  if (node.kind !== 'scalar') problems.add(node, 'string');
  else if (!isNull(node)) return node.value;
  return '';
}

export function flag(node: YamlNode, problems: Problems): boolean {
  const value = optionalFlag(node, problems);
  return value ?? false;
}

export function optionalFlag(node: YamlNode, problems: Problems): boolean | undefined {
  if (isNull(node)) return undefined;
  const tag = shortTag(node);
  if (tag === '!!bool') return node.value.toLowerCase() === 'true';
  if (tag === '!!str' && node.kind === 'scalar') {
    if (/^(?:y|Y|yes|Yes|YES|on|On|ON)$/.test(node.value)) return true;
    if (/^(?:n|N|no|No|NO|off|Off|OFF)$/.test(node.value)) return false;
  }
  problems.add(node, 'bool');
  return undefined;
}

export function texts(node: YamlNode, problems: Problems): string[] {
  if (isNull(node)) return [];
  if (node.kind !== 'sequence') {
    problems.add(node, '[]string');
    return [];
  }
  return node.children.map((child) => text(resolved(child), problems));
}

/** Each item of a sequence through a reader; empty items are passed over. `type` is Go's, for messages. */
export const itemsOf =
  <T>(type: string, read: (item: YamlNode) => T): Read<T[]> =>
  (node, problems) => {
    if (isNull(node)) return [];
    if (node.kind !== 'sequence') {
      problems.add(node, type);
      return [];
    }
    return node.children.filter((child) => !isNull(child)).map((child) => read(resolved(child)));
  };
