import { posix } from 'node:path';
import type { FileSystem } from '../../../core/file-system.ts';
import type { RemotePort, RemoteRequest } from '../options.ts';
import { KustomizeProblem } from '../problem.ts';
import { isRemoteFile, parseRepoSpec } from './repo-spec.ts';

/** A file system that can say where a path leads when links are followed; `undefined` where there is nothing. */
export interface LinkedFileSystem extends FileSystem {
  realPath(path: string): string | undefined;
}

const hasLinks = (fs: FileSystem): fs is LinkedFileSystem => 'realPath' in fs && typeof fs.realPath === 'function';

/** What all loaders of one build share. */
export interface LoadContext {
  readonly restricted: boolean;
  readonly remotes: RemotePort | undefined;
  /** Stands for `/` in messages. */
  readonly rootName: string;
  /** A path above `/` is refused; otherwise `/..` is `/`, as it is on a disk. */
  readonly bounded: boolean;
  /** The same, and absolute paths of files as well, in Flux's words. */
  readonly contained: boolean;
}

const decoder = new TextDecoder('utf-8');

/** Reads the files that a kustomization names, and goes to the directories that it names. */
export class Loader {
  readonly root: string;
  readonly fs: FileSystem;
  readonly #context: LoadContext;
  readonly #referrer: Loader | undefined;
  readonly #repository: RemoteRequest | undefined;
  readonly #restricted: boolean;

  private constructor(
    context: LoadContext,
    fs: FileSystem,
    root: string,
    referrer: Loader | undefined,
    repository: RemoteRequest | undefined,
  ) {
    this.#context = context;
    this.fs = fs;
    this.root = root;
    this.#referrer = referrer;
    this.#repository = repository;
    this.#restricted = repository !== undefined || (referrer === undefined ? context.restricted : referrer.#restricted);
  }

