import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeFingerprints } from '../../src/cache/fingerprint-format.ts';
import {
  type Cache,
  collect,
  Fingerprints,
  Journal,
  lookupRun,
  openCache,
  type RunAnswer,
  runKey,
  saveRun,
  withLock,
} from '../../src/cache/index.ts';
import { sha256 } from '../../src/core/digest.ts';
import { ok } from '../../src/core/result.ts';
import { kind, Rig } from '../graph/rig.ts';
import { driveToy, TOY_KINDS } from '../graph/toy.ts';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.dispose());

const DAY = 86_400_000;
/** Takes a file's change back beyond the time in which its times are not trusted. */
const settle = (path: string, ms = 1_000_000): void => utimesSync(rig.path(path), ms / 1000, ms / 1000);

describe('the journal', () => {
  const open = (): Journal => new Journal(rig.path('journal'), 'header 1');

  test('keeps the last text of each id, in the order of writing', () => {
    const journal = open();
    for (const [id, text] of [
      ['a', '1'],
      ['b', '2 with spaces'],
      ['a', '3'],
      ['c', 'ü'],
      ['b', ''],
    ] as const)
      journal.set(id, text);
    const read = (from: Journal): unknown => [...from.ids()].map((id) => [id, from.get(id)]);
    const expected = [
      ['a', '3'],
      ['c', 'ü'],
    ];
    expect(read(journal)).toEqual(expected);
    journal.flush();
    expect([read(journal), read(open())]).toEqual([expected, expected]);
  });

  test('cut off anywhere, it holds all whole lines, and takes further ones', () => {
    const journal = open();
    journal.set('a', '1');
    journal.set('b', '2');
    journal.flush();
    const whole = readFileSync(rig.path('journal'));
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(rig.path('journal'), whole.subarray(0, length));
      const cut = open();
      expect(['1', undefined]).toContain(cut.get('a'));
      if (length === whole.length) expect(cut.get('b')).toBe('2');
      cut.set('c', '3');
      cut.flush();
      expect(open().get('c')).toBe('3');
    }
  });

  test('a changed byte costs at most the line it is in', () => {
    const journal = open();
    for (let i = 0; i < 5; i++) journal.set(`id${i}`, `text ${i}`);
    journal.flush();
    const whole = readFileSync(rig.path('journal'));
    for (let at = 'header 1\n'.length; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1;
      writeFileSync(rig.path('journal'), damaged);
      const read = open();
      const right = [0, 1, 2, 3, 4].filter((i) => read.get(`id${i}`) === `text ${i}`);
      expect(right.length).toBeGreaterThanOrEqual(3); // a lost line break joins two lines
      for (const id of read.ids()) expect([`text ${id.slice(2)}`, undefined]).toContain(read.get(id));
    }
  });

  test('a file of another version reads as empty and is replaced', () => {
    writeFileSync(rig.path('journal'), 'header 2\n00000000 a 1\n');
    const journal = open();
    expect([...journal.ids()]).toEqual([]);
    journal.set('b', '2');
    journal.flush();
    expect([...open().ids()]).toEqual(['b']);
  });

  test('compaction keeps what others appended meanwhile, and yields to another one', () => {
    const journal = open();
    for (let i = 0; i < 100; i++) journal.set('a', `text ${i}`);
    journal.flush();
    const other = open();
    other.set('b', 'other');
    other.flush();
    const size = statSync(rig.path('journal')).size;
    withLock(rig.path('journal.lock'), () => expect(journal.compact()).toBe(false));
    expect(journal.compact()).toBe(true);
    expect(statSync(rig.path('journal')).size).toBeLessThan(size / 10);
    const read = open();
    expect([read.get('a'), read.get('b')]).toEqual(['text 99', 'other']);
  });

  test('a lock whose process is gone is taken over', () => {
    writeFileSync(rig.path('l'), '999999999');
    let ran = false;
    withLock(rig.path('l'), () => {
      ran = true;
    });
    expect([ran, existsSync(rig.path('l'))]).toEqual([true, false]);
  });
});

