import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryCache, openCache } from '../../src/cache/index.ts';
import { failure } from '../../src/core/failure.ts';
import { readText } from '../../src/core/file-system.ts';
import { fail, ok } from '../../src/core/result.ts';
import type { Json, TaskKind } from '../../src/graph/index.ts';
import { head, KINDS, kind, Rig, read, shout } from './rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.dispose());

describe('records', () => {
  test('a second run over the same files runs nothing', async () => {
    rig.write('a.txt', 'one\ntwo');
    const cold = await rig.need(shout, 'a.txt');
    expect(cold).toMatchObject({ result: ok('ONE'), ran: ['head:a.txt', 'read:a.txt', 'shout:a.txt'] });
    const warm = await rig.need(shout, 'a.txt', { kinds: KINDS });
    expect(warm).toMatchObject({ result: ok('ONE'), ran: [] });
  });

  test('a changed output runs those who need it; an unchanged one stops there', async () => {
    rig.write('a.txt', 'one\ntwo');
    await rig.need(shout, 'a.txt');
    rig.write('a.txt', 'one\nthree');
    expect(await rig.need(shout, 'a.txt', { kinds: KINDS })).toMatchObject({
      result: ok('ONE'),
      ran: ['head:a.txt', 'read:a.txt'],
    });
    rig.write('a.txt', 'two\nthree');
    expect(await rig.need(shout, 'a.txt', { kinds: KINDS })).toMatchObject({
      result: ok('TWO'),
      ran: ['head:a.txt', 'read:a.txt', 'shout:a.txt'],
    });
  });

  test('a state that comes back finds its own records', async () => {
    rig.write('a.txt', 'one');
    await rig.need(shout, 'a.txt');
    rig.write('a.txt', 'two');
    await rig.need(shout, 'a.txt', { kinds: KINDS });
    rig.write('a.txt', 'one');
    expect(await rig.need(shout, 'a.txt', { kinds: KINDS })).toMatchObject({ result: ok('ONE'), ran: [] });
  });

  test('a failure is recorded, and a file that appears where one was probed makes the record fail', async () => {
    expect((await rig.need(shout, 'a.txt')).result).toMatchObject({ ok: false });
    const warm = await rig.need(shout, 'a.txt', { kinds: KINDS });
    expect(warm).toMatchObject({ result: { error: { reason: 'path-not-found' } }, ran: [] });
    rig.write('a.txt', 'here');
    const third = await rig.need(shout, 'a.txt', { kinds: KINDS });
    expect(third.result).toEqual(ok('HERE'));
    expect(third.events).toContainEqual(
      expect.objectContaining({ type: 'started', node: 'read:a.txt', why: 'a.txt appeared' }),
    );
  });

  test('a transient failure, and what was made of one, is tried again', async () => {
    let answers = 0;
    const flaky = kind('flaky', async () =>
      answers++ === 0 ? fail(failure('fetch-failed', 'no route', { transient: true })) : ok('there'),
    );
    const softened = kind('softened', async (context, input) => {
      const found = await context.need(flaky, input);
      return ok(found.ok ? found.value : 'nothing');
    });
    expect((await rig.need(softened, 'x')).result).toEqual(ok('nothing'));
    expect(await rig.need(softened, 'x')).toMatchObject({ result: ok('there'), ran: ['flaky:x', 'softened:x'] });
  });

  test('a throw is a bug of one task; the others go on, and it is tried again', async () => {
    const broken = kind('broken', async () => {
      throw new Error('oops');
    });
    rig.write('a.txt', 'one');
    const { run, end } = rig.start();
    const [bug, fine] = await Promise.all([run.need(broken, 'x'), run.need(shout, 'a.txt')]);
    expect(bug).toMatchObject({ ok: false, error: { reason: 'bug', message: 'broken:x: oops' } });
    expect(fine).toEqual(ok('ONE'));
    await end();
    expect((await rig.need(broken, 'x')).ran).toEqual(['broken:x']);
  });

  test('warnings and bytes come from the record as they came from the task', async () => {
    const noisy = kind('noisy', async (context) => {
      context.warn('careful');
      return ok(context.store('some bytes'));
    });
    const loud = kind('loud', async (context, input) => {
      const digest = await context.need(noisy, input);
      return digest.ok ? ok(Buffer.from(context.load(digest.value)).toString()) : digest;
    });
    for (const ran of [['loud:x', 'noisy:x'], []]) {
      const result = await rig.need(loud, 'x', { kinds: [noisy, loud] });
      expect(result).toMatchObject({ result: ok('some bytes'), ran });
      expect(result.events).toContainEqual({ type: 'warning', node: 'noisy:x', message: 'careful' });
    }
  });

  test('a run’s warnings stand in the order of its tasks, cold and warm, on any number of jobs', async () => {
    const noisy = kind('noisy', async (context, name) => {
      if (name === 'a') await context.fact('late');
      context.warn(`1 ${name}`);
      context.warn(`2 ${name}`);
      return ok(name);
    });
    for (const jobs of [1, 8, 1]) {
      const { run, end } = rig.start({ jobs });
      const all = Promise.all(['b', 'a', 'c'].map((name) => run.need(noisy, name)));
      await run.need(noisy, 'c');
      run.publish('late', true);
      await all;
      await end();
      expect(run.warnings().map(({ message }) => message)).toEqual(['1 a', '2 a', '1 b', '2 b', '1 c', '2 c']);
    }
  });

  test('what a task hands on is the same data cold and warm', async () => {
    const outputs: Json[] = [];
    const odd: TaskKind<string, Json> = {
      name: 'odd',
      version: 1,
      id: (input) => `odd:${input}`,
      declare: (input) => input,
      run: async () => ok({ z: 1, a: undefined, __proto__x: [1, { b: -0 }] }),
    };
    for (let i = 0; i < 2; i++) {
      const { run, end } = rig.start();
      const result = await run.need(odd, 'x');
      if (result.ok) outputs.push(JSON.stringify([result.value, Object.keys(result.value as object)]));
      await end();
    }
    expect(outputs[0]).toBe(outputs[1]);
  });

  test('a raised version, or another input, is another task', async () => {
    rig.write('a.txt', 'one');
    await rig.need(read, 'a.txt');
    expect((await rig.need({ ...read, version: 2 }, 'a.txt')).ran).toEqual(['read:a.txt']);
    expect((await rig.need(read, 'b.txt')).ran).toEqual(['read:b.txt']);
  });

  test('--force runs the tasks of a phase and lets early cut-off stop the rest', async () => {
    rig.write('a.txt', 'one\ntwo');
    await rig.need(shout, 'a.txt');
    const forced = await rig.need(shout, 'a.txt', { kinds: KINDS, force: new Set(['read']) });
    expect(forced.ran).toEqual(['read:a.txt']);
    expect((await rig.need(shout, 'a.txt', { kinds: KINDS, force: 'all' })).ran).toHaveLength(3);
  });

  test('a cache in memory serves the process and nothing else', async () => {
    rig.write('a.txt', 'one');
    const cache = memoryCache();
    expect((await rig.need(shout, 'a.txt', { cache })).ran).toHaveLength(3);
    expect((await rig.need(shout, 'a.txt', { cache, kinds: KINDS })).ran).toHaveLength(0);
    expect((await rig.need(shout, 'a.txt', { cache: memoryCache() })).ran).toHaveLength(3);
  });

  test('directories, probes and variables are traced', async () => {
    const look = kind('look', async (context) => {
      const fs = context.files({ type: 'workspace', path: 'dir' });
      const names = fs.listDirectory('/')?.map(({ name, type }) => `${type} ${name}`) ?? [];
      return ok([...names, fs.exists('/sub/probe') ?? 'none', context.environment('WHO') ?? 'nobody'].join(', '));
    });
    rig.write('dir/a', '');
    const expectRun = async (output: string, ran: number, environment: Record<string, string> = {}): Promise<void> => {
      const result = await rig.need(look, 'x', { environment });
      expect([result.result, result.ran.length]).toEqual([ok(output), ran]);
    };
    await expectRun('file a, none, nobody', 1);
    await expectRun('file a, none, nobody', 0);
    rig.write('dir/a', 'other content');
    await expectRun('file a, none, nobody', 0);
    rig.write('dir/b', '');
    await expectRun('file a, file b, none, nobody', 1);
    await expectRun('file a, file b, none, me', 1, { WHO: 'me' });
    mkdirSync(rig.path('dir/sub/probe'), { recursive: true });
    await expectRun('file a, file b, directory sub, directory, me', 1, { WHO: 'me' });
    await expectRun('file a, file b, directory sub, directory, me', 0, { WHO: 'me' });
  });

  test('a file that is touched, or edited and kept in size and time, is read right', async () => {
    rig.write('a.txt', 'one');
    await rig.need(shout, 'a.txt');
    utimesSync(rig.path('a.txt'), 1000, 1000);
    expect((await rig.need(shout, 'a.txt', { kinds: KINDS })).ran).toEqual([]);
    rig.write('a.txt', 'two');
    utimesSync(rig.path('a.txt'), 1000, 1000);
    expect((await rig.need(shout, 'a.txt', { kinds: KINDS })).result).toEqual(ok('TWO'));
  });

  test('the workspace may be another place, and each keeps its own records', async () => {
    const other = new Rig();
    rig.write('a.txt', 'one');
    other.write('a.txt', 'two');
    try {
      for (const ran of [3, 0, 0]) {
        for (const [workspace, output] of [
          [rig.root, 'ONE'],
          [other.root, 'TWO'],
        ] as const) {
          const needed = await rig.need(shout, 'a.txt', { kinds: KINDS, workspace });
          expect([needed.result, needed.ran.length]).toEqual([ok(output), ran]);
        }
      }
    } finally {
      other.dispose();
    }
  });

  test('a directory below the cache that an output stands for is looked for', async () => {
    const checkout = kind('checkout', async (context, input) => {
      mkdirSync(rig.path(`.flux-local-cache/sources/${input}`), { recursive: true });
      context.keeps(rig.path(`.flux-local-cache/sources/${input}`));
      return ok(input);
    });
    expect((await rig.need(checkout, 'x')).ran).toHaveLength(1);
    expect((await rig.need(checkout, 'x')).ran).toHaveLength(0);
    rmSync(rig.path('.flux-local-cache/sources/x'), { recursive: true });
    expect((await rig.need(checkout, 'x')).ran).toHaveLength(1);
  });

  test('an input that JSON cannot say is left to who needs it', async () => {
    const inner: TaskKind<{ readonly name: string; readonly port: () => string }, string> = {
      name: 'inner',
      version: 1,
      id: (input) => `inner:${input.name}`,
      declare: (input) => input.name,
      run: async (_, input) => ok(input.port()),
    };
    const outer = kind('outer', async (context, input) => context.need(inner, { name: input, port: () => 'live' }));
    expect((await rig.need(outer, 'x')).ran).toEqual(['inner:x', 'outer:x']);
    expect(await rig.need(outer, 'x', { kinds: [inner] })).toMatchObject({ result: ok('live'), ran: ['outer:x'] });
  });

  test('a kind revives its input for this run', async () => {
    const inner: TaskKind<{ readonly name: string; readonly token: string }, string> = {
      name: 'inner',
      version: 1,
      id: (input) => `inner:${input.name}`,
      declare: (input) => input.name,
      run: async (context, input) =>
        ok(`${input.token}${readText(context.files({ type: 'workspace', path: '' }), '/a')}`),
      revive: (json) => ({ name: (json as { name: string }).name, token: 'new' }),
    };
    const outer = kind('outer', async (context, name) => context.need(inner, { name, token: 'old' }));
    rig.write('a', '1');
    expect((await rig.need(outer, 'x')).result).toEqual(ok('old1'));
    rig.write('a', '2');
    expect((await rig.need(outer, 'x', { kinds: [inner] })).result).toEqual(ok('new2'));
  });
});

