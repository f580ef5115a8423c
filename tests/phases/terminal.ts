import { spawn } from 'node:child_process';
import { ENVIRONMENT } from './workspace.ts';

/** A program at a terminal of its own. */
export interface Terminal {
  /** All that was printed. */
  screen(): string;
  /** Keys: `\n` is Enter, `\x03` is Ctrl-C. */
  type(keys: string): void;
  /** Waits for a text behind what was waited for before. */
  sees(text: string): Promise<void>;
  /** The exit code. */
  readonly ended: Promise<number>;
  close(): void;
}

/** Longest wait for a text. Milliseconds. */
const PATIENCE_MS = 20_000;

/**
 * Runs a program under `script`, which gives it a pseudo terminal.
 * @param env besides what all tests' programs get, `NO_COLOR` left out
 */
export function openTerminal(
  command: readonly string[],
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Terminal {
  const { NO_COLOR: _, ...rest } = ENVIRONMENT;
  const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const line = `exec ${words.join(' ')}`; // no shell stays behind that a signal could end first
  const args =
    process.platform === 'linux' ? ['-q', '-e', '-c', line, '/dev/null'] : ['-q', '/dev/null', '/bin/sh', '-c', line];
  const child = spawn('script', args, {
    cwd: directory,
    env: { ...rest, SHELL: '/bin/sh', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let printed = '';
  let seen = 0;
  let over = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const ended = new Promise<number>((resolve) => {
    child.on('close', (code) => {
      over = true;
      resolve(code ?? -1);
    });
  });
  return {
    screen: () => printed,
    type: (keys) => child.stdin.write(keys),
    async sees(text) {
      const until = Date.now() + PATIENCE_MS;
      for (;;) {
        const at = printed.indexOf(text, seen);
        if (at >= 0) {
          seen = at + text.length;
          return;
        }
        if (over || Date.now() > until) throw new Error(`${JSON.stringify(text)} is not in ${JSON.stringify(printed)}`);
        await new Promise((resume) => setTimeout(resume, 20));
      }
    },
    ended,
    close: () => child.kill('SIGKILL'),
  };
}