  /** The loader of the directory that the build starts in. */
  static start(context: LoadContext, fs: FileSystem, path: string): Loader {
    const repository = parseRepoSpec(path);
    if (repository !== undefined) return Loader.#remote(context, repository, undefined);
    const start = new Loader(context, fs, '/', undefined, undefined);
    return new Loader(context, fs, start.#confirmDirectory(path, path), undefined, undefined);
  }

  /** A path as messages show it. */
  shown(path: string): string {
    const { rootName } = this.#context;
    if (rootName === '' || this.#containingRepository() !== undefined) return path;
    return path === '/' ? rootName : rootName + path;
  }

  get shownRoot(): string {
    return this.shown(this.root);
  }

  /** The loader of a directory, or of a directory of a Git repository. */
  next(path: string): Loader {
    if (path === '') throw new KustomizeProblem('new root cannot be empty');
    const repository = parseRepoSpec(path);
    if (repository !== undefined) {
      this.#refuseRepositoryCycle(repository);
      return Loader.#remote(this.#context, repository, this);
    }
    if (path.startsWith('/')) throw new KustomizeProblem(`new root '${path}' cannot be absolute`);
    if (path.split('/').some((part) => part !== '.' && part !== '..' && part.includes('..')))
      throw new KustomizeProblem(
        `path ${JSON.stringify(path)} is ambiguous: resolves to ${JSON.stringify(posix.normalize(path))} after normalization, which is likely not the intended target; check for YAML indentation errors in your kustomization file`,
      );
    const root = this.#confirmDirectory(this.#join(path, 'abs'), this.shown(posix.join(this.root, path)));
    this.#refuseCycle(root);
    return new Loader(this.#context, this.fs, root, this, undefined);
  }

  static #remote(context: LoadContext, request: RemoteRequest, referrer: Loader | undefined): Loader {
    const answer = context.remotes?.(request);
    if (answer === undefined)
      throw new KustomizeProblem(`the remote base '${request.url}' has not been fetched`, {
        reason: 'fetch-failed',
        missingRemotes: [request],
      });
    if (answer.kind === 'failed') throw new KustomizeProblem(answer.message, { reason: 'fetch-failed' });
    if (answer.kind !== 'git')
      throw new KustomizeProblem(`'${request.url}' is no Git repository`, { reason: 'fetch-failed' });
    const path = posix.join('/', request.path);
    const type = answer.fs.exists(path);
    if (type === undefined) throw new KustomizeProblem(`'${path}' doesn't exist`, { reason: 'path-not-found' });
    if (type === 'file')
      throw new KustomizeProblem(`'${path}' refers to file '${posix.basename(path)}'; expecting directory`);
    return new Loader(context, answer.fs, path, referrer, request);
  }

  #join(path: string, use: 'abs' | 'read'): string {
    const joined = posix.join(this.root, path);
    if (this.#context.contained && leaves(this.root, path)) throw notBelowRoot(path, use);
    if (this.#context.bounded && leaves(this.root, path))
      throw new KustomizeProblem(`security; '${path}' leads out of '${this.shown('/')}' from '${this.shownRoot}'`, {
        reason: 'path-escapes',
      });
    return joined;
  }

  #confirmDirectory(path: string, shown: string): string {
    if (path === '') throw new KustomizeProblem('must build at directory: directory path cannot be empty');
    const joined = posix.join('/', path);
    const clean = joined.length > 1 && joined.endsWith('/') ? joined.slice(0, -1) : joined;
    const type = this.fs.exists(clean);
    if (type === undefined)
      throw new KustomizeProblem(`must build at directory: not a valid directory: '${shown}' doesn't exist`, {
        reason: 'path-not-found',
      });
    if (type === 'file') throw new KustomizeProblem(`must build at directory: '${shown}': file is not directory`);
    return this.#real(clean);
  }

  #real(path: string): string {
    return hasLinks(this.fs) ? (this.fs.realPath(path) ?? path) : path;
  }

  isFile(path: string): boolean {
    return this.fs.exists(posix.join(this.root, path)) === 'file';
  }

  /** Where a file that a kustomization names stands, as failures name it; a URL is itself. */
  place(path: string): string {
    return isRemoteFile(path) ? path : posix.resolve(this.root, path);
  }

  /** The text of a file or of what a URL gives. */
  load(path: string): string {
    return decoder.decode(this.loadBytes(path));
  }

  loadBytes(path: string): Uint8Array {
    if (isRemoteFile(path)) return this.#request(path);
    const isAbsolute = path.startsWith('/');
    if (isAbsolute && this.#context.contained) throw notBelowRoot(path, 'read');
    const absolute = isAbsolute ? posix.normalize(path) : this.#join(path, 'read');
    // A file that is there is what most paths are; looking at what else it may be can wait.
    const bytes = FILE_LIKE.test(absolute) ? this.fs.readFile(absolute) : undefined;
    const type = bytes === undefined ? this.fs.exists(absolute) : 'file';
    if (type === 'file') {
      if (this.#restricted) this.#refuseOutside(absolute);
      const content = bytes ?? this.fs.readFile(absolute);
      if (content !== undefined) return content;
    }
    const shown = this.shown(absolute);
    if (type !== 'directory')
      throw new KustomizeProblem(`'${shown}' doesn't exist`, { reason: 'path-not-found', file: absolute });
    throw new KustomizeProblem(
      this.#restricted ? `'${shown}' must resolve to a file` : `read ${shown}: is a directory`,
    );
  }

  #refuseOutside(path: string): void {
    if (isWithin(posix.dirname(this.#real(path)), this.root)) return;
    throw new KustomizeProblem(`security; file '${this.shown(path)}' is not in or below '${this.shownRoot}'`, {
      reason: 'path-escapes',
      file: path,
      hint: 'the load restriction can be lifted (--load-restrictor LoadRestrictionsNone)',
    });
  }

  #request(url: string): Uint8Array {
    const request: RemoteRequest = { kind: 'http', url, repository: url, ref: '', path: '', submodules: false };
    const git = parseRepoSpec(url);
    // What can only be a repository is not asked for as a file, which kustomize does first.
    if (git !== undefined && isMarkedRepository(url)) throw new KustomizeProblem('URL is a git repository');
    const answer = this.#context.remotes?.(request);
    if (answer === undefined) {
      throw new KustomizeProblem(`HTTP Error: '${url}' has not been fetched`, {
        reason: 'fetch-failed',
        missingRemotes: [request],
        http: true,
      });
    }
    if (answer.kind === 'failed') throw new KustomizeProblem(answer.message, { reason: 'fetch-failed' });
    if (answer.kind !== 'http') throw new KustomizeProblem('URL is a git repository');
    if (answer.status < 200 || answer.status > 299) {
      if (git !== undefined) throw new KustomizeProblem('URL is a git repository');
      throw new KustomizeProblem(`HTTP Error: status code ${answer.status}${statusName(answer.status)}`, {
        reason: 'fetch-failed',
        http: true,
      });
    }
    return answer.body;
  }

  #containingRepository(): RemoteRequest | undefined {
    return this.#repository ?? (this.#referrer === undefined ? undefined : this.#referrer.#containingRepository());
  }

  #refuseCycle(candidate: string): void {
    for (let loader: Loader | undefined = this; loader !== undefined; loader = loader.#referrer)
      if (loader.fs === this.fs && isWithin(loader.root, candidate))
        throw new KustomizeProblem(
          `cycle detected: candidate root '${this.shown(candidate)}' contains visited root '${loader.shownRoot}'`,
        );
  }

  #refuseRepositoryCycle(request: RemoteRequest): void {
    for (let loader: Loader | undefined = this; loader !== undefined; loader = loader.#referrer)
      if (loader.#repository?.url.startsWith(request.url) === true)
        throw new KustomizeProblem(
          `cycle detected: URI '${request.url}' referenced by previous URI '${loader.#repository.url}'`,
        );
  }
}

const FILE_LIKE = /\.[A-Za-z0-9]+$/;

/** Whether `path` is `root` or below it. */
export function isWithin(path: string, root: string): boolean {
  return root === '/' || path === root || path.startsWith(`${root}/`);
}

function notBelowRoot(path: string, use: 'abs' | 'read'): KustomizeProblem {
  return new KustomizeProblem(`fs-security-constraint ${use} ${path}: path '${path}' is not in or below '/'`, {
    reason: 'path-escapes',
    hint: 'a kustomization may read what is in its source and nothing else',
  });
}

/** Whether `path`, followed from `root`, goes above `/`. */
function leaves(root: string, path: string): boolean {
  if (!path.startsWith('..') && !path.includes('/..')) return false;
  let depth = root.split('/').filter((part) => part !== '').length;
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    depth += part === '..' ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

const isMarkedRepository = (url: string): boolean =>
  /^https?:\/\/[^?]*(?:\/\/|\.git(?:\/|$|\?)|_git\/)|[?&](?:ref|version)=/i.test(url);

const STATUS = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [410, 'Gone'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
]);
const statusName = (status: number): string => ` (${STATUS.get(status) ?? ''})`;
