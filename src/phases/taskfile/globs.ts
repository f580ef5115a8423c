import { statSync } from 'node:fs';
import { expandFields } from './expand.ts';
import { withoutIgnored } from './gitignore.ts';
import { smartJoin } from './paths.ts';

export interface Glob {
  readonly glob: string;
  /** `exclude:`: takes files that an earlier glob named out again. */
  readonly negate: boolean;
}

/**
 * The files that a list of globs names, absolute and sorted; a later entry overrides an earlier one.
 * @param directory what relative globs start from
 * @param pruned directories (absolute) that `**` does not go into
 */
export function globFiles(
  directory: string,
  globs: readonly Glob[],
  useGitignore: boolean,
  variables: Readonly<Record<string, string | undefined>>,
  pruned?: ReadonlySet<string>,
): string[] {
  const included = new Map<string, boolean>();
  for (const { glob, negate } of globs) {
    const files = globOne(directory, glob, variables, pruned);
    // A word that names nothing drops its glob only.
    if (files !== undefined) for (const file of files) included.set(file, !negate);
  }
  const files = [...included].filter(([, wanted]) => wanted).map(([file]) => file);
  return (useGitignore ? withoutIgnored(files, directory) : files).sort();
}

/** The files of one glob; `undefined` where a word without wildcards names nothing. Directories are left out. */
export function globOne(
  directory: string,
  glob: string,
  variables: Readonly<Record<string, string | undefined>>,
  pruned?: ReadonlySet<string>,
): string[] | undefined {
  const found = new Set<string>();
  for (const path of expandFields(smartJoin(directory, glob), variables, pruned)) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (!stat.isDirectory()) found.add(path);
  }
  return [...found].sort();
}