describe('fingerprints', () => {
  /** An index that says of a file's present `stat` that its content is `text`. */
  const claim = (path: string, text: string): Buffer => {
    const { size, mtimeMs, ctimeMs, ino } = statSync(rig.path(path));
    return encodeFingerprints(new Map([[path, { size, mtimeMs, ctimeMs, ino, digest: sha256(text), hash: 0n }]]));
  };

  test('a file that was not touched is not read again; one that was, is', () => {
    rig.write('a', 'one');
    const index = claim('a', 'one');
    const second = new Fingerprints(rig.root, index);
    expect([second.file('a'), second.hashed]).toEqual([sha256('one'), 0]);
    settle('a');
    const third = new Fingerprints(rig.root, index);
    expect([third.file('a'), third.hashed]).toEqual([sha256('one'), 1]);
  });

  test('a file that changed within the clock’s granularity of the look is read again', () => {
    rig.write('a', 'one');
    const first = new Fingerprints(rig.root, undefined);
    expect([first.file('a'), first.hashed]).toEqual([sha256('one'), 1]);
    const second = new Fingerprints(rig.root, first.encode());
    expect([second.file('a'), second.hashed]).toEqual([sha256('one'), 1]);
  });

  test('xxHash shows a change; that there is none only SHA-256 says', async () => {
    rig.write('a', 'one');
    const { default: load } = await import('xxhash-wasm');
    const { h64Raw } = await load();
    const seen = async (text: string): Promise<unknown> => {
      const known = { size: 3, mtimeMs: 1, ctimeMs: 1, ino: 1, digest: sha256(text), hash: h64Raw(Buffer.from('one')) };
      const fingerprints = new Fingerprints(rig.root, encodeFingerprints(new Map([['a', known]])));
      await fingerprints.prepare();
      return [fingerprints.differs('a', sha256(text)), fingerprints.hashed];
    };
    expect(await seen('one')).toEqual([false, 1]);
    expect(await seen('forged to have the same xxHash')).toEqual([true, 1]);
    rig.write('a', 'two');
    expect(await seen('one')).toEqual([true, 0]);
  });

  test('an index that is damaged, or of another version, costs a reading and no more', () => {
    rig.write('a', 'one');
    const old = Buffer.from('flux-local fingerprints 0\nwhatever');
    for (const bytes of [old, Buffer.alloc(0), Buffer.alloc(100, 1)]) {
      const fingerprints = new Fingerprints(rig.root, bytes);
      expect(fingerprints.file('a')).toBe(sha256('one'));
    }
  });

  test('the answer about a path is the same from first to last, whatever happens to the file', () => {
    rig.write('a', 'one');
    const fingerprints = new Fingerprints(rig.root);
    expect([fingerprints.file('a'), fingerprints.exists('b')]).toEqual([sha256('one'), undefined]);
    rig.write('a', 'two');
    rig.write('b', 'new');
    expect([fingerprints.file('a'), fingerprints.exists('b')]).toEqual([sha256('one'), undefined]);
  });
});

describe('bytes', () => {
  const keep = kind('keep', async (context, text) => ok(context.store(text)));
  const show = kind('show', async (context, text) => {
    const digest = await context.need(keep, text);
    return digest.ok ? ok(Buffer.from(context.load(digest.value)).toString()) : digest;
  });
  const kinds = [keep, show];
  const contentFile = (text: string): string => {
    const digest = sha256(text);
    return join(
      rig.cacheDirectory,
      'content/content-v2/sha256',
      digest.slice(0, 2),
      digest.slice(2, 4),
      digest.slice(4),
    );
  };

  test.each([
    ['damaged', (path: string) => writeFileSync(path, 'something els')],
    ['cut off', (path: string) => writeFileSync(path, '')],
    ['gone', (path: string) => rmSync(path)],
  ])('that are %s are noticed, and what kept them runs again', async (_, spoil) => {
    await rig.need(show, 'precious bytes', { kinds });
    spoil(contentFile('precious bytes'));
    const next = await rig.need(show, 'precious bytes', { kinds });
    expect(next).toMatchObject({ result: ok('precious bytes'), ran: ['keep:precious bytes'] });
    expect(readFileSync(contentFile('precious bytes'), 'utf8')).toBe('precious bytes');
    expect((await rig.need(show, 'precious bytes', { kinds })).ran).toEqual([]);
  });

  test('a record that is damaged is made again', async () => {
    await rig.need(show, 'precious bytes', { kinds });
    const records = join(rig.cacheDirectory, 'records');
    const whole = readFileSync(records);
    for (let at = 0; at < whole.length; at += 97) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 4;
      writeFileSync(records, damaged);
      expect((await rig.need(show, 'precious bytes', { kinds })).result).toEqual(ok('precious bytes'));
    }
    expect((await rig.need(show, 'precious bytes', { kinds })).ran).toEqual([]);
  });
});

test('the cache directory is marked for git and for backups', async () => {
  await rig.need(
    kind('any', async () => ok('')),
    'x',
  );
  const read = (name: string): string => readFileSync(join(rig.cacheDirectory, name), 'utf8');
  expect(read('.gitignore')).toBe('*\n');
  expect(read('CACHEDIR.TAG')).toMatch(/^Signature: 8a477f597d28d172789f06886806bc55\n/);
});

