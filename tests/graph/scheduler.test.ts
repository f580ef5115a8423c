import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ok } from '../../src/core/result.ts';
import type { Wait } from '../../src/graph/index.ts';
import { head, kind, Rig } from './rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.dispose());

const text = (result: { ok: boolean; value?: unknown; error?: { reason: string; message: string } }): unknown =>
  result.ok ? result.value : `${result.error?.reason}: ${result.error?.message}`;

/** Its input lists what it needs: `a>b,c` is the task a that needs b and c, by the plan. */
const planned = (plan: Readonly<Record<string, readonly string[]>>, together = false) => {
  const step = kind('step', async (context, name) => {
    const names = plan[name] ?? [];
    const found: string[] = [];
    if (together)
      for (const one of await Promise.all(names.map((other) => context.need(step, other))))
        found.push(String(text(one)));
    else for (const other of names) found.push(String(text(await context.need(step, other))));
    return ok(`${name}(${found.join(',')})`);
  });
  return step;
};

describe('slots', () => {
  test('one job is enough for tasks that need others, one after the other or together', async () => {
    const plan = { a: ['b', 'c', 'd'], b: ['d', 'e'], c: ['d', 'e'], d: ['e'], e: [] };
    const outputs = new Set<string>();
    for (const together of [false, true])
      for (const jobs of [1, 8]) {
        const own = new Rig();
        const { result } = await own.need(planned(plan, together), 'a', { jobs });
        outputs.add(String(text(result)));
        own.dispose();
      }
    expect([...outputs]).toEqual(['a(b(d(e()),e()),c(d(e()),e()),d(e()))']);
  });

  test('no more tasks run at once than there are jobs', async () => {
    let running = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    const busy = kind('busy', async (context) => {
      most = Math.max(most, ++running);
      await new Promise<void>((go) => gates.push(go));
      running--;
      await context.fact('go');
      most = Math.max(most, ++running);
      await new Promise<void>((go) => gates.push(go));
      running--;
      return ok('');
    });
    const { run, end } = rig.start({ jobs: 3 });
    run.publish('go', true);
    const all = Promise.all(Array.from({ length: 10 }, (_, i) => run.need(busy, String(i))));
    let done = false;
    void all.then(() => {
      done = true;
    });
    while (!done) {
      gates.splice(0).forEach((go) => {
        go();
      });
      await new Promise((tick) => setImmediate(tick));
    }
    await end();
    expect(most).toBe(3);
  });

  test('a task that is needed by many runs once', async () => {
    let runs = 0;
    const leaf = kind('leaf', async () => ok(String(++runs)));
    const many = kind('many', async (context, input) => context.need(leaf, input.slice(0, 1)));
    const { run, end } = rig.start();
    await Promise.all(['x1', 'x2', 'x3'].map((input) => run.need(many, input)));
    await end();
    expect(runs).toBe(1);
  });

  test('an interrupted run begins no further task, and keeps nothing of what was under way', async () => {
    const controller = new AbortController();
    const slow = kind('slow', async (_, input) => {
      controller.abort();
      return ok(input);
    });
    const { run, end } = rig.start({ jobs: 1, signal: controller.signal });
    // Either may be the first.
    const both = await Promise.all([run.need(slow, 'a'), run.need(slow, 'b')]);
    await end();
    expect(both.filter((result) => result.ok)).toHaveLength(1);
    expect(both.filter((result) => !result.ok).map(text)).toEqual(['command-failed: interrupted']);
    expect((await rig.need(slow, 'a')).ran).toEqual(['slow:a']);
    expect((await rig.need(slow, 'b')).ran).toEqual(['slow:b']);
  });
});

