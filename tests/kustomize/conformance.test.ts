import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/core/digest.ts';
import { parseDocuments } from '../../src/engines/goyaml/index.ts';
import { type BuildOptions, build } from '../../src/engines/kustomize/public.ts';
import { sharedFile } from '../shared-data.ts';

interface Case {
  readonly id: string;
  readonly files: Record<string, string>;
  readonly path: string;
  readonly options: BuildOptions;
  readonly needs?: string;
  readonly output?: string;
  readonly error?: string;
}

/** The documents of a stream by their values; the order of keys does not count. */
function documents(stream: string): string[] {
  const { documents: found, error } = parseDocuments(stream, { dialect: 'v3' });
  if (error !== undefined) throw new Error(error.message);
  return found.filter((document) => document.value !== null).map((document) => canonicalJson(document.value));
}

function verdict(one: Case): string | undefined {
  const result = build({ files: one.files, path: one.path, options: one.options });
  if (one.needs === 'fn') return result.ok ? 'a function was not refused' : undefined;
  if (one.error !== undefined) return result.ok ? `no error; expected ${one.error}` : undefined;
  if (!result.ok) return result.error.message;
  const [ours, theirs] = [documents(result.value), documents(one.output ?? '')];
  if (ours.join('\n') === theirs.join('\n')) return undefined;
  return `another output:\n${result.value}\n=== expected\n${one.output}`;
}

const path = sharedFile('kustomize.json');
describe.skipIf(path === undefined)("kustomize's own cases", () => {
  test('build to the same objects in the same order, or fail as kustomize does', () => {
    const cases = JSON.parse(readFileSync(path!, 'utf8')) as Case[];
    const failing = cases.flatMap((one) => {
      const problem = verdict(one);
      return problem === undefined ? [] : [`${one.id}: ${problem.slice(0, Number(process.env.DETAIL ?? 300))}`];
    });
    expect(failing, `${failing.length} of ${cases.length} fail`).toEqual([]);
  });
});
