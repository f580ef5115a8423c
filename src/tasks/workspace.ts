import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** The directory that stands in for the repository Flux was bootstrapped from: `spec.path` is relative to it. */
export interface Workspace {
  /** Absolute. */
  readonly root: string;
  /** The cluster directory or file, relative to the root, with `/`; `''` for the root. */
  readonly path: string;
}

/**
 * Finds the root of the repository that a cluster directory belongs to: the nearest directory above with `.git`. A cluster
 * that stands deeper (an example, a subtree) is known by its own Kustomizations: where their `spec.path` is not there from
 * the outermost candidate, the outermost one from which it is wins.
 * @param target absolute path of the cluster directory or file; it exists
 */
export function findWorkspace(target: string): Workspace {
  const directory = statSync(target).isDirectory() ? target : dirname(target);
  const paths = specPaths(directory);
  const candidates = candidatesAbove(directory, paths);
  const outermost = candidates.at(-1) ?? directory;
  let root = outermost;
  if (paths.length > 0) {
    const score = (candidate: string): number => paths.filter((path) => existsSync(join(candidate, path))).length;
    let best = score(outermost);
    for (const candidate of candidates.toReversed()) {
      const reached = score(candidate);
      if (reached > best) {
        best = reached;
        root = candidate;
      }
    }
  }
  return { root, path: relative(root, target).split(sep).join('/') };
}

/** From the directory itself up to the one with `.git`; where none has, up to the one from which each `spec.path` is there. */
function candidatesAbove(directory: string, paths: readonly string[]): string[] {
  const candidates: string[] = [];
  for (let at = directory; ; at = dirname(at)) {
    candidates.push(at);
    if (existsSync(join(at, '.git'))) return candidates;
    if (dirname(at) === at) break;
  }
  // No repository: the file system's root and the like are no workspace unless a spec.path says so.
  const depth = candidates.findIndex((candidate) => paths.every((path) => existsSync(join(candidate, path))));
  return candidates.slice(0, Math.max(depth, 0) + 1);
}

/** `spec.path` in block style, and in flow style on one line. */
const SPEC_PATH = /^(?: {2}|spec: *\{(?:[^}\n]*,)? *)path:[ \t]*["']?([^\s"'#,}]+)/gm;

/** The `spec.path` of each Flux Kustomization in the directory and its nearest subdirectories, as text: only a hint. */
function specPaths(directory: string, depth = 2): string[] {
  const paths: string[] = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && depth > 0 && !entry.name.startsWith('.')) paths.push(...specPaths(path, depth - 1));
    if (!entry.isFile() || !/\.ya?ml$/.test(entry.name)) continue;
    const text = readFileSync(path, 'utf8');
    if (!text.includes('kustomize.toolkit.fluxcd.io/')) continue;
    // The path of an ExternalArtifact's Kustomization is inside the artifact, and says nothing of the repository.
    for (const document of text.split(/^---/m))
      if (
        /^kind: *Kustomization/m.test(document) &&
        /^apiVersion: *kustomize\.toolkit/m.test(document) &&
        !/^ +kind: *ExternalArtifact/m.test(document)
      )
        for (const match of document.matchAll(SPEC_PATH)) if (!match[1]!.includes('$')) paths.push(match[1]!);
  }
  return paths;
}
