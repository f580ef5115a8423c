import { join, resolve } from 'node:path';

/** The name of the cache directory below a workspace. */
export const CACHE_DIRECTORY = '.flux-local-cache';

/**
 * The cache directory: the given one (`--cache-dir`) or `FLUX_LOCAL_CACHE`, below the working directory where it is relative, and
 * else the one of the workspace. Empty text is as good as none.
 */
export function cacheDirectoryOf(
  given: string | undefined,
  process: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string },
  workspace: string,
): string {
  const chosen = given || process.env.FLUX_LOCAL_CACHE;
  return chosen ? resolve(process.cwd, chosen) : join(workspace, CACHE_DIRECTORY);
}
