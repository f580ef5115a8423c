import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fail, ok, type Result } from '../core/result.ts';
import { parseConstraint, parseVersion, satisfies } from '../core/semver.ts';
import { type Chart, type ChartDependency, type HelmVersion, quoteGo } from '../engines/helm/index.ts';
import type { Io } from './io.ts';
import { loadChartFile } from './load-chart-file.ts';
import { type ChartLocation, locateChart } from './locate-chart.ts';

/**
 * What `--dependency-update` does to a chart of which dependencies are missing: all that name a repository are fetched anew, and take
 * the place of those in `charts/`. What helm writes to the chart's directory is only in memory here.
 * @param directory the chart's
 * @param location the flags that charts are fetched by; name and password are meant for the chart alone
 * @see Helm pkg/downloader/manager.go, Update; internal/resolver/resolver.go
 */
export async function updateDependencies(
  chart: Chart,
  directory: string,
  location: ChartLocation,
  helmVersion: HelmVersion,
  io: Io,
): Promise<Result<Chart, string>> {
  const wanted = chart.metadata.dependencies ?? [];
  const found = new Map<ChartDependency, Chart>();
  const missing: string[] = [];
  for (const dependency of wanted) {
    const { name, repository, version } = dependency;
    const constraint = parseConstraint(version);
    if (!constraint.ok)
      return fail(`dependency ${quoteGo(name)} has an invalid version/constraint format: ${constraint.error}`);
    if (repository !== '' && !repository.startsWith('file://')) {
      const fetched = await fetchDependency(dependency, location, helmVersion, io);
      if (!fetched.ok) return fetched;
      found.set(dependency, fetched.value);
      continue;
    }
    const given = repository.slice('file://'.length);
    const path =
      repository === '' ? join(directory, 'charts', name) : isAbsolute(given) ? given : resolve(directory, given);
    if (!existsSync(path)) return fail(`directory ${path} not found`);
    const loaded = loadChartFile(path, path, helmVersion);
    if (!loaded.ok) return loaded;
    const its = parseVersion(loaded.value.metadata.version);
    if (its.ok && satisfies(constraint.value, its.value)) found.set(dependency, loaded.value);
    else missing.push(`${quoteGo(name)} (repository ${quoteGo(repository)}, version ${quoteGo(version)})`);
  }
  if (missing.length > 0)
    return fail(
      `can't get a valid version for ${missing.length} subchart(s): ${missing.join(', ')}. Make sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml`,
    );
  io.stdout.write(`${account(wanted).join('\n')}\n`);
  const replaced = new Set([...found.values()].map(({ metadata }) => metadata.name));
  const kept = chart.dependencies.filter(({ metadata }) => !replaced.has(metadata.name));
  return ok({ ...chart, dependencies: [...kept, ...new Set(found.values())] });
}

/** A chart of a repository: an address, `oci://…`, or one that `helm repo add` named: `@name`, `alias:name`. */
async function fetchDependency(
  { name, version, repository }: ChartDependency,
  location: ChartLocation,
  helmVersion: HelmVersion,
  io: Io,
): Promise<Result<Chart, string>> {
  const from = { ...location, username: '', password: '', repo: '', version };
  const alias = /^(?:@|alias:)(.*)$/.exec(repository)?.[1];
  const reference =
    alias !== undefined ? `${alias}/${name}` : repository.startsWith('oci://') ? `${repository}/${name}` : name;
  // What lies about under the dependency's name is not asked for.
  const located = await locateChart(reference, reference === name ? { ...from, repo: repository } : from, '4', io);
  return located.ok ? loadChartFile(located.value, reference, helmVersion) : located;
}

/** What helm says while it fetches. */
function account(wanted: readonly ChartDependency[]): string[] {
  const said: string[] = [];
  const indexed = wanted.filter(({ repository }) => /^https?:/.test(repository));
  if (indexed.length > 0) said.push('Getting updates for unmanaged Helm repositories...');
  for (const { repository } of indexed)
    said.push(`...Successfully got an update from the ${quoteGo(repository)} chart repository`);
  said.push(`Saving ${wanted.length} charts`);
  for (const { name, repository } of wanted)
    if (repository === '')
      said.push(`Dependency ${name} did not declare a repository. Assuming it exists in the charts directory`);
    else if (!repository.startsWith('file://')) said.push(`Downloading ${name} from repo ${repository}`);
  said.push('Deleting outdated charts');
  return said;
}
