import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { holdLease, memoryCache, openCache, saveRun } from '../cache/index.ts';
import { cacheDirectoryOf } from '../core/cache-directory.ts';
import { fromPlain, getIn, isMap, toPlain, type YamlMap, type YamlValue } from '../core/value.ts';
import { toWarning, type Warning } from '../core/warning.ts';
import { parse, stringify } from '../engines/goyaml/index.ts';
import { Run, type RunStatistics } from '../graph/index.ts';
import { formatId, type ObjectId, objectKey, readManifests } from '../manifests/index.ts';
import { formatFailure, formatTable, type ReportedFailure, rootFailures, warningLines } from '../reports/index.ts';
import { Store } from '../store/index.ts';
import {
  allKinds,
  Cluster,
  type ClusterDepth,
  type Contest,
  encodeDefinition,
  findWorkspace,
  GIVEN,
  networkSources,
  openExternal,
  PHASE_KINDS,
  type RenderedObject,
  type Settlement,
  taskKinds,
  type Workspace,
} from '../tasks/index.ts';
import type { ClusterFlags } from './cluster-flags.ts';
import { readRemotes } from './git-remotes.ts';
import type { Io } from './io.ts';
import { locateObject } from './locate-object.ts';
import { debugListener, Progress } from './progress.ts';
import { replayKey } from './replay.ts';
import { isReplayable } from './replayable.ts';
import { type Target, wants } from './target.ts';
import { tidyCacheDaily } from './tidy-cache.ts';
import { UsageError } from './usage-error.ts';

/** A rendered object, with the texts of it that a report may ask for; each is made when it is asked for. */
export interface ShownObject {
  /** `Kustomization/flux-system/apps`. */
  readonly parent: string;
  readonly object: RenderedObject;
  /** YAML, keys sorted. */
  text(): string;
  value(): YamlValue;
  /** As data for `JSON.stringify`. */
  plain(): unknown;
  /** The YAML without these labels and annotations, and with what `change` makes of the object. */
  textWithout(attributes: readonly string[], change?: (object: YamlMap) => YamlMap): string;
}

/** A cluster as it was rendered. */
export interface Evaluation {
  readonly flags: ClusterFlags;
  readonly target: Target;
  readonly workspace: Workspace;
  /** The cluster directory as messages name it, relative to the workspace. */
  readonly workspacePath: string;
  readonly cacheDirectory: string;
  readonly store: Store;
  /** Root causes. */
  readonly failures: readonly ReportedFailure[];
  readonly warnings: readonly string[];
  readonly statistics: RunStatistics;
  /** What the target's objects rendered, in the order of their parents. */
  objects(): ShownObject[];
  renderedBy(id: ObjectId): readonly RenderedObject[];
  table(header: readonly string[], rows: readonly (readonly string[])[]): string;
  yaml(value: unknown): string;
  readonly run: Run;
}

/** The workspace of a cluster directory; `undefined` after saying that the path cannot be used (exit code 2). */
export function openWorkspace(io: Io, path: string): Workspace | undefined {
  const target = resolve(io.cwd, path);
  if (statSync(target, { throwIfNoEntry: false }) !== undefined) return findWorkspace(target);
  io.stderr.write(`error: ${path} does not exist: --path takes the cluster directory\n`);
  io.exitCode = 2;
  return undefined;
}

/** How often a cluster is evaluated in which objects change each other, before it is said that they never settle. */
const MOST_ROUNDS = 8;

const PHASES = new Set(['load', 'fetch', 'values', 'build', 'template']);

