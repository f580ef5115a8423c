import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Servers live below `/usr/sbin` on Debian, which not every PATH holds. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string } = {},
): string {
  return execFileSync(program, [...args], {
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    ...options,
    env: { ...process.env, PATH, ...options.env },
  });
}

/** A directory that goes away with `dispose`. */
export class Scratch {
  readonly path = mkdtempSync(join(tmpdir(), 'flux-local-servers-'));
  readonly #closers: (() => unknown)[] = [];

  onDispose(close: () => unknown): void {
    this.#closers.unshift(close);
  }

  async dispose(): Promise<void> {
    for (const close of this.#closers) await close();
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Starts a server and waits until its port answers. */
  async start(
    program: string,
    args: readonly string[],
    port: number,
    env: Record<string, string> = {},
  ): Promise<ChildProcess> {
    const child = spawn(program, [...args], {
      cwd: this.path,
      env: { ...process.env, PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    this.onDispose(async () => {
      child.kill('SIGTERM');
      await Promise.race([gone, setTimeout(3000).then(() => child.kill('SIGKILL'))]);
    });
    for (let tries = 0; tries < 200; tries++) {
      if (child.exitCode !== null) break;
      if (await answers(port)) return child;
      await setTimeout(50);
    }
    throw new Error(`${program} did not start: ${said.slice(-2000)}`);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
