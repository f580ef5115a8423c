import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { template } from '../../src/cli/template.ts';
import { tar } from './tar.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'template-command-'));
  const files = {
    'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'web/values.yaml': 'a: 1\n',
    'web/crds/c.yaml': 'kind: CustomResourceDefinition\n',
    'web/templates/a.yaml':
      'kind: A\nname: {{ .Release.Name }}\na: {{ .Values.a }}\n{{ if .Values.ns }}ns: {{ .Release.Namespace }}\n{{ end }}',
    'web/templates/h.yaml': 'kind: H\nmetadata:\n  annotations:\n    helm.sh/hook: test\n',
    'web/templates/f.yaml': '{{ if .Values.fail }}{{ fail "stop" }}{{ end }}',
    'values.yaml': 'a: 2\n',
    'hosts/Chart.yaml': 'apiVersion: v2\nname: hosts\nversion: 1.0.0\n',
    'hosts/templates/a.yaml': 'here: "{{ getHostByName "localhost" }}"\nthere: "{{ getHostByName .Values.host }}"\n',
    'hosts/values.yaml': 'host: localhost\n',
    'parent/Chart.yaml':
      'apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies:\n- {name: web, version: 1.x, repository: ADDRESS}\n',
    '.kube/config':
      'current-context: b\ncontexts:\n- {name: a, context: {namespace: of-a}}\n- {name: b, context: {namespace: of-b}}\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let environment: Record<string, string> = {};
async function run(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const result = { out: '', err: '', code: 0 };
  const append = (stream: 'out' | 'err') => (text: string | Uint8Array) => {
    result[stream] += text;
  };
  const io = {
    argv: args,
    stdout: { write: append('out') },
    stderr: { write: append('err') },
    env: { HOME: directory, ...environment },
    cwd: directory,
    exitCode: 0,
  } satisfies Io;
  await template(args, io);
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

test('values files are bytes: UTF-16 is read where Helm 3 reads it, broken UTF-8 is an error', async () => {
  writeFileSync(join(directory, 'wide.yaml'), Buffer.from('\ufeffa: "\u00e9"\n', 'utf16le'));
  writeFileSync(join(directory, 'broken.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]));
  expect((await run('rel', './web', '-f', 'wide.yaml', '--helm-version=3')).out).toContain('a: \u00e9\n');
  expect((await run('rel', './web', '-f', 'wide.yaml')).code).toBe(1);
  expect((await run('rel', './web', '-f', 'broken.yaml', '--helm-version=3')).err).toBe(
    'Error: failed to parse broken.yaml: error converting YAML to JSON: yaml: invalid leading UTF-8 octet\n',
  );
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

test('a link in a chart is followed; one that leads nowhere, or back, is an error', async () => {
  const chart = (name: string): string => join(directory, `linked-${name}`);
  for (const [name, link, target] of [
    ['out', 'templates/b.yaml', join(directory, 'values.yaml')],
    ['nowhere', 'templates/b.yaml', 'nothing'],
    ['back', 'self', '.'],
  ] as const) {
    mkdirSync(join(chart(name), 'templates'), { recursive: true });
    writeFileSync(join(chart(name), 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`);
    symlinkSync(target, join(chart(name), link));
  }
  expect((await run('rel', './linked-out')).out).toBe('---\n# Source: out/templates/b.yaml\na: 2\n');
  expect((await run('rel', './linked-nowhere')).err).toBe(
    `Error: error evaluating symlink ${chart('nowhere')}/templates/b.yaml: lstat ${chart('nowhere')}/templates/nothing: no such file or directory\n`,
  );
  expect((await run('rel', './linked-back')).err).toBe(
    `Error: open ${chart('back')}/self: too many levels of symbolic links\n`,
  );
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

test('hosts are looked up only where --enable-dns says so', async () => {
  expect((await run('rel', './hosts')).out).toContain('here: ""\nthere: ""\n');
  expect((await run('rel', './hosts', '--enable-dns')).out).toMatch(/here: "(127\.0\.0\.1|::1)"\nthere: "\S+"\n/);
  expect((await run('rel', './hosts', '--enable-dns', '--set', 'host=nowhere.invalid')).err).toContain(
    'error calling getHostByName: invalid argument to Intn',
  );
});

test('the namespace is that of the flag, the environment, or the kubeconfig’s context', async () => {
  const shown = async (...flags: string[]) =>
    /ns: (.*)/.exec((await run('rel', './web', '--set', 'ns=true', ...flags)).out)?.[1];
  expect(await shown()).toBe('of-b');
  expect(await shown('--kube-context', 'a')).toBe('of-a');
  expect(await shown('--kubeconfig', 'nowhere')).toBe('default');
  environment = { HELM_NAMESPACE: 'of-the-environment' };
  expect(await shown()).toBe('of-the-environment');
  expect(await shown('-n', 'of-the-flag')).toBe('of-the-flag');
  environment = {};
});

test('values and dependencies come from addresses', async () => {
  const server = await serve({
    '/values.yaml': 'a: far\n',
    '/web-1.2.0.tgz': gzipSync(
      tar(
        Object.entries({
          'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.0\n',
          'web/templates/a.yaml': 'kind: Far\n',
        }),
      ),
    ),
    '/index.yaml':
      'apiVersion: v1\nentries:\n  web:\n  - {apiVersion: v2, name: web, version: 1.2.0, urls: [web-1.2.0.tgz]}\n',
  });
  try {
    environment = { FLUX_LOCAL_CACHE: join(directory, 'cache') };
    expect((await run('rel', './web', '-f', `${server.url}/values.yaml`)).out).toContain('a: far\n');
    expect((await run('rel', './web', '-f', `${server.url}/none.yaml`)).code).toBe(1);
    writeFileSync(
      join(directory, 'parent/Chart.yaml'),
      readFileSync(join(directory, 'parent/Chart.yaml'), 'utf8').replace('ADDRESS', server.url),
    );
    expect((await run('rel', './parent')).err).toMatch(
      /^Error: an error occurred while checking for chart dependencies/,
    );
    expect(await run('rel', './parent', '--dependency-update', '--helm-version=3')).toEqual({
      out: `Getting updates for unmanaged Helm repositories...\n...Successfully got an update from the "${server.url}" chart repository\nSaving 1 charts\nDownloading web from repo ${server.url}\nDeleting outdated charts\n---\n# Source: parent/charts/web/templates/a.yaml\nkind: Far\n`,
      err: '',
      code: 0,
    });
  } finally {
    environment = {};
    server.close();
  }
});

async function serve(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<{ url: string; close: () => unknown }> {
  const server = createServer((request, response) => {
    const body = files[request.url ?? ''];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
