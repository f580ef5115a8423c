import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { templateCommand } from '../../src/cli/template.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'template-command-'));
  const files = {
    'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'web/values.yaml': 'a: 1\n',
    'web/crds/c.yaml': 'kind: CustomResourceDefinition\n',
    'web/templates/a.yaml': 'kind: A\nname: {{ .Release.Name }}\na: {{ .Values.a }}\n',
    'web/templates/h.yaml': 'kind: H\nmetadata:\n  annotations:\n    helm.sh/hook: test\n',
    'web/templates/f.yaml': '{{ if .Values.fail }}{{ fail "stop" }}{{ end }}',
    'values.yaml': 'a: 2\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const result = { out: '', err: '', code: 0 };
  const append = (stream: 'out' | 'err') => (text: string | Uint8Array) => {
    result[stream] += text;
  };
  const io = {
    argv: args,
    stdout: { write: append('out') },
    stderr: { write: append('err') },
    env: {},
    cwd: directory,
    exitCode: 0,
  } satisfies Io;
  await templateCommand(io).parseAsync(args, { from: 'user' });
  return { ...result, code: io.exitCode };
}

const A = '---\n# Source: web/templates/a.yaml\nkind: A\nname: rel\na: 1\n';
const H = '---\n# Source: web/templates/h.yaml\nkind: H\nmetadata:\n  annotations:\n    helm.sh/hook: test\n';

test('manifests are printed, then hooks, as helm does of either major', async () => {
  expect(await run('rel', './web', '--helm-version', '3')).toEqual({ out: A + H, err: '', code: 0 });
  // Helm 4 keeps what ends a document.
  expect(await run('rel', './web')).toEqual({ out: `${A}${H}\n`, err: '', code: 0 });
  expect((await run('rel', './web', '--no-hooks')).out).toBe(A);
  expect((await run('rel', './web', '--skip-tests', '--include-crds')).out).toBe(
    `---\n# Source: web/crds/c.yaml\nkind: CustomResourceDefinition\n\n${A}`,
  );
});

test('values come from files and --set, later over earlier', async () => {
  expect((await run('rel', 'web', '-f', 'values.yaml', '-s', 'templates/a.yaml')).out).toContain('a: 2\n');
  expect((await run('rel', 'web', '-f', 'values.yaml', '--set', 'a=3', '--no-hooks')).out).toContain('a: 3\n');
  expect((await run('web', '--no-hooks')).out).toContain('name: release-name\n');
  expect((await run('web', '--no-hooks', '--name-template', 'x-{{ upper "y" | lower }}')).out).toContain('name: x-y\n');
});

test('an error stands on stderr in helm words, with exit code 1', async () => {
  expect(await run('rel', './web', '--set', 'fail=true')).toEqual({
    out: '',
    err: 'Error: execution error at (web/templates/f.yaml:1:24): stop\n\nUse --debug flag to render out invalid YAML\n',
    code: 1,
  });
  expect(await run('rel', './nope')).toMatchObject({ err: 'Error: path "./nope" not found\n', code: 1 });
  expect(await run('rel', './web', '-f', 'nope.yaml')).toMatchObject({
    err: 'Error: open nope.yaml: no such file or directory\n',
    code: 1,
  });
  expect(await run('rel', './web', '-s', 'templates/nope.yaml')).toMatchObject({
    err: 'Error: could not find template templates/nope.yaml in chart\n',
    code: 1,
  });
});

test('--output-dir writes a file for each source', async () => {
  const { out } = await run('rel', './web', '--output-dir', 'out', '--release-name');
  expect(out).toBe('wrote out/rel/web/templates/a.yaml\nwrote out/rel/web/templates/h.yaml\n\n');
  expect(readFileSync(join(directory, 'out/rel/web/templates/a.yaml'), 'utf8')).toBe(`${A}\n`);
});

test('a chart that is neither a path nor in a known repository is refused in helm’s words', async () => {
  expect((await run('x', './nope')).err).toBe('Error: path "./nope" not found\n');
  expect((await run('x', 'nope')).err).toBe(
    'Error: non-absolute URLs should be in form of repo_name/path_to_chart, got: nope\n',
  );
  expect((await run('x', 'nope/web')).err).toBe('Error: repo nope not found\n');
});
