import { describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/core/memory-file-system.ts';
import { fail, ok, type Result } from '../../src/core/result.ts';
import { fromPlain, type YamlMap } from '../../src/core/value.ts';
import { parseDocuments } from '../../src/engines/goyaml/index.ts';
import { buildObjects, substituteAll } from '../../src/flux/build-kustomization.ts';
import { generateKustomization } from '../../src/flux/generate-kustomization.ts';
import { readKustomizationFields } from '../../src/flux/kustomization-shape.ts';
import { resolveVariables } from '../../src/flux/substitution.ts';
import { canonical, object, recorded } from './recorded.ts';

interface Case {
  id: string;
  files: Record<string, string>;
  kustomization: Record<string, unknown>;
  generated?: unknown;
  output?: string;
  error?: string;
}

const cases = (recorded('flux-generator.json') as { cases: Case[] }).cases;
const filesOf = (item: Case): MemoryFileSystem => new MemoryFileSystem(Object.entries(item.files));

function run(item: Case): Result<readonly YamlMap[], string> {
  const kustomization = object(item.kustomization);
  const built = buildObjects(filesOf(item), kustomization);
  if (!built.ok) return fail(built.error.message);
  const variables = resolveVariables(kustomization, () => undefined);
  if (!variables.ok) return fail(variables.error.message);
  const finished = substituteAll(built.value.objects, variables.value, {});
  return finished.ok ? ok(finished.value) : fail(finished.error.message);
}

describe('a Flux Kustomization', () => {
  test.each([
    ['a base', 'resources: [../../../shared]', "'../../../shared' is not in or below '/'"],
    ['a file', 'resources: [../../shared/c.yaml]', "'../../shared/c.yaml' is not in or below '/'"],
    ['an absolute path', 'resources: [/shared/c.yaml]', "'/shared/c.yaml' is not in or below '/'"],
    ['a component', 'components: [../../shared]', "'../../shared' is not in or below '/'"],
    ['a patch', 'patches: [{ path: ../../shared/c.yaml }]', "'../../shared/c.yaml' is not in or below '/'"],
  ])('reads nothing above the root of its source: %s', (_what, line, message) => {
    const shared = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n';
    const fs = new MemoryFileSystem([
      ['/apps/kustomization.yaml', `${line}\n`],
      ['/shared/kustomization.yaml', 'resources: [c.yaml]\n'],
      ['/shared/c.yaml', shared],
    ]);
    const kustomization = object({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'apps', namespace: 'flux-system' },
      spec: { path: './apps' },
    });
    const built = buildObjects(fs, kustomization);
    expect(built.ok ? 'built' : built.error.message).toContain(`fs-security-constraint`);
    expect(built.ok ? 'built' : built.error.message).toContain(message);
    expect(built.ok ? '' : built.error.reason).toBe('path-escapes');
  });

  test('is written into the kustomization file as fluxcd/pkg/kustomize writes it', () => {
    const failing = cases.flatMap((item) => {
      if (item.generated === undefined) return [];
      const given = generateKustomization(filesOf(item), object(item.kustomization));
      if (!given.ok) return [`${item.id}: ${given.error.message}`];
      const wanted = canonical(readKustomizationFields(fromPlain(item.generated) as YamlMap));
      return canonical(withoutEmpty(given.value.kustomization)) === wanted
        ? []
        : [`${item.id}: ${canonical(given.value.kustomization)}\n  wanted ${wanted}`];
    });
    expect(failing).toEqual([]);
  });

  test('gives the objects that fluxcd/pkg/kustomize gives, in their order', () => {
    expect(cases.length).toBeGreaterThan(120);
    const failing = cases.flatMap((item) => {
      const given = run(item);
      if (item.error !== undefined) return given.ok ? [`${item.id}: no error, wanted ${item.error}`] : [];
      if (!given.ok) return [`${item.id}: ${given.error}\n wanted ${item.output}`];
      const { documents } = parseDocuments(item.output ?? '');
      const wanted = documents.map(({ value }) => canonical(value)).filter((text) => text !== 'null');
      const got = given.value.map((value) => canonical(value));
      return JSON.stringify(got) === JSON.stringify(wanted)
        ? []
        : [`${item.id}: ${got.join('\n  ')}\n wanted ${wanted.join('\n  ')}`];
    });
    expect(failing).toEqual([]);
  });

  test('says in the words of Flux what is wrong, and in which file', () => {
    const differing = cases.flatMap((item) => {
      const given = item.error === undefined ? undefined : run(item);
      return given !== undefined && !given.ok && given.error !== item.error ? [item.id] : [];
    });
    // Paths that lead nowhere or outside have the words of another file system; a file of another shape those of another decoder.
    expect(differing).toEqual(['g008', 'g009', 'g060', 'g062', 'g070', 'g087', 'g102', 'g109', 'g112', 'g145']);
  });
});

/** Go leaves empty texts, lists and mappings out. */
function withoutEmpty(value: YamlMap): YamlMap {
  return new Map([...value].filter(([, item]) => item !== '' && !(Array.isArray(item) && item.length === 0)));
}
