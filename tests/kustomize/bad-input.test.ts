import { describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/core/memory-file-system.ts';
import { buildKustomization } from '../../src/engines/kustomize/index.ts';
import { build } from '../../src/engines/kustomize/public.ts';

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { a: b }\n';

function refusal(files: Record<string, string>, path = '.'): { message: string; hint?: string; file?: string } {
  const result = build({ files, path });
  if (result.ok) throw new Error(`not refused:\n${result.value}`);
  const { message, hint, at } = result.error;
  return { message, ...(hint === undefined ? {} : { hint }), ...(at === undefined ? {} : { file: at.file }) };
}

describe("bad input gets kustomize's verdict and a message that names what is wrong", () => {
  test('bases that lead back to where they come from', () => {
    const files = { 'a/kustomization.yaml': 'resources: [../b]\n', 'b/kustomization.yaml': 'resources: [../a]\n' };
    expect(refusal(files, 'a').message).toContain("cycle detected: candidate root '/a' contains visited root '/a'");
  });

  test('a patch whose object is nowhere', () => {
    const patch = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: nobody }\n';
    const { message } = refusal({
      'kustomization.yaml': 'resources: [c.yaml]\npatches: [{ path: p.yaml }]\n',
      'c.yaml': CONFIG,
      'p.yaml': patch,
    });
    expect(message).toBe(
      'no resource matches strategic merge patch "ConfigMap.v1.[noGrp]/nobody.[noNs]": no matches for Id ConfigMap.v1.[noGrp]/nobody.[noNs]; failed to find unique target for patch ConfigMap.v1.[noGrp]/nobody.[noNs]',
    );
  });

  test('a target that is no regular expression', () => {
    const { message } = refusal({
      'kustomization.yaml': 'resources: [c.yaml]\npatches: [{ path: p.yaml, target: { name: "set[" } }]\n',
      'c.yaml': CONFIG,
      'p.yaml': CONFIG,
    });
    expect(message).toContain('unable to find patch target');
    expect(message).toContain('error parsing regexp: missing closing ]');
  });

  test('a file outside the directory of the kustomization', () => {
    const { message, hint } = refusal({ 'a/kustomization.yaml': 'resources: [../c.yaml]\n', 'c.yaml': CONFIG }, 'a');
    expect(message).toContain("security; file '/c.yaml' is not in or below '/a'");
    expect(hint).toContain('LoadRestrictionsNone');
  });

  test('a path that leads out of the source', () => {
    const fs = new MemoryFileSystem([['/apps/kustomization.yaml', 'resources: [../../../etc]\n']]);
    const result = buildKustomization(fs, '/apps', { rootName: '/repo', loadRestrictions: 'none' });
    expect(result.ok ? '' : result.error.message).toContain(
      "security; '../../../etc' leads out of '/repo' from '/repo/apps'",
    );
  });

  test('aliases that multiply', () => {
    const levels = Array.from({ length: 12 }, (_, at) => {
      const items =
        at === 0
          ? 'x'
          : Array(9)
              .fill(`*l${at - 1}`)
              .join(', ');
      return `l${at}: &l${at} [${items}]`;
    });
    const bomb = `${CONFIG}${levels.join('\n')}\n`;
    const { message } = refusal({ 'kustomization.yaml': 'resources: [c.yaml]\n', 'c.yaml': bomb });
    expect(message).toContain('document contains excessive aliasing');
    expect(refusal({ 'kustomization.yaml': `${levels.join('\n')}\n` }).message).toMatch(
      /excessive aliasing|unknown field/,
    );
  });

  test('an anchor within itself', () => {
    const { message } = refusal({
      'kustomization.yaml': 'resources: [c.yaml]\n',
      'c.yaml': `${CONFIG}loop: &a [*a]\n`,
    });
    expect(message).toMatch(/contains itself|unknown anchor/);
  });

  test('keys that mean something to JavaScript are ordinary keys', () => {
    const result = build({
      files: {
        'kustomization.yaml': 'resources: [c.yaml]\ncommonAnnotations: { __proto__: x }\n',
        'c.yaml': `${CONFIG.replace('a: b', '__proto__: p, constructor: c')}__proto__: { polluted: true }\n`,
      },
      path: '.',
    });
    expect(result.ok && result.value).toContain('  __proto__: p\n');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('a deeply nested text', () => {
    const deep = `${CONFIG}deep: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`;
    expect(refusal({ 'kustomization.yaml': 'resources: [c.yaml]\n', 'c.yaml': deep }).message).toMatch(/depth|nested/);
  });

  test('a field that nobody knows, with the one that is meant', () => {
    const { message, hint, file } = refusal({ 'kustomization.yaml': 'resource: [c.yaml]\n' });
    expect(message).toBe('invalid Kustomization: json: unknown field "resource"');
    expect(hint).toBe('did you mean resources?');
    expect(file).toBe('/kustomization.yaml');
  });

  test('a function', () => {
    const { message, hint } = refusal({
      'kustomization.yaml': 'resources: [c.yaml]\ntransformers: [t.yaml]\n',
      'c.yaml': CONFIG,
      't.yaml':
        'apiVersion: example.org/v1\nkind: Mine\nmetadata:\n  name: m\n  annotations: { config.kubernetes.io/function: "container: { image: x }" }\n',
    });
    expect(message).toBe("external plugins disabled; unable to load external plugin 'Mine'");
    expect(hint).toContain('outside programs');
  });
});

describe('what is not in the source', () => {
  test('is named, all of a list at once, and taken from the port once it is there', () => {
    const fs = new MemoryFileSystem([
      ['/kustomization.yaml', 'resources: ["https://example.org/a.yaml", "https://example.org/o/r//base?ref=v1"]\n'],
    ]);
    const first = buildKustomization(fs, '/');
    expect(
      first.ok
        ? []
        : first.error.missingRemotes?.map(({ kind, repository, ref, path }) => [kind, repository, ref, path]),
    ).toEqual([
      ['http', 'https://example.org/a.yaml', '', ''],
      ['git', 'https://example.org/o/r', 'v1', 'base'],
    ]);
    const base = new MemoryFileSystem([
      ['/base/kustomization.yaml', 'resources: [b.yaml]\n'],
      ['/base/b.yaml', CONFIG.replace('settings', 'b')],
    ]);
    const second = buildKustomization(fs, '/', {
      remotes: (request) =>
        request.kind === 'git' ? { kind: 'git', fs: base } : { kind: 'http', status: 200, body: Buffer.from(CONFIG) },
    });
    expect(second.ok && second.value.resources.map(({ id }) => id)).toEqual([
      'ConfigMap.v1.[noGrp]/b.[noNs]',
      'ConfigMap.v1.[noGrp]/settings.[noNs]',
    ]);
    const third = buildKustomization(fs, '/', {
      remotes: () => ({ kind: 'http', status: 404, body: new Uint8Array() }),
    });
    expect(third.ok ? '' : third.error.message).toContain('HTTP Error: status code 404 (Not Found)');
  });
});

test('builds do not know of each other', () => {
  const schema = JSON.stringify({
    definitions: {
      Thing: {
        'x-kubernetes-group-version-kind': [{ group: 'example.org', version: 'v1', kind: 'Thing' }],
        properties: {
          spec: {
            properties: {
              list: {
                type: 'array',
                items: { type: 'object' },
                'x-kubernetes-patch-strategy': 'merge',
                'x-kubernetes-patch-merge-key': 'name',
              },
            },
          },
        },
      },
    },
  });
  const thing = (list: string): string =>
    `apiVersion: example.org/v1\nkind: Thing\nmetadata: { name: t }\nspec: { list: [${list}] }\n`;
  const files = { 't.yaml': thing('{ name: a }'), 'p.yaml': thing('{ name: b }'), 'schema.json': schema };
  const names = (openapi: string): string[] => {
    const kustomization = `resources: [t.yaml]\npatches: [{ path: p.yaml }]\n${openapi}`;
    const result = build({ files: { ...files, 'kustomization.yaml': kustomization }, path: '.' });
    return result.ok ? [...result.value.matchAll(/- name: (\w)/g)].map((match) => match[1]!) : [result.error.message];
  };
  expect(names('openapi: { path: schema.json }\n')).toEqual(['b', 'a']);
  expect(names('')).toEqual(['b']);
});
