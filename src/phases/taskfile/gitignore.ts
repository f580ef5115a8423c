import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { matchName } from './match-name.ts';

interface Pattern {
  /** Directory of the `.gitignore`, as segments below the repository's root. */
  readonly domain: readonly string[];
  readonly segments: readonly string[];
  readonly includes: boolean;
  readonly directoryOnly: boolean;
  readonly anchored: boolean;
}

/**
 * Takes out the files that `.gitignore` files between the repository's root and each file ignore. Outside a repository all stay.
 * @param files absolute paths
 */
export function withoutIgnored(files: readonly string[], directory: string): string[] {
  const root = repositoryRoot(directory);
  if (root === undefined) return [...files];
  const patterns = patternsFor(files, root);
  return files.filter((file) => {
    const path = relative(root, file);
    return path.startsWith('..') || !isIgnored(patterns, path.split('/'));
  });
}

/** The first directory at or above `directory` that holds `.git`. */
export function repositoryRoot(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function patternsFor(files: readonly string[], root: string): Pattern[] {
  const directories = new Set<string>();
  for (const file of files)
    for (let at = dirname(file); ; at = dirname(at)) {
      if (relative(root, at).startsWith('..') || directories.has(at)) break;
      directories.add(at);
      if (at === root) break;
    }
  const depth = (path: string): number => path.split('/').length;
  const patterns: Pattern[] = [];
  for (const directory of [...directories].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))) {
    const file = join(directory, '.gitignore');
    if (!existsSync(file)) continue;
    const domain = relative(root, directory).split('/').filter(Boolean);
    for (const raw of readFileSync(file, 'utf8').split('\n')) {
      const line = raw.replace(/\r$/, '');
      if (line.trim() !== '' && !line.startsWith('#')) patterns.push(parsePattern(line, domain));
    }
  }
  return patterns;
}

function parsePattern(line: string, domain: readonly string[]): Pattern {
  const includes = line.startsWith('!');
  let text = includes ? line.slice(1) : line;
  if (!text.endsWith('\\ ')) text = text.replace(/ +$/, '');
  const directoryOnly = text.endsWith('/');
  if (directoryOnly) text = text.slice(0, -1);
  return { domain, segments: text.split('/'), includes, directoryOnly, anchored: text.includes('/') };
}

/** A file below an ignored directory cannot be taken back in. */
function isIgnored(patterns: readonly Pattern[], path: readonly string[]): boolean {
  for (let end = 1; end <= path.length; end++)
    if (matches(patterns, path.slice(0, end), end < path.length)) return true;
  return false;
}

function matches(patterns: readonly Pattern[], path: readonly string[], isDirectory: boolean): boolean {
  for (const pattern of patterns.toReversed()) if (matchOne(pattern, path, isDirectory)) return !pattern.includes;
  return false;
}

function matchOne(pattern: Pattern, path: readonly string[], isDirectory: boolean): boolean {
  if (path.length <= pattern.domain.length || pattern.domain.some((name, at) => path[at] !== name)) return false;
  const rest = path.slice(pattern.domain.length);
  return pattern.anchored ? matchAnchored(pattern, rest, isDirectory) : matchAnywhere(pattern, rest, isDirectory);
}

function matchAnywhere(pattern: Pattern, path: readonly string[], isDirectory: boolean): boolean {
  for (const [at, name] of path.entries())
    if (matchName(pattern.segments[0] ?? '', name))
      return !(pattern.directoryOnly && !isDirectory && at === path.length - 1);
  return false;
}

function matchAnchored(pattern: Pattern, path: readonly string[], isDirectory: boolean): boolean {
  let rest = [...path];
  let matched = false;
  let traverse = false;
  for (const [at, segment] of pattern.segments.entries()) {
    if (segment === '') {
      traverse = false;
      continue;
    }
    if (segment === '**') {
      if (at === pattern.segments.length - 1) break;
      traverse = true;
      continue;
    }
    if (segment.includes('**') || rest.length === 0) return false;
    if (traverse) {
      traverse = false;
      const found = rest.findIndex((name) => matchName(segment, name));
      matched = found >= 0;
      rest = found < 0 ? [] : rest.slice(found + 1);
    } else {
      if (!matchName(segment, rest[0] ?? '')) return false;
      matched = true;
      rest = rest.slice(1);
    }
  }
  return matched && !(pattern.directoryOnly && !isDirectory && rest.length === 0);
}
