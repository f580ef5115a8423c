import { posix } from 'node:path';
import { type DirectoryEntry, type FileSystem, type FileType, readText } from '../core/file-system.ts';
import { matchFile } from '../engines/helm/file-match.ts';

const IGNORE_FILE = '.sourceignore';
const EXCLUDE_VCS = '.git/,.gitignore,.gitmodules,.gitattributes';
const EXCLUDE_EXTENSIONS = '*.jpg,*.jpeg,*.gif,*.png,*.wmv,*.flv,*.tar.gz,*.zip';
const EXCLUDE_CI =
  '.github/,.circleci/,.travis.yml,.gitlab-ci.yml,appveyor.yml,.drone.yml,cloudbuild.yaml,codeship-services.yml,codeship-steps.yml';
const EXCLUDE_EXTRA = '**/.goreleaser.yml,**/.sops.yaml,**/.flux.yaml';

/** `undefined`: the pattern has nothing to say of the path. */
type Verdict = 'exclude' | 'include' | undefined;

/** Whether one part of a path matches a part of a pattern; a malformed pattern matches nothing. */
type PartMatch = (part: string) => boolean | undefined;

function partMatch(pattern: string): PartMatch {
  if (!/[*?[\\]/.test(pattern)) return (part) => part === pattern;
  const suffix = /^\*([^*?[\\]*)$/.exec(pattern)?.[1];
  if (suffix !== undefined) return (part) => part.endsWith(suffix);
  return (part) => matchFile(pattern, part);
}

/**
 * One line of a `.sourceignore`: git's syntax as go-git reads it.
 * @see fluxcd/pkg sourceignore/gitignore/pattern.go (from go-git, Apache-2.0)
 */
export class IgnorePattern {
  readonly inclusion: boolean;
  readonly #domain: readonly string[];
  readonly #directoryOnly: boolean;
  /** Whether it has a `/` other than at its end, so that it is held against the path from its directory on. */
  readonly #glob: boolean;
  readonly #parts: readonly string[];
  readonly #matches: readonly PartMatch[];

  /** @param domain parts of the directory that the line speaks of */
  constructor(line: string, domain: readonly string[]) {
    this.#domain = domain;
    this.inclusion = line.startsWith('!');
    let text = this.inclusion ? line.slice(1) : line;
    if (!text.endsWith('\\ ')) text = text.replace(/ +$/, '');
    this.#directoryOnly = text.endsWith('/');
    if (this.#directoryOnly) text = text.slice(0, -1);
    this.#glob = text.includes('/');
    this.#parts = text.split('/');
    this.#matches = this.#parts.map(partMatch);
  }

  match(path: readonly string[], isDirectory: boolean): Verdict {
    if (path.length <= this.#domain.length) return undefined;
    for (const [index, part] of this.#domain.entries()) if (path[index] !== part) return undefined;
    const inside = path.slice(this.#domain.length);
    const matched = this.#glob ? this.#matchesPath(inside, isDirectory) : this.#matchesName(inside, isDirectory);
    return matched ? (this.inclusion ? 'include' : 'exclude') : undefined;
  }

  #matchesName(path: readonly string[], isDirectory: boolean): boolean {
    const matches = this.#matches[0]!;
    for (const [index, part] of path.entries()) {
      const matched = matches(part);
      if (matched === undefined) return false;
      if (matched) return !(this.#directoryOnly && !isDirectory && index === path.length - 1);
    }
    return false;
  }

  #matchesPath(path: readonly string[], isDirectory: boolean): boolean {
    let at = 0;
    let matched = false;
    let anyDepth = false;
    for (const [index, pattern] of this.#parts.entries()) {
      if (pattern === '') {
        anyDepth = false;
        continue;
      }
      if (pattern === '**') {
        if (index === this.#parts.length - 1) break;
        anyDepth = true;
        continue;
      }
      if (pattern.includes('**') || at >= path.length) return false;
      const matches = this.#matches[index]!;
      if (!anyDepth) {
        if (matches(path[at]!) !== true) return false;
        matched = true;
        at += 1;
        continue;
      }
      anyDepth = false;
      while (at < path.length) {
        const found = matches(path[at]!);
        at += 1;
        if (found === undefined) return false;
        if (found) {
          matched = true;
          break;
        }
        if (at === path.length) matched = false; // nothing left to match
      }
    }
    return matched && !(this.#directoryOnly && !isDirectory && at === path.length);
  }
}

/** The patterns of a text; empty lines and those that begin with `#` are none. */
export function readIgnorePatterns(text: string, domain: readonly string[] = []): IgnorePattern[] {
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .map((line) => new IgnorePattern(line, domain));
}

const builtIn = (...lists: string[]): readonly IgnorePattern[] =>
  lists.flatMap((list) => list.split(',').map((line) => new IgnorePattern(line, [])));
const VCS_PATTERNS = builtIn(EXCLUDE_VCS);
const DEFAULT_PATTERNS = builtIn(EXCLUDE_VCS, EXCLUDE_EXTENSIONS, EXCLUDE_CI, EXCLUDE_EXTRA);

export interface IgnoreOptions {
  /** `spec.ignore` of the source. */
  readonly ignore?: string | undefined;
  /** A Bucket knows no default exclusions and reads the `.sourceignore` of its root only. */
  readonly bucket?: boolean;
  /** `false`: no `.sourceignore` is read; the default exclusions are all there is. */
  readonly ignoreFiles?: boolean;
  /**
   * A `.sourceignore` anywhere turns the default exclusions (images, archives, files of CI systems) off everywhere. `full` looks
   * through the whole tree for one; `lazy` (the default) only at the directories above each path, so that a file that is not
   * needed is not read.
   */
  readonly scan?: 'lazy' | 'full';
}

/**
 * A source's files as source-controller packs them into an artifact: default exclusions, `.sourceignore` files and `spec.ignore`
 * leave files out.
 * @see source-controller SourceIgnoreFilter, fluxcd/pkg sourceignore/sourceignore.go
 */
export class IgnoringFileSystem implements FileSystem {
  readonly #under: FileSystem;
  readonly #spec: readonly IgnorePattern[];
  readonly #bucket: boolean;
  readonly #ignoreFiles: boolean;
  /** Set where the defaults are known to be off. */
  readonly #noDefaults: boolean;
  readonly #files = new Map<string, readonly IgnorePattern[]>();
  readonly #hidden = new Map<string, boolean>();

  constructor(under: FileSystem, options: IgnoreOptions = {}) {
    this.#under = under;
    this.#spec = readIgnorePatterns(options.ignore ?? '');
    this.#bucket = options.bucket ?? false;
    this.#ignoreFiles = options.ignoreFiles ?? true;
    this.#noDefaults =
      this.#bucket || this.#spec.length > 0 || (options.scan === 'full' && this.#anyIgnoreFile('/', []));
  }

  readFile(path: string): Uint8Array | undefined {
    return this.#isHidden(path, 'file') ? undefined : this.#under.readFile(path);
  }

  exists(path: string): FileType | undefined {
    const type = this.#under.exists(path);
    return type === undefined || this.#isHidden(path, type) ? undefined : type;
  }

  listDirectory(path: string): readonly DirectoryEntry[] | undefined {
    if (this.#isHidden(path, 'directory')) return undefined;
    const entries = this.#under.listDirectory(path);
    return entries?.filter(({ name, type }) => !this.#isHidden(posix.join(path, name), type));
  }

  #anyIgnoreFile(path: string, domain: readonly string[]): boolean {
    if (this.#ignoreFile(domain).length > 0) return true;
    return (this.#under.listDirectory(path) ?? []).some(
      ({ name, type }) =>
        type === 'directory' && name !== '.git' && this.#anyIgnoreFile(posix.join(path, name), [...domain, name]),
    );
  }

  #ignoreFile(domain: readonly string[]): readonly IgnorePattern[] {
    if (!this.#ignoreFiles) return [];
    const directory = `/${domain.join('/')}`;
    const known = this.#files.get(directory);
    if (known !== undefined) return known;
    const patterns = readIgnorePatterns(readText(this.#under, posix.join(directory, IGNORE_FILE)) ?? '', domain);
    this.#files.set(directory, patterns);
    return patterns;
  }

  #isHidden(path: string, type: FileType): boolean {
    if (path === '/') return false;
    const key = type === 'file' ? path : `${path}/`;
    const known = this.#hidden.get(key);
    if (known !== undefined) return known;
    const hidden = this.#decide(path, type);
    this.#hidden.set(key, hidden);
    return hidden;
  }

  #decide(path: string, type: FileType): boolean {
    const parts = path.slice(1).split('/');
    const own: IgnorePattern[] = [];
    const depth = this.#bucket ? 1 : parts.length;
    for (let length = 0; length < depth; length += 1) own.push(...this.#ignoreFile(parts.slice(0, length)));
    own.push(...this.#spec);
    const first = this.#bucket ? [] : own.length > 0 || this.#noDefaults ? VCS_PATTERNS : DEFAULT_PATTERNS;
    const patterns = [...first, ...own];
    for (let index = patterns.length - 1; index >= 0; index -= 1) {
      const verdict = patterns[index]!.match(parts, type === 'directory');
      if (verdict === 'include') return false;
      if (verdict === 'exclude')
        return (
          type === 'file' ||
          ![...patterns, ...this.#ignoreFile(parts)].some(({ inclusion }) => inclusion) ||
          this.#isEmpty(path)
        );
    }
    return false;
  }

  /** Whether all below an excluded directory is excluded, too: only `!` lines can say otherwise. */
  #isEmpty(path: string): boolean {
    return !(this.#under.listDirectory(path) ?? []).some(
      ({ name, type }) => !this.#isHidden(posix.join(path, name), type),
    );
  }
}
