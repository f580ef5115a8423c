import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tarball } from './support/archives.ts';
import { makeCertificates } from './support/certificates.ts';
import { run, Scratch } from './support/programs.ts';
import { type RunningProxy, startProxy } from './support/proxy.ts';
import { PASSWORD, startRegistry, USER } from './support/registry.ts';

const scratch = new Scratch();
let proxy: RunningProxy;
let program: string;
let config: string;
const FILES = Object.fromEntries(
  Array.from({ length: 200 }, (_, i) => [`dir-${i % 7}/file-${i}.yaml`, `number: ${i}\n${'x'.repeat(500)}\n`]),
);

/** A process of its own that fetches one artifact into a cache and prints where it lies. */
const SOURCE = `
import { fetchOciRepository, readOciRepositorySpec, resolveOciRepository } from '../../src/sources/index.ts';
import { fromPlain } from '../../src/core/value.ts';
const [host, directory, ca, dockerConfig] = process.argv.slice(2);
const spec = readOciRepositorySpec(fromPlain({ kind: 'OCIRepository', metadata: {}, spec: { url: 'oci://' + host + '/org/app' } })).value;
const options = { dockerConfig, environment: { NODE_EXTRA_CA_CERTS: ca } };
const revision = await resolveOciRepository(spec, {}, { directory }, options);
const tree = revision.ok ? await fetchOciRepository(spec, revision.value, {}, { directory }, options) : revision;
console.log(tree.ok ? tree.value.path : tree.error.message);
process.exit(tree.ok ? 0 : 1);
`;

beforeAll(async () => {
  const certificates = makeCertificates(scratch);
  const registry = await startRegistry(scratch, certificates);
  proxy = await startProxy(scratch, `https://${registry.host}`, certificates);
  await registry.push('org/app', 'latest', [
    { mediaType: 'application/vnd.cncf.flux.content.v1.tar+gzip', data: tarball(scratch, FILES) },
  ]);
  program = join(scratch.path, 'fetch.mjs');
  await build({
    stdin: { contents: SOURCE, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  config = join(scratch.path, 'config.json');
  writeFileSync(config, JSON.stringify({ auths: { [proxy.host]: { username: USER, password: PASSWORD } } }));
});
afterAll(() => scratch.dispose());

function start(cache: string): { child: ChildProcess; done: Promise<{ code: number | null; output: string }> } {
  const child = spawn(process.execPath, [program, proxy.host, cache, join(scratch.path, 'ca.pem'), config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  return {
    child,
    done: new Promise((resolve) => child.once('close', (code) => resolve({ code, output: output.trim() }))),
  };
}

function check(path: string): void {
  for (const [name, content] of Object.entries(FILES)) expect(readFileSync(join(path, name), 'utf8')).toBe(content);
  expect(run('find', [path, '-type', 'f']).trim().split('\n')).toHaveLength(Object.keys(FILES).length);
}

test('four processes that fill one cache at once all get the whole artifact', async () => {
  const cache = join(scratch.path, 'shared');
  const results = await Promise.all([1, 2, 3, 4].map(() => start(cache).done));
  expect(results.map(({ code, output }) => [code, output])).toEqual(results.map(() => [0, results[0]!.output]));
  check(results[0]!.output);
  expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
});

test('processes killed at any moment leave a cache that the next one uses rightly', async () => {
  const cache = join(scratch.path, 'killed');
  const begun = performance.now();
  const first = await start(join(scratch.path, 'timing')).done;
  expect(first.code).toBe(0);
  const whole = performance.now() - begun;
  for (let round = 1; round <= 12; round++) {
    const { child, done } = start(cache);
    await setTimeout((whole * round) / 13);
    child.kill('SIGKILL');
    await done;
  }
  const { code, output } = await start(cache).done;
  expect(code).toBe(0);
  check(output);
});
