import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseDocuments } from '../../src/engines/goyaml/index.ts';
import { Rig } from './rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = Rig.example();
});
afterEach(() => rig.close());

const STAGING = ['--path', 'clusters/staging'];
const count = (stream: string): number => parseDocuments(stream).documents.length;

describe('build', () => {
  test('prints every object that the cluster would get', async () => {
    const { stdout, stderr, code } = await rig.run('build', 'all', ...STAGING);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(count(stdout)).toBe(63);
  });

  test('of ks leaves out what HelmReleases render', async () => {
    const { stdout, code } = await rig.run('build', 'ks', ...STAGING);
    expect(code).toBe(0);
    expect(stdout).toContain('kind: HelmRelease');
    expect(stdout).not.toContain('kind: StatefulSet');
  });

  test('of hr with a name renders that release alone', async () => {
    const { stdout } = await rig.run('build', 'hr', 'web', '-n', 'default', ...STAGING, '-o', 'name');
    expect(stdout.trim().split('\n').sort()).toEqual([
      'default/deployment.apps/web',
      'default/ingress.networking.k8s.io/web',
      'default/service/web',
    ]);
  });

  test('as json gives the same objects as yaml', async () => {
    const yaml = await rig.run('build', 'all', ...STAGING);
    const json = await rig.run('build', 'all', ...STAGING, '-o', 'json');
    expect(JSON.parse(json.stdout)).toHaveLength(count(yaml.stdout));
  });

  test('leaves kinds out on demand', async () => {
    const { stdout } = await rig.run(
      'build',
      'all',
      ...STAGING,
      '--skip-secrets',
      '--skip-kinds',
      'Deployment,Service',
      '-o',
      'name',
    );
    expect(stdout).not.toMatch(/secret\/|deployment\.apps|^\w+\/service\//m);
    expect(stdout).toContain('statefulset.apps/');
  });

  test('gives staging and production their own overlay', async () => {
    const staging = await rig.run('build', 'hr', 'web', '-n', 'default', ...STAGING);
    const production = await rig.run('build', 'hr', 'web', '-n', 'default', '--path', 'clusters/production');
    expect(staging.stdout).toContain('replicas: 1');
    expect(production.stdout).toContain('replicas: 3');
    expect(production.stdout).toContain('web.example.org');
  });

  test('says that a path does not exist, with exit code 2', async () => {
    const { stderr, code } = await rig.run('build', 'all', '--path', 'clusters/none');
    expect(stderr).toContain('clusters/none does not exist');
    expect(code).toBe(2);
  });

  test('says that a directory holds nothing', async () => {
    rig.write('empty/note.txt', 'nothing');
    const { stdout, stderr, code } = await rig.run('build', 'all', '--path', 'empty');
    expect(stdout).toBe('');
    expect(stderr).toContain('no Flux objects found');
    expect(code).toBe(0);
  });

  test('refuses an unknown option with exit code 2', async () => {
    const { stderr, code } = await rig.run('build', 'all', ...STAGING, '--nonsense');
    expect(stderr).toContain('--nonsense');
    expect(code).toBe(2);
  });
});

describe('failures', () => {
  test('are all reported in one run, with their places, and the rest is rendered', async () => {
    rig.write(
      'apps/default/docs/app/helm-release.yaml',
      'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n  broken',
    );
    rig.write('charts/store/templates/bad.yaml', '{{ .Values.nothing.here }}\n');
    const { stdout, stderr, code } = await rig.run('build', 'all', ...STAGING);
    expect(code).toBe(1);
    expect(stderr).toContain('Kustomization/flux-system/docs');
    expect(stderr).toContain('HelmRelease/data/postgres');
    expect(stderr).toContain('HelmRelease/data/cache');
    expect(stderr).toContain('store/templates/bad.yaml:1:');
    expect(stderr).toContain(
      'error: apps/data/postgres/app/helm-release.yaml:1: HelmRelease/data/postgres [template-failed]',
    );
    expect(stdout).toContain('name: resolver');
  });

  test('of a dependency block what waits for it, and the root cause comes first', async () => {
    rig.write('apps/data/postgres/app/kustomization.yaml', 'resources: [missing.yaml]\n');
    const { stdout, code } = await rig.run('test', ...STAGING);
    const lines = stdout.split('\n').filter((line) => /^[A-Z]+ /.test(line));
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^FAILED +Kustomization\/flux-system\/postgres/);
    expect(lines.filter((line) => line.startsWith('BLOCKED')).map((line) => line.split(/ +/)[1])).toEqual([
      'Kustomization/flux-system/api',
      'Kustomization/flux-system/backups',
      'Kustomization/flux-system/web',
      'Kustomization/flux-system/worker',
    ]);
    expect(stdout).toMatch(/BLOCKED +Kustomization\/flux-system\/worker +by Kustomization\/flux-system\/postgres/);
  });

  test('of a file that cannot be read are reported, and the run goes on and ends non-zero', async () => {
    rig.write('clusters/staging/broken.json', '{"apiVersion": "v1",');
    rig.write('clusters/staging/flux-system/kustomization.yaml', 'resources: [gotk-sync.yaml]\n');
    const { stderr, code, stdout } = await rig.run('build', 'hr', ...STAGING);
    expect(code).toBe(1);
    expect(stderr).toContain('clusters/staging/broken.json');
    expect(stdout).toContain('name: gateway');
  });

  test('of objects that depend on each other name the circle', async () => {
    const dependsOn = (name: string, on: string): void =>
      rig.write(
        `apps/observability/${name}/ks.yaml`,
        `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: ${name}\n  namespace: flux-system\nspec:\n  path: ./apps/observability/${name}/app\n  targetNamespace: observability\n  sourceRef: { kind: GitRepository, name: flux-system }\n  dependsOn: [{ name: ${on} }]\n`,
      );
    dependsOn('alerts', 'dashboards');
    dependsOn('dashboards', 'alerts');
    const { stdout, code } = await rig.run('test', ...STAGING);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'Kustomization/flux-system/alerts → Kustomization/flux-system/dashboards → Kustomization/flux-system/alerts',
    );
  });
});

