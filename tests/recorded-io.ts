import type { Io } from '../src/cli/io.ts';

/** What a command printed, and its exit code. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** An `Io` that keeps what is written to it. `ran` tells what there is so far. */
export function recordedIo(cwd: string, env: Io['env']): { readonly io: Io; ran(): Ran } {
  let stdout = '';
  let stderr = '';
  const io: Io = {
    stdout: {
      write(text) {
        stdout += text.toString();
      },
    },
    stderr: {
      write(text) {
        stderr += text;
      },
    },
    env,
    cwd,
    exitCode: 0,
  };
  return { io, ran: () => ({ stdout, stderr, code: io.exitCode }) };
}
