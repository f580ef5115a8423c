import { type Failure, failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type Chart, type ChartDependency, loadChartArchive } from '../engines/helm/index.ts';
import type { TaskContext } from '../graph/task.ts';
import { type RepositoriesFact, repositoriesFact } from './facts.ts';
import { type FetchInput, fetchArchive } from './fetch.ts';
import type { TaskPorts } from './ports.ts';

/**
 * Downloads the dependencies of a chart in a source's files that `charts/` lacks and that lie in other repositories. Those of
 * `Chart.lock`, where there is one. A HelmRepository of the namespace with a dependency's address lends it its credentials.
 * @see source-controller internal/helm/chart/dependency_manager.go, Build and addRemoteDependency
 */
export async function addRemoteDependencies(
  context: TaskContext,
  ports: TaskPorts,
  chart: Chart,
  namespace: string,
): Promise<Result<Chart>> {
  const wanted = chart.lock ?? chart.metadata.dependencies ?? [];
  if (wanted.length === chart.dependencies.length) return ok(chart);
  const present = new Set(chart.dependencies.map(({ metadata }) => metadata.name));
  const missing = wanted.filter(
    (dependency) => !present.has(nameOf(dependency)) && !/^(?:file:\/\/|$)/.test(dependency.repository),
  );
  if (missing.length === 0) return ok(chart);
  const unusable = missing.map(unusableRepository).find((error) => error !== undefined);
  if (unusable !== undefined) return fail(unusable);
  const answer = await context.fact(repositoriesFact(namespace), { optional: true });
  const repositories = new Map(
    ((answer ?? []) as RepositoriesFact).map(([name, url]) => [normalizeUrl(url), name] as const).reverse(),
  );
  // All are asked for at once, and then awaited.
  const added = await Promise.all(
    missing.map((dependency) => remoteDependency(context, ports, dependency, namespace, repositories)),
  );
  const charts: Chart[] = [];
  for (const [index, result] of added.entries()) {
    if (!result.ok)
      return fail({
        ...result.error,
        message: `failed to add remote dependency '${nameOf(missing[index]!)}': ${result.error.message}`,
      });
    charts.push(result.value);
  }
  return ok({ ...chart, dependencies: [...chart.dependencies, ...charts] });
}

const nameOf = ({ name, alias }: ChartDependency): string => (alias === '' ? name : alias);

/** @see source-controller internal/helm/repository/utils.go, ValidateDepURL */
function unusableRepository(dependency: ChartDependency): Failure | undefined {
  const { repository } = dependency;
  if (/^(?:oci|https?):\/\//.test(repository)) return undefined;
  const why = /^(?:@|alias:)/.test(repository)
    ? 'aliased repository dependency is not supported'
    : 'invalid dependency repository URL';
  return failure('chart-invalid', `failed to add remote dependency '${nameOf(dependency)}': ${why}: ${repository}`, {
    hint: "write the repository's address in Chart.yaml, or commit the dependency below charts/",
  });
}

/** @see source-controller internal/helm/repository/utils.go, NormalizeURL */
const normalizeUrl = (url: string): string => url.replace(/\/*$/, url.startsWith('oci:') ? '' : '/');

async function remoteDependency(
  context: TaskContext,
  ports: TaskPorts,
  { name, alias, repository, version }: ChartDependency,
  namespace: string,
  repositories: ReadonlyMap<string, string>,
): Promise<Result<Chart>> {
  const known = repositories.get(normalizeUrl(repository));
  const input: FetchInput = {
    kind: 'HelmRepository',
    namespace,
    name: known ?? repository,
    ...(known === undefined ? { url: repository } : {}),
    chart: { name, version: version === '' ? '*' : version },
  };
  const bytes = await fetchArchive(context, ports, input);
  if (!bytes.ok) return bytes;
  const chart = loadChartArchive(bytes.value, { helmVersion: ports.options.helmVersion });
  if (!chart.ok || alias === '') return chart;
  return ok({ ...chart.value, metadata: { ...chart.value.metadata, name: alias } });
}
