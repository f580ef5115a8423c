import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { quoteGo } from '../../core/go-quote.ts';
import { parseNodes } from '../../engines/goyaml/index.ts';
import type { Include, Taskfile, Variables } from './ast.ts';
import { decodeTaskfile } from './decode.ts';
import { DecodeError } from './decode-node.ts';
import { EXIT, TaskError } from './errors.ts';
import { expandLiteral } from './expand.ts';
import { fileAt, notFound } from './find.ts';
import { mergeTaskfile } from './merge.ts';
import { isAbsolutePath, relativeTo, smartJoin } from './paths.ts';
import { snippet } from './snippet.ts';
import { TemplateCache } from './templater.ts';

/** Deeper chains of includes are refused: a repository is data. */
const MAX_INCLUDES = 1000;

export interface ReadOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The text of a root Taskfile that is no file (`--taskfile -`). */
  readonly text?: string;
}

interface Read {
  readonly taskfile: Taskfile;
  readonly includes: { readonly include: Include; readonly file: string }[];
}

/**
 * Reads a Taskfile and all that it includes, and merges them into one.
 * @throws TaskError with the file, line and column of the first problem
 */
export function readTaskfile(file: string, options: ReadOptions): Taskfile {
  const files = new Map<string, Read>();
  collect(file, '', options, files);
  const merged = new Map<string, Taskfile>();
  return mergeTree(file, files, merged);
}

function collect(file: string, checksum: string, options: ReadOptions, files: Map<string, Read>): void {
  if (files.has(file)) return;
  if (files.size >= MAX_INCLUDES)
    throw new TaskError(`task: more than ${MAX_INCLUDES} Taskfiles`, EXIT.taskfileInvalid);
  const taskfile = readOne(file, checksum, options, files.size === 0);
  const read: Read = { taskfile, includes: [] };
  files.set(file, read);
  for (const raw of taskfile.includes) {
    const include = renderInclude(raw, taskfile, options);
    const target = includeTarget(include, file, options);
    if (target === undefined) {
      if (include.optional) continue;
      throw notFound(entryOf(include, file, options), '');
    }
    const directory = smartJoin(dirname(file), expandLiteral(include.directory, options.environment));
    collect(target, include.checksum, options, files);
    if (reaches(target, file, files))
      throw new TaskError(`task: include cycle detected between ${file} <--> ${target}`, EXIT.taskfileCycle);
    read.includes.push({ include: { ...include, directory }, file: target });
  }
}

function reaches(from: string, to: string, files: ReadonlyMap<string, Read>): boolean {
  const seen = new Set<string>();
  const pending = [from];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (at === to) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    for (const { file } of files.get(at)?.includes ?? []) pending.push(file);
  }
  return false;
}

function renderInclude(include: Include, taskfile: Taskfile, options: ReadOptions): Include {
  const known: Variables = new Map();
  for (const [name, value] of Object.entries(options.environment)) if (value !== undefined) known.set(name, { value });
  for (const [name, value] of taskfile.variables) known.set(name, value);
  const cache = new TemplateCache(known, options);
  const rendered = {
    ...include,
    taskfile: cache.replace(include.taskfile),
    directory: cache.replace(include.directory),
  };
  if (cache.error !== undefined) throw cache.error;
  return rendered;
}

function entryOf(include: Include, from: string, options: ReadOptions): string {
  const path = expandLiteral(include.taskfile, options.environment);
  return isAbsolutePath(path) ? path : smartJoin(dirname(from), path);
}

function includeTarget(include: Include, from: string, options: ReadOptions): string | undefined {
  if (/^(?:https?|ssh|git):\/\/|^git@/.test(include.taskfile))
    throw new TaskError(
      `task: Taskfile ${quoteGo(include.taskfile)} is remote: only files of this machine are included`,
      EXIT.taskfileFetchFailed,
    );
  return fileAt(resolve(dirname(from), entryOf(include, from, options)));
}

function readOne(file: string, checksum: string, options: ReadOptions, root: boolean): Taskfile {
  const text = root && options.text !== undefined ? options.text : readFileSync(file, 'utf8');
  if (checksum !== '') verify(file, text, checksum);
  const shown = relativeTo(options.cwd, file);
  const { documents, error: problem } = parseNodes(text, { dialect: 'v3' });
  if (problem !== undefined && documents.length === 0)
    throw new TaskError(`task: Failed to parse ${shown}:\n${problem.message}`, EXIT.taskfileInvalid);
  const first = documents[0];
  if (first === undefined) throw missingVersion(file);
  try {
    const taskfile = decodeTaskfile(first.root, file);
    if (taskfile.version === '') throw missingVersion(file);
    return taskfile;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new TaskError(decodeMessage(error, file, text), EXIT.taskfileDecode);
  }
}

const missingVersion = (file: string): TaskError =>
  new TaskError(`task: Missing schema version in Taskfile ${quoteGo(file)}`, EXIT.taskfileVersion);

function decodeMessage(error: DecodeError, file: string, text: string): string {
  const problems =
    error.problems.length === 1
      ? `err:  ${error.problems[0]}`
      : `errs:\n${error.problems.map((problem) => `- ${problem}`).join('\n')}`;
  return `${problems}\nfile: ${file}:${error.line}:${error.column}\n${snippet(text, error.line, error.column)}`;
}

function verify(file: string, text: string, expected: string): void {
  const actual = createHash('sha256').update(text).digest('hex');
  if (actual === expected) return;
  const message = `task: The checksum of the Taskfile at ${quoteGo(file)} does not match!`;
  throw new TaskError(`${message}\ngot: ${quoteGo(actual)}\nwant: ${quoteGo(expected)}`, EXIT.taskfileChecksum);
}

function mergeTree(file: string, files: ReadonlyMap<string, Read>, merged: Map<string, Taskfile>): Taskfile {
  const done = merged.get(file);
  if (done !== undefined) return done;
  const read = files.get(file) as Read;
  let taskfile = read.taskfile;
  for (const { include, file: target } of read.includes)
    taskfile = mergeTaskfile(taskfile, mergeTree(target, files, merged), include);
  merged.set(file, taskfile);
  return taskfile;
}
