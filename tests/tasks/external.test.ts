import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chart, configMap, kustomization, Repository, release, workspaceChart } from './support.ts';

let repository: Repository;
let bin: string;

beforeEach(() => {
  repository = new Repository({
    ...chart('charts/web'),
    'cluster/apps.yaml': kustomization('apps'),
    'apps/map.yaml': configMap('settings', { from: 'the repository' }),
    'apps/web.yaml': release('web', `${workspaceChart('charts/web')}values: {text: given}\n`),
  });
  bin = join(repository.root, 'bin');
  mkdirSync(bin);
});
afterEach(() => repository.close());

/** A program of the test's own; each call is a line of `calls`. */
function program(name: string, body: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\necho ${name} "$@" >> "${calls()}"\n${body}\n`);
  chmodSync(join(bin, name), 0o755);
}
const calls = (): string => join(repository.root, 'calls');
const called = (): string[] => readFileSync(calls(), 'utf8').trim().split('\n');

/** What kustomize would do with a list of plain files, and helm with the one template. */
function programs(text = '$(sed -n "s/^text: //p" "$values")', version = 'v4.9.9'): void {
  program(
    'kustomize',
    `case "$1" in version) echo v5.9.9; exit 0;; esac
for last; do :; done
for file in "$last"/*.yaml; do case "$file" in */kustomization.yaml) ;; *) echo ---; cat "$file";; esac; done`,
  );
  program(
    'helm',
    `case "$1" in version) printf %s "${version}"; exit 0;; esac
while [ $# -gt 0 ]; do [ "$1" = --values ] && values=$2; shift; done
cat <<END
---
# Source: web/templates/map.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: web-web
data:
  text: "${text}"
  version: "1.2.3"
END`,
  );
}
const withBin = (...argv: string[]) => repository.with({ PATH: `${bin}:/usr/bin:/bin` }, ...argv, '--path', 'cluster');

describe('--engine external', () => {
  test('renders with the programs on the PATH, on the same graph and cache', async () => {
    programs();
    const own = await withBin('build', 'all');
    const external = await withBin('build', 'all', '--engine', 'external');
    expect(external.stderr).toBe('');
    expect(external.stdout).toBe(own.stdout);
    expect(external.stdout).toContain('text: given');
    const builds = called().filter((line) => /^(?:kustomize build|helm template)/.test(line)).length;
    expect(builds).toBe(3);
    await withBin('build', 'all', '--engine', 'external');
    expect(called().filter((line) => /^(?:kustomize build|helm template)/.test(line)).length).toBe(builds);
    expect((await withBin('build', 'all')).stdout).toBe(own.stdout);
  });

  test('renders again with another version of a program', async () => {
    programs();
    await withBin('build', 'hr', '--engine', 'external');
    programs('from the new version', 'v4.10.0');
    expect((await withBin('build', 'hr', '--engine', 'external')).stdout).toContain('from the new version');
  });

  test('gives a failure of a program as that of the object', async () => {
    programs();
    program('helm', 'case "$1" in version) echo v4;; *) echo "Error: no such thing" >&2; exit 1;; esac');
    const { stderr, code } = await withBin('build', 'all', '--engine', 'external');
    expect(code).toBe(1);
    expect(stderr).toContain('HelmRelease/apps/web');
    expect(stderr).toContain('no such thing');
  });

  test('says what to install where a program is missing', async () => {
    const { stderr, code } = await repository.with(
      { PATH: bin },
      'build',
      'all',
      '--engine',
      'external',
      '--path',
      'cluster',
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/helm is not on the PATH: install it \(https:/);
  });
});

describe('verify', () => {
  test('exits with 0 where both render the same', async () => {
    programs();
    const { stdout, stderr, code } = await withBin('verify');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\d+ objects, all the same\n$/);
    expect(code).toBe(0);
  });

  test('shows each object that differs, and exits with 1', async () => {
    programs('something else');
    const { stdout, code } = await withBin('verify', 'hr', 'web');
    expect(code).toBe(1);
    expect(stdout).toContain('-  text: something else\n+  text: given\n');
    expect(stdout).toMatch(/1 object, 1 differs\n$/);
  });

  test('exits with 2 where a program is missing', async () => {
    const { code } = await repository.with({ PATH: bin }, 'verify', '--path', 'cluster');
    expect(code).toBe(2);
  });
});
