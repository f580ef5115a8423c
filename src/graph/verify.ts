import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskRecord, TraceEntry } from '../cache/index.ts';
import { sha256 } from '../core/digest.ts';
import { traced } from './files.ts';
import type { TaskNode } from './node.ts';
import type { Run } from './run.ts';
import { orderOf } from './trace.ts';

/**
 * Walks a record's trace in order. Questions that the task put without waiting for each other's answers are put so here.
 * @returns why the record does not hold, in words; `undefined` where it does
 */
export async function verify(run: Run, node: TaskNode, record: TaskRecord): Promise<string | undefined> {
  const open: { readonly rank: number; readonly checked: Promise<string | undefined> }[] = [];
  let questions = 0;
  const stale = async (upTo: number): Promise<string | undefined> => {
    for (let i = 0; i < open.length; i++) {
      const question = open[i]!;
      if (question.rank >= upTo) continue;
      const why = await question.checked;
      if (why !== undefined) return why;
      open.splice(i--, 1);
    }
    return undefined;
  };
  for (const entry of record.trace) {
    let why: string | undefined;
    if (entry[0] === 'need' || entry[0] === 'fact' || entry[0] === 'resolve') {
      const { after, rank } = orderOf(entry, questions++);
      why = await stale(after);
      if (why === undefined) open.push({ rank, checked: checkAnswer(run, node, entry) });
    } else {
      if (entry[0] === 'file' && !run.fingerprints.prepared && !run.fingerprints.quick(entry[1]))
        await run.pulse.holding(() => run.fingerprints.prepare());
      why = checkObservation(run, entry);
    }
    if (why !== undefined) return why;
  }
  return stale(Number.POSITIVE_INFINITY);
}

type AnswerEntry = Extract<TraceEntry, readonly ['need' | 'fact' | 'resolve', ...unknown[]]>;

async function checkAnswer(run: Run, node: TaskNode, entry: AnswerEntry): Promise<string | undefined> {
  const [type, name] = entry;
  switch (type) {
    case 'need': {
      const target = run.revive(name);
      if (target === undefined) return `a task that it needs is not known any more (${name.slice(0, 12)})`;
      const settled = await run.askNeed(node, target);
      return settled.digest === entry[2] && !settled.volatile ? undefined : `${target.id} changed`;
    }
    case 'fact': {
      const fact = await run.askFact(node, name, entry[3] === 1);
      if ((fact?.digest ?? 0) === entry[2]) return undefined;
      return fact === undefined ? `${name} is gone` : entry[2] === 0 ? `${name} appeared` : `${name} changed`;
    }
    case 'resolve': {
      const known = run.resolution(name);
      if (known === undefined) return `${name} is to be resolved again`;
      return known.revision === entry[2] ? undefined : `${name} is now ${known.revision}`;
    }
  }
}

type ObservationEntry = Exclude<TraceEntry, AnswerEntry>;

/** Why an observation does not hold any more. */
export function checkObservation(run: Run, entry: ObservationEntry): string | undefined {
  const [type, name, was] = entry;
  let is: string | 0 | 1;
  switch (type) {
    case 'file':
      if (typeof was === 'string' && !run.fingerprints.differs(name, was)) return undefined;
      // Only whether something is there is asked from here on: what differs is not hashed for a word.
      is = run.fingerprints.exists(name) === 'file' ? 'other' : traced(run.fingerprints.file(name));
      break;
    case 'list':
      is = traced(run.fingerprints.directory(name));
      break;
    case 'exists':
      is = traced(run.fingerprints.exists(name));
      break;
    case 'env': {
      const value = run.environment(name);
      is = value === undefined ? 0 : sha256(value);
      if (is !== was) return `$${name} changed`;
      break;
    }
    case 'tree': {
      const cache = run.cache.directory;
      return cache !== undefined && existsSync(join(cache, name)) ? undefined : `${name} is not in the cache`;
    }
  }
  if (is === was) return undefined;
  const path = name === '' ? '.' : name;
  if (is === 0) return `${path} is gone`;
  if (was === 0) return `${path} appeared`;
  return type === 'list' ? `the entries of ${path} changed` : `${path} changed`;
}
