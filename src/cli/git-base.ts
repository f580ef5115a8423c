import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';

/** Where the current branch left the main one: the merge base with the remote's default branch, else with main or master. */
export async function mergeBase(root: string): Promise<string | undefined> {
  const { simpleGit } = await import('simple-git');
  const git = simpleGit(root);
  for (const branch of ['origin/HEAD', 'origin/main', 'origin/master', 'main', 'master']) {
    try {
      const base = (await git.raw(['merge-base', 'HEAD', branch])).trim();
      if (base !== '') return base;
    } catch {
      // That branch is not there: the next one may be.
    }
  }
  return undefined;
}

/**
 * The files of a revision as a directory of the cache, made once for each commit. The work tree is not touched.
 * @returns the absolute path of what `root` is in that tree
 */
export async function checkOut(root: string, revision: string, cacheDirectory: string): Promise<Result<string>> {
  const { simpleGit } = await import('simple-git');
  const git = simpleGit(root);
  let commit: string;
  try {
    commit = (await git.revparse(['--verify', '--end-of-options', `${revision}^{commit}`])).trim();
  } catch {
    return fail(
      failure('path-not-found', `git knows no revision '${revision}' in ${root}`, {
        hint: 'a shallow clone lacks older commits: fetch them (in CI: fetch-depth: 0)',
      }),
    );
  }
  const directory = join(cacheDirectory, 'sources', 'base');
  const tree = join(directory, commit);
  // The workspace may be a directory of the repository.
  const prefix = (await git.revparse(['--show-prefix'])).trim();
  const result = ok(join(tree, prefix));
  if (existsSync(tree)) return result;
  const temporary = `${tree}.${process.pid}.tmp`;
  mkdirSync(temporary, { recursive: true });
  try {
    // A work tree and an index of its own: nothing in .git changes.
    const environment: Record<string, string> = { GIT_INDEX_FILE: `${temporary}.index`, GIT_WORK_TREE: temporary };
    for (const name of ['PATH', 'HOME']) if (process.env[name] !== undefined) environment[name] = process.env[name];
    await simpleGit({ baseDir: root, allowEnvironment: Object.keys(environment) })
      .env(environment)
      .raw(['checkout', '--force', '--quiet', commit, '--', ':/']);
    renameSync(temporary, tree);
    return result;
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (existsSync(tree)) return result; // another run was faster
    return fail(failure('fetch-failed', `revision ${revision} cannot be checked out: ${(error as Error).message}`));
  } finally {
    rmSync(`${temporary}.index`, { force: true });
  }
}
