import { failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import { MemoryFileSystem } from '../core/memory-file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { fromPlain, getIn, isList, type YamlMap } from '../core/value.ts';
import { chartArchiveFiles } from '../engines/helm/index.ts';
import { generateArtifacts, generatorSources } from '../flux/index.ts';
import type { Json, TaskContext, TaskKind } from '../graph/task.ts';
import { formatId } from '../manifests/index.ts';
import { defineKind } from './define-kind.ts';
import { objectOf } from './facts.ts';
import { type FetchInput, fetchArchive, fetchKind, sourceFiles } from './fetch.ts';
import type { TaskPorts } from './ports.ts';
import { helmChartSource, type StandIns } from './release-chart.ts';

export interface ArtifactInput {
  /** The ArtifactGenerator as its fact says it: canonical JSON. */
  readonly object: string;
  readonly standIns: StandIns;
}

/** What an ArtifactGenerator makes: for each artifact its files, in the store. */
export type ArtifactOutput = {
  readonly artifacts: readonly {
    readonly name: string;
    readonly revision: string;
    /** Path without a `/` at its start, and the digest of the content. */
    readonly files: readonly (readonly [path: string, digest: string])[];
  }[];
};

/** Runs an ArtifactGenerator over its sources, as source-watcher does. */
export function artifactKind(ports: TaskPorts): TaskKind<ArtifactInput, ArtifactOutput & Json> {
  return defineKind({
    name: 'artifact',
    version: 1,
    id: ({ object }) => {
      const { metadata } = JSON.parse(object) as { metadata: { name: string; namespace?: string } };
      return `artifact:${formatId({ kind: 'ArtifactGenerator', namespace: metadata.namespace ?? '', name: metadata.name })}`;
    },
    declare: (input) => input,
    run: (context, input) => generate(context, input, ports),
  });
}

async function generate(
  context: TaskContext,
  input: ArtifactInput,
  ports: TaskPorts,
): Promise<Result<ArtifactOutput & Json>> {
  const generator = fromPlain(JSON.parse(input.object)) as YamlMap;
  const sources = generatorSources(generator);
  if (!sources.ok) return sources;
  const files = new Map<string, FileSystem>();
  for (const { alias, kind, namespace, name } of sources.value) {
    if (kind === 'HelmChart') {
      const packed = await chartFiles(context, ports, input.standIns, { namespace, name });
      if (!packed.ok) return packed;
      files.set(alias, packed.value);
      continue;
    }
    const source: FetchInput = { kind, namespace, name, ...input.standIns[formatId({ kind, namespace, name })] };
    const fetched = await context.need(fetchKind(ports), source);
    if (!fetched.ok) return fetched;
    const tree = await sourceFiles(context, ports, source, fetched.value);
    if (!tree.ok) return tree;
    files.set(alias, tree.value);
  }
  const made = generateArtifacts(generator, files);
  if (!made.ok) return made;
  return ok({
    artifacts: made.value.map(({ name, revision, entries }) => ({
      name,
      revision,
      files: entries.map(([path, bytes]) => [path, context.store(bytes)] as const),
    })),
  } as ArtifactOutput & Json);
}

/** The files of the packed chart that a HelmChart's artifact is, below the chart's name. */
async function chartFiles(
  context: TaskContext,
  ports: TaskPorts,
  standIns: StandIns,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<Result<FileSystem>> {
  const id = { group: 'source.toolkit.fluxcd.io', kind: 'HelmChart', namespace, name };
  const helmChart = await objectOf(context, id);
  if (helmChart === undefined)
    return fail(failure('object-not-found', `${formatId(id)} is nowhere in the run`, { hint: 'check spec.sources' }));
  const input = helmChartSource(helmChart, standIns);
  const valuesFiles = getIn(helmChart, 'spec', 'valuesFiles');
  if (input.chart === undefined || (isList(valuesFiles) && valuesFiles.length > 0))
    return fail(
      failure('invalid-object', `${formatId(id)}: a chart that source-controller packs anew is not packed here`, {
        hint: 'name the source that the chart comes from in spec.sources, in place of the HelmChart',
      }),
    );
  const bytes = await fetchArchive(context, ports, input);
  if (!bytes.ok) return bytes;
  const files = chartArchiveFiles(bytes.value);
  if (!files.ok) return files;
  const { name: directory } = input.chart;
  return ok(new MemoryFileSystem(files.value.map((item) => [`/${directory}/${item.name}`, item.data] as const)));
}
