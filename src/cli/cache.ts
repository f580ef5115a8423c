import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { countLeases } from '../cache/index.ts';
import { cacheDirectoryOf } from '../core/cache-directory.ts';
import { formatTable } from '../reports/index.ts';
import { openWorkspace } from './evaluate.ts';
import type { Io } from './io.ts';
import { DAY_MS, DEFAULT_LIMITS, tidyCache } from './tidy-cache.ts';
import { UsageError } from './usage-error.ts';

interface CacheFlags {
  readonly path?: string;
  readonly cacheDir?: string;
}

/** `flux-local cache info|gc|clear`. */
export function cacheCommand(io: Io): Command {
  const command = new Command('cache').description('Show, tidy and empty what runs keep for the next one.');
  const add = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .option('-p, --path <path>', 'cluster directory, whose repository holds the cache')
      .option('--cache-dir <directory>', 'the cache directory (FLUX_LOCAL_CACHE)');
  add('info', 'show where the cache is and what it holds')
    .option('-o, --output <format>', 'text or json', 'text')
    .action((flags: CacheFlags & { readonly output: string }) => {
      if (flags.output !== 'text' && flags.output !== 'json') throw new UsageError('--output takes text or json');
      const directory = directoryOf(io, flags);
      if (directory !== undefined) io.stdout.write(flags.output === 'json' ? infoJson(directory) : infoText(directory));
    });
  add('gc', 'drop what served nobody lately; runs do so by themselves once a day')
    .option(
      '--max-age <days>',
      'drop what served nobody for so many days',
      number('--max-age'),
      DEFAULT_LIMITS.maxAgeMs / DAY_MS,
    )
    .option(
      '--max-size <megabytes>',
      'keep at most so much of what tasks gave',
      number('--max-size'),
      DEFAULT_LIMITS.maxBytes / 1e6,
    )
    .action((flags: CacheFlags & { readonly maxAge: number; readonly maxSize: number }) => {
      const directory = directoryOf(io, flags);
      if (directory === undefined) return;
      const before = sizeOf(directory).bytes;
      if (!tidyCache(directory, { maxAgeMs: flags.maxAge * DAY_MS, maxBytes: flags.maxSize * 1e6 }))
        io.stderr.write('another collection is under way: nothing is done\n');
      io.stdout.write(`${directory}: ${megabytes(Math.max(0, before - sizeOf(directory).bytes))} freed\n`);
    });
  add('clear', 'empty the cache').action((flags: CacheFlags) => {
    const directory = directoryOf(io, flags);
    if (directory === undefined) return;
    const before = sizeOf(directory).bytes;
    if (before > 0 && !list(directory).includes(MARK))
      throw new UsageError(`${directory} is no cache of flux-local: nothing is removed there`);
    if (countLeases(directory) > 0) {
      tidyCache(directory, { maxAgeMs: -DAY_MS, maxBytes: 0 });
      io.stderr.write('another run uses the cache: its sources, and what is younger than an hour, stay\n');
    } else
      for (const entry of list(directory))
        if (!KEPT.has(entry)) rmSync(join(directory, entry), { recursive: true, force: true });
    io.stdout.write(`${directory}: ${megabytes(Math.max(0, before - sizeOf(directory).bytes))} freed\n`);
  });
  return command;
}

/** Every cache directory has it. */
const MARK = 'CACHEDIR.TAG';
/** What a later run could not make again by itself (how far phases came), and what marks the directory as a cache. */
const KEPT = new Set(['.gitignore', MARK, 'phases']);

function directoryOf(io: Io, flags: CacheFlags): string | undefined {
  const workspace = openWorkspace(io, flags.path ?? '.');
  if (workspace === undefined && !flags.cacheDir && !io.env.FLUX_LOCAL_CACHE) return undefined;
  return cacheDirectoryOf(flags.cacheDir, io, workspace?.root ?? io.cwd);
}

interface Size {
  readonly files: number;
  readonly bytes: number;
}

const partsOf = (directory: string): (readonly [string, Size])[] =>
  list(directory)
    .filter((name) => name !== '.gitignore' && name !== MARK)
    .map((name) => [name, sizeOf(join(directory, name))] as const);

function infoText(directory: string): string {
  const total = sizeOf(directory);
  const row = (name: string, { files, bytes }: Size): string[] => [name, String(files), megabytes(bytes)];
  return `${directory}\n${formatTable(
    ['PART', 'FILES', 'SIZE'],
    [...partsOf(directory).map(([name, size]) => row(name, size)), row('total', total)],
  )}`;
}

const infoJson = (directory: string): string =>
  `${JSON.stringify(
    {
      directory,
      ...sizeOf(directory),
      parts: partsOf(directory).map(([name, size]) => ({ name, ...size })),
      runs: countLeases(directory),
    },
    undefined,
    2,
  )}\n`;

/** A file's own size, or that of all below a directory. What goes away meanwhile counts as nothing. */
function sizeOf(path: string): Size {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { files: 0, bytes: 0 };
  if (!stats.isDirectory()) return { files: 1, bytes: stats.size };
  let files = 0;
  let bytes = 0;
  for (const name of list(path)) {
    const size = sizeOf(join(path, name));
    files += size.files;
    bytes += size.bytes;
  }
  return { files, bytes };
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const number =
  (option: string) =>
  (value: string): number => {
    const parsed = Number(value);
    if (!Number.isFinite(parsed) || parsed < 0 || value.trim() === '')
      throw new UsageError(`${option} takes a number from 0`);
    return parsed;
  };
