import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Rig } from '../cluster/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
  execFileSync('git', ['init', '-q'], { cwd: rig.directory });
});
afterEach(() => rig.close());

const kustomization = (name: string, path: string, source = 'flux-system', kind = 'GitRepository'): string =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: ${name}, namespace: flux-system }\nspec:\n  path: ${path}\n  sourceRef: { kind: ${kind}, name: ${source} }\n`;
const repository = (name: string, url: string): string =>
  `apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: { name: ${name}, namespace: flux-system }\nspec: { url: ${url}, interval: 1h }\n`;
const configMap = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\n`;

describe('the repository at hand', () => {
  test('stands in for the source that the root Kustomization, which builds its own directory, reads', async () => {
    rig.write(
      'clusters/a/sync.yaml',
      `${repository('fleet', 'https://git.example.org/fleet')}---\n${kustomization('root', './clusters/a', 'fleet')}`,
    );
    rig.write('clusters/a/apps.yaml', kustomization('apps', './apps', 'fleet'));
    rig.write('apps/a.yaml', configMap('a'));
    const { stdout, code } = await rig.run('build', 'ks', 'apps', '--path', 'clusters/a', '--offline', '-o', 'name');
    expect(stdout).toBe('default/configmap/a\n');
    expect(code).toBe(0);
  });

  test('stands in for no source that is declared to be elsewhere, whatever its path', async () => {
    rig.write('clusters/a/apps.yaml', kustomization('apps', './apps'));
    rig.write('apps/a.yaml', configMap('a'));
    rig.write(
      'clusters/a/other.yaml',
      `${repository('other', 'https://git.example.org/other')}---\n${kustomization('other', './', 'other')}`,
    );
    const { stdout, stderr, code } = await rig.run('build', 'ks', '--path', 'clusters/a', '--offline', '-o', 'name');
    expect(stdout).toBe('default/configmap/a\n');
    expect(stderr).toContain('Kustomization/flux-system/other [offline]');
    expect(code).toBe(1);
  });

  test('stands in for a declared source of the URL of one of its remotes', async () => {
    execFileSync('git', ['remote', 'add', 'origin', 'git@git.example.org:owner/fleet.git'], { cwd: rig.directory });
    rig.write(
      'clusters/a/apps.yaml',
      `${repository('fleet', 'https://git.example.org/owner/fleet')}---\n${kustomization('apps', './apps', 'fleet')}`,
    );
    rig.write('apps/a.yaml', configMap('a'));
    const { stdout } = await rig.run('build', 'ks', '--path', 'clusters/a', '--offline', '-o', 'name');
    expect(stdout).toBe('default/configmap/a\n');
  });

  test('is seen through spec.ignore of the declared source that it stands in for', async () => {
    const ignoring = repository('flux-system', 'https://git.example.org/fleet').replace(
      'interval: 1h }',
      'interval: 1h, ignore: "/*\\n!/apps\\n!/clusters\\n/apps/b.yaml" }',
    );
    rig.write('clusters/a/sync.yaml', `${ignoring}---\n${kustomization('flux-system', './clusters/a')}`);
    rig.write('clusters/a/apps.yaml', kustomization('apps', './apps'));
    rig.write('clusters/a/more.yaml', kustomization('more', './more'));
    for (const path of ['apps/a.yaml', 'apps/b.yaml', 'more/c.yaml']) rig.write(path, configMap(path.slice(-6, -5)));
    const { stdout, stderr, code } = await rig.run('build', 'ks', '--path', 'clusters/a', '--offline', '-o', 'name');
    expect(stdout).toContain('default/configmap/a\n');
    expect(stdout).not.toMatch(/configmap\/[bc]/);
    expect(stderr).toContain('Kustomization/flux-system/more [path-not-found]');
    expect(code).toBe(1);
  });

  test('stands in for the only source there is, where nothing else says which', async () => {
    rig.write(
      'clusters/a/apps.yaml',
      `${repository('fleet', 'https://git.example.org/fleet')}---\n${kustomization('apps', './apps', 'fleet')}`,
    );
    rig.write('apps/a.yaml', configMap('a'));
    const { stdout } = await rig.run('build', 'ks', '--path', 'clusters/a', '--offline', '-o', 'name');
    expect(stdout).toBe('default/configmap/a\n');
  });

  test('stands in for a source that is nowhere where a rendered Kustomization reads a path from it that is here', async () => {
    rig.write('clusters/a/apps.yaml', kustomization('apps', './apps'));
    rig.write('apps/ks.yaml', kustomization('web', './web', 'bootstrap'));
    rig.write('apps/elsewhere.yaml', kustomization('elsewhere', './elsewhere', 'private'));
    rig.write('web/web.yaml', configMap('web'));
    const { stdout, stderr, code } = await rig.run('build', 'ks', '--path', 'clusters/a', '--offline', '-o', 'name');
    expect(stdout).toContain('default/configmap/web\n');
    expect(stderr).toContain(
      'warning: GitRepository/flux-system/bootstrap is nowhere in the run; the repository at hand stands in for it, which has the paths that are read from it\n',
    );
    expect(stderr).toContain('GitRepository/flux-system/private is nowhere in the run');
    expect(code).toBe(1);
    const warm = await rig.run('build', 'ks', '--path', 'clusters/a', '--offline', '-o', 'name');
    expect(warm).toEqual({ stdout, stderr, code });
  });

  test('stands in where --sources says so', async () => {
    rig.write('clusters/a/apps.yaml', kustomization('apps', './apps'));
    rig.write('apps/a.yaml', configMap('a'));
    rig.write(
      'clusters/a/other.yaml',
      `${repository('other', 'https://git.example.org/other')}---\n${kustomization('other', './', 'other')}`,
    );
    rig.write('vendor/other/b.yaml', configMap('b'));
    const { stdout, code } = await rig.run(
      'build',
      'ks',
      '--path',
      'clusters/a',
      '--offline',
      '-o',
      'name',
      '--sources',
      'other=vendor/other',
    );
    expect(stdout).toBe('default/configmap/a\ndefault/configmap/b\n');
    expect(code).toBe(0);
  });
});