/** Renders a cluster. `undefined` after a wrong usage that was told on stderr. */
export async function evaluateCluster(
  io: Io,
  flags: ClusterFlags,
  target: Target,
  given: Partial<Workspace> & { readonly depth?: ClusterDepth; readonly ignoreLock?: boolean } = {},
): Promise<Evaluation | undefined> {
  const { root, path } = given;
  const workspace = root !== undefined && path !== undefined ? { root, path } : openWorkspace(io, flags.path ?? '.');
  if (workspace === undefined) return undefined;
  for (const phase of flags.force)
    if (phase !== 'all' && !PHASES.has(phase))
      throw new UsageError(`--force takes one of ${[...PHASES].join(', ')}, all; not '${phase}'`);
  const external = flags.engine === 'external' ? await openExternal(io.env) : undefined;
  if (external?.ok === false) throw new UsageError(`${external.error.message}: ${external.error.hint ?? ''}`);
  const cacheDirectory = cacheDirectoryOf(flags.cacheDir, io, workspace.root);
  const warnings: Warning[] = [];
  const warn = (warning: string | Warning): void => {
    warnings.push(toWarning(warning));
  };
  const cache = flags.cache ? openCache(cacheDirectory, { onWarning: warn }) : memoryCache();
  const kinds = {
    options: renderOptions(flags),
    sources: networkSources({
      cacheDirectory,
      workspace: workspace.root,
      offline: flags.offline,
      ...(flags.registryConfig === undefined ? {} : { registryConfig: resolve(io.cwd, flags.registryConfig) }),
      warn,
      environment: io.env,
    }),
    ...(external === undefined ? {} : { external: external.value }),
    ...(given.ignoreLock === undefined ? {} : { ignoreLock: given.ignoreLock }),
  };
  const level = (flags.logLevel ?? io.env.LOG_LEVEL ?? '').toLowerCase();
  const debug = level === 'debug' ? debugListener(io) : undefined;
  const evaluate = async (again?: { readonly settled: Settlement }) => {
    const store = new Store();
    const progress = new Progress(io, flags);
    store.subscribe((event) => progress.on(event));
    const run: Run = new Run({
      workspace: workspace.root,
      cache,
      ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
      ...(again === undefined ? { force: forcedKinds(flags), refresh: flags.refresh } : {}),
      offline: flags.offline,
      ...(debug === undefined ? {} : { listener: debug }),
      kinds: allKinds(kinds),
      environment: io.env,
      onQuiescent: (waits) => cluster.settle(waits),
    });
    const cluster = new Cluster(run, taskKinds(kinds), store, {
      path: workspace.path,
      recursive: flags.recursive,
      sources: standIns(flags, workspace, io),
      remotes: readRemotes(workspace.root),
      ...(target.what === 'ks' ? {} : { wantRelease: (id: ObjectId) => wants(target, flags.namespace, id) }),
      given: givenObjects(flags, io),
      ...(given.depth === undefined ? {} : { depth: given.depth }),
      ...again,
    });
    const result = await cluster.evaluate();
    const statistics = await run.finish();
    progress.close();
    return { store, run, result, statistics };
  };
  const release = flags.cache ? holdLease(cacheDirectory) : undefined;
  let evaluated = await evaluate();
  let { statistics } = evaluated;
  const late = new Map(evaluated.result.late);
  for (let rounds = 1; evaluated.result.unsettled !== undefined; rounds++) {
    if (rounds === MOST_ROUNDS) {
      warn(
        `what the objects of ${workspace.path || '.'} render changes these objects again and again: this is one of many states`,
      );
      break;
    }
    debug?.({
      type: 'debug',
      node: 'run',
      message: `again, for ${[...evaluated.result.unsettled.facts.keys()].join(', ')}`,
    });
    evaluated = await evaluate({ settled: evaluated.result.unsettled });
    statistics = withRound(statistics, evaluated.statistics);
    for (const [name, parents] of evaluated.result.late) late.set(name, parents);
  }
  const { store, run, result } = evaluated;
  warnings.push(...run.warnings());
  for (const contest of result.contested) {
    const message = contestMessage(contest);
    if (message !== undefined) warn(message);
  }
  for (const [name, parents] of [...late].sort())
    warn(
      `${name.replace(/^object:/, '')} has to be there before ${parents.join(', ')} can bring it: here it counts as there, in a new cluster what needs it fails`,
    );
  release?.();
  if (result.unusable !== undefined) {
    cache.close();
    io.stderr.write(formatFailure({ failure: result.unusable, blocks: [] }));
    io.exitCode = 2;
    return undefined;
  }
  const byParent = new Map(result.rendered.map((one) => [objectKey(one.id), one]));
  return {
    flags,
    target,
    workspace,
    workspacePath: workspace.path === '' ? '.' : workspace.path,
    cacheDirectory,
    store,
    failures: rootFailures(result.loadFailures, store.list(), (object) => locateObject(workspace.root, store, object)),
    warnings: warningLines(warnings),
    statistics,
    run,
    renderedBy: (id) => byParent.get(objectKey(id))?.rendered.objects ?? [],
    objects: () =>
      result.rendered
        .filter(
          ({ id }) => wants(target, flags.namespace, id) && hasLabels(store.get(id)?.definition, flags.labelSelector),
        )
        .flatMap(({ id, rendered }) => {
          const parent = formatId(id);
          let stream: Uint8Array | undefined;
          return rendered.objects.map((object): ShownObject => {
            const text = (): string => {
              stream ??= run.load(rendered.stream);
              return Buffer.from(stream.buffer, stream.byteOffset + object.start, object.end - object.start).toString(
                'utf8',
              );
            };
            const value = (): YamlValue => {
              const parsed = parse(text());
              return parsed.ok ? parsed.value : null;
            };
            return {
              parent,
              object,
              text,
              value,
              plain: () => toPlain(value()),
              textWithout: (attributes, change) => {
                const object = value();
                const changed = isMap(object) && change !== undefined ? change(object) : object;
                return stringify(attributes.length === 0 ? changed : withoutAttributes(changed, new Set(attributes)));
              },
            };
          });
        }),
    table: formatTable,
    yaml: (plain) => stringify(fromPlain(plain)),
  };
}

