import { Command } from 'commander';
import { fluxKind, isSourceKind } from '../manifests/index.ts';
import { formatVerdicts, verdicts } from '../reports/index.ts';
import { readTarget } from './build.ts';
import { addClusterFlags, readClusterFlags } from './cluster-flags.ts';
import { type Evaluation, runOverCluster } from './evaluate.ts';
import type { Io } from './io.ts';
import { wants } from './target.ts';
import { UsageError } from './usage-error.ts';

/** `flux-local test [all|ks|hr] [name]`: a verdict for each object, root causes first. */
export function testCommand(io: Io): Command {
  const command = new Command('test')
    .description('Render everything and say of each object whether it is READY, FAILED or BLOCKED, root causes first.')
    .argument('[target]', 'all, ks or hr', 'all')
    .argument('[name]', 'only the object of this name; with `all`, the cluster directory')
    .option('-o, --output <format>', 'text or json', 'text')
    .option('-v, --verbose', 'accepted; the report is always whole');
  return addClusterFlags(command).action(
    async (word: string, name: string | undefined, options: Record<string, unknown>) => {
      const { target, flags } = readTarget(word, name, readClusterFlags(options), io);
      if (options.output !== 'text' && options.output !== 'json') throw new UsageError('--output takes text or json');
      await runOverCluster(io, flags, target, (evaluation) => report(evaluation, options.output === 'json'), {
        failuresInResult: true,
      });
    },
  );
}

function report(evaluation: Evaluation, json: boolean): string {
  const { target, flags } = evaluation;
  const objects = evaluation.store.list().filter((object) => {
    const kind = fluxKind(object.id);
    if (kind === undefined) return false;
    if (isSourceKind(kind) || kind === 'ResourceSetInputProvider') return false;
    return wants(target, flags.namespace, object.id);
  });
  const all = verdicts(objects, evaluation.failures);
  return json ? `${JSON.stringify(all, undefined, 2)}\n` : formatVerdicts(all);
}
