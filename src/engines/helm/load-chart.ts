import { posix } from 'node:path';
import type { FileSystem } from '../../core/file-system.ts';
import type { Result } from '../../core/result.ts';
import { parseConstraint, parseVersion, satisfies } from '../../core/semver.ts';
import { type Chart, type ChartDependency, ChartFile, type HelmVersion } from './chart.ts';
import { attempt, HelmError } from './failure.ts';
import { readArchiveFiles, withoutByteOrderMark } from './load-archive.ts';
import { readDirectoryFiles } from './load-directory.ts';
import { checkApiVersion, loadFiles } from './load-files.ts';

export interface LoadOptions {
  /** Default `4`. The majors read values.yaml and bound sizes differently. */
  readonly helmVersion?: HelmVersion | undefined;
}

export interface LoadDirectoryOptions extends LoadOptions {
  /**
   * Builds dependencies that `charts/` lacks and whose repository is `file://…` (or none) from their directory, which has to be
   * in `fs`, as source-controller does for charts of Git repositories. Default false: `helm template` does not.
   */
  readonly buildFileDependencies?: boolean | undefined;
}

/** Local charts that depend on local charts. */
const MAX_DEPTH = 32;

/**
 * Loads a chart from its directory; `.helmignore` and links are followed as Helm does.
 * Failures: `path-not-found`, `chart-invalid`, `limit-exceeded`.
 */
export function loadChartDirectory(fs: FileSystem, path: string, options: LoadDirectoryOptions = {}): Result<Chart> {
  return attempt(() => loadDirectory(fs, path, options, 0));
}

/** Loads a packed chart (`.tgz`). Failures: `chart-invalid`, `limit-exceeded`. */
export function loadChartArchive(bytes: Uint8Array, options: LoadOptions = {}): Result<Chart> {
  const helmVersion = options.helmVersion ?? '4';
  return attempt(() => {
    if (helmVersion === '3') return loadFiles(readArchiveFiles(bytes, helmVersion), helmVersion);
    let files: ChartFile[];
    try {
      files = readArchiveFiles(bytes, helmVersion);
    } catch (error) {
      if (!(error instanceof HelmError)) throw error;
      throw new HelmError(
        error.reason,
        error.message === 'gzip: invalid header'
          ? `stream does not appear to be a valid chart file (details: ${error.message})`
          : `unable to load chart archive: ${error.message}`,
      );
    }
    const chartYaml = files.find((file) => file.name === 'Chart.yaml');
    if (chartYaml === undefined)
      throw new HelmError('chart-invalid', 'unable to detect chart version, no Chart.yaml found');
    checkApiVersion(chartYaml);
    return loadFiles(files, helmVersion);
  });
}

/** The files of a packed chart as they are, by their paths in it. Failures: `chart-invalid`, `limit-exceeded`. */
export const chartArchiveFiles = (bytes: Uint8Array): Result<readonly ChartFile[]> =>
  attempt(() => readArchiveFiles(bytes, '4'));

function loadDirectory(fs: FileSystem, path: string, options: LoadDirectoryOptions, depth: number): Chart {
  const helmVersion = options.helmVersion ?? '4';
  if (helmVersion === '4') {
    const chartYaml = posix.join(path, 'Chart.yaml');
    const data = fs.readFile(chartYaml);
    if (data === undefined)
      throw new HelmError(
        fs.exists(path) === undefined ? 'path-not-found' : 'chart-invalid',
        `unable to detect chart at ${chartYaml}: open ${chartYaml}: no such file or directory`,
      );
    checkApiVersion(new ChartFile('Chart.yaml', withoutByteOrderMark(data)));
  }
  const chart = loadFiles(readDirectoryFiles(fs, path, helmVersion), helmVersion);
  return options.buildFileDependencies === true ? buildFileDependencies(fs, path, chart, options, depth) : chart;
}

/** @see source-controller internal/helm/chart/dependency_manager.go */
function buildFileDependencies(
  fs: FileSystem,
  path: string,
  chart: Chart,
  options: LoadDirectoryOptions,
  depth: number,
): Chart {
  const wanted = chart.lock ?? chart.metadata.dependencies ?? [];
  if (wanted.length === chart.dependencies.length) return chart;
  if (depth > MAX_DEPTH) throw new HelmError('limit-exceeded', `local charts nested deeper than ${MAX_DEPTH}`);
  const added: Chart[] = [];
  for (const dependency of wanted) {
    const name = dependency.alias === '' ? dependency.name : dependency.alias;
    if (chart.dependencies.some((existing) => existing.metadata.name === name)) continue;
    if (dependency.repository !== '' && !dependency.repository.startsWith('file://')) continue;
    try {
      added.push(localDependency(fs, path, dependency, options, depth));
    } catch (error) {
      if (!(error instanceof HelmError)) throw error;
      throw new HelmError(error.reason, `failed to add local dependency '${name}': ${error.message}`);
    }
  }
  return added.length === 0 ? chart : { ...chart, dependencies: [...chart.dependencies, ...added] };
}

function localDependency(
  fs: FileSystem,
  path: string,
  dependency: ChartDependency,
  options: LoadDirectoryOptions,
  depth: number,
): Chart {
  const relative =
    dependency.repository === ''
      ? posix.join('charts', dependency.name)
      : decodeURI(dependency.repository.slice('file://'.length));
  // `..` that leads out of the files stays at their root, as securejoin has it.
  const directory = posix.join('/', path, relative);
  if (fs.exists(directory) !== 'directory')
    throw new HelmError('path-not-found', `no chart found at '${directory}' (reference '${dependency.repository}')`);
  const constraint = parseConstraint(dependency.version);
  if (!constraint.ok)
    throw new HelmError(
      'chart-invalid',
      `invalid version/constraint format '${dependency.version}': ${constraint.error}`,
    );
  let chart: Chart;
  try {
    chart = loadDirectory(fs, directory, options, depth + 1);
  } catch (error) {
    if (!(error instanceof HelmError)) throw error;
    throw new HelmError(
      error.reason,
      `failed to load chart from '${directory}' (reference '${dependency.repository}'): ${error.message}`,
    );
  }
  const version = parseVersion(chart.metadata.version);
  if (!version.ok || !satisfies(constraint.value, version.value))
    throw new HelmError('chart-invalid', `can't get a valid version for constraint '${dependency.version}'`);
  return dependency.alias === '' ? chart : { ...chart, metadata: { ...chart.metadata, name: dependency.alias } };
}

/**
 * Refuses a chart of which a declared dependency is not in `charts/`. An alias counts as its name: charts that
 * source-controller packs carry the alias.
 * @see Helm pkg/action/install.go, CheckDependencies
 */
export function checkDependencies(chart: Chart): Result<Chart> {
  return attempt(() => {
    const missing = (chart.metadata.dependencies ?? []).filter(
      ({ name, alias }) =>
        !chart.dependencies.some((d) => d.metadata.name === name || (alias !== '' && d.metadata.name === alias)),
    );
    if (missing.length > 0)
      throw new HelmError(
        'chart-invalid',
        `found in Chart.yaml, but missing in charts/ directory: ${missing.map(({ name }) => name).join(', ')}`,
      );
    return chart;
  });
}

/** Refuses a library chart, which has nothing to install. @see Helm pkg/cmd/install.go, checkIfInstallable */
export function checkInstallable(chart: Chart): Result<Chart> {
  return attempt(() => {
    if (chart.metadata.type !== '' && chart.metadata.type !== 'application')
      throw new HelmError('chart-invalid', `${chart.metadata.type} charts are not installable`);
    return chart;
  });
}
