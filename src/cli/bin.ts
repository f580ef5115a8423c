import type { Io } from './io.ts';
import { isReplayable } from './replayable.ts';
import { standardStream } from './standard-stream.ts';

const argv = process.argv.slice(2);
const closed = (): never => process.exit(io.exitCode); // the reader (`head`, a pager) has seen enough
const io: Io = {
  argv,
  stdout: standardStream(1, closed),
  stderr: standardStream(2, closed),
  env: process.env,
  cwd: process.cwd(),
  exitCode: 0,
};

// Where output is waiting for its reader the process must not end.
async function run(): Promise<void> {
  process.exitCode = 13; // a process that ends although the command waits for something has failed, as Node says of modules
  const replayed = isReplayable(argv, io) && (await import('./replay.ts')).replay(argv, io);
  if (!replayed) await (await import('./main.ts')).main(argv, io);
  process.exitCode = io.exitCode;
  // Where nothing is going on any more, the loop need not turn once more, and Node not be taken apart piece by piece.
  process.nextTick(() => {
    if (process.getActiveResourcesInfo().length === 0) process.exit();
  });
}

void run();
