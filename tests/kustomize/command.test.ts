import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { kustomizeCommand } from '../../src/cli/kustomize.ts';

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n';
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kustomize-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

async function run(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  let out = '';
  let err = '';
  const io: Io = {
    stdout: {
      write: (text) => {
        out += String(text);
      },
    },
    stderr: {
      write: (text) => {
        err += text;
      },
    },
    env: { PATH: process.env.PATH },
    cwd: directory,
    exitCode: 0,
  };
  await kustomizeCommand(io).parseAsync(args, { from: 'user' });
  return { out, err, code: io.exitCode };
}

describe('flux-local kustomize', () => {
  test('prints what kustomize build prints, warnings on stderr', async () => {
    write({ 'kustomization.yaml': 'resources: [c.yaml]\ncommonLabels: {a: b}\n', 'c.yaml': CONFIG });
    const { out, err, code } = await run();
    expect(out).toBe('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    a: b\n  name: settings\n');
    expect(err).toBe(
      "# Warning: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update your Kustomization automatically.\n",
    );
    expect(code).toBe(0);
  });

  test('says what is wrong and exits with 1', async () => {
    write({ 'kustomization.yaml': 'resources: [c.yaml]\n' });
    const { err, code } = await run('.');
    expect(err).toMatch(/^Error: accumulating resources: accumulation err='accumulating resources from 'c\.yaml': /);
    expect(code).toBe(1);
  });

  test('writes one file an object to a directory', async () => {
    write({ 'kustomization.yaml': 'resources: [c.yaml]\n', 'c.yaml': CONFIG, 'out/.keep': '' });
    expect((await run('-o', 'out')).code).toBe(0);
    expect(readdirSync(join(directory, 'out'))).toContain('v1_configmap_settings.yaml');
    expect((await run('-o', 'all.yaml')).out).toBe('');
    expect(readFileSync(join(directory, 'all.yaml'), 'utf8')).toBe(CONFIG);
  });

  test('a link does not get around the load restriction', async () => {
    write({ 'a/kustomization.yaml': 'resources: [c.yaml]\n', 'c.yaml': CONFIG });
    symlinkSync('../c.yaml', join(directory, 'a/c.yaml'));
    expect((await run('a')).err).toContain('security; file');
    expect((await run('a', '--load-restrictor', 'LoadRestrictionsNone')).out).toBe(CONFIG);
  });

  test('inflates a chart of the repository with --enable-helm only', async () => {
    write({
      'kustomization.yaml':
        'helmCharts: [{name: web, releaseName: r, namespace: shop, valuesInline: {b: 2}}]\nnamePrefix: p-\n',
      'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'charts/web/values.yaml': 'a: 1\nb: 1\n',
      'charts/web/templates/c.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\ndata: {a: "{{ .Values.a }}", b: "{{ .Values.b }}"}\n',
    });
    expect((await run()).err).toContain('must specify --enable-helm');
    expect((await run('--enable-helm')).out).toBe(
      'apiVersion: v1\ndata:\n  a: "1"\n  b: "2"\nkind: ConfigMap\nmetadata:\n  name: p-r\n  namespace: shop\n',
    );
  });

  test('fetches a file of another host once and keeps it', async () => {
    let requests = 0;
    const server = createServer((request, response) => {
      requests++;
      response.statusCode = request.url === '/c.yaml' ? 200 : 404;
      response.end(CONFIG);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      write({
        'kustomization.yaml': `resources: ["${url}/c.yaml"]\n`,
        'absent/kustomization.yaml': `resources: ["${url}/no"]\n`,
      });
      expect((await run()).out).toBe(CONFIG);
      expect((await run()).out).toBe(CONFIG);
      expect(requests).toBe(1);
      expect((await run('absent')).err).toContain('HTTP Error: status code 404 (Not Found)');
    } finally {
      server.close();
    }
  });

  test('clones a base of a Git repository once, at the revision that is asked for', async () => {
    const git = (...args: string[]): void => {
      execFileSync('git', ['-C', join(directory, 'source'), '-c', 'user.email=a@b', '-c', 'user.name=a', ...args]);
    };
    write({ 'source/base/kustomization.yaml': 'resources: [c.yaml]\n', 'source/base/c.yaml': CONFIG });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'one');
    git('tag', 'v1');
    write({ 'source/base/c.yaml': CONFIG.replace('settings', 'changed') });
    git('commit', '-qam', 'two');
    const url = `file://${directory}/source//base?ref=v1`;
    write({ 'kustomization.yaml': `resources: ["${url}"]\n` });
    expect(await run()).toEqual({ out: CONFIG, err: '', code: 0 });
    rmSync(join(directory, 'source'), { recursive: true });
    expect((await run(url)).out).toBe(CONFIG);
    expect((await run(url.replace('v1', 'v2'))).err).toContain('Error: failed to run git: ');
  });
});
