import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openCache } from '../../src/cache/index.ts';
import { readClusterFlags } from '../../src/cli/cluster-flags.ts';
import { type Evaluation, evaluateCluster } from '../../src/cli/evaluate.ts';
import { canonicalJson } from '../../src/core/digest.ts';
import { formatFailure } from '../../src/reports/index.ts';
import { fuzz } from '../fuzz.ts';
import { Rig } from './rig.ts';

/** A change that a person could make to a repository. Numbers choose among the files that are there when it is made. */
type Edit =
  | { readonly type: 'value'; readonly file: number; readonly line: number }
  | { readonly type: 'rename' | 'delete' | 'touch' | 'rewrite'; readonly file: number }
  | { readonly type: 'add'; readonly directory: number; readonly what: number }
  | { readonly type: 'revert' };

const nat = fc.nat({ max: 1 << 20 });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('value' as const), file: nat, line: nat }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('rename' as const, 'delete' as const), file: nat }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('touch' as const, 'rewrite' as const), file: nat }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('add' as const), directory: nat, what: nat }) },
  { weight: 1, arbitrary: fc.constant({ type: 'revert' as const }) },
);

/** Files that make a difference where they appear: probed and absent, discovered, or of no account. */
const ADDED: readonly (readonly [string, string])[] = [
  ['extra.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: extra, namespace: default }\ndata: { a: "1" }\n'],
  ['kustomization.yaml', 'resources: []\n'],
  ['kustomization.yml', 'resources: []\n'],
  ['.sourceignore', '*.css\n'],
  ['.helmignore', 'templates/ingress.yaml\n'],
  ['notes.txt', 'nothing reads this\n'],
  ['templates/extra.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ .Release.Name }}-extra }\n'],
];

class Tree {
  readonly root: string;
  readonly #original = new Map<string, Buffer>();
  constructor(root: string) {
    this.root = root;
    for (const file of this.files()) this.#original.set(file, readFileSync(join(root, file)));
  }
  files(): string[] {
    return readdirSync(this.root, { recursive: true, encoding: 'utf8' })
      .filter((file) => !file.startsWith('.flux-local-cache') && statSync(join(this.root, file)).isFile())
      .sort();
  }
  apply(edit: Edit): void {
    const files = this.files();
    const file = 'file' in edit ? join(this.root, files[edit.file % files.length]!) : '';
    switch (edit.type) {
      case 'value': {
        const lines = readFileSync(file, 'utf8').split('\n');
        const at = lines.findIndex((line, i) => i >= edit.line % lines.length && /\d/.test(line));
        if (at >= 0) lines[at] = lines[at]!.replace(/\d/, (digit) => String((Number(digit) + 1) % 10));
        else lines.push('# changed');
        writeFileSync(file, lines.join('\n'));
        return;
      }
      case 'rename':
        renameSync(file, `${file}.renamed.yaml`);
        return;
      case 'delete':
        rmSync(file);
        return;
      case 'touch':
        utimesSync(file, new Date(), new Date());
        return;
      case 'rewrite':
        writeFileSync(file, readFileSync(file));
        return;
      case 'add': {
        const [name, text] = ADDED[edit.what % ADDED.length]!;
        const directories = [...new Set(files.map((one) => join(one, '..')))];
        let directory = directories[edit.directory % directories.length]!;
        let target = name;
        if (name.startsWith('templates/')) {
          directory = 'charts/service';
          target = name;
        }
        writeFileSync(join(this.root, directory, target), text);
        return;
      }
      case 'revert':
        for (const one of files) if (!this.#original.has(one)) rmSync(join(this.root, one));
        for (const [one, bytes] of this.#original) {
          const path = join(this.root, one);
          if (!files.includes(one) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes);
        }
    }
  }
}

async function evaluate(directory: string, cacheDir: string, jobs: number): Promise<Evaluation> {
  let said = '';
  const io = {
    stdout: { write: () => {} },
    stderr: {
      write: (text: string) => {
        said += text;
      },
    },
    env: {},
    cwd: directory,
    exitCode: 0,
  };
  const flags = { ...readClusterFlags({ path: 'clusters/staging' }), cacheDir, jobs };
  // The workspace is the example whatever an edit does to the files that would tell.
  const workspace = { root: directory, path: 'clusters/staging' };
  const evaluation = await evaluateCluster(io, flags, { what: 'all', name: undefined }, workspace);
  if (evaluation === undefined) throw new Error(`nothing evaluated: ${said}`);
  return evaluation;
}

/** All that a person sees of a run. */
const shown = (evaluation: Evaluation): string =>
  [
    ...evaluation.objects().map((object) => `${object.parent}\n${object.text()}`),
    ...evaluation.failures.map(formatFailure),
    ...[...evaluation.warnings].sort(),
    ...evaluation.store
      .list()
      .map((object) => `${object.id.kind}/${object.id.namespace}/${object.id.name} ${object.status.phase}`),
  ].join('\n');

/** What each task of a run read and gave: two runs in which these are equal differ in nothing that a task could notice. */
function records(evaluation: Evaluation, cacheDir: string): Map<string, string> {
  const cache = openCache(cacheDir);
  const found = new Map<string, string>();
  for (const node of evaluation.run.nodes) {
    const record = cache.records(node.key)[0];
    if (record !== undefined)
      found.set(node.id, canonicalJson([record.key, record.trace, record.output ?? null, record.failure ?? null]));
  }
  return found;
}

describe('after any edit', () => {
  test('a warm run gives what a run on an empty cache gives, and runs no task that the edit does not explain', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), fc.constantFrom(1, 4), async (edits, jobs) => {
        const rig = Rig.example();
        try {
          const tree = new Tree(rig.directory);
          const warm = join(rig.root, 'warm');
          await evaluate(rig.directory, warm, jobs);
          let before = await coldRun(rig, 0, jobs);
          expect(before.records.size).toBeGreaterThan(40);
          for (const [index, one] of edits.entries()) {
            tree.apply(one);
            const now = await evaluate(rig.directory, warm, jobs);
            const after = await coldRun(rig, index + 1, jobs);
            expect(shown(now)).toBe(after.shown);
            const unexplained = now.statistics.ranIds.filter(
              (id) => before.records.has(id) && before.records.get(id) === after.records.get(id),
            );
            expect(unexplained).toEqual([]);
            const again = await evaluate(rig.directory, warm, jobs);
            expect(again.statistics.ranIds).toEqual([]);
            expect(shown(again)).toBe(after.shown);
            before = after;
          }
        } finally {
          rig.close();
        }
      }),
      { ...fuzz(12), endOnFailure: false },
    );
  }, 600_000);
});

async function coldRun(
  rig: Rig,
  index: number,
  jobs: number,
): Promise<{ shown: string; records: Map<string, string> }> {
  const cacheDir = join(rig.root, `cold-${index}`);
  const evaluation = await evaluate(rig.directory, cacheDir, jobs);
  return { shown: shown(evaluation), records: records(evaluation, cacheDir) };
}
