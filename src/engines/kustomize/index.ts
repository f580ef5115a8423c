import type { FileSystem } from '../../core/file-system.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { tryStringify } from '../goyaml/index.ts';
import { BuildContext } from './build-context.ts';
import { effectiveNamespace, idString } from './ids.ts';
import { Loader } from './loading/loader.ts';
import type { KustomizeFailure, KustomizeOptions, KustomizeOutput, KustomizeResource } from './options.ts';
import { KustomizeProblem } from './problem.ts';
import { Target } from './target/target.ts';
import { entriesTransformer } from './transformers/labels/labels.ts';
import { LEGACY_ORDER, sortResources } from './transformers/sort-order/sort-order.ts';

export { mergeHelmValues } from './generators/helm-charts/helm-charts.ts';
export { KUSTOMIZATION_FILES } from './kustomization/read-kustomization.ts';
export type { LinkedFileSystem } from './loading/loader.ts';
export type * from './options.ts';

/**
 * Builds the kustomization in the directory `path` of `fs`, as `kustomize build` does. `/` of `fs` is a boundary that
 * nothing leads out of; with a `rootName` a path that would is refused.
 * @see kustomize api/krusty/kustomizer.go
 */
export function buildKustomization(
  fs: FileSystem,
  path: string,
  options: KustomizeOptions = {},
): Result<KustomizeOutput, KustomizeFailure> {
  try {
    return ok(build(fs, path, options));
  } catch (thrown) {
    if (thrown instanceof RangeError && /call stack/.test(thrown.message))
      return fail({ reason: 'limit-exceeded', message: 'the kustomization or its data is nested too deeply' });
    if (!(thrown instanceof KustomizeProblem)) throw thrown;
    return fail(failureOf(thrown));
  }
}

function failureOf(problem: KustomizeProblem): KustomizeFailure {
  const { reason, message, file, line, hint, missingRemotes } = problem;
  return {
    reason: missingRemotes.length > 0 ? 'fetch-failed' : reason,
    message,
    ...(file === undefined ? {} : { at: line === undefined ? { file } : { file, line } }),
    ...(hint === undefined ? {} : { hint }),
    ...(missingRemotes.length === 0 ? {} : { missingRemotes }),
  };
}

const METADATA_LABELS = [{ group: '', version: '', kind: '', path: 'metadata/labels', create: true }];

function build(fs: FileSystem, path: string, options: KustomizeOptions): KustomizeOutput {
  const context = new BuildContext(options);
  const loader = Loader.start(
    {
      restricted: (options.loadRestrictions ?? 'rootOnly') === 'rootOnly',
      remotes: options.remotes,
      rootName: options.rootName === '/' ? '' : (options.rootName ?? ''),
      bounded: options.rootName !== undefined && options.rootName !== '/',
      contained: options.contained === true,
    },
    fs,
    path,
  );
  const target = new Target(loader, context);
  target.chooseSchema();
  const resources = target.build();
  const { sortOptions, buildMetadata = [] } = target.kustomization;
  const reorder = options.reorder ?? 'unspecified';
  if (sortOptions !== undefined) {
    if (reorder !== 'unspecified')
      context.warn(
        "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag ('--reorder'). Using the kustomization file over the CLI flag.",
      );
    sortResources(resources, sortOptions);
  } else if (reorder !== 'none') sortResources(resources, LEGACY_ORDER);
  if (options.managedByLabel === true || buildMetadata.includes('managedByLabel'))
    entriesTransformer(
      new Map([['app.kubernetes.io/managed-by', `kustomize-${options.version ?? '(devel)'}`]]),
      METADATA_LABELS,
    ).transform(resources);
  const keepOrigin = buildMetadata.includes('originAnnotations');
  const keepTransformations = buildMetadata.includes('transformerAnnotations');
  const output: KustomizeResource[] = resources.resources.map((resource) => {
    resource.finish(keepOrigin, keepTransformations);
    try {
      const { id } = resource;
      const namespace = id.clusterScoped ? undefined : effectiveNamespace(id);
      return { object: resource.toObject(), id: idString(id), namespace };
    } catch (thrown) {
      if (thrown instanceof KustomizeProblem) throw thrown.withMessage(`${idString(resource.id)}: ${thrown.message}`);
      throw thrown;
    }
  });
  return { resources: output, warnings: context.warnings };
}

/** The output as `kustomize build` prints it: keys sorted, `---` between objects. */
export function toStream(output: KustomizeOutput): string {
  return output.resources
    .map(({ object }) => {
      const text = tryStringify(object);
      return text.ok ? text.value : `# ${text.error.message}\n`;
    })
    .join('---\n');
}
