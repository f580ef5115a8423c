import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { recordedIo } from '../recorded-io.ts';

/** What a program gave. `output`: the text, or its place in `outputs`. */
interface Outcome {
  readonly code: number;
  readonly output: string | number;
  readonly error?: string;
  readonly files?: Readonly<Record<string, string | number>>;
}
interface Case {
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly both?: Outcome;
  readonly helm3?: Outcome;
  readonly helm4?: Outcome;
}
interface Recorded {
  readonly executable: readonly string[];
  readonly files: Readonly<Record<string, string | { readonly base64: string }>>;
  readonly outputs: readonly string[];
  readonly cases: readonly Case[];
}

const recorded: Recorded = JSON.parse(
  readFileSync(new URL('../../conformance/helm-command.json', import.meta.url), 'utf8'),
);
const textOf = (text: string | number): string => (typeof text === 'string' ? text : recorded.outputs[text]!);

let directory: string;
let tree: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'helm-command-'));
  tree = join(directory, 'tree');
  mkdirSync(join(directory, 'home'));
  for (const [path, content] of Object.entries(recorded.files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'));
  }
  for (const path of recorded.executable) chmodSync(join(tree, path), 0o755);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const filesBelow = (path: string): string[] =>
  readdirSync(path).flatMap((name) => {
    const at = join(path, name);
    return statSync(at).isDirectory() ? filesBelow(at) : [at];
  });

/** What the command leaves, in the words of the record. */
async function run({ args, stdin, env }: Case, major: '3' | '4'): Promise<Outcome> {
  const writes = args.some((arg) => arg.startsWith('--output-dir'));
  const cwd = writes ? mkdtempSync(join(directory, 'w-')) : tree;
  if (writes) cpSync(tree, cwd, { recursive: true });
  const home = { PATH: '/usr/bin:/bin', HOME: join(directory, 'home'), FLUX_LOCAL_CACHE: join(directory, 'cache') };
  const recorder = recordedIo(cwd, { ...home, ...env });
  const io = Object.assign(recorder.io, { stdin: () => stdin ?? '' });
  await main(['template', `--helm-version=${major}`, '--real', ...args], io);
  const { stdout, stderr, code } = recorder.ran();
  const files: Record<string, string> = {};
  if (writes)
    for (const path of filesBelow(cwd)) {
      const name = relative(cwd, path);
      const before = recorded.files[name];
      const text = readFileSync(path, 'utf8');
      if (typeof before !== 'object' && before !== text) files[name] = text;
    }
  const shown = (text: string): string => text.replaceAll(cwd, '/W').replaceAll(directory, '/D');
  const error = shown(stderr).trim();
  return {
    code,
    output: shown(stdout),
    ...(error === '' ? {} : { error }),
    ...(Object.keys(files).length === 0 ? {} : { files }),
  };
}

describe.each(['3', '4'] as const)('whole commands as Helm %s', (major) => {
  test(`all ${recorded.cases.length} print, say and leave what helm template does`, { timeout: 300_000 }, async () => {
    const failing: unknown[] = [];
    for (const one of recorded.cases) {
      const wanted = one.both ?? one[`helm${major}`]!;
      const { files } = wanted;
      const expected = {
        ...wanted,
        output: textOf(wanted.output),
        ...(files === undefined
          ? {}
          : { files: Object.fromEntries(Object.entries(files).map(([path, text]) => [path, textOf(text)])) }),
      };
      const got = await run(one, major);
      try {
        expect(got).toEqual(expected);
      } catch {
        failing.push({ args: one.args, got, expected });
      }
    }
    expect(failing).toEqual([]);
  });
});
