import { readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, type Digest, sha256 } from '../core/digest.ts';
import type { Cache } from './cache.ts';
import { ContentStore } from './content.ts';
import { Fingerprints, racy } from './fingerprints.ts';
import { ESCAPES, GuardedTree } from './guarded-tree.ts';
import { Journal } from './journal.ts';
import type { TraceEntry } from './records.ts';
import { replaceFile } from './replace-file.ts';
import { RESOLUTIONS_HEADER, Resolutions, serves } from './resolutions.ts';
import { decodeRun, encodeRun, ROW_TYPES, type RowType, type RunFile, type RunRow } from './run-format.ts';

const DAY_MS = 86_400_000;

/** What a command gave. */
export interface RunAnswer {
  readonly stdout: Uint8Array;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface RunLookup {
  /** The cache directory. */
  readonly directory: string;
  readonly workspace: string;
  /** @see runKey */
  readonly key: Digest;
  /** Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly offline?: boolean;
  /** Milliseconds since 1970. Default the clock's. */
  readonly nowMs?: number;
}

/**
 * The key of a whole run: all that decides what it prints besides what its tasks read (the command, its options, the tool's
 * version, the workspace's own path where it is printed).
 */
export const runKey = (parts: unknown): Digest => sha256(canonicalJson(['run', 1, parts]));

const runFile = (directory: string, root: string, key: Digest): string =>
  join(directory, 'runs', sha256(`${root}\0${key}`));

/**
 * The answer of an earlier run of the same command, if nothing that it read is different now. Reads one file, looks once at
 * each path, and loads nothing of the graph.
 */
export function lookupRun(lookup: RunLookup): RunAnswer | undefined {
  try {
    const tree = new GuardedTree(lookup.workspace);
    const path = runFile(lookup.directory, tree.root, lookup.key);
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch {
      return undefined;
    }
    const run = decodeRun(bytes);
    if (run === undefined || !surroundingsHold(run, lookup)) return undefined;
    const settled = filesHold(run, tree, lookup.directory);
    if (settled === undefined) return undefined;
    const stdout = new ContentStore(join(lookup.directory, 'content')).read(run.head.stdout);
    if (stdout === undefined) return undefined;
    keepUp(path, run, settled);
    return { stdout, stderr: run.head.stderr, exitCode: run.head.exitCode };
  } catch {
    return undefined; // whatever is wrong, the run itself finds out and says
  }
}

function surroundingsHold({ head }: RunFile, lookup: RunLookup): boolean {
  const environment = lookup.environment ?? process.env;
  for (const [name, digest] of head.environment) {
    const value = environment[name];
    if ((typeof value === 'string' ? sha256(value) : '') !== digest) return false;
  }
  if (head.resolutions.length === 0) return true;
  const resolutions = new Resolutions(new Journal(join(lookup.directory, 'resolutions'), RESOLUTIONS_HEADER));
  const nowMs = lookup.nowMs ?? Date.now();
  for (const [name, revision] of head.resolutions) {
    const known = resolutions.get(name);
    if (known?.revision !== revision || !(lookup.offline || serves(known, nowMs))) return false;
  }
  return true;
}

/** The rows whose `stat` was brought up to date, or `undefined` where a path is not as it was. */
function filesHold(run: RunFile, tree: GuardedTree, hidden: string): number | undefined {
  const { count, types, stats, paths } = run;
  const nowMs = Date.now();
  let slow: Fingerprints | undefined;
  let settled = 0;
  for (let row = 0; row < count; row++) {
    const type = ROW_TYPES[types[row]!] as RowType;
    const path = paths[row]!;
    const at = tree.locate(path);
    if (type === 'outside' || at === ESCAPES) {
      if (type !== 'outside' || at !== ESCAPES) return undefined;
      continue;
    }
    if (type === 'absent') {
      if (at !== undefined) return undefined;
      continue;
    }
    if (type === 'no-file' || type === 'no-directory') {
      if (at?.type === (type === 'no-file' ? 'file' : 'directory')) return undefined;
      continue;
    }
    if (at === undefined) return undefined;
    if (type === 'exists-file' || type === 'exists-directory') {
      if (at.type !== (type === 'exists-file' ? 'file' : 'directory')) return undefined;
      continue;
    }
    const { size, mtimeMs, ctimeMs, ino } = at;
    const n = row * 4;
    // Of equal inode, size and times, with no link on the way: the file that it was.
    const untouched =
      mtimeMs === stats[n + 1] && ctimeMs === stats[n + 2] && size === stats[n] && ino === stats[n + 3] && !at.linked;
    if (untouched) continue;
    slow ??= new Fingerprints(tree.root, undefined, hidden);
    if ((type === 'file' ? slow.file(path) : slow.directory(path)) !== run.digest(row)) return undefined;
    if (at.linked || racy(at, nowMs)) continue;
    run.settle(row, [size, mtimeMs, ctimeMs, ino]);
    settled++;
  }
  return settled;
}

/** Spares the next run the reading of what was read now, and shows the collection that the record serves. */
function keepUp(path: string, run: RunFile, settled: number): void {
  try {
    if (settled > 0) replaceFile(path, run.bytes());
    else if (Date.now() - statSync(path).mtimeMs > DAY_MS) utimesSync(path, new Date(), new Date());
  } catch {
    // The answer is right without it.
  }
}

/**
 * Keeps a run for `lookupRun`. Call it after `run.finish()`, with `run.leaves()`; a run that is `volatile` is not kept.
 * @param leaves what the run read outside of itself, and the keys of its tasks
 */
export async function saveRun(
  cache: Cache,
  key: Digest,
  fingerprints: Fingerprints,
  leaves: { readonly trace: readonly TraceEntry[]; readonly keys: readonly Digest[]; readonly volatile: boolean },
  answer: RunAnswer,
): Promise<void> {
  if (cache.directory === undefined || leaves.volatile) return;
  const stdout = sha256(answer.stdout);
  const environment: [string, string][] = [];
  const resolutions: [string, string][] = [];
  for (const entry of leaves.trace) {
    if (entry[0] === 'env') environment.push([entry[1], entry[2] === 0 ? '' : entry[2]]);
    else if (entry[0] === 'resolve') resolutions.push([entry[1], entry[2]]);
  }
  const head = { environment, resolutions, stdout, stderr: answer.stderr, exitCode: answer.exitCode };
  await cache.write(stdout, answer.stdout);
  cache.flush(); // the answers to mutable references stand in their own file
  cache.keepFile(
    runFile(cache.directory, fingerprints.root, key),
    encodeRun(head, rowsOf(leaves.trace, fingerprints), leaves.keys),
  );
}

function rowsOf(trace: readonly TraceEntry[], fingerprints: Fingerprints): readonly RunRow[] {
  const rows = new Map<string, RunRow>();
  const add = (path: string, type: RowType, digest: Digest, of = path): void => {
    const stat = digest === '' ? undefined : fingerprints.kept(of, digest);
    rows.set(`${type} ${path}`, { path, type, digest, stat });
  };
  for (const [type, path, answer] of trace) {
    if ((type !== 'file' && type !== 'list' && type !== 'exists') || fingerprints.hides(path)) continue;
    if (answer === 1) add(path, 'outside', '');
    else if (type === 'file') answer === 0 ? add(path, 'no-file', '') : add(path, 'file', answer as Digest);
    else if (type === 'list')
      answer === 0 ? add(path, 'no-directory', '') : add(path, 'list', answer as Digest, `${path}/`);
    else if (answer === 0) add(path, 'absent', '');
    else add(path, answer === 'file' ? 'exists-file' : 'exists-directory', '');
  }
  // What a stronger answer about the same path says is not asked twice.
  for (const { path } of [...rows.values()]) {
    if (rows.has(`file ${path}`))
      for (const weaker of ['exists-file', 'no-directory']) rows.delete(`${weaker} ${path}`);
    if (rows.has(`list ${path}`))
      for (const weaker of ['exists-directory', 'no-file']) rows.delete(`${weaker} ${path}`);
    if (rows.has(`absent ${path}`)) for (const weaker of ['no-file', 'no-directory']) rows.delete(`${weaker} ${path}`);
  }
  return [...rows.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
