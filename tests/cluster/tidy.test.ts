import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tidyCacheDaily } from '../../src/cli/tidy-cache.ts';
import { Rig } from './rig.ts';

const DAY_MS = 86_400_000;
let rig: Rig;
beforeEach(() => {
  rig = new Rig();
  rig.write(
    'cluster/ks.yaml',
    'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: a, namespace: flux-system }\nspec: { path: ./a, sourceRef: { kind: GitRepository, name: flux-system } }\n',
  );
  // Too much for a record to hold it itself.
  rig.write(
    'a/a.yaml',
    `apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { a: ${'x'.repeat(200_000)} }
`,
  );
});
afterEach(() => rig.close());

const contents = (cache: string): string[] =>
  readdirSync(join(cache, 'content'), { recursive: true, encoding: 'utf8' }).filter((entry) =>
    statSync(join(cache, 'content', entry)).isFile(),
  );

test('a run that comes a day after the last tidying drops what served nobody for a month', async () => {
  const cache = join(rig.directory, 'cache');
  await rig.run('build', 'ks', '--path', 'cluster', '--cache-dir', 'cache');
  expect(contents(cache).length).toBeGreaterThan(0);
  const month = Date.now() + 40 * DAY_MS;
  tidyCacheDaily(cache, month);
  expect(contents(cache)).toEqual([]);
  expect(statSync(join(cache, 'tidied')).mtimeMs).toBeCloseTo(month, -4);
});

test('what served lately stays, and nothing is looked at twice a day', async () => {
  const cache = join(rig.directory, 'cache');
  await rig.run('build', 'ks', '--path', 'cluster', '--cache-dir', 'cache');
  const before = contents(cache);
  tidyCacheDaily(cache, Date.now() + 2 * DAY_MS);
  expect(contents(cache)).toEqual(before);
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(join(cache, 'tidied'), hourAgo, hourAgo);
  await rig.run('build', 'all', '--path', 'cluster', '--cache-dir', 'cache');
  expect(statSync(join(cache, 'tidied')).mtimeMs / 1000).toBeCloseTo(hourAgo, 0);
});

test('a run without a cache leaves none behind', async () => {
  await rig.run('build', 'ks', '--path', 'cluster', '--cache-dir', 'cache', '--no-cache');
  expect(existsSync(join(rig.directory, 'cache', 'tidied'))).toBe(false);
});
