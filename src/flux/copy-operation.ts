import { posix } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import type { YamlMap, YamlValue } from '../core/value.ts';
import { parseDocuments, stringify } from '../engines/goyaml/index.ts';
import { HelmError } from '../engines/helm/failure.ts';
import { matchFile } from '../engines/helm/file-match.ts';
import { mergeMaps } from '../engines/helm/merge-maps.ts';
import { readTar } from '../engines/helm/tar.ts';
import { compileDoublestar, type PathMatch } from './doublestar.ts';
import { FluxError } from './fields.ts';

/** Bytes that extracting one archive may give. */
const MAX_EXTRACTED = 512 * 1024 * 1024;

/** One entry of an artifact's `copy`. */
export interface Copy {
  readonly from: string;
  readonly to: string;
  readonly exclude: readonly string[];
  readonly strategy: string;
}
const refuse = (message: string): never => {
  throw new FluxError(failure('invalid-object', message));
};

/** The directory that an artifact is put together in. */
export class Staging {
  readonly files = new Map<string, Uint8Array>();
  readonly #directories = new Set<string>(['.']);

  isDirectory(path: string): boolean {
    return this.#directories.has(clean(path));
  }
  makeDirectory(path: string): void {
    for (let at = clean(path); at !== '.' && !this.#directories.has(at); at = posix.dirname(at))
      this.#directories.add(at);
  }
  write(path: string, bytes: Uint8Array): void {
    const at = clean(path);
    if (at.startsWith('..') || at.startsWith('/') || at === '.') refuse(`path escapes from parent: ${path}`);
    if (this.#directories.has(at)) refuse(`${at}: is a directory`);
    for (let above = posix.dirname(at); above !== '.'; above = posix.dirname(above))
      if (this.files.has(above)) refuse(`${at}: not a directory`);
    this.makeDirectory(posix.dirname(at));
    this.files.set(at, bytes);
  }
}

/** Go's filepath.Clean. */
const clean = (path: string): string => {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
};

/** Runs one copy operation. @see source-watcher internal/builder/builder.go, applyCopyOperation */
export function applyCopy(copy: Copy, sources: ReadonlyMap<string, FileSystem>, staged: Staging): void {
  if (!copy.from.startsWith('@')) refuse(`invalid copy source '${copy.from}': source must start with '@'`);
  const slash = copy.from.indexOf('/');
  if (slash < 0) refuse(`invalid copy source '${copy.from}': source format must be '@alias/pattern'`);
  const [alias, pattern] = [copy.from.slice(1, slash), copy.from.slice(slash + 1)];
  if (!copy.to.startsWith('@artifact/'))
    refuse(`invalid copy destination '${copy.to}': destination must start with '@artifact/'`);
  const to = copy.to.slice('@artifact/'.length);
  const fs = sources.get(alias) ?? refuse(`source alias '${alias}' not found`);
  const operation = new CopyOperation(fs, staged, copy);
  if (/[*?[\]]/.test(pattern)) operation.glob(alias, pattern, to);
  else operation.single(clean(pattern), to, copy.to.endsWith('/'));
}

class CopyOperation {
  readonly #fs: FileSystem;
  readonly #staged: Staging;
  readonly #strategy: string;
  readonly #exclude: readonly { readonly pattern: string; readonly match: PathMatch }[];

  constructor(fs: FileSystem, staged: Staging, copy: Copy) {
    this.#fs = fs;
    this.#staged = staged;
    this.#strategy = copy.strategy;
    this.#exclude = copy.exclude.map((pattern) => ({
      pattern,
      match: compileDoublestar(pattern) ?? refuse(`invalid exclude pattern '${pattern}'`),
    }));
  }

  /** One file or directory, as `cp -r` copies it. */
  single(path: string, to: string, intoDirectory: boolean): void {
    const type = path.startsWith('..') ? undefined : this.#fs.exists(posix.join('/', path));
    if (type === undefined) refuse(`source '${path}' does not exist`);
    if (type === 'directory') {
      if (this.#strategy === 'Extract') refuse(`extract strategy is not supported for directories, got '${path}'`);
      this.#copy(path, posix.join(to, posix.basename(path)), path);
      return;
    }
    if (this.#isExcluded(path, '.')) return;
    if (this.#strategy === 'Extract') {
      if (!isTarball(path)) refuse(`extract strategy requires tarball file (.tar.gz or .tgz), got '${path}'`);
      this.#extract(path, to);
      return;
    }
    const below = intoDirectory || this.#staged.isDirectory(to || '.');
    this.#copy(path, below ? posix.join(to, posix.basename(path)) : to, '.');
  }

  glob(alias: string, pattern: string, to: string): void {
    const matches = this.#strategy === 'Extract' ? this.#deepMatches(pattern) : shallowMatches(this.#fs, pattern);
    if (matches.length === 0) refuse(`no files match pattern '${pattern}' in source '${alias}'`);
    const base = selectionRoot(pattern);
    const kept = matches.filter((match) => match !== '.' && !this.#isExcluded(match, base));
    if (kept.length === 0) refuse(`all files matching pattern '${pattern}' in source '${alias}' were excluded`);
    for (const match of kept) {
      if (this.#strategy !== 'Extract') this.#copy(match, destination(pattern, match, to), base);
      else if (isTarball(match) && this.#fs.exists(`/${match}`) === 'file') this.#extract(match, to);
    }
  }

  #deepMatches(pattern: string): string[] {
    const match = compileDoublestar(pattern) ?? refuse(`invalid glob pattern '${pattern}'`);
    const found: string[] = [];
    const walk = (directory: string): void => {
      for (const { name, type } of this.#fs.listDirectory(posix.join('/', directory)) ?? []) {
        const path = posix.join(directory, name);
        if (match(path)) found.push(path);
        if (type === 'directory') walk(path);
      }
    };
    walk('.');
    return found;
  }

  #copy(path: string, to: string, base: string): void {
    const at = posix.join('/', path);
    if (this.#fs.exists(at) === 'directory') {
      this.#staged.makeDirectory(to || '.');
      for (const { name, type } of this.#fs.listDirectory(at) ?? []) {
        const item = posix.join(path, name);
        if (this.#isExcluded(item, base)) continue;
        // Below a directory, files are copied whatever the strategy is.
        if (type === 'directory') this.#copy(item, posix.join(to, name), base);
        else this.#staged.write(posix.join(to, name), this.#read(item));
      }
      return;
    }
    const target = clean(to || posix.basename(path));
    const present = this.#strategy === 'Merge' ? this.#staged.files.get(target) : undefined;
    this.#staged.write(target, present === undefined ? this.#read(path) : mergeYaml(present, this.#read(path)));
  }

  #read(path: string): Uint8Array {
    return this.#fs.readFile(posix.join('/', path)) ?? refuse(`source '${path}' does not exist`);
  }

  #isExcluded(path: string, base: string): boolean {
    if (this.#matchesExclude(path)) return true;
    if (base === '.' || !path.startsWith(`${base}/`)) return false;
    return this.#matchesExclude(path.slice(base.length + 1));
  }

  #matchesExclude(path: string): boolean {
    return this.#exclude.some(
      ({ pattern, match }) => match(path) || (!pattern.includes('/') && match(posix.basename(path))),
    );
  }

  #extract(path: string, to: string): void {
    try {
      for (const entry of readTar(gunzipSync(this.#read(path), { maxOutputLength: MAX_EXTRACTED }))) {
        const at = posix.join(to, entry.name);
        if (!posix.normalize(entry.name).startsWith('..') && !entry.isDirectory) this.#staged.write(at, entry.data);
      }
    } catch (error) {
      if (error instanceof FluxError) throw error;
      const known = error instanceof HelmError || (error as NodeJS.ErrnoException).code !== undefined;
      if (!known) throw error;
      refuse(`failed to extract tarball '${path}' to '${to}': ${(error as Error).message}`);
    }
  }
}

const isTarball = (path: string): boolean => /\.(?:tar\.gz|tgz)$/i.test(path);

/** `dir/**` leaves `dir` out of what it copies; other patterns keep the whole path. */
function destination(pattern: string, match: string, to: string): string {
  const prefix = pattern.endsWith('/**') ? `${pattern.slice(0, -3)}/` : undefined;
  return posix.join(to, prefix !== undefined && match.startsWith(prefix) ? match.slice(prefix.length) : match);
}

/** The parts of a pattern before the first with a wildcard. */
function selectionRoot(pattern: string): string {
  const parts = clean(pattern).split('/');
  const first = parts.findIndex((part) => /[*?[\]]/.test(part));
  return first <= 0 ? '.' : parts.slice(0, first).join('/');
}

/** As Go's fs.Glob: each part matches one part; `**` is no more than `*`. */
function shallowMatches(fs: FileSystem, pattern: string): string[] {
  let found = [''];
  const parts = pattern.split('/');
  if (parts.includes('')) return [];
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    found = found.flatMap((directory) => {
      const at = posix.join('/', directory);
      if (!/[*?[\\]/.test(part)) {
        const path = posix.join(directory, part);
        const type = part === '..' ? undefined : fs.exists(posix.join('/', path));
        return type === 'directory' || (last && type === 'file') ? [path] : [];
      }
      return (fs.listDirectory(at) ?? [])
        .filter(({ name, type }) => (last || type === 'directory') && matchFile(part, name) === true)
        .map(({ name }) => posix.join(directory, name));
    });
  }
  return found.filter((path) => path !== '');
}

/** Both files' documents merged: mappings merge, all else is replaced. */
function mergeYaml(base: Uint8Array, overlay: Uint8Array): Uint8Array {
  return Buffer.from(stringify(mergeMaps(readYaml(base), readYaml(overlay))));
}

function readYaml(bytes: Uint8Array): YamlMap {
  const { documents, error } = parseDocuments(Buffer.from(bytes).toString('utf8'), { numbers: 'float64' });
  if (error !== undefined) refuse(`cannot unmarshal YAML document: ${error.message}`);
  let merged: YamlMap = new Map<string, YamlValue>();
  for (const { value } of documents) {
    if (value === null) continue;
    merged = mergeMaps(merged, value instanceof Map ? value : refuse('cannot unmarshal YAML document: no mapping'));
  }
  return merged;
}
