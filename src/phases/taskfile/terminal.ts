import { createInterface } from 'node:readline/promises';
import { EXIT, TaskError } from './errors.ts';
import type { Streams } from './logger.ts';
import type { Ask } from './questions.ts';

/** Questions to the person at the process's terminal. */
export function terminal(streams: Streams): Ask {
  const line = async (question: string): Promise<string | undefined> => {
    streams.stdout.write(question);
    const reader = createInterface({ input: process.stdin, terminal: false });
    try {
      for await (const answer of reader) return answer;
      return undefined;
    } finally {
      reader.close();
    }
  };
  return {
    line,
    async value(name, allowed, task) {
      const choices = allowed.length === 0 ? '' : ` (${allowed.join(', ')})`;
      for (;;) {
        const answer = await line(`? Enter value for ${name}${choices}: `);
        if (answer === undefined) throw new TaskError(`task: Task "${task}" cancelled by user`, EXIT.taskCancelled);
        if (allowed.length === 0 || allowed.includes(answer)) return answer;
      }
    },
  };
}