test.each(['below a file', 'below /proc'])(
  'a cache that cannot be written, %s, costs one warning, and nothing else',
  async (where) => {
    rig.write('file', '');
    const warnings: string[] = [];
    const cache = openCache(where === 'below a file' ? rig.path('file/cache') : '/proc/none/cache', {
      onWarning: (message) => warnings.push(message),
    });
    const store = kind('store', async (context, text) => ok(context.store(text)));
    expect((await rig.need(store, 'x', { cache })).result).toEqual(ok(sha256('x')));
    expect(warnings).toEqual([expect.stringContaining('this run keeps nothing')]);
  },
);

const KEY = runKey(['build', 'all']);

async function keepRun(cache: Cache = openCache(rig.cacheDirectory)): Promise<string> {
  const { run, end } = rig.start({ cache, kinds: TOY_KINDS, environment: {} });
  const output = await driveToy(run);
  await end();
  const answer: RunAnswer = { stdout: Buffer.from(output), stderr: 'a warning\n', exitCode: 1 };
  await saveRun(cache, KEY, run.fingerprints, run.leaves(), answer);
  return output;
}
const look = (): RunAnswer | undefined =>
  lookupRun({ directory: rig.cacheDirectory, workspace: rig.root, key: KEY, environment: {} });

describe('whole runs', () => {
  beforeEach(() => {
    rig.write('lib/x', 'one');
    rig.write('apps/a', 'include lib/x\nlist lib\nprobe lib/y\nfact b');
    rig.write('apps/b', 'probe lib/deep\nprobe lib/x\nlist nowhere\ninclude gone');
  });

  test('an unchanged one gives what it gave', async () => {
    const output = await keepRun();
    const answer = look();
    expect([Buffer.from(answer?.stdout ?? []).toString(), answer?.stderr, answer?.exitCode]).toEqual([
      output,
      'a warning\n',
      1,
    ]);
    expect(lookupRun({ directory: rig.cacheDirectory, workspace: rig.root, key: runKey('other') })).toBeUndefined();
    expect(lookupRun({ directory: rig.path('nowhere'), workspace: rig.root, key: KEY })).toBeUndefined();
  });

  test.each<[string, boolean, () => void]>([
    ['a touched file', true, () => settle('lib/x')],
    ['a file written with what it held', true, () => rig.write('lib/x', 'one')],
    ['a file that nobody reads', true, () => rig.write('other/file', 'new')],
    ['a changed file', false, () => rig.write('lib/x', 'two')],
    [
      'a changed file of the same size and times',
      false,
      () => {
        rig.write('lib/x', 'eno');
        settle('lib/x');
      },
    ],
    ['a file that is gone', false, () => rmSync(rig.path('lib/x'))],
    ['a new entry in a directory', false, () => rig.write('lib/z', '')],
    ['a probed file', false, () => rig.write('lib/y', '')],
    ['a probed directory', false, () => rig.write('lib/deep/x', '')],
    ['a directory that was looked for', false, () => rig.write('nowhere/x', '')],
    ['a file that was looked for', false, () => rig.write('gone', '')],
    ['a new app', false, () => rig.write('apps/c', 'say c')],
    [
      'a file that became a link to elsewhere',
      false,
      () => {
        rmSync(rig.path('lib/x'));
        symlinkSync('/etc/hostname', rig.path('lib/x'));
      },
    ],
    [
      'a file that became a link to the same content',
      true,
      () => {
        rig.write('copy', 'one');
        rmSync(rig.path('lib/x'));
        symlinkSync('../copy', rig.path('lib/x'));
      },
    ],
  ])('%s: answered at once? %s', async (_, holds, change) => {
    settle('lib/x', 2_000_000);
    const output = await keepRun();
    change();
    const answer = look();
    expect(answer === undefined ? undefined : Buffer.from(answer.stdout).toString()).toBe(holds ? output : undefined);
  });

  test('damaged output, or a damaged record of the run, is not served', async () => {
    const output = await keepRun();
    const runs = join(rig.cacheDirectory, 'runs');
    const path = join(runs, readdirSync(runs)[0]!);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 3) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 16;
      writeFileSync(path, damaged);
      expect(look()).toBeUndefined();
    }
    writeFileSync(path, whole);
    expect(look()).toBeDefined();
    const digest = sha256(output);
    const content = `${rig.cacheDirectory}/content/content-v2/sha256/${digest.slice(0, 2)}/${digest.slice(2, 4)}/${digest.slice(4)}`;
    appendFileSync(content, 'x');
    expect(look()).toBeUndefined();
    await keepRun();
    expect(look()).toBeDefined();
  });

  test('a variable that a task read, and a reference that expired or moved, are looked at', async () => {
    const world = kind('world', async (context) => {
      const revision = await context.resolve({ name: 'main', intervalMs: 1000, ask: async () => ok('r1') });
      return ok(`${context.environment('WHO')} ${revision.ok}`);
    });
    const cache = openCache(rig.cacheDirectory);
    const { run, end } = rig.start({ cache, environment: { WHO: 'me' }, now: () => 10_000 });
    await run.need(world, 'x');
    await end();
    await saveRun(cache, KEY, run.fingerprints, run.leaves(), { stdout: Buffer.from('out'), stderr: '', exitCode: 0 });
    const holds = (WHO: string | undefined, nowMs: number, offline = false): boolean => {
      const lookup = { directory: rig.cacheDirectory, workspace: rig.root, key: KEY, nowMs, offline };
      return lookupRun({ ...lookup, environment: { WHO } }) !== undefined;
    };
    expect([holds('me', 10_500), holds('you', 10_500), holds(undefined, 10_500)]).toEqual([true, false, false]);
    expect([holds('me', 11_000), holds('me', 9_000), holds('me', 11_000, true)]).toEqual([false, false, true]);
    const other = openCache(rig.cacheDirectory);
    other.resolved({ name: 'main', revision: 'r2', askedAt: 10_400, intervalMs: 1000 });
    other.close();
    expect([holds('me', 10_500), holds('me', 10_500, true)]).toEqual([false, false]);
  });

  test('one in which something took part that no trace can say is not kept', async () => {
    const broken = kind('broken', async () => {
      throw new Error('oops');
    });
    const cache = openCache(rig.cacheDirectory);
    const { run, end } = rig.start({ cache });
    await run.need(broken, 'x');
    await end();
    await saveRun(cache, KEY, run.fingerprints, run.leaves(), { stdout: Buffer.from(''), stderr: '', exitCode: 1 });
    expect(look()).toBeUndefined();
  });
});

