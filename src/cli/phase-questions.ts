import { createInterface, type Interface } from 'node:readline';
import type { Decision, PhaseResult } from '../phases/pipeline/index.ts';
import type { Io } from './io.ts';

/** `--interactive`: asks the person before each phase, and what to do when one failed. No answer, or a signal, means stop. */
export class PhaseQuestions {
  readonly #io: Io;
  readonly #signal: AbortSignal;
  // One reader for all questions: what came with an answer is the next answer.
  readonly #reader: Interface;
  readonly #answers: AsyncIterator<string>;

  constructor(io: Io, signal: AbortSignal) {
    this.#io = io;
    this.#signal = signal;
    this.#reader = createInterface({ input: process.stdin, terminal: false });
    this.#answers = this.#reader[Symbol.asyncIterator]();
  }

  async before(phase: string, why: string): Promise<Decision> {
    for (;;) {
      const answer = await this.#line(`Run ${phase} (${why})? [Y]es, [s]kip, s[t]op: `);
      if (answer === undefined || /^(?:t|stop|q|quit)$/i.test(answer)) return 'stop';
      if (/^(?:y|yes)?$/i.test(answer)) return 'run';
      if (/^(?:s|skip|n|no)$/i.test(answer)) return 'skip';
    }
  }

  async afterFailure(result: PhaseResult): Promise<'retry' | 'skip' | 'stop'> {
    this.#io.stderr.write(`${result.phase}: failed (${result.failure?.message ?? 'it tells no reason'})\n`);
    for (;;) {
      const answer = await this.#line('[r]etry, [s]kip, show [l]og, s[t]op: ');
      if (answer === undefined || /^(?:t|stop|q|quit)$/i.test(answer)) return 'stop';
      if (/^r(?:etry)?$/i.test(answer)) return 'retry';
      if (/^s(?:kip)?$/i.test(answer)) return 'skip';
      if (/^l(?:og)?$/i.test(answer)) {
        if (result.log.length === 0) this.#io.stderr.write('  (it printed nothing)\n');
        for (const text of result.log) this.#io.stderr.write(`  ${text}\n`);
      }
    }
  }

  close(): void {
    this.#reader.close();
  }

  async #line(question: string): Promise<string | undefined> {
    if (this.#signal.aborted) return undefined;
    this.#io.stderr.write(question);
    let stop = (): void => {};
    const interrupted = new Promise<undefined>((resolve) => {
      stop = () => resolve(undefined);
    });
    this.#signal.addEventListener('abort', stop, { once: true });
    const next = await Promise.race([this.#answers.next(), interrupted]);
    this.#signal.removeEventListener('abort', stop);
    if (next === undefined || next.done === true) {
      this.#io.stderr.write('\n');
      return undefined;
    }
    return next.value.trim();
  }
}
