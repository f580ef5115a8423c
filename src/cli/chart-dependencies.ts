import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { DiskFileSystem } from '../core/disk-file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { parseConstraint, parseVersion, satisfies } from '../core/semver.ts';
import { type Chart, type ChartDependency, loadChartDirectory, quoteGo } from '../engines/helm/index.ts';
import type { Io } from './io.ts';

/**
 * What `--dependency-update` does to a chart of which dependencies are missing: all that name a repository are fetched anew, and take
 * the place of those in `charts/`. What helm writes to the chart's directory is only in memory here.
 * @param directory the chart's
 * @param fetchChart a chart of a repository: an address, `oci://…`, or `@name`
 * @see Helm pkg/downloader/manager.go, Update; internal/resolver/resolver.go
 */
export async function updateDependencies(
  chart: Chart,
  directory: string,
  helmVersion: '3' | '4',
  io: Io,
  fetchChart: (dependency: ChartDependency) => Promise<Result<Chart, string>>,
): Promise<Result<Chart, string>> {
  const wanted = chart.metadata.dependencies ?? [];
  const local = new Map<ChartDependency, Chart>();
  const missing: string[] = [];
  for (const dependency of wanted) {
    const { name, repository, version } = dependency;
    const constraint = parseConstraint(version);
    if (!constraint.ok)
      return fail(`dependency ${quoteGo(name)} has an invalid version/constraint format: ${constraint.error}`);
    if (repository !== '' && !repository.startsWith('file://')) continue;
    const given = repository.slice('file://'.length);
    const path =
      repository === '' ? join(directory, 'charts', name) : isAbsolute(given) ? given : resolve(directory, given);
    if (!existsSync(path)) return fail(`directory ${path} not found`);
    const loaded = loadChartDirectory(new DiskFileSystem(path), '/', { helmVersion });
    if (!loaded.ok) return fail(loaded.error.message);
    const found = parseVersion(loaded.value.metadata.version);
    if (!found.ok || !satisfies(constraint.value, found.value)) {
      missing.push(`${quoteGo(name)} (repository ${quoteGo(repository)}, version ${quoteGo(version)})`);
      continue;
    }
    local.set(dependency, loaded.value);
  }
  if (missing.length > 0)
    return fail(
      `can't get a valid version for ${missing.length} subchart(s): ${missing.join(', ')}. Make sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml`,
    );
  const remote = wanted.filter((dependency) => !local.has(dependency));
  const fetched = new Map(local);
  for (const dependency of remote) {
    const got = await fetchChart(dependency);
    if (!got.ok) return got;
    fetched.set(dependency, got.value);
  }
  io.stdout.write(`${account(wanted).join('\n')}\n`);
  const replaced = new Set([...fetched.values()].map(({ metadata }) => metadata.name));
  const kept = chart.dependencies.filter(({ metadata }) => !replaced.has(metadata.name));
  return ok({ ...chart, dependencies: [...kept, ...new Set(fetched.values())] });
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
