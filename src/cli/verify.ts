import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { diffObjects } from '../diff/index.ts';
import { formatOtherFailures } from '../reports/index.ts';
import { readTarget } from './build.ts';
import { addClusterFlags, readClusterFlags } from './cluster-flags.ts';
import { sides } from './diff.ts';
import { evaluateCluster, finish } from './evaluate.ts';
import type { Io } from './io.ts';

/** `flux-local verify [all|ks|hr] [name]`: whether helm and kustomize themselves render the same. */
export function verifyCommand(io: Io): Command {
  const command = new Command('verify')
    .description(
      'Render with the engines here and with helm and kustomize on the PATH, and print each object that differs: what they give with `-`, what the engines here give with `+`. Exits with 1 if any does.',
    )
    .argument('[target]', 'all, ks or hr', 'all')
    .argument('[name]', 'only the object of this name; with `all`, the cluster directory')
    .option('-u, --unified <lines>', 'lines of context', Number, 3);
  return addClusterFlags(command).action(
    async (word: string, name: string | undefined, options: Record<string, unknown>) => {
      const { target, flags } = readTarget(word, name, readClusterFlags(options), io);
      // The programs first: without them there is nothing to compare.
      const theirs = await evaluateCluster(io, { ...flags, engine: 'external' }, target);
      if (theirs === undefined) return;
      const ours = await evaluateCluster(io, { ...flags, engine: 'built-in' }, target);
      if (ours === undefined) return;
      const salt = randomBytes(16).toString('hex');
      const before = sides(theirs, [], salt);
      const after = sides(ours, [], salt);
      const diffs = diffObjects(before, after, options.unified as number);
      const verdict =
        diffs.length === 0 ? 'all the same' : `${diffs.length} ${diffs.length === 1 ? 'differs' : 'differ'}`;
      finish(
        io,
        ours,
        `${diffs.map(({ patch }) => `${patch}\n`).join('')}${after.length} ${after.length === 1 ? 'object' : 'objects'}, ${verdict}\n`,
        {},
      );
      io.stderr.write(formatOtherFailures('error: helm and kustomize do not render', theirs.failures, ours.failures));
      ours.run.cache.close();
      theirs.run.cache.close();
      if ((diffs.length > 0 || theirs.failures.length > 0) && io.exitCode === 0) io.exitCode = 1;
    },
  );
}
