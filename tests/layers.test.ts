import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../src');

/** What each room may import, as ARCHITECTURE.md lists it. A room may always import itself. */
const ENGINES = ['engines/goyaml', 'engines/envsubst', 'engines/gotemplate', 'engines/helm', 'engines/kustomize'];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  'engines/goyaml': ['core'],
  'engines/envsubst': ['core'],
  'engines/gotemplate': ['core', 'engines/goyaml'],
  'engines/helm': ['core', 'engines/goyaml', 'engines/gotemplate'],
  'engines/kustomize': ['core', 'engines/goyaml'],
  manifests: ['core', 'engines/goyaml'],
  flux: ['core', ...ENGINES, 'manifests'],
  cache: ['core'],
  graph: ['core', 'cache'],
  store: ['core', 'manifests'],
  sources: ['core', 'engines/goyaml', 'manifests'],
  tasks: ['core', ...ENGINES, 'manifests', 'flux', 'cache', 'graph', 'store', 'sources'],
  phases: ['core', ...ENGINES, 'manifests', 'flux', 'cache', 'graph', 'store', 'sources', 'tasks'],
  diff: ['core', 'manifests', 'store'],
  reports: ['core', 'manifests', 'store'],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'));

const roomOf = (file: string): string =>
  file.startsWith('engines/') ? file.split('/').slice(0, 2).join('/') : file.split('/')[0]!;

/** The files below `src` that a file imports: static and dynamic imports, type imports included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = [...text.matchAll(/(?:from\s*|import\s*\(\s*|import\s+)'(\.{1,2}\/[^']+)'/g)];
  return found.map((match) => posix.join(posix.dirname(file), match[1]!));
}

describe('the rooms', () => {
  test('import only what their line in ARCHITECTURE.md allows', () => {
    const wrong: string[] = [];
    for (const file of files) {
      const room = roomOf(file);
      if (room === 'cli') continue;
      const allowed = ALLOWED[room];
      if (allowed === undefined) wrong.push(`${file}: no line for the room ${room}`);
      for (const target of importsOf(file))
        if (roomOf(target) !== room && !allowed?.includes(roomOf(target))) wrong.push(`${file} imports ${target}`);
    }
    expect(wrong).toEqual([]);
  });

  test('hold no cycle of files that import each other at run time', () => {
    const graph = new Map(
      files.map((file) => [
        file,
        [
          ...readFileSync(join(SRC, file), 'utf8').matchAll(
            /^(?:import|export)\s+(?!type\b)[^;]*?from\s*'(\.{1,2}\/[^']+)'/gm,
          ),
        ].map((match) => posix.join(posix.dirname(file), match[1]!)),
      ]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0)
        cycles.push(
          [...path.slice(at), file]
            .map((one) => roomOf(one))
            .filter((room, i, all) => i === 0 || room !== all[i - 1])
            .join(' → '),
        );
      if (at >= 0 || done.has(file)) return;
      for (const target of graph.get(file) ?? []) walk(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    // Files of one room may know each other; rooms may not.
    expect(cycles.filter((cycle) => cycle.includes('→'))).toEqual([]);
  });
});