describe('get', () => {
  test('lists Kustomizations with their paths', async () => {
    const { stdout } = await rig.run('get', 'ks', ...STAGING);
    expect(stdout).toMatch(/^NAMESPACE +NAME +PATH/);
    expect(stdout).toMatch(/flux-system +web +apps\/default\/web\/overlays\/staging +Ready/);
  });

  test('lists HelmReleases with charts and sources', async () => {
    const { stdout } = await rig.run('get', 'hr', ...STAGING);
    expect(stdout).toMatch(/data +postgres .*charts\/store +GitRepository\/flux-system\/flux-system/);
  });

  test('sums up a cluster, with its images on demand', async () => {
    const { stdout } = await rig.run('get', 'cluster', ...STAGING, '-o', 'json', '--enable-images');
    const { clusters } = JSON.parse(stdout);
    const gateway = clusters[0].kustomizations.find((ks: { name: string }) => ks.name === 'gateway');
    expect(gateway.helm_releases[0].images).toEqual(['docker.io/library/nginx:1.27.3']);
  });
});

describe('diff', () => {
  test('shows each object that differs between two directories, and nothing else', async () => {
    const { stdout, code } = await rig.run(
      'diff',
      'hr',
      'web',
      '-n',
      'default',
      '--path',
      'clusters/production',
      '--path-orig',
      'clusters/staging',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('-  replicas: 1\n+  replicas: 3');
    expect(stdout).not.toContain('Deployment: default/api');
  });

  test('exits with 1 for differences when asked to', async () => {
    const same = await rig.run('diff', 'all', ...STAGING, '--path-orig', 'clusters/staging', '--exit-code');
    expect(same).toMatchObject({ stdout: '', code: 0 });
    const other = await rig.run('diff', 'all', ...STAGING, '--path-orig', 'clusters/production', '--exit-code');
    expect(other.code).toBe(1);
  });
});

describe('diff of Secrets', () => {
  const secret = (password: string): string =>
    `apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: default}\nstringData:\n  user: admin\n  password: ${password}\n`;
  const cluster = (name: string, password: string): void => {
    rig.write(
      `pair/clusters/${name}/apps.yaml`,
      `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./pair/apps/${name}\n  sourceRef: {kind: GitRepository, name: flux-system}\n`,
    );
    rig.write(`pair/apps/${name}/secret.yaml`, secret(password));
  };

  test('shows which values changed, and none of them', async () => {
    cluster('old', 'first-secret');
    cluster('new', 'second-secret');
    const { stdout, stderr, code } = await rig.run(
      'diff',
      'ks',
      '--path',
      'pair/clusters/new',
      '--path-orig',
      'pair/clusters/old',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^-\s+password: '?\*\*MASKED/m);
    expect(stdout).toMatch(/^\+\s+password: '?\*\*MASKED/m);
    expect(stdout).toMatch(/^ \s+user: '?\*\*MASKED/m);
    expect(stdout + stderr).not.toMatch(/first-secret|second-secret|admin/);
  });

  test('says nothing where they are the same', async () => {
    cluster('old', 'same');
    cluster('new', 'same');
    const same = await rig.run('diff', 'ks', '--path', 'pair/clusters/new', '--path-orig', 'pair/clusters/old');
    expect(same.stdout).toBe('');
  });

  test('against a git revision compares with the files as they were, and leaves the repository alone', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
        cwd: rig.directory,
        encoding: 'utf8',
      });
    git('init', '-q', '-b', 'main');
    rig.write('.gitignore', '.flux-local-cache/\n');
    git('add', '.');
    git('commit', '-qm', 'first');
    const release = 'apps/default/worker/app/helm-release.yaml';
    rig.write(release, readFileSync(join(rig.directory, release), 'utf8').replace('replicas: 4', 'replicas: 5'));
    const { stdout, code } = await rig.run('diff', 'hr', ...STAGING, '--base', 'HEAD');
    expect(code).toBe(0);
    expect(stdout).toContain('--- HelmRelease/default/worker Deployment: default/worker\n');
    expect(stdout).toContain('-  replicas: 4\n+  replicas: 5');
    expect(stdout.match(/^---/gm)).toHaveLength(1);
    expect(git('status', '--porcelain').trim()).toBe(`M ${release}`);
    const unknown = await rig.run('diff', 'hr', ...STAGING, '--base', 'nowhere');
    expect(unknown).toMatchObject({ stdout: '', code: 2 });
    expect(unknown.stderr).toContain("git knows no revision 'nowhere'");
  });
});
