#!/usr/bin/env node
import { keepCompiledCode } from './code-cache.ts';
import type { Io } from './io.ts';
import { optimiseLater } from './optimise-later.ts';
import { replay } from './replay.ts';

// The whole output is known at once: a pipe must get all of it before the process ends, so nothing calls `process.exit`.
const argv = process.argv.slice(2);
const io: Io = {
  argv,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  exitCode: 0,
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader (`head`, a pager) has seen enough.
  if (error.code === 'EPIPE') process.exit(io.exitCode);
  throw error;
});

if (!replay(argv, io)) {
  keepCompiledCode(process.env);
  optimiseLater();
  const { main } = await import('./main.ts');
  await main(argv, io);
}
process.exitCode = io.exitCode;
