import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeCacheDirectory } from '../../../cache/index.ts';
import { type BootstrapContext, type BootstrapHandler, BootstrapProblem } from '../handler.ts';

/** Makes the cache directory, and the directories below it that modules ask for. */
export const cache: BootstrapHandler = {
  name: 'cache',
  priority: 40,
  shouldRun: async (context) => missing(context).length > 0,
  async execute(context) {
    const paths = missing(context);
    makeCacheDirectory(context.cacheDirectory);
    for (const path of paths) {
      mkdirSync(path, { recursive: true });
      context.log(`made the cache directory ${path}`);
    }
    return paths.length;
  },
};

function missing(context: BootstrapContext): string[] {
  const wanted = context.requirements.cache.map((name) => {
    if (name.startsWith('/') || name.split('/').includes('..'))
      throw new BootstrapProblem(`${name} leads out of the cache`);
    return join(context.cacheDirectory, name);
  });
  return wanted.filter((path) => !existsSync(path));
}
