import { createInterface } from 'node:readline';
import type { Decision, PhaseResult } from '../phases/pipeline/index.ts';
import type { Io } from './io.ts';

/** `--interactive`, before a phase. */
export async function askAbout(phase: string, why: string, io: Io): Promise<Decision> {
  for (;;) {
    const answer = await line(`Run ${phase} (${why})? [Y]es, [s]kip, s[t]op: `, io);
    if (answer === undefined || /^(?:t|stop|q|quit)$/i.test(answer)) return 'stop';
    if (/^(?:y|yes)?$/i.test(answer)) return 'run';
    if (/^(?:s|skip|n|no)$/i.test(answer)) return 'skip';
  }
}

/** `--interactive`, after a phase failed. */
export async function askAfterFailure(result: PhaseResult, io: Io): Promise<'retry' | 'skip' | 'stop'> {
  for (;;) {
    const answer = await line(`${result.phase} failed. [r]etry, [s]kip, show [l]og, s[t]op: `, io);
    if (answer === undefined || /^(?:t|stop|q|quit)$/i.test(answer)) return 'stop';
    if (/^r(?:etry)?$/i.test(answer)) return 'retry';
    if (/^s(?:kip)?$/i.test(answer)) return 'skip';
    if (/^l(?:og)?$/i.test(answer)) for (const text of result.log) io.stderr.write(`  ${text}\n`);
  }
}

/** One reader for all questions: what came with an answer is the next answer. */
let answers: AsyncIterator<string> | undefined;

async function line(question: string, io: Io): Promise<string | undefined> {
  io.stderr.write(question);
  answers ??= createInterface({ input: process.stdin, terminal: false })[Symbol.asyncIterator]();
  process.stdin.ref?.();
  const next = await answers.next();
  process.stdin.unref?.();
  return next.done === true ? undefined : next.value.trim();
}