describe('what a task may see', () => {
  const peek = (path: string) =>
    kind('peek', async (context) => {
      const fs = context.files({ type: 'workspace', path: 'inside' });
      return ok(readText(fs, path) ?? 'absent');
    });

  test('a path or a link that leads out of the workspace is a failure that names it', async () => {
    const other = new Rig();
    other.write('secret', 'secret');
    try {
      rig.write('inside/a', 'a');
      symlinkSync(other.path('secret'), rig.path('inside/link'));
      symlinkSync(other.root, rig.path('inside/dir'));
      symlinkSync('../inside/a', rig.path('inside/near'));
      for (const path of ['/link', '/dir/secret', '/../../etc/passwd'])
        for (let i = 0; i < 2; i++)
          expect((await rig.need(peek(path), path)).result).toMatchObject({
            ok: false,
            error: { reason: 'path-escapes' },
          });
      expect((await rig.need(peek('/near'), 'near')).result).toEqual(ok('a'));
      const list = kind('list', async (context) =>
        ok((context.files({ type: 'workspace', path: '' }).listDirectory('/inside') ?? []).map((e) => e.name).join()),
      );
      expect((await rig.need(list, 'x')).result).toEqual(ok('a,near'));
    } finally {
      other.dispose();
    }
  });

  test('a link that is turned elsewhere is noticed', async () => {
    rig.write('one/a.txt', 'one');
    rig.write('two/a.txt', 'two');
    symlinkSync('one', rig.path('now'));
    expect((await rig.need(shout, 'now/a.txt')).result).toEqual(ok('ONE'));
    unlinkSync(rig.path('now'));
    symlinkSync('two', rig.path('now'));
    expect((await rig.need(shout, 'now/a.txt', { kinds: KINDS })).result).toEqual(ok('TWO'));
    const other = new Rig();
    try {
      renameSync(rig.path('two'), other.path('two'));
      symlinkSync(other.path('two'), rig.path('two'));
      const out = await rig.need(shout, 'two/a.txt', { kinds: KINDS });
      expect(out.result).toMatchObject({ error: { reason: 'path-escapes' } });
    } finally {
      other.dispose();
    }
  });

  test('the cache itself is not there', async () => {
    const list = kind('list', async (context) => {
      const fs = context.files({ type: 'workspace', path: '' });
      return ok(`${fs.listDirectory('/')?.length} ${fs.exists('/.flux-local-cache')}`);
    });
    for (const ran of [1, 0, 0]) {
      const needed = await rig.need(list, 'x');
      expect([needed.result, needed.ran.length]).toEqual([ok('0 undefined'), ran]);
    }
  });

  test('the cache is not there, by whatever way the workspace is named', async () => {
    const other = new Rig();
    try {
      symlinkSync(rig.root, other.path('way'));
      const workspace = other.path('way');
      const list = kind('list', async (context) => {
        const fs = context.files({ type: 'workspace', path: '' });
        return ok(`${fs.listDirectory('/')?.map((entry) => entry.name)} ${context.environment('__proto__')}`);
      });
      for (const ran of [1, 0]) {
        const cache = openCache(`${workspace}/.flux-local-cache`);
        const needed = await rig.need(list, 'x', { workspace, cache });
        expect([needed.result, needed.ran.length]).toEqual([ok(' undefined'), ran]);
      }
    } finally {
      other.dispose();
    }
  });

  test('an immutable tree is read without a trace, and not beyond itself', async () => {
    rig.write('tree/a', 'a');
    symlinkSync('../outside', rig.path('tree/link'));
    rig.write('outside', 'o');
    const tree = kind('tree', async (context, path) => {
      const fs = context.files({ type: 'immutable', path: rig.path('tree') });
      return ok(`${readText(fs, path)} ${fs.exists(path)} ${fs.listDirectory('/')?.map((e) => e.name)}`);
    });
    expect((await rig.need(tree, '/a')).result).toEqual(ok('a file a'));
    expect((await rig.need(tree, '/b')).result).toEqual(ok('undefined undefined a'));
    expect((await rig.need(tree, '/link')).result).toMatchObject({ error: { reason: 'path-escapes' } });
  });
});

