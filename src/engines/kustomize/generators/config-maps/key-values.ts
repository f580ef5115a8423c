import { posix } from 'node:path';
import type { GeneratorArgs } from '../../kustomization/types.ts';
import type { Loader } from '../../loading/loader.ts';
import { asProblem, KustomizeProblem } from '../../problem.ts';

/** A value as the file holds it; text is kept apart from what is no UTF-8. */
export type DataValue = { readonly text: string } | { readonly bytes: Uint8Array };

type Sources = Pick<GeneratorArgs, 'literals' | 'files' | 'envs'>;

/**
 * The entries of a generated ConfigMap or Secret: those of env files, then literals, then files.
 * @see kustomize api/kv/kv.go
 */
export function loadKeyValues(name: string, sources: Sources, loader: Loader): Map<string, DataValue> {
  const values = new Map<string, DataValue>();
  const put = (key: string, value: DataValue): void => {
    if (values.has(key)) throw new KustomizeProblem(`configmap ${name} illegally repeats the key \`${key}\``);
    values.set(key, value);
  };
  const pairs = within('loading KV pairs', () => [
    ...within(`env source files: ${goList(sources.envs)}`, () =>
      (sources.envs ?? []).flatMap((path) => envPairs(loader.loadBytes(path))),
    ),
    ...within(`literal sources ${goList(sources.literals)}`, () => (sources.literals ?? []).map(literalPair)),
    ...within(`file sources: ${goList(sources.files)}`, () =>
      (sources.files ?? []).map((source) => filePair(source, loader)),
    ),
  ]);
  for (const [key, value] of pairs) put(key, value);
  return values;
}

const goList = (items: readonly string[] | undefined): string => `[${(items ?? []).join(' ')}]`;

function within<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(`${prefix}: ${problem.message}`);
  }
}

type Pair = readonly [string, DataValue];

function literalPair(source: string): Pair {
  const at = source.indexOf('=');
  if (at <= 0) throw new KustomizeProblem(`invalid literal source ${source}, expected key=value`);
  return [source.slice(0, at), { text: unquoted(source.slice(at + 1)) }];
}

function unquoted(text: string): string {
  const first = text[0];
  return text.length >= 2 && first === text.at(-1) && (first === '"' || first === "'") ? text.slice(1, -1) : text;
}

function filePair(source: string, loader: Loader): Pair {
  const [key, path] = parseFileSource(source);
  return [key, dataValue(loader.loadBytes(path))];
}

/** `path`, whose key is its last part, or `key=path`. */
function parseFileSource(source: string): [string, string] {
  const parts = source.split('=');
  if (parts.length === 1) return [posix.basename(source), source];
  if (parts.length > 2)
    throw new KustomizeProblem(`source ${JSON.stringify(source)} key name or file path contains '='`);
  const [key, path] = parts as [string, string];
  if (key === '')
    throw new KustomizeProblem(
      `missing key name for file path ${JSON.stringify(path)} in source ${JSON.stringify(source)}`,
    );
  if (path === '')
    throw new KustomizeProblem(
      `missing file path for key name ${JSON.stringify(key)} in source ${JSON.stringify(source)}`,
    );
  return [key, path];
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function dataValue(bytes: Uint8Array): DataValue {
  try {
    return { text: strict.decode(bytes) };
  } catch {
    return { bytes };
  }
}

/** The lines of an env file: `KEY=value`, `KEY` with an empty value; `#` and empty lines do not count. */
function envPairs(content: Uint8Array): Pair[] {
  const value = dataValue(content);
  const text = 'text' in value ? value.text : Buffer.from(content).toString('latin1');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.flatMap((raw, number): Pair[] => {
    let line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (!('text' in value) && !isUtf8(line))
      throw new KustomizeProblem(`line ${number + 1} has invalid utf8 bytes : ${line}`);
    if (number === 0) line = line.replace(/^\uFEFF/, '');
    line = line.replace(/^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, '');
    if (line === '' || line.startsWith('#')) return [];
    const at = line.indexOf('=');
    const key = at < 0 ? line : line.slice(0, at);
    return key === '' ? [] : [[key, { text: at < 0 ? '' : line.slice(at + 1) }]];
  });
}

const isUtf8 = (latin: string): boolean => 'text' in dataValue(Buffer.from(latin, 'latin1'));