describe('collection', () => {
  const now = Date.now();
  const content = (): number => {
    const walk = (directory: string): number =>
      readdirSync(directory, { withFileTypes: true }).reduce(
        (sum, entry) => sum + (entry.isDirectory() ? walk(join(directory, entry.name)) : 1),
        0,
      );
    return walk(join(rig.cacheDirectory, 'content/content-v2'));
  };
  const runAt = async (): Promise<readonly string[]> => {
    const { run, end } = rig.start({ kinds: TOY_KINDS });
    await driveToy(run);
    return end();
  };

  test('drops records that served nobody lately, and bytes that nothing names', async () => {
    rig.write('apps/a', 'say one');
    await runAt();
    expect(collect(rig.cacheDirectory, { maxAgeMs: 10 * DAY, maxBytes: 1e9, nowMs: now })).toMatchObject({
      records: 0,
    });
    expect(await runAt()).toEqual([]);
    const later = collect(rig.cacheDirectory, { maxAgeMs: 10 * DAY, maxBytes: 1e9, nowMs: now + 12 * DAY });
    expect([later?.records, content()]).toEqual([2, 0]);
    expect(await runAt()).toEqual(['app:a', 'names']);
    expect(await runAt()).toEqual([]);
  });

  test('keeps to a size, and what is not yet named in a record for a while', async () => {
    rig.write('apps/a', 'say one');
    await runAt();
    collect(rig.cacheDirectory, { maxAgeMs: 10 * DAY, maxBytes: 0, nowMs: now });
    expect(content()).toBe(1);
    collect(rig.cacheDirectory, { maxAgeMs: 10 * DAY, maxBytes: 0, nowMs: now + DAY });
    expect(content()).toBe(0);
  });

  test('a run that is answered at once keeps its records alive', async () => {
    rig.write('apps/a', 'say one');
    await keepRun();
    const runs = join(rig.cacheDirectory, 'runs');
    const path = join(runs, readdirSync(runs)[0]!);
    utimesSync(path, (now + 20 * DAY) / 1000, (now + 20 * DAY) / 1000);
    const collected = collect(rig.cacheDirectory, { maxAgeMs: 10 * DAY, maxBytes: 1e9, nowMs: now + 25 * DAY });
    expect(collected).toMatchObject({ records: 0, runs: 0 });
    expect(look()).toBeDefined();
    expect(await runAt()).toEqual([]);
  });

  test('beside another collection does nothing', () => {
    rig.write('.flux-local-cache/x', '');
    withLock(join(rig.cacheDirectory, 'collect.lock'), () =>
      expect(collect(rig.cacheDirectory, { maxAgeMs: 0, maxBytes: 0 })).toBeUndefined(),
    );
  });
});