describe('mutable references', () => {
  let asked: number;
  let revision: string;
  beforeEach(() => {
    asked = 0;
    revision = 'r1';
  });
  const fetch = kind('fetch', async (context, name) =>
    context.resolve({
      name,
      intervalMs: 1000,
      ask: async () => {
        asked++;
        return ok(revision);
      },
    }),
  );
  const uses = kind('uses', async (context, name) => context.need(fetch, name));
  const kinds = [fetch, uses];

  test('an answer lives for its interval, and an equal one stops there', async () => {
    const at = async (nowMs: number): Promise<[unknown, number, readonly string[]]> => {
      const { result, ran } = await rig.need(uses, 'main', { kinds, now: () => nowMs });
      return [result, asked, ran];
    };
    expect(await at(10_000)).toEqual([ok('r1'), 1, ['fetch:main', 'uses:main']]);
    expect(await at(10_999)).toEqual([ok('r1'), 1, []]);
    expect(await at(11_000)).toEqual([ok('r1'), 2, ['fetch:main']]);
    revision = 'r2';
    expect(await at(11_500)).toEqual([ok('r1'), 2, []]);
    expect(await at(12_000)).toEqual([ok('r2'), 3, ['fetch:main', 'uses:main']]);
  });

  test('--refresh asks again, --offline never', async () => {
    const never = await rig.need(uses, 'main', { kinds, offline: true });
    expect(never.result).toMatchObject({ error: { reason: 'offline' } });
    await rig.need(uses, 'main', { kinds, now: () => 1000 });
    await rig.need(uses, 'main', { kinds, now: () => 1001, refresh: true });
    expect(asked).toBe(2);
    const offline = await rig.need(uses, 'main', { kinds, now: () => 1e9, offline: true });
    expect([offline.result, offline.ran, asked]).toEqual([ok('r1'), [], 2]);
  });
});

test('every decision is on the debug event, with the key and the reason', async () => {
  rig.write('a.txt', 'one');
  await rig.need(head, 'a.txt');
  rig.write('a.txt', 'two');
  const { events } = await rig.need(head, 'a.txt', { kinds: KINDS });
  const messages = events.flatMap((event) => (event.type === 'debug' ? [`${event.node} ${event.message}`] : []));
  expect(messages).toContainEqual(expect.stringMatching(/^read:a\.txt key [0-9a-f]{12}: stale: a\.txt changed$/));
  expect(messages).toContainEqual(expect.stringMatching(/^head:a\.txt key [0-9a-f]{12}: stale: read:a\.txt changed$/));
});
