import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeCacheDirectory } from '../../cache/index.ts';
import type { PhaseResult } from './phase-run.ts';

/** One run of one phase. */
export interface HistoryEntry {
  readonly id: number;
  readonly phase: string;
  readonly outcome: string;
  readonly why: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly toolVersion: string;
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  phase TEXT NOT NULL,
  outcome TEXT NOT NULL,
  why TEXT NOT NULL,
  started_at TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  counts TEXT NOT NULL,
  tool_version TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_phase ON runs (phase, id);`;

/** Runs that are kept; older ones are dropped. */
const MAX_ENTRIES = 10_000;

interface Statements {
  exec(sql: string): void;
  run(sql: string, values?: readonly (string | number)[]): unknown;
  all(sql: string, values?: readonly (string | number)[]): readonly Record<string, unknown>[];
  close(): void;
}

async function open(file: string, readOnly: boolean): Promise<Statements> {
  const { default: sqlite } = (await import('node-sqlite3-wasm')) as unknown as {
    default: { Database: new (file: string, options?: { readOnly?: boolean; fileMustExist?: boolean }) => Statements };
  };
  return new sqlite.Database(file, readOnly ? { readOnly: true, fileMustExist: true } : {});
}

const fileOf = (cacheDirectory: string): string => join(cacheDirectory, 'phases', 'history.sqlite');

/** Adds what a run did. A history that cannot be written is told to `onWarning`, and the run goes on. */
export async function remember(
  cacheDirectory: string,
  results: readonly PhaseResult[],
  toolVersion: string,
  onWarning: (message: string) => void,
): Promise<void> {
  if (results.length === 0) return;
  try {
    makeCacheDirectory(cacheDirectory);
    mkdirSync(join(cacheDirectory, 'phases'), { recursive: true });
    const database = await open(fileOf(cacheDirectory), false);
    try {
      database.exec(SCHEMA);
      database.exec('BEGIN');
      for (const { phase, outcome, why, startedAt, durationMs, counts } of results)
        database.run(
          'INSERT INTO runs (phase, outcome, why, started_at, duration_ms, counts, tool_version) VALUES (?, ?, ?, ?, ?, ?, ?)',
          [phase, outcome, why, startedAt, Math.round(durationMs), JSON.stringify(counts), toolVersion],
        );
      database.run('DELETE FROM runs WHERE id <= (SELECT MAX(id) FROM runs) - ?', [MAX_ENTRIES]);
      database.exec('COMMIT');
    } finally {
      database.close();
    }
  } catch (error) {
    onWarning(`the history cannot be written: ${error instanceof Error ? error.message : error}`);
  }
}

/** The latest runs, newest first. Empty where nothing has run. */
export async function history(cacheDirectory: string, limit: number, phase?: string): Promise<HistoryEntry[]> {
  let database: Statements;
  try {
    database = await open(fileOf(cacheDirectory), true);
  } catch {
    return [];
  }
  try {
    const rows =
      phase === undefined
        ? database.all('SELECT * FROM runs ORDER BY id DESC LIMIT ?', [limit])
        : database.all('SELECT * FROM runs WHERE phase = ? ORDER BY id DESC LIMIT ?', [phase, limit]);
    return rows.map((row) => ({
      id: Number(row.id),
      phase: String(row.phase),
      outcome: String(row.outcome),
      why: String(row.why),
      startedAt: String(row.started_at),
      durationMs: Number(row.duration_ms),
      counts: JSON.parse(String(row.counts)) as Record<string, number>,
      toolVersion: String(row.tool_version),
    }));
  } finally {
    database.close();
  }
}
