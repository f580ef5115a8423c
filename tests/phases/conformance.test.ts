import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { run, workspace } from './workspace.ts';

interface Expected {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
interface Case {
  readonly id: string;
  readonly files: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly runs: readonly (readonly string[])[];
  readonly expected: readonly Expected[];
  readonly files_after?: Readonly<Record<string, string>>;
  readonly unordered?: boolean;
  /** Why ours is meant to differ, and what ours gives. */
  readonly ours?: { readonly why: string; readonly expected: readonly Expected[] };
}

const { cases } = JSON.parse(readFileSync('conformance/taskfile.json', 'utf8')) as { cases: readonly Case[] };

for (const one of cases)
  test(`as go-task: ${one.id}`, async () => {
    const root = workspace(one.files);
    const name = (text: string): string => text.replaceAll(root, '<dir>').replaceAll(basename(root), '<base>');
    const lines = (text: string): string | string[] => (one.unordered === true ? text.split('\n').sort() : text);
    const got: unknown[] = [];
    const wanted: unknown[] = [];
    for (const [at, args] of one.runs.entries()) {
      const ran = await run(join(root, one.directory ?? ''), args, { env: one.env ?? {} });
      const expected = (one.ours?.expected ?? one.expected)[at] as Expected;
      got.push({ args, code: ran.code, stdout: lines(name(ran.stdout)), stderr: lines(name(ran.stderr)) });
      wanted.push({ args, code: expected.code, stdout: lines(expected.stdout), stderr: lines(expected.stderr) });
    }
    expect(got).toEqual(wanted);
    expect(changedFiles(root, one.files)).toEqual(one.files_after ?? {});
  });

function changedFiles(root: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const changed: Record<string, string> = {};
  const visit = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== '.flux-local-cache') visit(path);
        continue;
      }
      const text = readFileSync(path, 'utf8');
      const key = relative(root, path);
      if (before[key] !== text) changed[key] = text;
    }
  };
  visit(root);
  return changed;
}
