import { join, relative } from 'node:path';
import type { Fingerprints } from '../../cache/index.ts';
import { canonicalJson, type Digest, sha256 } from '../../core/digest.ts';
import { globFiles, globOne } from '../taskfile/globs.ts';
import type { Phase } from './phase.ts';

export interface PhaseInputs {
  readonly digest: Digest;
  readonly parts: Readonly<Record<string, Digest>>;
}

/**
 * Digest of all that a phase's work depends on: its declaration, its sources by name and bytes, what the phases before it
 * gave, and the tool's version.
 */
export function inputsOf(
  phase: Phase,
  workspace: string,
  fingerprints: Fingerprints,
  upstream: ReadonlyMap<string, Digest | undefined>,
  toolVersion: string,
): PhaseInputs {
  const parts: Record<string, Digest> = {
    'the tool': sha256(toolVersion),
    'its declaration': sha256(canonicalJson([phase.inputs ?? null, phase.hooks, phase.generates])),
    'its sources': sha256(canonicalJson(sourcesOf(phase, workspace, fingerprints))),
  };
  for (const [name, output] of upstream) parts[`the result of ${name}`] = output ?? 'none';
  return { digest: sha256(canonicalJson(parts)), parts };
}

function sourcesOf(phase: Phase, workspace: string, fingerprints: Fingerprints): [string, Digest | null][] {
  if (phase.sources.length === 0) return [];
  // `!directory/**` keeps the walk out of the directory.
  const pruned = new Set<string>();
  for (const glob of phase.sources) {
    const directory = /^!([^*?[{]+)\/\*\*$/.exec(glob)?.[1];
    if (directory !== undefined) pruned.add(join(workspace, directory));
  }
  const globs = phase.sources
    .filter((glob) => !/^![^*?[{]+\/\*\*$/.test(glob))
    .map((glob) => (glob.startsWith('!') ? { glob: glob.slice(1), negate: true } : { glob, negate: false }));
  const files = globFiles(workspace, globs, false, {}, pruned).filter(
    (file) => ![...pruned].some((directory) => file.startsWith(`${directory}/`)),
  );
  return files.map((file) => {
    const path = relative(workspace, file);
    const seen = fingerprints.file(path);
    return [path, typeof seen === 'string' ? seen : null];
  });
}

/** The first glob of what a phase leaves behind that names nothing. */
export function missingOutput(phase: Phase, workspace: string): string | undefined {
  return phase.generates.find((glob) => (globOne(workspace, glob, {}) ?? []).length === 0);
}

/** Which part of the inputs is not as it was. */
export function changedParts(
  before: Readonly<Record<string, Digest>>,
  now: Readonly<Record<string, Digest>>,
): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => before[name] !== now[name]);
}