const forcedKinds = ({ force }: ClusterFlags): 'all' | ReadonlySet<string> =>
  force.includes('all') ? 'all' : new Set(force.flatMap((phase) => PHASE_KINDS[phase] ?? [phase]));

/** What ran in any round; how the last one ended. */
function withRound(before: RunStatistics, last: RunStatistics): RunStatistics {
  const ranIds = [...new Set([...before.ranIds, ...last.ranIds])].sort();
  return { ...last, ran: ranIds.length, ranIds };
}

/** Says that objects overwrite each other; nothing where an object only comes back changed from what it was bootstrapped with. */
function contestMessage({ name, offers }: Contest): string | undefined {
  const object = /^object:(?:[^A-Z/]+\/)?(.*)$/.exec(name)?.[1];
  const parents = offers.map(({ by }) => by).filter((by) => by !== '' && by !== GIVEN && by !== object);
  const last = parents.pop();
  if (object === undefined || parents.length === 0) return undefined;
  return `${object} has other content in ${parents.join(', ')} than in ${last}: in the cluster they overwrite each other; here ${last} counts as the last to be applied`;
}

function renderOptions(flags: ClusterFlags) {
  return {
    ...(flags.kubeVersion === undefined ? {} : { kubeVersion: flags.kubeVersion }),
    apiVersions: flags.apiVersions,
    helmVersion: flags.helmVersion,
    isUpgrade: flags.isUpgrade,
    noHooks: flags.noHooks,
    showOnly: flags.showOnly,
    skipSchemaValidation: flags.skipSchemaValidation,
    strictSubstitute: flags.strictSubstitute,
    disableChartDigestTracking: flags.featureGates.get('DisableChartDigestTracking') === true,
    substitute: flags.substitute,
  };
}

function hasLabels(definition: YamlMap | undefined, selector: ReadonlyMap<string, string>): boolean {
  if (definition === undefined) return selector.size === 0;
  return [...selector].every(([key, value]) => getIn(definition, 'metadata', 'labels', key) === value);
}

