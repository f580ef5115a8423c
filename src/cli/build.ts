import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { passes } from '../manifests/index.ts';
import { addClusterFlags, type ClusterFlags, readClusterFlags } from './cluster-flags.ts';
import { type Evaluation, runOverCluster, type ShownObject } from './evaluate.ts';
import type { Io } from './io.ts';
import { parseTarget, type Target } from './target.ts';
import { UsageError } from './usage-error.ts';

type Format = 'yaml' | 'json' | 'name' | 'wide';
const FORMATS: readonly string[] = ['yaml', 'json', 'name', 'wide'] satisfies Format[];

/** `flux-local build all|ks|hr [name]`: renders, and prints the manifests. */
export function buildCommand(io: Io): Command {
  const command = new Command('build')
    .description('Render Kustomizations and HelmReleases and print the manifests. Only what changed is rendered again.')
    .argument('[target]', 'all, ks or hr', 'all')
    .argument('[name]', 'only the object of this name (or namespace/name); with `all`, the cluster directory')
    .option('-o, --output <format>', `${FORMATS.join(', ')}`, 'yaml');
  return addClusterFlags(command).action(
    async (word: string, name: string | undefined, options: Record<string, unknown>) => {
      const { target, flags } = readTarget(word, name, readClusterFlags(options), io);
      const format = options.output as Format;
      if (!FORMATS.includes(format)) throw new UsageError(`--output takes one of ${FORMATS.join(', ')}`);
      await runOverCluster(io, flags, target, (evaluation) => print(evaluation, format));
    },
  );
}

/** Scripts say `build all PATH` and `build PATH`, where the path is the cluster directory. */
export function readTarget(
  word: string,
  name: string | undefined,
  flags: ClusterFlags,
  io: Io,
): { target: Target; flags: ClusterFlags } {
  if (!/^(?:all|ks|hr|kustomizations?|helmreleases?)(?:\/|$)/i.test(word) && name === undefined && isPath(word, io))
    return { target: { what: 'all', name: undefined }, flags: { ...flags, path: flags.path ?? word } };
  const target = parseTarget(word, name);
  if (target.what === 'all' && target.name !== undefined && flags.path === undefined && isPath(target.name, io))
    return { target: { what: 'all', name: undefined }, flags: { ...flags, path: target.name } };
  return { target, flags };
}

function isPath(word: string, io: Io): boolean {
  return statSync(resolve(io.cwd, word), { throwIfNoEntry: false }) !== undefined;
}

function print(evaluation: Evaluation, format: Format): string {
  const { flags } = evaluation;
  const shown = evaluation.objects().filter(({ object }) => passes(flags, object) && !(flags.noHooks && object.hook));
  switch (format) {
    case 'yaml':
      return shown.map((one) => `---\n${one.text()}`).join('');
    case 'json':
      return `${JSON.stringify(
        shown.map((one) => one.plain()),
        undefined,
        2,
      )}\n`;
    case 'name':
      return shown.map((one) => `${nameOf(one)}\n`).join('');
    case 'wide':
      return evaluation.table(
        ['PARENT', 'NAMESPACE', 'KIND', 'NAME', 'APIVERSION'],
        shown.map(({ parent, object }) => [
          parent,
          object.namespace,
          object.kind,
          object.name,
          object.group === '' ? object.version : `${object.group}/${object.version}`,
        ]),
      );
  }
}

/** As `kubectl get -o name` writes it, with the namespace where there is one. */
function nameOf({ object }: ShownObject): string {
  const kind = `${object.kind.toLowerCase()}${object.group === '' ? '' : `.${object.group}`}`;
  return object.namespace === '' ? `${kind}/${object.name}` : `${object.namespace}/${kind}/${object.name}`;
}
