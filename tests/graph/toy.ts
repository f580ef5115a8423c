import { failure } from '../../src/core/failure.ts';
import { readText } from '../../src/core/file-system.ts';
import { fail, ok, type Result } from '../../src/core/result.ts';
import type { AnyKind, Json, Run, TaskContext, TaskKind } from '../../src/graph/index.ts';

/**
 * A small world of tasks for tests: each file `apps/<name>` is a program of one instruction a line, and the task `app:<name>`
 * runs it. Together they do all that real tasks do: read, list, probe, need each other (alone and together), wait for facts.
 */
export const app: TaskKind<string, string> = {
  name: 'app',
  version: 1,
  id: (name) => `app:${name}`,
  declare: (name) => name,
  run: async (context, name) => {
    const program = readText(context.files({ type: 'workspace', path: 'apps' }), `/${name}`);
    if (program === undefined) return fail(failure('path-not-found', `no app ${name}`));
    const out: string[] = [];
    for (const line of program.split('\n')) {
      const [word, ...words] = line.split(' ');
      const said = await instruction(context, word ?? '', words);
      if (said === undefined) return fail(failure('invalid-object', `${name}: ${line}`));
      out.push(said);
    }
    context.warn(`${name} has ${out.length} lines`);
    return ok(context.store(`${name}[${out.join(';')}]`));
  },
};

async function instruction(context: TaskContext, word: string, words: readonly string[]): Promise<string | undefined> {
  const fs = context.files({ type: 'workspace', path: '' });
  const path = `/${words[0] ?? ''}`;
  const bytes = (result: Result<string>): string =>
    result.ok ? Buffer.from(context.load(result.value)).toString() : result.error.message;
  switch (word) {
    case 'say':
      return words.join(' ');
    case 'include':
      return readText(fs, path) ?? 'nothing';
    case 'length':
      return String((readText(fs, path) ?? '').length);
    case 'probe':
      return fs.exists(path) ?? 'nothing';
    case 'list':
      return (fs.listDirectory(path) ?? []).map((entry) => `${entry.type}:${entry.name}`).join();
    case 'need':
      return bytes(await context.need(app, words[0] ?? ''));
    case 'together':
      return (await Promise.all(words.map((name) => context.need(app, name)))).map(bytes).join('+');
    case 'fact':
      return String((await context.fact(words[0] ?? '')) ?? 'unknown');
    case 'maybe':
      return String((await context.fact(words[0] ?? '', { optional: true })) ?? 'unknown');
    case 'mixed': {
      const [fact, need] = await Promise.all([context.fact(words[0] ?? ''), context.need(app, words[1] ?? '')]);
      return `${String(fact ?? 'unknown')}&${bytes(need)}`;
    }
    default:
      return undefined;
  }
}

const names: TaskKind<string, Json> = {
  name: 'names',
  version: 1,
  id: () => 'names',
  declare: (input) => input,
  run: async (context) => {
    const entries = context.files({ type: 'workspace', path: '' }).listDirectory('/apps') ?? [];
    return ok(entries.filter((entry) => entry.type === 'file').map((entry) => entry.name));
  },
};

export const TOY_KINDS: readonly AnyKind[] = [app, names];

/** Runs every app, and publishes the digest of what each gave, under its name. */
export async function driveToy(run: Run): Promise<string> {
  const found = await run.need(names, 'all');
  if (!found.ok) return found.error.message;
  const lines = await Promise.all(
    (found.value as string[]).map(async (name) => {
      const result = await run.need(app, name);
      run.publish(name, result.ok ? result.value.slice(0, 8) : result.error.reason);
      return result.ok ? Buffer.from(run.load(result.value)).toString() : JSON.stringify(result.error);
    }),
  );
  return lines.join('\n');
}
