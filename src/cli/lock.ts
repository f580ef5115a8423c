import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { replaceFile } from '../cache/index.ts';
import type { Run } from '../graph/index.ts';
import { LOCK_FILE, readLockfile, writeLockfile } from '../sources/lockfile.ts';
import { addClusterFlags, readClusterFlags } from './cluster-flags.ts';
import { evaluateCluster, finish } from './evaluate.ts';
import type { Io } from './io.ts';

/** `flux-local lock`: writes down what each moving reference means now. Runs that find the file keep to it. */
export function lockCommand(io: Io): Command {
  const command = new Command('lock').description(
    `Write ${LOCK_FILE} at the repository's root: each branch, tag and version range with its revision. Runs that find the file keep to it; with --refresh it is renewed.`,
  );
  return addClusterFlags(command).action(async (options: Record<string, unknown>) => {
    const flags = readClusterFlags(options);
    const evaluation = await evaluateCluster(
      io,
      flags,
      { what: 'all', name: undefined },
      { ignoreLock: flags.refresh },
    );
    if (evaluation === undefined) return;
    const path = join(evaluation.workspace.root, LOCK_FILE);
    const before = readOld(path);
    const found = await references(evaluation.run);
    // What could not be fetched keeps the revision that it had.
    const lock = evaluation.failures.length > 0 ? new Map([...before, ...found]) : found;
    const text = writeLockfile(lock);
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) replaceFile(path, Buffer.from(text));
    finish(io, evaluation, report(before, lock), {});
    evaluation.run.cache.close();
  });
}

function readOld(path: string): ReadonlyMap<string, string> {
  if (!existsSync(path)) return new Map();
  const lock = readLockfile(readFileSync(path, 'utf8'));
  return lock.ok ? lock.value : new Map();
}

/** The references of a run that can come to mean something else, with what they mean in it. */
async function references(run: Run): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const node of run.nodes) {
    const { result } = await node.settled;
    if (!result.ok) continue;
    const { reference, pinned } = (result.value ?? {}) as { reference?: unknown; pinned?: unknown };
    if (typeof reference === 'string' && typeof pinned === 'string' && !isFixed(reference, pinned))
      found.set(reference, pinned);
  }
  return found;
}

/** Whether the reference itself names the digest or commit that it means. */
function isFixed(reference: string, revision: string): boolean {
  const digest = /(?:^|[@:])([0-9a-f]{40,})$/.exec(revision)?.[1];
  return digest !== undefined && reference.includes(digest);
}

function report(before: ReadonlyMap<string, string>, lock: ReadonlyMap<string, string>): string {
  const lines: string[] = [];
  for (const name of [...new Set([...before.keys(), ...lock.keys()])].sort()) {
    const was = before.get(name);
    const is = lock.get(name);
    if (was === is) continue;
    lines.push(
      was === undefined ? `+ ${name}: ${is}` : is === undefined ? `- ${name}: ${was}` : `~ ${name}: ${was} → ${is}`,
    );
  }
  const unchanged = lines.length === 0 ? ', unchanged' : '';
  return `${lines.map((line) => `${line}\n`).join('')}${LOCK_FILE}: ${lock.size} ${lock.size === 1 ? 'reference' : 'references'}${unchanged}\n`;
}
