import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { Ran } from '../recorded-io.ts';
import { ENVIRONMENT } from './workspace.ts';

const ENTRY = `
import { Command } from 'commander';
import { phaseCommand } from './src/cli/phase.ts';
import { runCommand } from './src/cli/run.ts';
const io = { stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: process.cwd(), exitCode: 0 };
const program = new Command('flux-local').enablePositionalOptions();
await program.addCommand(runCommand(io)).addCommand(phaseCommand(io)).parseAsync(process.argv);
process.exitCode = io.exitCode;
`;

/** \`flux-local run\` and \`flux-local phase\` as a program of their own, for tests that kill it. */
export async function buildProgram(): Promise<{ path: string; remove(): void }> {
  const directory = resolve('node_modules/.cache');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `flux-local-phases-${process.pid}.mjs`);
  await build({
    stdin: { contents: ENTRY, resolveDir: process.cwd(), loader: 'ts' },
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'silent',
  });
  return { path, remove: () => rmSync(path, { force: true }) };
}

/** Runs it to its end. The code is 137 where it was killed. */
export function runProgram(path: string, directory: string, args: readonly string[]): Promise<Ran> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [path, ...args], {
      cwd: directory,
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      stderr += text;
    });
    child.on('close', (code, signal) => done({ code: signal === 'SIGKILL' ? 137 : (code ?? -1), stdout, stderr }));
  });
}
