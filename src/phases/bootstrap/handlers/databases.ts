import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BootstrapContext, type BootstrapHandler, BootstrapProblem } from '../handler.ts';
import type { DatabaseRequirement } from '../requirements.ts';

interface Database {
  exec(sql: string): void;
  all(sql: string): readonly Record<string, unknown>[];
  close(): void;
}
type DatabaseClass = new (file?: string, options?: { readOnly?: boolean }) => Database;

async function library(): Promise<DatabaseClass> {
  const { default: sqlite } = (await import('node-sqlite3-wasm')) as unknown as {
    default: { Database: DatabaseClass };
  };
  return sqlite.Database;
}

/** Makes SQLite files with the tables of their schema. A table that is there stays as it is. Connections are closed after. */
export const databases: BootstrapHandler = {
  name: 'databases',
  priority: 10,
  async shouldRun(context) {
    for (const one of context.requirements.databases) if ((await missing(context, one)).length > 0) return true;
    return false;
  },
  async execute(context) {
    let done = 0;
    for (const one of context.requirements.databases) {
      const statements = await missing(context, one);
      if (statements.length === 0) continue;
      const path = context.locate(one.path);
      const isNew = !existsSync(path);
      mkdirSync(dirname(path), { recursive: true });
      const Database = await library();
      const database = new Database(path);
      try {
        database.exec('BEGIN');
        for (const statement of statements) database.exec(statement);
        // An empty file is no database yet: this writes its header.
        if (isNew) database.exec('PRAGMA user_version = 1');
        database.exec('COMMIT');
      } catch (error) {
        throw new BootstrapProblem(`${one.path}: ${(error as Error).message}`);
      } finally {
        database.close();
      }
      context.log(
        `${isNew ? 'made the database' : 'added to the database'} ${one.path} (${statements.length} statements)`,
      );
      done++;
    }
    return done;
  },
};

/** The statements that make what the schema has and the database has not. */
async function missing(context: BootstrapContext, one: DatabaseRequirement): Promise<string[]> {
  const path = context.locate(one.path);
  const wanted = one.schema === '' ? [] : await objectsOf(context, one.schema);
  if (!existsSync(path)) return wanted.length === 0 ? ['SELECT 1'] : wanted.map(({ sql }) => sql);
  const Database = await library();
  const database = new Database(path, { readOnly: true });
  try {
    const there = new Set(names(database));
    return wanted.filter(({ name }) => !there.has(name)).map(({ sql }) => sql);
  } catch (error) {
    throw new BootstrapProblem(`${one.path} is no SQLite database: ${(error as Error).message}`);
  } finally {
    database.close();
  }
}

const names = (database: Database): string[] =>
  database.all('SELECT name FROM sqlite_master').map(({ name }) => String(name));

/** What a schema makes, found by making it in memory. */
async function objectsOf(context: BootstrapContext, schema: string): Promise<{ name: string; sql: string }[]> {
  let sql: string;
  try {
    sql = readFileSync(context.locate(schema), 'utf8');
  } catch {
    throw new BootstrapProblem(`the schema ${schema} cannot be read`);
  }
  const Database = await library();
  const database = new Database();
  try {
    database.exec(sql);
    return database
      .all("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
      .map((row) => ({ name: String(row.name), sql: String(row.sql) }));
  } catch (error) {
    throw new BootstrapProblem(`the schema ${schema}: ${(error as Error).message}`);
  } finally {
    database.close();
  }
}
