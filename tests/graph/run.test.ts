import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openCache } from '../../src/cache/index.ts';
import { failure } from '../../src/core/failure.ts';
import { readText } from '../../src/core/file-system.ts';
import { fail, ok } from '../../src/core/result.ts';
import { type Event, Run, type RunOptions, type TaskContext, type TaskKind } from '../../src/graph/index.ts';

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'graph-'));
});
afterEach(() => {
  rmSync(workspace, { recursive: true, force: true });
});

/** Writes a file with times of long ago, so that its fingerprint is kept. */
function write(path: string, text: string): void {
  mkdirSync(join(workspace, path, '..'), { recursive: true });
  writeFileSync(join(workspace, path), text);
}

/** A kind whose task does what `body` says. */
function kind<I extends string>(
  name: string,
  body: (context: TaskContext, input: I) => ReturnType<TaskKind<I, string>['run']>,
): TaskKind<I, string> {
  return { name, version: 1, id: (input) => `${name}:${input}`, declare: (input) => input, run: body };
}

function start(options: Partial<RunOptions> = {}): {
  run: Run;
  events: Event[];
  close: () => Promise<readonly string[]>;
} {
  const cache = openCache(join(workspace, '.flux-local-cache'));
  const events: Event[] = [];
  const run = new Run({ workspace, cache, listener: (event) => events.push(event), ...options });
  return {
    run,
    events,
    close: async () => {
      const { ranIds } = await run.finish();
      cache.close();
      return ranIds;
    },
  };
}

const read = kind('read', async (context, path) => {
  const text = readText(context.files({ type: 'workspace', path: '' }), path);
  return text === undefined ? fail(failure('path-not-found', `${path} is absent`)) : ok(text);
});

/** The first line of a file: an edit further down changes the file, not the output. */
const head = kind('head', async (context, path) => {
  const text = await context.need(read, path);
  return text.ok ? ok(text.value.split('\n')[0]!) : text;
});
const shout = kind('shout', async (context, path) => {
  const text = await context.need(head, path);
  return text.ok ? ok(text.value.toUpperCase()) : text;
});

describe('records', () => {
  test('a second run over the same files runs nothing', async () => {
    write('a.txt', 'one\ntwo');
    const cold = start();
    expect(await cold.run.need(shout, 'a.txt')).toEqual(ok('ONE'));
    expect(await cold.close()).toEqual(['head:a.txt', 'read:a.txt', 'shout:a.txt']);
    const warm = start({ kinds: [read, head, shout] });
    expect(await warm.run.need(shout, 'a.txt')).toEqual(ok('ONE'));
    expect(await warm.close()).toEqual([]);
  });

  test('a changed output of a needed task runs those who need it, an unchanged one stops there', async () => {
    write('a.txt', 'one\ntwo');
    const cold = start();
    await cold.run.need(shout, 'a.txt');
    await cold.close();
    write('a.txt', 'one\nthree');
    const second = start({ kinds: [read, head, shout] });
    expect(await second.run.need(shout, 'a.txt')).toEqual(ok('ONE'));
    expect(await second.close()).toEqual(['head:a.txt', 'read:a.txt']);
    write('a.txt', 'two\nthree');
    const third = start({ kinds: [read, head, shout] });
    expect(await third.run.need(shout, 'a.txt')).toEqual(ok('TWO'));
    expect(await third.close()).toEqual(['head:a.txt', 'read:a.txt', 'shout:a.txt']);
  });

  test('a file that appears where one was probed makes the record fail', async () => {
    const cold = start();
    expect(await cold.run.need(shout, 'a.txt')).toMatchObject({ ok: false });
    await cold.close();
    const warm = start({ kinds: [read, head, shout] });
    expect(await warm.run.need(shout, 'a.txt')).toMatchObject({ ok: false, error: { reason: 'path-not-found' } });
    expect(await warm.close()).toEqual([]);
    write('a.txt', 'here');
    const third = start({ kinds: [read, head, shout] });
    expect(await third.run.need(shout, 'a.txt')).toEqual(ok('HERE'));
    expect(third.events).toContainEqual(expect.objectContaining({ type: 'started', why: 'a.txt appeared' }));
    await third.close();
  });
});
