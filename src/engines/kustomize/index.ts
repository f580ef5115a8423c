import { failure } from '../../core/failure.ts';
import type { FileSystem } from '../../core/file-system.ts';
import { fail, type Result } from '../../core/result.ts';
import type { KustomizeFailure, KustomizeOptions, KustomizeOutput } from './options.ts';

export type * from './options.ts';

/**
 * Builds the kustomization in the directory `path` of `fs`, as `kustomize build` does. `/` of `fs` is a boundary that
 * nothing leads out of.
 */
export function buildKustomization(
  _fs: FileSystem,
  path: string,
  _options: KustomizeOptions = {},
): Result<KustomizeOutput, KustomizeFailure> {
  return fail(failure('build-failed', `no build yet: ${path}`));
}

/** The output as `kustomize build` prints it: keys sorted, `---` between objects. */
export function toStream(output: KustomizeOutput): string {
  return output.resources.map((resource) => String(resource.object)).join('---\n');
}
