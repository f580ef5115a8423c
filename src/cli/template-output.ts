import { appendFileSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fail, ok, type Result } from '../core/result.ts';
import {
  type HelmVersion,
  isTestHook,
  matchFile,
  type Rendered,
  splitManifests,
  streamDocument,
} from '../engines/helm/index.ts';
import type { Io } from './io.ts';
import { systemError } from './system-error.ts';

export interface OutputOptions {
  readonly hooks: boolean;
  readonly skipTests: boolean;
  readonly showOnly: readonly string[];
  readonly helmVersion: HelmVersion;
}

/**
 * Prints a stream, or the documents of it that `--show-only` names, in the order of the patterns.
 * @see Helm pkg/cmd/template.go
 */
export function printManifests(stream: string, options: OutputOptions, io: Io): Result<null, string> {
  if (options.showOnly.length === 0) {
    io.stdout.write(stream);
    return ok(null);
  }
  const manifests = splitManifests(stream, options.helmVersion);
  const shown: string[] = [];
  for (const pattern of options.showOnly) {
    const matched = manifests.filter((manifest) => {
      const path = /# Source: [^/]+\/(.+)/.exec(manifest)?.[1];
      return path !== undefined && matchFile(pattern, path) === true;
    });
    if (matched.length === 0) return fail(`could not find template ${pattern} in chart`);
    shown.push(...matched);
  }
  for (const manifest of shown) io.stdout.write(`---\n${manifest}\n`);
  return ok(null);
}

/**
 * Writes CRDs and manifests below a directory, a file for each template. Hooks are written after them, by `writeHooks`.
 * @see Helm pkg/action/action.go, renderResources
 */
export function writeManifests(
  rendered: Rendered,
  directory: string,
  releaseDirectory: string,
  io: Io,
): Result<null, string> {
  const written = new Set<string>();
  const write = (root: string, path: string, content: string): Result<null, string> => {
    const result = writeTo(root, path, content, written.has(path), io);
    written.add(path);
    return result;
  };
  if (rendered.includeCrds)
    for (const crd of rendered.crds) {
      const result = write(directory, crd.path, crd.content);
      if (!result.ok) return result;
    }
  for (const manifest of rendered.manifests) {
    const result = write(releaseDirectory, manifest.path, manifest.content);
    if (!result.ok) return result;
  }
  return ok(null);
}

/** Writes hooks; a file that is there is added to. @see Helm pkg/cmd/template.go */
export function writeHooks(rendered: Rendered, root: string, options: OutputOptions, io: Io): Result<null, string> {
  for (const hook of rendered.hooks) {
    if (options.skipTests && isTestHook(hook)) continue;
    const result = writeTo(root, hook.path, hook.content, existsSync(resolve(io.cwd, root, hook.path)), io);
    if (!result.ok) return result;
  }
  return ok(null);
}

function writeTo(root: string, path: string, content: string, append: boolean, io: Io): Result<null, string> {
  const name = `${root}/${path}`;
  const file = resolve(io.cwd, root, path);
  const parent = dirname(name);
  try {
    statSync(resolve(io.cwd, parent));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return fail(systemError(error, `stat ${parent}`));
    const made = makeDirectory(parent, io);
    if (!made.ok) return made;
  }
  try {
    (append ? appendFileSync : writeFileSync)(file, streamDocument(path, content));
  } catch (error) {
    return fail(systemError(error, `open ${name}`));
  }
  io.stdout.write(`wrote ${name}\n`);
  return ok(null);
}

/** `os.MkdirAll`: it fails at the first parent that is no directory. */
function makeDirectory(name: string, io: Io): Result<null, string> {
  const parts = join(name).split('/');
  for (let length = 1; length <= parts.length; length++) {
    const part = parts.slice(0, length).join('/');
    if (part === '') continue;
    try {
      mkdirSync(resolve(io.cwd, part));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') return fail(systemError(error, `mkdir ${part}`));
    }
  }
  return ok(null);
}
