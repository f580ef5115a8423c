import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

// Whole processes of the bundled program, as `npm test` builds it.
const PROGRAM = join(import.meta.dirname, '../../dist/flux-local.js');
const LENGTH = 3_000_000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'flux-local-output-'));
  mkdirSync(join(directory, 'chart/templates'), { recursive: true });
  writeFileSync(join(directory, 'chart/Chart.yaml'), 'apiVersion: v2\nname: chart\nversion: 1.0.0\n');
  writeFileSync(join(directory, 'chart/templates/a.yaml'), `a: ${'x'.repeat(LENGTH)}\n`);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function start(stdout: 'pipe' | Socket) {
  const child = spawn(process.execPath, [PROGRAM, 'template', 'r', 'chart'], {
    cwd: directory,
    stdio: ['ignore', stdout, 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    stderr += bytes;
  });
  const ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
  return { child, ended };
}

test('a reader that has seen enough ends the run without a complaint', async () => {
  const { child, ended } = start('pipe');
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect(await ended).toEqual({ code: 0, stderr: '' });
});

test('a slow reader gets all of it', async () => {
  const { child, ended } = start('pipe');
  let length = 0;
  child.stdout?.on('data', (bytes: Buffer) => (length += bytes.length));
  child.stdout?.pause();
  setTimeout(() => child.stdout?.resume(), 300);
  expect(await ended).toEqual({ code: 0, stderr: '' });
  expect(length).toBeGreaterThan(LENGTH);
});

test('a descriptor that does not wait for its reader gets all of it', async () => {
  let length = 0;
  const server = createServer((socket) => {
    socket.on('data', (bytes) => (length += bytes.length));
    socket.pause();
    setTimeout(() => socket.resume(), 300);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.on('connect', resolve));
  const { ended } = start(socket);
  expect(await ended).toEqual({ code: 0, stderr: '' });
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  expect(length).toBeGreaterThan(LENGTH);
});
