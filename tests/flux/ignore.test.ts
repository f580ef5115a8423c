import { describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/core/memory-file-system.ts';
import { type IgnoreOptions, IgnoringFileSystem } from '../../src/flux/ignore.ts';
import { recorded } from './recorded.ts';

interface Case {
  id: string;
  files: string[];
  ignoreFiles: Record<string, string>;
  ignore?: string;
  kept: string[];
}

function visible(files: Iterable<readonly [string, string]>, options: IgnoreOptions): string[] {
  const fs = new IgnoringFileSystem(new MemoryFileSystem(files), options);
  const found: string[] = [];
  const walk = (path: string): void => {
    for (const { name, type } of fs.listDirectory(path) ?? []) {
      const at = path === '/' ? `/${name}` : `${path}/${name}`;
      if (type === 'directory') walk(at);
      else if (fs.readFile(at) !== undefined && fs.exists(at) === 'file') found.push(at.slice(1));
    }
  };
  walk('/');
  return found.sort();
}

describe('files of a source', () => {
  test('are left out as fluxcd/pkg/sourceignore leaves them out', () => {
    const cases = (recorded('flux-ignore.json') as { cases: Case[] }).cases;
    expect(cases.length).toBeGreaterThan(40);
    const failing = cases.flatMap((item) => {
      const files = [...item.files.map((path) => [path, 'x'] as const), ...Object.entries(item.ignoreFiles)];
      const kept = visible(files, { ignore: item.ignore, scan: 'full' });
      return JSON.stringify(kept) === JSON.stringify([...item.kept].sort()) ? [] : [`${item.id}: ${kept.join(' ')}`];
    });
    expect(failing).toEqual([]);
  });

  test('of a bucket are all kept but for what its own ignore lines say', () => {
    const files = [
      ['a.png', ''],
      ['b.yaml', ''],
      ['.gitignore', ''],
    ] as const;
    expect(visible(files, { bucket: true })).toEqual(['.gitignore', 'a.png', 'b.yaml']);
    expect(visible(files, { bucket: true, ignore: '*.yaml' })).toEqual(['.gitignore', 'a.png']);
  });
});
