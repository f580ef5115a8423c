import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Cache, openCache } from '../../src/cache/index.ts';
import { failure } from '../../src/core/failure.ts';
import { readText } from '../../src/core/file-system.ts';
import { fail, ok, type Result } from '../../src/core/result.ts';
import { type Event, Run, type RunOptions, type TaskContext, type TaskKind } from '../../src/graph/index.ts';

/** A workspace of its own for a test, removed by `dispose`. */
export class Rig {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'flux-local-graph-')));
  readonly cacheDirectory = join(this.root, '.flux-local-cache');

  path(path: string): string {
    return join(this.root, path);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  /** A run on the rig's cache, or on another. */
  start(options: Partial<RunOptions> = {}): Started {
    const cache = options.cache ?? openCache(this.cacheDirectory);
    const events: Event[] = [];
    const run = new Run({ workspace: this.root, listener: (event) => events.push(event), ...options, cache });
    const end = async (): Promise<readonly string[]> => {
      const { ranIds } = await run.finish();
      cache.close();
      return ranIds;
    };
    return { run, cache, events, end };
  }

  /** One task's result, and what ran for it. */
  async need<I>(kind: TaskKind<I, string>, input: I, options: Partial<RunOptions> = {}): Promise<Needed> {
    const { run, events, end } = this.start(options);
    const result = await run.need(kind, input);
    return { result, ran: await end(), events };
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export interface Started {
  readonly run: Run;
  readonly cache: Cache;
  readonly events: Event[];
  /** Finishes, and gives the ids of the tasks that ran. */
  end(): Promise<readonly string[]>;
}

export interface Needed {
  readonly result: Result<string>;
  readonly ran: readonly string[];
  readonly events: readonly Event[];
}

/** A kind whose tasks do what `body` says. */
export function kind(
  name: string,
  body: (context: TaskContext, input: string) => Promise<Result<string>>,
): TaskKind<string, string> {
  return { name, version: 1, id: (input) => `${name}:${input}`, declare: (input) => input, run: body };
}

/** The text of a file. */
export const read = kind('read', async (context, path) => {
  const text = readText(context.files({ type: 'workspace', path: '' }), path);
  return text === undefined ? fail(failure('path-not-found', `${path} is absent`)) : ok(text);
});

/** The first line of a file: an edit further down changes the file, not this. */
export const head = kind('head', async (context, path) => {
  const text = await context.need(read, path);
  return text.ok ? ok(text.value.split('\n')[0]!) : text;
});

export const shout = kind('shout', async (context, path) => {
  const text = await context.need(head, path);
  return text.ok ? ok(text.value.toUpperCase()) : text;
});

export const KINDS = [read, head, shout];
