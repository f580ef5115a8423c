import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../core/result.ts';
import { fail, ok } from '../core/result.ts';
import { compareVersions, parseConstraint, satisfies } from '../core/semver.ts';
import { type GitSession, withGit } from './git-session.ts';
import type { GitRepositorySpec } from './git-spec.ts';
import { verifyCommit } from './git-verification.ts';
import { offlineFailure, pinned } from './pinned.ts';
import { attempt, once } from './run.ts';
import { entryKey, findEntry, makeEntry } from './source-cache.ts';
import { showUrl, Trouble, trouble, worldTrouble } from './trouble.ts';
import type { FetchedTree, GitCredentials, SourceCache, SourceOptions } from './types.ts';
import { parseFluxVersion } from './versions.ts';

/** Names what is asked: for the graph's resolve and the lock file. */
export function gitReferenceName(spec: GitRepositorySpec): string {
  const { commit, name, semver, tag, branch } = spec.ref;
  const ref =
    commit ??
    name ??
    (semver !== undefined ? `semver ${semver}` : tag !== undefined ? `tag ${tag}` : `branch ${branch ?? 'master'}`);
  return `${gitUrl(spec.url)} ${ref}`;
}

/** One spelling for equal repositories. */
const gitUrl = (url: string): string =>
  showUrl(url)
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');

/**
 * What a GitRepository's reference means now, as in Flux's status: `main@sha1:…`, `v1.2.3@sha1:…`, `refs/pull/1/head@sha1:…`,
 * or `sha1:…` for a commit alone.
 */
