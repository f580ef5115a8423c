import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../../cache/index.ts';
import { sha256 } from '../../../core/digest.ts';
import { runShell } from '../../taskfile/shell.ts';
import { type BootstrapContext, type BootstrapHandler, BootstrapProblem } from '../handler.ts';

/** Runs the commands that warm something up (caches, images), each once for a workspace. */
export const warming: BootstrapHandler = {
  name: 'warming',
  priority: 80,
  shouldRun: async (context) => context.requirements.warm.some((command) => !existsSync(markOf(context, command))),
  async execute(context) {
    let done = 0;
    for (const command of context.requirements.warm) {
      const mark = markOf(context, command);
      if (existsSync(mark)) continue;
      const environment: Record<string, string> = {};
      for (const [name, value] of Object.entries(context.environment))
        if (value !== undefined) environment[name] = value;
      try {
        await runShell({
          command,
          directory: context.workspace,
          environment,
          stdout: 'ignore',
          stderr: 'ignore',
          signal: context.signal,
          ownGroup: true,
        });
      } catch (error) {
        throw new BootstrapProblem(`\`${command}\` failed: ${(error as Error).message}`, true);
      }
      mkdirSync(join(context.cacheDirectory, 'warmed'), { recursive: true });
      replaceFile(mark, Buffer.from(`${command}\n`));
      context.log(`warmed up: ${command}`);
      done++;
    }
    return done;
  },
};

const markOf = (context: BootstrapContext, command: string): string =>
  join(context.cacheDirectory, 'warmed', sha256(command));
