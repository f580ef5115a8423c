import type { Failure } from '../../core/failure.ts';
import { MemoryFileSystem } from '../../core/memory-file-system.ts';
import { ok, type Result } from '../../core/result.ts';
import { buildKustomization, type KustomizeOptions, toStream } from './index.ts';

export interface BuildOptions {
  /** `LoadRestrictionsRootOnly` (the default): a kustomization reads files in or below its own directory only. */
  readonly loadRestrictions?: 'LoadRestrictionsRootOnly' | 'LoadRestrictionsNone' | 'rootOnly' | 'none';
  /** `none` keeps the order of reading, `legacy` and `unspecified` (the default) sort by kind. */
  readonly reorder?: 'legacy' | 'none' | 'unspecified';
  /** Adds `app.kubernetes.io/managed-by` to every object. */
  readonly managedByLabel?: boolean;
}

export interface BuildInput {
  /** The whole file system: path to text. */
  readonly files: Readonly<Record<string, string>>;
  /** The directory to build. */
  readonly path: string;
  readonly options?: BuildOptions;
}

/** Builds a kustomization of files in memory, as `kustomize build` does; gives the YAML that it prints. */
export function build(input: BuildInput): Result<string, Failure> {
  const { loadRestrictions, reorder, managedByLabel } = input.options ?? {};
  const options: KustomizeOptions = {
    loadRestrictions: loadRestrictions === 'none' || loadRestrictions === 'LoadRestrictionsNone' ? 'none' : 'rootOnly',
    ...(reorder === undefined ? {} : { reorder }),
    ...(managedByLabel === undefined ? {} : { managedByLabel }),
  };
  const files = new MemoryFileSystem(Object.entries(input.files));
  const result = buildKustomization(files, input.path, options);
  return result.ok ? ok(toStream(result.value)) : result;
}

export type { Failure, Result };
