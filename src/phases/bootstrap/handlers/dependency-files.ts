import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../../../cache/index.ts';
import { sha256 } from '../../../core/digest.ts';
import { type BootstrapContext, type BootstrapHandler, BootstrapProblem } from '../handler.ts';
import type { FileRequirement } from '../requirements.ts';

/** Downloads files and verifies their digests, or puts placeholders in place. */
export const dependencyFiles: BootstrapHandler = {
  name: 'dependency-files',
  priority: 30,
  shouldRun: async (context) => context.requirements.files.some((one) => !isRight(context, one)),
  async execute(context) {
    let done = 0;
    for (const one of context.requirements.files) {
      if (isRight(context, one)) continue;
      const path = context.locate(one.path);
      const bytes = await contentOf(context, one);
      mkdirSync(dirname(path), { recursive: true });
      replaceFile(path, bytes);
      context.log(
        one.url === '' ? `made a placeholder for ${one.path}` : `downloaded ${one.path} (${bytes.length} bytes)`,
      );
      done++;
    }
    return done;
  },
};

function isRight(context: BootstrapContext, one: FileRequirement): boolean {
  const path = context.locate(one.path);
  if (!existsSync(path)) return false;
  return one.sha256 === '' || sha256(readFileSync(path)) === one.sha256;
}

async function contentOf(context: BootstrapContext, one: FileRequirement): Promise<Uint8Array> {
  if (one.url === '') {
    if (one.sha256 !== '' && one.placeholder === undefined)
      throw new BootstrapProblem(`${one.path} is missing or damaged, and nothing says where to get it`);
    return Buffer.from(one.placeholder ?? '');
  }
  const got = await context.download(one.url);
  if (!got.ok) {
    if (one.placeholder !== undefined) {
      context.log(`${one.url} cannot be had (${got.error.message}): a placeholder stands in`);
      return Buffer.from(one.placeholder);
    }
    throw new BootstrapProblem(`${one.path}: ${got.error.message}`, got.error.transient === true);
  }
  const digest = sha256(got.value);
  if (one.sha256 !== '' && digest !== one.sha256)
    throw new BootstrapProblem(`${one.path}: ${one.url} has the digest ${digest}, not ${one.sha256}`);
  return got.value;
}
