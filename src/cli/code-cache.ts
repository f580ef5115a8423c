import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Has Node keep the compiled code of what is loaded from here on, in the user's cache directory: from Node 22.1 on each command
 * starts some tens of milliseconds sooner. Where the directory cannot be written, or `NODE_DISABLE_COMPILE_CACHE` is set, nothing is
 * kept; a directory of `NODE_COMPILE_CACHE` stays as it is.
 */
export function keepCompiledCode(env: NodeJS.ProcessEnv): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (directory: string) => unknown };
  if (enableCompileCache === undefined || env.NODE_COMPILE_CACHE || env.NODE_DISABLE_COMPILE_CACHE) return;
  try {
    enableCompileCache(join(userCache(env), 'flux-local', 'code'));
  } catch {
    // No home directory.
  }
}

function userCache(env: NodeJS.ProcessEnv): string {
  if (env.XDG_CACHE_HOME) return env.XDG_CACHE_HOME;
  if (process.platform === 'win32' && env.LOCALAPPDATA) return env.LOCALAPPDATA;
  return join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache');
}
