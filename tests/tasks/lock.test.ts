import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChartServer, configMap, GitOrigin, gitRepository, kustomization, Repository, release } from './support.ts';

let repository: Repository;
let origin: GitOrigin;
let first: string;

beforeEach(() => {
  repository = new Repository({ 'apps/local.yaml': configMap('local', { from: 'here' }) });
  origin = new GitOrigin(repository.directory, 'origin');
  first = origin.commit({ 'deploy/map.yaml': configMap('remote', { revision: 'one' }) });
  repository.write('cluster/apps.yaml', kustomization('apps'));
  repository.write('cluster/source.yaml', gitRepository('other', origin.url));
  repository.write(
    'cluster/other.yaml',
    kustomization('deploy').replace('name: flux-system, namespace', 'name: other, namespace'),
  );
});
afterEach(() => repository.close());

const lockFile = (): string => join(repository.directory, 'flux-local.lock');
const text = (): string => readFileSync(lockFile(), 'utf8');
const shown = async (...flags: string[]): Promise<unknown> =>
  (await repository.object('ConfigMap', 'remote', ...flags))?.data;

test('a cache that cannot be written keeps nothing, and sources are fetched all the same', async () => {
  repository.write('file', 'where the cache should be');
  const { found, stderr, code } = await repository.objects('--cache-dir', 'file/cache');
  expect(code).toBe(0);
  expect(found.some(({ metadata }) => metadata.name === 'remote')).toBe(true);
  expect(stderr).toMatch(/^warning: the cache at .* cannot be written, so this run keeps nothing: .*\n$/);
});

describe('lock', () => {
  test('is opt in, and then pins each moving reference', async () => {
    await repository.objects();
    expect(existsSync(lockFile())).toBe(false);
    const { stdout, code } = await repository.run('lock', '--path', 'cluster');
    expect(code).toBe(0);
    expect(stdout).toContain('flux-local.lock: 1 reference');
    expect(Object.values(JSON.parse(text()).references)).toEqual([expect.stringContaining(first)]);
  });

  test('names a repository within the workspace by where it lies in it, so that the file serves on another machine', async () => {
    await repository.run('lock', '--path', 'cluster');
    expect(Object.keys(JSON.parse(text()).references)).toEqual(['file://./origin branch main']);
  });

  test('holds although the branch moved and is asked for anew; lock --refresh renews it', async () => {
    await repository.run('lock', '--path', 'cluster');
    const second = origin.commit({ 'deploy/map.yaml': configMap('remote', { revision: 'two' }) });
    expect(await shown('--refresh')).toEqual({ revision: 'one' });
    await repository.run('lock', '--path', 'cluster');
    expect(text()).toContain(first);
    const { stdout } = await repository.run('lock', '--path', 'cluster', '--refresh');
    expect(stdout).toMatch(/^~ .*→/m);
    expect(text()).toContain(second);
    expect(await shown()).toEqual({ revision: 'two' });
  });

  test('a changed or removed lock file serves no earlier result', async () => {
    await repository.run('lock', '--path', 'cluster');
    const before = text();
    origin.commit({ 'deploy/map.yaml': configMap('remote', { revision: 'two' }) });
    rmSync(lockFile());
    expect(await shown('--refresh')).toEqual({ revision: 'two' });
    repository.write('flux-local.lock', before);
    expect(await shown()).toEqual({ revision: 'one' });
    rmSync(lockFile());
    expect(await shown()).toEqual({ revision: 'two' });
  });

  test('pins version ranges of charts, and serves without a network', async () => {
    const server = new ChartServer();
    try {
      const url = await server.listen();
      const files = {
        'templates/map.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: chart}\ndata: {version: {{ .Chart.Version | quote }}}\n',
      };
      const versions = (...all: string[]) =>
        server.publish(
          repository.root,
          all.map((version) => ({ name: 'web', version, files })),
        );
      const version = async (...flags: string[]): Promise<unknown> =>
        (await repository.object('ConfigMap', 'chart', ...flags))?.data;
      await versions('1.0.0', '1.4.0');
      repository.write(
        'apps/web.yaml',
        `apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts, namespace: apps}\nspec: {url: "${url}", interval: 1m}\n---\n${release('web', 'chart: {spec: {chart: web, version: 1.x, sourceRef: {kind: HelmRepository, name: charts}}}\n')}`,
      );
      await repository.run('lock', '--path', 'cluster');
      expect(text()).toContain('web 1.x": "1.4.0"');
      await versions('1.0.0', '1.4.0', '1.5.0');
      expect(await version('--refresh')).toEqual({ version: '1.4.0' });
      expect(await version('--offline', '--force', 'all')).toEqual({ version: '1.4.0' });
    } finally {
      await server.close();
    }
  });

  test('a lock file that cannot be read is named', async () => {
    repository.write('flux-local.lock', '{');
    const { stderr, code } = await repository.objects();
    expect(code).toBe(1);
    expect(stderr).toContain('flux-local.lock');
  });
});

describe('cache', () => {
  test('info says what is there, clear empties it, and the next run gives the same', async () => {
    const before = await repository.objects();
    const info = JSON.parse((await repository.run('cache', 'info', '-p', 'cluster', '-o', 'json')).stdout);
    expect(info.parts.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['content', 'records', 'sources']),
    );
    expect(info.bytes).toBeGreaterThan(0);
    expect((await repository.run('cache', 'clear', '-p', 'cluster')).stdout).toContain('freed');
    const emptied = JSON.parse((await repository.run('cache', 'info', '-p', 'cluster', '-o', 'json')).stdout);
    expect(emptied.parts).toEqual([]);
    expect((await repository.objects()).stdout).toBe(before.stdout);
  });

  test('gc keeps what served lately, and is safe beside a run', async () => {
    const before = await repository.objects();
    const [during, gc] = await Promise.all([
      repository.objects('--force', 'all'),
      repository.run('cache', 'gc', '-p', 'cluster', '--max-age', '0', '--max-size', '0'),
    ]);
    expect(gc.code).toBe(0);
    expect(during.stdout).toBe(before.stdout);
    expect((await repository.objects()).stdout).toBe(before.stdout);
  });

  test('clear touches nothing in a directory that is no cache', async () => {
    repository.write('precious/file.txt', 'x');
    const { stderr, code } = await repository.run('cache', 'clear', '--cache-dir', 'precious');
    expect(code).toBe(2);
    expect(stderr).toContain('no cache of flux-local');
    expect(existsSync(join(repository.directory, 'precious/file.txt'))).toBe(true);
  });

  test('refuses numbers that are none', async () => {
    expect((await repository.run('cache', 'gc', '--max-age', 'x')).code).toBe(2);
  });
});