/** Labels and annotations taken out everywhere: of the object, and of the templates it holds. */
function withoutAttributes(value: YamlValue, names: ReadonlySet<string>): YamlValue {
  if (Array.isArray(value)) return value.map((item) => withoutAttributes(item, names));
  if (!isMap(value)) return value;
  const out: YamlMap = new Map();
  for (const [key, item] of value) {
    const kept =
      (key === 'labels' || key === 'annotations') && isMap(item)
        ? new Map([...item].filter(([name]) => !names.has(name)))
        : withoutAttributes(item, names);
    if (isMap(kept) && kept.size === 0 && isMap(item) && item.size > 0) continue;
    out.set(key, kept);
  }
  return out;
}

/** `--sources NAME=PATH`: the path is relative to the current directory; without one, the workspace itself. */
function standIns(flags: ClusterFlags, workspace: Workspace, io: Io): ReadonlyMap<string, string> {
  return new Map(
    flags.sources.map((entry) => {
      const equals = entry.indexOf('=');
      if (equals < 0) return [entry, ''];
      const path = relative(workspace.root, resolve(io.cwd, entry.slice(equals + 1)));
      if (path.startsWith('..')) throw new UsageError(`--sources ${entry}: the path lies outside ${workspace.root}`);
      return [entry.slice(0, equals), path.split(sep).join('/')];
    }),
  );
}

function givenObjects(flags: ClusterFlags, io: Io) {
  return flags.withResource.flatMap((file) => {
    let text: string;
    try {
      text = readFileSync(resolve(io.cwd, file), 'utf8');
    } catch {
      throw new UsageError(`--with-resource: ${file} cannot be read`);
    }
    const { manifests, failures } = readManifests(text, file);
    if (failures[0] !== undefined) throw new UsageError(`--with-resource: ${file}: ${failures[0].message}`);
    return manifests.map(({ object, at }) => encodeDefinition(object, { at }));
  });
}

/**
 * Prints a result, then what went wrong; sets the exit code.
 * @returns what it wrote to stderr
 */
export function finish(
  io: Io,
  evaluation: Evaluation,
  text: string,
  options: { readonly failuresInResult?: boolean },
): string {
  let said = '';
  const say = (line: string): void => {
    said += line;
    io.stderr.write(line);
  };
  const { outputFile } = evaluation.flags;
  if (outputFile === undefined || outputFile === '-') io.stdout.write(text);
  else {
    const path = resolve(io.cwd, outputFile);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  for (const warning of evaluation.warnings) say(`warning: ${warning}\n`);
  if (!options.failuresInResult) for (const failure of evaluation.failures) say(formatFailure(failure));
  if (evaluation.failures.length > 0) io.exitCode = 1;
  else if (evaluation.store.list().length === 0)
    say(`${evaluation.workspacePath}: no Flux objects found: is this the cluster directory?\n`);
  const { target } = evaluation;
  if (
    target.name !== undefined &&
    io.exitCode === 0 &&
    !evaluation.store.list().some(({ id }) => wants(target, evaluation.flags.namespace, id))
  ) {
    say(
      `error: there is no ${target.what === 'all' ? 'object' : target.what} '${target.name}' in ${evaluation.workspacePath}\n`,
    );
    io.exitCode = 1;
  }
  return said;
}

/** Renders a cluster and prints what `print` makes of it. */
export async function runOverCluster(
  io: Io,
  flags: ClusterFlags,
  target: Target,
  print: (evaluation: Evaluation) => string,
  options: { readonly failuresInResult?: boolean } = {},
): Promise<void> {
  const evaluation = await evaluateCluster(io, flags, target);
  if (evaluation === undefined) return;
  const text = print(evaluation);
  const said = finish(io, evaluation, text, options);
  const { argv } = io;
  const { run } = evaluation;
  if (argv !== undefined && isReplayable(argv, io))
    await saveRun(run.cache, replayKey(argv, evaluation.workspace.root, io), run.fingerprints, run.leaves(), {
      stdout: Buffer.from(text),
      stderr: said,
      exitCode: io.exitCode,
    });
  run.cache.close();
  if (flags.cache) tidyCacheDaily(evaluation.cacheDirectory);
}
