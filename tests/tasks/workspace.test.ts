import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findWorkspace } from '../../src/tasks/index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'flux-local-workspace-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
const kustomization = (path: string, source = 'GitRepository'): string =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: a\nspec:\n  path: ${path}\n  sourceRef:\n    kind: ${source}\n    name: flux-system\n`;

describe('the workspace of a cluster directory', () => {
  test('is the repository around it', () => {
    write('.git/HEAD');
    write('apps/a.yaml');
    write('clusters/a/ks.yaml', kustomization('./apps'));
    expect(findWorkspace(join(root, 'clusters/a'))).toEqual({ root, path: 'clusters/a' });
  });

  test('is known by paths in flow style as well', () => {
    write('apps/a.yaml');
    write(
      'clusters/a/ks.yaml',
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: a }\nspec: { interval: 1h, path: ./apps, prune: true }\n',
    );
    expect(findWorkspace(join(root, 'clusters/a'))).toEqual({ root, path: 'clusters/a' });
  });

  test('is a directory of the repository where only from there the paths lead somewhere', () => {
    write('.git/HEAD');
    write('examples/one/apps/a.yaml');
    write('examples/one/clusters/a/ks.yaml', kustomization('./apps'));
    expect(findWorkspace(join(root, 'examples/one/clusters/a'))).toEqual({
      root: join(root, 'examples/one'),
      path: 'clusters/a',
    });
  });

  test('is found without a repository', () => {
    write('one/apps/a.yaml');
    write('one/clusters/a/ks.yaml', kustomization('apps'));
    expect(findWorkspace(join(root, 'one/clusters/a'))).toEqual({ root: join(root, 'one'), path: 'clusters/a' });
  });

  test('is not misled by paths inside artifacts', () => {
    write('.git/HEAD');
    write('clusters/staging/ks.yaml', kustomization('./staging', 'ExternalArtifact'));
    expect(findWorkspace(join(root, 'clusters/staging')).root).toBe(root);
  });

  test('may be named by a file', () => {
    write('.git/HEAD');
    write('cluster.yaml', kustomization('./'));
    expect(findWorkspace(join(root, 'cluster.yaml'))).toEqual({ root, path: 'cluster.yaml' });
  });
});
