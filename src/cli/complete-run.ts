import { runTaskfile, TASK_FLAGS } from '../phases/taskfile/index.ts';
import type { Candidate } from './complete.ts';
import type { Io } from './io.ts';
import { VERSION } from './version.ts';

/** What may follow in `flux-local run …`: flags, and the tasks of the Taskfile that the words before it choose. */
export async function completeRun(
  words: readonly string[],
  current: string,
  io: Io,
): Promise<{ readonly candidates: readonly Candidate[]; readonly wanted: 'files' | 'directories' | 'nothing' }> {
  if (words.includes('--')) return { candidates: [], wanted: 'files' };
  const last = words.at(-1) ?? '';
  const pending = TASK_FLAGS.find(
    ({ name, short, type }) => type !== 'bool' && (last === `--${name}` || last === `-${short}`),
  );
  if (pending !== undefined) {
    if (/dir$/.test(pending.name)) return { candidates: [], wanted: 'directories' };
    if (pending.name === 'taskfile') return { candidates: [], wanted: 'files' };
    const values = (pending.values ?? []).map((value) => ({ value, description: '' }));
    return { candidates: values, wanted: 'nothing' };
  }
  if (current.startsWith('-'))
    return {
      candidates: TASK_FLAGS.map(({ name, help }) => ({ value: `--${name}`, description: help })),
      wanted: 'nothing',
    };
  return { candidates: await tasks(words, io), wanted: 'nothing' };
}

async function tasks(words: readonly string[], io: Io): Promise<Candidate[]> {
  const chosen: string[] = [];
  for (const [at, word] of words.entries()) {
    if (/^(?:-d|--dir|-t|--taskfile)$/.test(word)) chosen.push(word, words[at + 1] ?? '');
    else if (/^(?:--dir=|--taskfile=|-g$|--global$)/.test(word)) chosen.push(word);
  }
  let printed = '';
  const stdout = {
    write(text: string): void {
      printed += text;
    },
  };
  const streams = { stdout, stderr: { write: () => undefined } };
  const args = [...chosen, '--list-all', '--json', '--no-status', '--no-cache', '--sort', 'none'];
  const code = await runTaskfile(args, { ...streams, env: io.env, cwd: io.cwd }, { version: VERSION });
  if (code !== 0) return [];
  const { tasks: listed } = JSON.parse(printed) as {
    readonly tasks: readonly { readonly name: string; readonly desc: string; readonly aliases?: readonly string[] }[];
  };
  return listed.flatMap(({ name, desc, aliases }) =>
    // A star stands for what only the person knows.
    [name, ...(aliases ?? [])].map((value) => ({ value: value.replace(/\*.*$/, ''), description: desc })),
  );
}