describe('cycles of needs', () => {
  const cases = [
    ['a task that needs itself', { a: ['a'] }, 'step:a -> step:a'],
    ['two tasks', { a: ['b'], b: ['a'] }, 'step:a -> step:b -> step:a'],
    ['three tasks, entered elsewhere', { c: ['b'], b: ['a'], a: ['c'] }, 'step:a -> step:c -> step:b -> step:a'],
  ] as const;
  test.each(cases)('%s: the failure names the members in order, the smallest first', async (_, plan, members) => {
    for (const start of Object.keys(plan))
      for (const jobs of [1, 8]) {
        const { result } = await rig.need(planned(plan), start, { jobs });
        expect(text(result)).toContain(`dependency-cycle: these tasks wait for each other: ${members}`);
      }
  });

  test('a task outside sees what the cycle’s members made of it; others are untouched', async () => {
    const plan = { out: ['a', 'fine'], a: ['b'], b: ['a'], fine: [] };
    const cold = await rig.need(planned(plan, true), 'out', { jobs: 2 });
    const way = 'dependency-cycle: these tasks wait for each other: step:a -> step:b -> step:a';
    expect(text(cold.result)).toBe(`out(a(${way}),fine())`);
    const warm = await rig.need(planned(plan, true), 'out', { jobs: 1, kinds: [planned(plan, true)] });
    expect(text(warm.result)).toBe(text(cold.result));
  });

  test('a cycle that an edit makes is found while records are checked', async () => {
    let needed = '';
    const one = kind('one', async (context, input) => {
      const fs = context.files({ type: 'workspace', path: '' });
      needed = Buffer.from(fs.readFile('/next') ?? '').toString();
      return needed === 'two' ? ok(`one ${text(await context.need(two, input))}`) : ok('one');
    });
    const two = kind('two', async (context, input) => ok(`two ${text(await context.need(one, input))}`));
    rig.write('next', 'none');
    expect((await rig.need(two, 'x', { kinds: [one, two] })).result).toEqual(ok('two one'));
    rig.write('next', 'two');
    const warm = await rig.need(two, 'x', { kinds: [one, two] });
    const own = new Rig();
    own.write('next', 'two');
    const cold = await own.need(two, 'x', { kinds: [one, two] });
    own.dispose();
    expect(warm.result).toEqual(cold.result);
    expect(text(cold.result)).toContain('one:x -> two:x -> one:x');
  });
});

