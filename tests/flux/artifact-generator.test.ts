import { describe, expect, test } from 'vitest';
import { readText } from '../../src/core/file-system.ts';
import { MemoryFileSystem } from '../../src/core/memory-file-system.ts';
import { generateArtifacts, generatorSources } from '../../src/flux/artifact-generator.ts';
import { object, recorded } from './recorded.ts';

interface Case {
  id: string;
  copy: object[];
  output?: Record<string, string>;
  error?: string;
}
const { sources, binary, cases } = recorded('flux-artifact-generator.json') as {
  sources: Record<string, Record<string, string>>;
  binary: Record<string, Record<string, string>>;
  cases: Case[];
};
const fileSystems = new Map(
  Object.entries(sources).map(([alias, files]) => {
    const fs = new MemoryFileSystem(Object.entries(files));
    for (const [path, text] of Object.entries(binary[alias] ?? {})) fs.write(path, Buffer.from(text, 'base64'));
    return [alias, fs] as const;
  }),
);

/** Archives stand as one word in the recorded cases. */
const textOf = (bytes: Uint8Array): string => (bytes[0] === 0x1f ? '(archive)' : Buffer.from(bytes).toString());

const generate = (spec: Record<string, unknown>) =>
  generateArtifacts(object({ metadata: { name: 'g', namespace: 'ns' }, spec }), fileSystems);

describe('an ArtifactGenerator', () => {
  test('copies as source-watcher does', () => {
    expect(cases.length).toBeGreaterThan(250);
    const failing = cases.flatMap((item) => {
      const given = generate({ artifacts: [{ name: 'x', copy: item.copy }] });
      if (item.error !== undefined) return given.ok ? [`${item.id}: no error, wanted ${item.error}`] : [];
      if (!given.ok) return [`${item.id}: ${given.error.message}`];
      const files = Object.fromEntries(given.value[0]!.entries.map(([path, bytes]) => [path, textOf(bytes)]));
      const wanted = Object.fromEntries(Object.entries(item.output ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
      return JSON.stringify(files) === JSON.stringify(wanted)
        ? []
        : [`${item.id} ${JSON.stringify(item.copy)}: ${JSON.stringify(files)}\n  wanted ${JSON.stringify(wanted)}`];
    });
    expect(failing).toEqual([]);
  });

  test('makes an artifact for each directory that its path pattern matches', () => {
    const fs = new MemoryFileSystem([
      ['apps/Web/prod/a.yaml', 'a'],
      ['apps/Web/dev/a.yaml', 'b'],
      ['apps/db/prod/deep/b.yaml', 'c'],
      ['apps/file.yaml', 'x'],
    ]);
    const given = generateArtifacts(
      object({
        metadata: { name: 'g', namespace: 'ns' },
        spec: {
          pathPattern: '@repo/apps/{app}/{env}',
          commonMetadata: { labels: { team: 't' } },
          artifacts: [{ name: '{app}-{env}', copy: [{ from: '@repo/apps/{app}/{env}/**', to: '@artifact/{app}/' }] }],
        },
      }),
      new Map([['repo', fs]]),
    );
    if (!given.ok) throw new Error(given.error.message);
    expect(given.value.map(({ name, entries }) => [name, entries.map(([path]) => path)])).toEqual([
      ['web-dev', ['Web/a.yaml']],
      ['web-prod', ['Web/a.yaml']],
      ['db-prod', ['db/deep/b.yaml']],
    ]);
    expect([...given.value[0]!.labels]).toEqual([
      ['app', 'web'],
      ['env', 'dev'],
      ['team', 't'],
    ]);
    expect(readText(given.value[0]!.files, '/Web/a.yaml')).toBe('b');
  });

  test('refuses patterns, captures and aliases that mean nothing', () => {
    const message = (spec: Record<string, unknown>): string => {
      const given = generate(spec);
      return given.ok ? 'ok' : given.error.message;
    };
    const artifacts = [{ name: '{x}', copy: [] }];
    expect(message({ pathPattern: 'apps/{x}', artifacts })).toContain('invalid pathPattern format');
    expect(message({ pathPattern: '@none/{x}', artifacts })).toContain('source alias none not found');
    expect(message({ pathPattern: '@a/{x}/{x}', artifacts })).toContain('duplicate capture');
    expect(message({ pathPattern: '@a/{x', artifacts })).toContain('missing closing brace');
    expect(message({ pathPattern: '@a/{1x}', artifacts })).toContain('valid capture name');
    expect(message({ pathPattern: '@a/apps/{y}', artifacts })).toContain('"x" is not defined');
    expect(
      message({
        artifacts: [
          { name: 'a', copy: [] },
          { name: 'a', copy: [] },
        ],
      }),
    ).toContain('duplicate artifact name');
    const sourcesOf = generatorSources(object({ spec: { sources: [{ alias: 'a' }, { alias: 'a' }] } }));
    expect(!sourcesOf.ok && sourcesOf.error.message).toContain('duplicate source alias');
  });

  test('gives the same revision for the same files, and another for others', () => {
    const revision = (from: string): string | undefined => {
      const given = generate({ artifacts: [{ name: 'x', copy: [{ from, to: '@artifact/' }] }] });
      return given.ok ? given.value[0]?.revision : undefined;
    };
    expect(revision('@a/apps/**')).toBe(revision('@a/apps/**'));
    expect(revision('@a/apps/**')).not.toBe(revision('@a/apps/base/**'));
  });
});