export async function resolveGitRepository(
  spec: GitRepositorySpec,
  credentials: GitCredentials,
  cache: SourceCache,
  options: SourceOptions = {},
): Promise<Result<string>> {
  const { commit, name, branch } = spec.ref;
  if (commit !== undefined) return ok(revisionOf(name ?? branch, commit));
  const reference = gitReferenceName(spec);
  const known = pinned(reference, options);
  if (known !== undefined) return known;
  return await once(cache, `resolve ${reference}`, credentials, () =>
    attempt(async () => {
      const directory = await mkdtemp(join(tmpdir(), 'flux-local-'));
      try {
        return await withGit(spec, credentials, options, directory, (git) => ask(spec, git));
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    }),
  );
}

function revisionOf(reference: string | undefined, commit: string): string {
  const digest = `${commit.length === 40 ? 'sha1' : 'sha256'}:${commit}`;
  return reference === undefined ? digest : `${reference}@${digest}`;
}

async function ask(spec: GitRepositorySpec, git: GitSession): Promise<string> {
  const { name, semver, tag, branch = 'master' } = spec.ref;
  if (name !== undefined) {
    if (/^\/|\/$|^-/.test(name))
      throw trouble('invalid-object', `ref ${name} is invalid; Git refs cannot begin or end with a slash '/'`);
    const plain = name.replace(/\^\{\}$/, '');
    const commit = (await list(git, plain)).get(plain);
    if (commit === undefined) throw noReference(git, `unable to resolve ref '${name}' to a specific commit`);
    return revisionOf(name, commit);
  }
  if (semver !== undefined) return await tagInRange(semver, git);
  const full = tag === undefined ? `refs/heads/${branch}` : `refs/tags/${tag}`;
  const commit = (await list(git, full)).get(full);
  if (commit === undefined) throw noReference(git, `couldn't find remote ref "${full}"`);
  return revisionOf(tag ?? branch, commit);
}

const noReference = (git: GitSession, why: string): Trouble =>
  worldTrouble(
    'fetch-failed',
    `${showUrl(git.url)}: ${why}`,
    'Check spec.ref; without one Flux takes the branch master.',
  );

/** References to commits, annotated tags peeled. */
async function list(git: GitSession, ...patterns: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const wanted = patterns.flatMap((pattern) => [pattern, `${pattern}^{}`]);
  const found = new Map<string, string>();
  for (const line of (await git.run('ls-remote', '--', git.url, ...wanted)).split('\n')) {
    const [sha, name] = line.split('\t');
    if (sha !== undefined && name !== undefined && /^[0-9a-f]{40,64}$/.test(sha)) found.set(name, sha);
  }
  const peeled = new Map<string, string>();
  for (const [name, sha] of found) if (!name.endsWith('^{}')) peeled.set(name, found.get(`${name}^{}`) ?? sha);
  return peeled;
}

/** @see fluxcd/pkg git/gogit/clone.go, cloneSemVer: of versions that differ in build metadata only, the youngest commit */
async function tagInRange(semver: string, git: GitSession): Promise<string> {
  const constraint = parseConstraint(semver);
  if (!constraint.ok) throw trouble('invalid-object', `semver parse error: ${constraint.error} (${semver})`);
  const tags = await list(git, 'refs/tags/*');
  const matching = [...tags].flatMap(([reference, commit]) => {
    const tag = reference.slice('refs/tags/'.length);
    const version = parseFluxVersion(tag);
    return version !== undefined && satisfies(constraint.value, version) ? [{ tag, commit, version }] : [];
  });
  matching.sort((a, b) => compareVersions(b.version, a.version));
  const best = matching[0];
  if (best === undefined) throw noReference(git, `no match found for semver: ${semver}`);
  const equal = matching.filter(({ version }) => compareVersions(version, best.version) === 0);
  if (new Set(equal.map(({ commit }) => commit)).size < 2) return revisionOf(equal.at(-1)!.tag, best.commit);
  await git.run('init', '--quiet', '--template=', '.');
  await git.run('fetch', '--quiet', '--depth=1', '--no-tags', '--', git.url, ...equal.map(({ commit }) => commit));
  const dated = [];
  for (const item of equal)
    dated.push({ ...item, at: Number(await git.run('log', '-1', '--format=%ct', item.commit)) });
  const youngest = dated.sort((a, b) => b.at - a.at)[0]!;
  return revisionOf(youngest.tag, youngest.commit);
}

/** The files of a revision, as Flux archives them before `ignore`: no `.git`, no symbolic links. */
export async function fetchGitRepository(
  spec: GitRepositorySpec,
  revision: string,
  credentials: GitCredentials,
  cache: SourceCache,
  options: SourceOptions = {},
): Promise<Result<FetchedTree>> {
  const commit = revision.slice(revision.lastIndexOf(':') + 1);
  const checked =
    spec.verify === undefined ? [] : [JSON.stringify([spec.verify, revision, ...(credentials.trustedKeys ?? [])])];
  const key = entryKey(
    'git',
    gitUrl(spec.url),
    commit,
    String(spec.recurseSubmodules),
    ...spec.sparseCheckout,
    ...checked,
  );
  return await once(cache, key, credentials, async () => {
    let entry = await findEntry(cache, key);
    if (entry === undefined) {
      if (options.offline === true) return fail(offlineFailure(`${showUrl(spec.url)} at ${revision}`));
      const made = await attempt(() =>
        makeEntry(cache, key, async (content) => {
          await withGit(spec, credentials, options, content, (git) =>
            checkOut(spec, revision, commit, credentials, options, git, content),
          );
          return ok({ revision, origin: gitUrl(spec.url) });
        }),
      );
      if (!made.ok) return made;
      if (!made.value.ok) return made.value;
      entry = made.value.value;
    }
    return ok({ type: 'tree' as const, path: entry.path, revision, annotations: new Map() });
  });
}

async function checkOut(
  spec: GitRepositorySpec,
  revision: string,
  commit: string,
  credentials: GitCredentials,
  options: SourceOptions,
  git: GitSession,
  content: string,
): Promise<void> {
  await git.run('init', '--quiet', '--template=', ...(commit.length === 64 ? ['--object-format=sha256'] : []), '.');
  // Attributes of the repository convert nothing: Flux's git (go-git) knows none.
  await mkdir(join(content, '.git/info'), { recursive: true });
  await writeFile(join(content, '.git/info/attributes'), '* -text -eol -filter -ident -working-tree-encoding\n');
  await fetchCommit(spec, revision, commit, git);
  if (spec.verify !== undefined)
    await verifyCommit(spec.verify, revision, commit, credentials.trustedKeys, git, options);
  if (spec.sparseCheckout.length === 0) await git.run('checkout', '--quiet', '--detach', commit);
  else await checkOutSparsely(spec, commit, git, content);
  if (spec.recurseSubmodules) {
    await git.run('config', 'remote.origin.url', git.url); // what relative addresses of submodules build on
    await updateSubmodules(git);
  }
  await strip(content);
}

/** Servers that refuse a commit by its id are asked for the reference, then for all. */
async function fetchCommit(spec: GitRepositorySpec, revision: string, commit: string, git: GitSession): Promise<void> {
  const has = async (): Promise<boolean> => {
    try {
      await git.run('cat-file', '-e', `${commit}^{commit}`);
      return true;
    } catch (error) {
      if (error instanceof Trouble) return false;
      throw error;
    }
  };
  try {
    await git.run('fetch', '--quiet', '--depth=1', '--no-tags', '--', git.url, commit);
    return;
  } catch (error) {
    if (!(error instanceof Trouble) || error.failure.reason !== 'fetch-failed' || error.again) throw error;
    const name = revision.slice(0, Math.max(0, revision.lastIndexOf('@')));
    const { tag, semver, name: full } = spec.ref;
    const reference = full ?? (name === '' ? '' : `refs/${(tag ?? semver) ? 'tags' : 'heads'}/${name}`);
    try {
      if (reference !== '') await git.run('fetch', '--quiet', '--depth=1', '--no-tags', '--', git.url, reference);
      if (await has()) return;
      await git.run('fetch', '--quiet', '--unshallow', '--', git.url).catch(() => '');
      await git.run('fetch', '--quiet', '--tags', '--', git.url, '+refs/heads/*:refs/remotes/origin/*');
    } catch (second) {
      if (!(second instanceof Trouble)) throw second;
    }
    if (await has()) return;
    throw error;
  }
}

/** go-git's sparse checkout takes every file whose path begins with one of the texts. */
async function checkOutSparsely(
  spec: GitRepositorySpec,
  commit: string,
  git: GitSession,
  content: string,
): Promise<void> {
  const all = (await git.run('ls-tree', '-r', '-z', '--name-only', commit)).split('\0').filter((path) => path !== '');
  const wanted = all.filter((path) => spec.sparseCheckout.some((prefix) => path.startsWith(prefix)));
  if (wanted.length > 0) {
    const paths = `${wanted.join('\0')}\0`;
    await git.feed(paths, 'checkout', '--quiet', commit, '--pathspec-from-file=-', '--pathspec-file-nul');
  }
  for (const path of spec.sparseCheckout) {
    const at = join('/', path);
    const there = await stat(join(content, at)).then(
      () => true,
      () => false,
    );
    if (!there) throw worldTrouble('path-not-found', `sparse checkout dir '${path}' does not exist in repository`);
  }
}

async function updateSubmodules(git: GitSession): Promise<void> {
  const update = ['submodule', '--quiet', 'update', '--init', '--recursive', '--checkout'];
  try {
    await git.run(...update, '--depth=1');
  } catch (error) {
    if (!(error instanceof Trouble) || error.failure.reason !== 'fetch-failed') throw error;
    await git.run(...update); // a commit that is at no tip, of a server that gives no commit by its id
  }
}

/** Takes away what no artifact of Flux holds. */
async function strip(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.name === '.git' || !(entry.isFile() || entry.isDirectory()))
      await rm(path, { recursive: true, force: true });
    else if (entry.isDirectory()) await strip(path);
  }
}
