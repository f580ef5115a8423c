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

async function run(): Promise<void> {
  process.exitCode = 13; // a process that ends although the command waits for something has failed, as Node says of modules
  optimiseLater();
  const { main } = await import('./main.ts');
  await main(argv, io);
  process.exitCode = io.exitCode;
}

if (replay(argv, io)) process.exitCode = io.exitCode;
else void run();
