import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../dist/flux-local.js');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'flux-local-launch-'));
  mkdirSync(join(directory, 'chart/templates'), { recursive: true });
  writeFileSync(join(directory, 'chart/Chart.yaml'), 'apiVersion: v2\nname: chart\nversion: 1.0.0\n');
  writeFileSync(join(directory, 'chart/templates/a.yaml'), 'a: {{ .Release.Name | upper | quote }}\n');
  writeFileSync(
    join(directory, 'chart/values.schema.json'),
    '{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"type": "string"}}}',
  );
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function flux(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { XDG_CACHE_HOME, NODE_COMPILE_CACHE, NODE_DISABLE_COMPILE_CACHE, ...rest } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...argv], {
    cwd: directory,
    encoding: 'utf8',
    env: { ...rest, XDG_CACHE_HOME: join(directory, 'cache'), ...env },
  });
  return { status, stdout, stderr };
}

const kept = (): string[] => readdirSync(join(directory, 'cache/flux-local/code'));
const RENDERED = { status: 0, stdout: '---\n# Source: chart/templates/a.yaml\na: "R"\n', stderr: '' };
const TEMPLATE = ['template', 'r', 'chart'];

test('with kept code a command does what it does without', () => {
  for (let i = 0; i < 4; i++) expect(flux(TEMPLATE)).toEqual(RENDERED);
  expect(kept()).toEqual([expect.stringMatching(/^template-/)]);
  expect(flux(TEMPLATE, { NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual(RENDERED);
});

test('what every command starts with is kept once for all that have no code of their own', () => {
  writeFileSync(join(directory, 'chart/kustomization.yaml'), 'resources: [templates/b.yaml]\n');
  writeFileSync(join(directory, 'chart/templates/b.yaml'), 'apiVersion: v1\nkind: List\nmetadata: {name: b}\n');
  const first = flux(['kustomize', 'chart']);
  expect(first.status).toBe(0);
  for (let i = 0; i < 3; i++) expect(flux(['kustomize', 'chart'])).toEqual(first);
  expect(kept()).toEqual([expect.stringMatching(/^kustomize-/), expect.stringMatching(/^start-/)]);
});

test('what a later run loads beside, a schema validator, works from kept code too', () => {
  flux(TEMPLATE);
  for (let i = 0; i < 3; i++) {
    const refused = flux([...TEMPLATE, '--set', 'a=1']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("values don't meet the specifications of the schema");
  }
});

test('kept code that was cut short, or cannot be kept, changes nothing', () => {
  flux(TEMPLATE);
  for (const file of kept()) truncateSync(join(directory, 'cache/flux-local/code', file), 1000);
  expect(flux(TEMPLATE)).toEqual(RENDERED);
  expect(flux(TEMPLATE, { XDG_CACHE_HOME: join(directory, 'chart/Chart.yaml') })).toEqual(RENDERED);
});

test('of many at once each works, and whole files of code are left', async () => {
  const { spawn } = await import('node:child_process');
  const one = () =>
    new Promise((resolve) => {
      const env = { ...process.env, XDG_CACHE_HOME: join(directory, 'cache') };
      spawn(process.execPath, [PROGRAM, ...TEMPLATE], { cwd: directory, env, stdio: 'ignore' }).on('close', resolve);
    });
  expect(await Promise.all([one(), one(), one(), one()])).toEqual([0, 0, 0, 0]);
  expect(kept()).toHaveLength(1);
});

test('words that are no command leave no code behind', () => {
  expect(flux(['nonsense']).status).toBe(2);
  expect(flux(['--version']).status).toBe(0);
  expect(kept()).toEqual([expect.stringMatching(/^start-/)]);
});
