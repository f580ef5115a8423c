import { existsSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lookupRun, memoryCache, openCache, runKey, saveRun } from '../../src/cache/index.ts';
import { type Event, Run } from '../../src/graph/index.ts';
import { fuzz } from '../fuzz.ts';
import { Rig } from './rig.ts';
import { driveToy, TOY_KINDS } from './toy.ts';

const APPS = ['a', 'b', 'c', 'd', 'e', 'f'];
const FILES = ['lib/x', 'lib/y', 'lib/deep/z'];
const app = fc.constantFrom(...APPS);
const file = fc.constantFrom(...FILES);
const path = fc.oneof(
  file,
  app.map((name) => `apps/${name}`),
  fc.constant('lib'),
);
const line = fc.oneof(
  fc.constantFrom('say one', 'say two', 'wrong'),
  file.map((name) => `include ${name}`),
  file.map((name) => `length ${name}`),
  path.map((name) => `probe ${name}`),
  fc.constantFrom('list lib', 'list apps', 'list lib/deep', 'list nowhere'),
  app.map((name) => `need ${name}`),
  fc.array(app, { minLength: 2, maxLength: 3 }).map((all) => `together ${all.join(' ')}`),
  app.map((name) => `fact ${name}`),
  app.map((name) => `maybe ${name}`),
  fc.tuple(app, app).map(([a, b]) => `mixed ${a} ${b}`),
);
const program = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n'));
const edit = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), at: app, text: program }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('fill' as const), at: file, text: fc.constantFrom('1', '2', '33') }),
  },
  fc.record({ do: fc.constant('delete' as const), at: path }),
  fc.record({ do: fc.constant('rename' as const), at: path, to: path }),
  fc.record({ do: fc.constant('touch' as const), at: path }),
  fc.record({ do: fc.constant('revert' as const) }),
  fc.record({ do: fc.constant('nothing' as const) }),
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

/** What every file held, to go back to. */
type State = Map<string, string>;
const paths = [...FILES, ...APPS.map((name) => `apps/${name}`)];
function stateOf(rig: Rig): State {
  const state: State = new Map();
  for (const one of paths) if (existsSync(rig.path(one))) state.set(one, readFileSync(rig.path(one), 'utf8'));
  return state;
}

function apply(rig: Rig, what: Edit, earlier: readonly State[]): void {
  const at = 'at' in what ? rig.path(what.at) : '';
  switch (what.do) {
    case 'write':
      rig.write(`apps/${what.at}`, what.text);
      break;
    case 'fill':
      rig.write(what.at, what.text);
      break;
    case 'delete':
      rmSync(at, { recursive: true, force: true });
      break;
    case 'rename':
      if (existsSync(at) && what.at !== 'lib' && what.to !== 'lib' && existsSync(rig.path('lib/deep')))
        renameSync(at, rig.path(what.to));
      break;
    case 'touch':
      if (existsSync(at)) utimesSync(at, 1_000_000, 1_000_000);
      break;
    case 'revert': {
      const state = earlier.at(-2);
      if (state === undefined) break;
      for (const one of paths) rmSync(rig.path(one), { force: true });
      for (const [one, text] of state) rig.write(one, text);
      break;
    }
    case 'nothing':
  }
}

const KEY = runKey('toy');
/** What an earlier run's record gives at once. */
function look(rig: Rig): string | undefined {
  const answer = lookupRun({ directory: rig.cacheDirectory, workspace: rig.root, key: KEY });
  return answer === undefined ? undefined : Buffer.from(answer.stdout).toString();
}

interface Ran {
  readonly output: string;
  readonly warnings: readonly string[];
  readonly ran: readonly string[];
  /** What each task read, by its id. */
  readonly traces: ReadonlyMap<string, string>;
}

async function runToy(rig: Rig, warm: boolean, jobs: number): Promise<Ran> {
  const cache = warm ? openCache(rig.cacheDirectory) : memoryCache();
  const warnings: string[] = [];
  const listener = (event: Event): void => {
    if (event.type === 'warning') warnings.push(event.message);
  };
  const run = new Run({ workspace: rig.root, cache, jobs, kinds: TOY_KINDS, listener });
  const output = await driveToy(run);
  const { ranIds } = await run.finish();
  await saveRun(cache, KEY, run.fingerprints, run.leaves(), { stdout: Buffer.from(output), stderr: '', exitCode: 0 });
  cache.close();
  const traces = new Map<string, string>();
  for (const node of run.nodes) {
    // The order in which answers came in is of no concern here.
    const entries = node.trace.map((entry) => entry.slice(0, entry[0] === 'fact' ? 4 : 3));
    traces.set(node.id, node.volatile ? 'volatile' : JSON.stringify(entries));
  }
  return { output, warnings: warnings.sort(), ran: ranIds, traces };
}

test('after any edits a warm run gives what a cold run gives, on any number of jobs, and runs only what the edit explains', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(app, program), { minLength: 3, maxLength: 6 }),
      fc.array(edit, { minLength: 1, maxLength: 6 }),
      async (programs, edits) => {
        const rig = new Rig();
        try {
          for (const one of FILES) rig.write(one, '1');
          for (const [name, text] of programs) rig.write(`apps/${name}`, text);
          const states: State[] = [];
          let before: Ran | undefined;
          for (const what of [{ do: 'nothing' } as const, { do: 'nothing' } as const, ...edits]) {
            apply(rig, what, states);
            states.push(stateOf(rig));
            const atOnce = look(rig);
            const warm = await runToy(rig, true, 8);
            const cold = await runToy(rig, false, 1);
            expect([undefined, cold.output]).toContain(atOnce);
            if (![...cold.traces.values()].includes('volatile')) expect(look(rig)).toBe(cold.output);
            expect([warm.output, warm.warnings]).toEqual([cold.output, cold.warnings]);
            const last = before;
            if (last !== undefined) {
              const unexplained = warm.ran.filter(
                (id) => last.traces.get(id) === cold.traces.get(id) && cold.traces.get(id) !== 'volatile',
              );
              expect(unexplained).toEqual([]);
            }
            before = cold;
          }
        } finally {
          rig.dispose();
        }
      },
    ),
    fuzz(40),
  );
});
