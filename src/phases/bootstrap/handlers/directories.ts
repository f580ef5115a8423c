import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { type BootstrapContext, type BootstrapHandler, BootstrapProblem } from '../handler.ts';
import type { DirectoryRequirement } from '../requirements.ts';

/** Makes directories, with their permissions. */
export const directories: BootstrapHandler = {
  name: 'directories',
  priority: 5,
  shouldRun: async (context) => context.requirements.directories.some((one) => !isRight(context, one)),
  async execute(context) {
    let done = 0;
    for (const one of context.requirements.directories) {
      if (isRight(context, one)) continue;
      const path = context.locate(one.path);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat !== undefined && !stat.isDirectory()) throw new BootstrapProblem(`${one.path} is not a directory`);
      mkdirSync(path, { recursive: true });
      chmodSync(path, one.mode);
      const mode = one.mode.toString(8).padStart(4, '0');
      context.log(`${stat === undefined ? 'made the directory' : 'set the permissions of'} ${one.path} (${mode})`);
      done++;
    }
    return done;
  },
};

function isRight(context: BootstrapContext, { path, mode }: DirectoryRequirement): boolean {
  const stat = statSync(context.locate(path), { throwIfNoEntry: false });
  return stat?.isDirectory() === true && (stat.mode & 0o7777) === mode;
}