describe('facts', () => {
  const wants = kind('wants', async (context, input) => {
    const [name, how] = input.split(' ');
    const value = await context.fact(name!, { optional: how === 'optional' });
    return ok(`${input}=${JSON.stringify(value)}`);
  });

  test('a fact reaches those who waited and those who come later', async () => {
    const { run, end } = rig.start();
    const early = run.need(wants, 'f early');
    run.publish('f', { is: 1 });
    expect([await early, await run.need(wants, 'f late')]).toEqual([ok('f early={"is":1}'), ok('f late={"is":1}')]);
    await end();
  });

  test('a changed fact, one that appears, and one that is gone make records fail', async () => {
    const at = async (value: string | undefined): Promise<unknown> => {
      const { run, end } = rig.start();
      if (value !== undefined) run.publish('f', value);
      const result = await run.need(wants, 'f');
      return [text(result), (await end()).length];
    };
    expect(await at('1')).toEqual(['f="1"', 1]);
    expect(await at('1')).toEqual(['f="1"', 0]);
    expect(await at('2')).toEqual(['f="2"', 1]);
    expect(await at(undefined)).toEqual(['f=undefined', 1]);
    expect(await at(undefined)).toEqual(['f=undefined', 0]);
    expect(await at('1')).toEqual(['f="1"', 0]);
  });

  test('absence is answered to those who can do without first, by name, and lets the run settle between', async () => {
    for (const jobs of [1, 8])
      for (let again = 0; again < 2; again++) {
        const order: string[] = [];
        const { run, end } = rig.start({ jobs });
        const asks = ['z', 'a optional', 'm optional', 'b'].map(async (input) => {
          const result = await run.need(wants, input);
          order.push(String(text(result)));
          if (input === 'a optional') run.publish('m', 'from a');
          if (input === 'm optional') run.publish('z', 'from m');
        });
        await Promise.all(asks);
        await end();
        expect(order).toEqual(['a optional=undefined', 'm optional="from a"', 'z="from m"', 'b=undefined']);
      }
  });

  test('the driver is told who waits for what before absence is answered', async () => {
    const seen: (readonly Wait[])[] = [];
    const { run, end } = rig.start({
      onQuiescent: (waits) => {
        seen.push(waits);
        if (seen.length === 1) run.publish('b', 'a circle');
      },
    });
    const results = await Promise.all([run.need(wants, 'b'), run.need(wants, 'a')]);
    await end();
    expect(results.map(text)).toEqual(['b="a circle"', 'a=undefined']);
    const wait = (name: string) => ({ node: `wants:${name}`, type: 'fact', waitsFor: name, optional: false });
    expect(seen).toEqual([[wait('a'), wait('b')], [wait('a')]]);
  });

  test('tasks that wait for what the other would publish are each told', async () => {
    const { run, end } = rig.start();
    const pair = async (mine: string, other: string): Promise<unknown> => {
      const result = await run.need(wants, other);
      run.publish(mine, 'done');
      return text(result);
    };
    expect(await Promise.all([pair('a', 'b'), pair('b', 'a')])).toEqual(['b=undefined', 'a=undefined']);
    await end();
  });

  test('a hold keeps absence from being answered', async () => {
    const { run, end } = rig.start();
    const release = run.hold();
    const asked = run.need(wants, 'f');
    for (let i = 0; i < 20; i++) await new Promise((tick) => setImmediate(tick));
    run.publish('f', 1);
    release();
    expect(text(await asked)).toBe('f=1');
    await end();
  });

  test('questions put together are checked together: a record can hold whose answers hang on each other', async () => {
    const both = kind('both', async (context) => {
      const [late, needed] = await Promise.all([context.fact('late'), context.need(wants, 'early')]);
      return ok(`${JSON.stringify(late)} ${text(needed)}`);
    });
    for (const ran of [2, 0]) {
      const { run, end } = rig.start({ kinds: [both, wants] });
      run.publish('early', 1);
      const asked = run.need(both, 'x');
      await run.need(wants, 'early').then(() => run.publish('late', 2));
      expect(text(await asked)).toBe('2 early=1');
      expect(await end()).toHaveLength(ran);
    }
  });

  test('a question that a task does not wait for has no part in its record', async () => {
    const impatient = kind('impatient', async (context) => {
      void context.fact('never');
      await context.fact('now');
      return ok('done');
    });
    for (const ran of [1, 0]) {
      const { run, end } = rig.start();
      run.publish('now', 1);
      expect(await run.need(impatient, 'x')).toEqual(ok('done'));
      expect(await end()).toHaveLength(ran);
    }
  });
});

test('the graph shows tasks, what they need and what they read', async () => {
  rig.write('a.txt', 'one');
  const { run, end } = rig.start();
  run.publish('f', 1);
  const both = kind('both', async (context, path) => {
    await context.fact('f');
    return context.need(head, path);
  });
  await run.need(both, 'a.txt');
  await end();
  const graph = await run.graph();
  expect(graph.mapEdges((_edge, _attributes, from, to) => `${from} > ${to}`).sort()).toEqual([
    'both:a.txt > fact:f',
    'both:a.txt > head:a.txt',
    'head:a.txt > read:a.txt',
    'read:a.txt > file:a.txt',
  ]);
  expect(graph.getNodeAttributes('head:a.txt')).toMatchObject({
    type: 'task',
    kind: 'head',
    outcome: 'built',
    ran: true,
  });
});

test('whoever throws where a run asks him stops nobody else', async () => {
  const asks = kind('asks', async (context, name) => {
    const ask = async (): Promise<never> => {
      throw new Error('oops');
    };
    return context.resolve({ name, intervalMs: 1, ask });
  });
  const waits = kind('waits', async (context) => ok(String(await context.fact('never'))));
  const { run, end } = rig.start({
    onQuiescent: () => {
      throw new Error('oops');
    },
  });
  const results = await Promise.all([run.need(asks, 'main'), run.need(waits, 'x')]);
  expect(results.map(text)).toEqual(['bug: main: oops', 'undefined']);
  await end();
});
