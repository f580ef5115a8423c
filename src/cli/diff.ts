import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { type DiffSide, diffObjects, type ObjectDiff } from '../diff/index.ts';
import { maskSecret } from '../flux/decryption.ts';
import { isSecret, passes } from '../manifests/index.ts';
import { formatOtherFailures } from '../reports/index.ts';
import type { Workspace } from '../tasks/workspace.ts';
import { readTarget } from './build.ts';
import { addClusterFlags, readClusterFlags } from './cluster-flags.ts';
import { type Evaluation, evaluateCluster, finish, openWorkspace } from './evaluate.ts';
import { checkOut, mergeBase } from './git-base.ts';
import type { Io } from './io.ts';
import { parseTarget } from './target.ts';
import { UsageError } from './usage-error.ts';

type Format = 'diff' | 'yaml' | 'json' | 'name' | 'object';
const FORMATS: readonly string[] = ['diff', 'yaml', 'json', 'name', 'object'] satisfies Format[];

/** `flux-local diff all|ks|hr [name]`: what a change does to what the cluster gets. */
export function diffCommand(io: Io): Command {
  const command = new Command('diff')
    .description('Render two states of a repository and print the objects that differ.')
    .argument('[target]', 'all, ks or hr', 'all')
    .argument('[name]', 'only the object of this name')
    .option('-P, --path-orig <path>', 'the cluster directory to compare with')
    .option('--base <rev>', 'the git revision to compare with; by default, where this branch left the main one')
    .option('--branch-orig <branch>', 'another name for --base')
    .option('-o, --output <format>', FORMATS.join(', '), 'diff')
    .option('-u, --unified <lines>', 'lines of context', Number, 3)
    .option('--strip-attrs <names>', 'labels and annotations to leave out of the comparison', (value: string) =>
      value.split(','),
    )
    .option('--limit-bytes <n>', 'at most this many bytes for each object (0: no limit)', Number, 0)
    .option('--exit-code', 'exit with 1 if there are differences');
  return addClusterFlags(command).action(
    async (word: string, name: string | undefined, options: Record<string, unknown>) => {
      const parsed = readClusterFlags(options);
      const { target, flags } = readTarget(word, name, parsed, io);
      parseTarget(target.what, target.name);
      const format = options.output as Format;
      if (!FORMATS.includes(format)) throw new UsageError(`--output takes one of ${FORMATS.join(', ')}`);
      const pathOrig = options.pathOrig as string | undefined;
      const base = (options.base ?? options.branchOrig) as string | undefined;
      if (pathOrig !== undefined && base !== undefined)
        throw new UsageError('--path-orig and --base exclude each other');

      const after = await evaluateCluster(io, flags, target);
      if (after === undefined) return;
      const workspace =
        pathOrig === undefined ? await baseWorkspace(io, after, base) : openWorkspace(io, resolve(io.cwd, pathOrig));
      if (workspace === undefined) return;
      const before = await evaluateCluster(io, { ...flags, cacheDir: after.cacheDirectory }, target, workspace);
      if (before === undefined) return;

      const strip = (options.stripAttrs as string[] | undefined) ?? [];
      const salt = randomBytes(16).toString('hex');
      const diffs = diffObjects(sides(before, strip, salt), sides(after, strip, salt), options.unified as number);
      const limit = options.limitBytes as number;
      const text = print(
        diffs.map((diff) => (limit > 0 ? { ...diff, patch: cut(diff.patch, limit) } : diff)),
        format,
        after,
      );
      finish(io, after, text, {});
      before.run.cache.close();
      after.run.cache.close();
      // What the base could not render is not this change's doing, but the comparison lacks it.
      io.stderr.write(formatOtherFailures('warning: the base does not render', before.failures, after.failures));
      if (options.exitCode === true && diffs.length > 0 && io.exitCode === 0) io.exitCode = 1;
    },
  );
}

/** The cluster directory as it was at a revision, checked out beside the cache. */
async function baseWorkspace(io: Io, after: Evaluation, base: string | undefined): Promise<Workspace | undefined> {
  const revision = await (base === undefined ? mergeBase(after.workspace.root) : Promise.resolve(base));
  if (revision === undefined) {
    io.stderr.write('error: nothing to compare with: give --path-orig DIR or --base REV\n');
    io.exitCode = 2;
    return undefined;
  }
  const tree = await checkOut(after.workspace.root, revision, after.cacheDirectory);
  if (!tree.ok) {
    io.stderr.write(`error: ${tree.error.message}\n`);
    io.exitCode = 2;
    return undefined;
  }
  return { root: tree.value, path: after.workspace.path };
}

/**
 * The objects as they are compared. Values of Secrets are masked alike on both sides; the salt is new in each run, so that a mask
 * that is posted somewhere tells nothing.
 */
export function sides(evaluation: Evaluation, strip: readonly string[], salt: string): DiffSide[] {
  return evaluation
    .objects()
    .filter(({ object }) => passes(evaluation.flags, object) && !(evaluation.flags.noHooks && object.hook))
    .map((one) => ({
      id: one.object,
      parent: one.parent,
      text: isSecret(one.object)
        ? one.textWithout(strip, (secret) => maskSecret(secret, salt))
        : strip.length === 0
          ? one.text()
          : one.textWithout(strip),
    }));
}

function cut(patch: string, limit: number): string {
  const bytes = Buffer.from(patch);
  if (bytes.length <= limit) return patch;
  return `${bytes.subarray(0, limit).toString('utf8').replace(/�$/, '')}\n[${bytes.length - limit} more bytes]\n`;
}

function print(diffs: readonly ObjectDiff[], format: Format, evaluation: Evaluation): string {
  switch (format) {
    case 'diff':
      return diffs.map(({ patch }) => `${patch}\n`).join('');
    case 'name':
      return diffs
        .map(
          ({ id, change, parent }) =>
            `${change} ${id.kind}/${id.namespace === '' ? '' : `${id.namespace}/`}${id.name} (${parent})\n`,
        )
        .join('');
    case 'json':
    case 'yaml':
    case 'object': {
      const data = diffs.map(({ id, parent, change, patch }) => ({
        parent,
        kind: id.kind,
        namespace: id.namespace,
        name: id.name,
        change,
        diff: patch,
      }));
      return format === 'json'
        ? `${JSON.stringify(data, undefined, 2)}\n`
        : data.length === 0
          ? ''
          : `---\n${evaluation.yaml(data)}`;
    }
  }
}
