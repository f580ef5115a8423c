import { posix } from 'node:path';
import { failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import { FluxError } from './fields.ts';

/** What the parts `{name}` of a `pathPattern` stood for in a directory that it matches. */
export interface PathCapture {
  readonly directory: string;
  readonly raw: ReadonlyMap<string, string>;
  /** In lower case: for names and labels. */
  readonly normalized: ReadonlyMap<string, string>;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

const invalid = (message: string): never => {
  throw new FluxError(failure('invalid-object', message));
};

/**
 * The directories that match `@alias/apps/{app}/{env}`, in the order of a walk.
 * @see source-watcher internal/controller/artifactgenerator_pathpattern.go, buildArtifactRequests
 */
export function matchPathPattern(pathPattern: string, sources: ReadonlyMap<string, FileSystem>): PathCapture[] {
  const slash = pathPattern.indexOf('/');
  if (slash < 0 || !pathPattern.startsWith('@')) invalid(`invalid pathPattern format: ${pathPattern}`);
  const alias = pathPattern.slice(1, slash);
  const fs =
    sources.get(alias) ?? invalid(`pathPattern "${pathPattern}": source alias ${alias} not found in local sources`);
  const parts = pathPattern
    .slice(slash + 1)
    .split('/')
    .map((part) => splitPart(part, pathPattern));
  const names = parts.flat().flatMap((piece) => ('name' in piece ? [piece.name] : []));
  if (new Set(names).size < names.length) invalid(`pathPattern "${pathPattern}": duplicate capture variable`);
  const found: PathCapture[] = [];
  walk(fs, '', parts, new Map(), pathPattern, found);
  return found;
}

type Piece = { readonly text: string } | { readonly name: string };

function splitPart(part: string, pathPattern: string): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < part.length; ) {
    if (part[at] === '}') invalid(`pathPattern "${pathPattern}": invalid capture: missing opening brace`);
    if (part[at] !== '{') {
      const next = /[{}]/.exec(part.slice(at))?.index;
      const text = next === undefined ? part.slice(at) : part.slice(at, at + next);
      pieces.push({ text });
      at += text.length;
      continue;
    }
    const end = part.indexOf('}', at);
    if (end < 0) invalid(`pathPattern "${pathPattern}": invalid capture: missing closing brace`);
    const name = part.slice(at + 1, end);
    if (name === '') invalid(`pathPattern "${pathPattern}": empty capture variable`);
    if (!NAME.test(name))
      invalid(
        `pathPattern "${pathPattern}": capture variable "${name}" must be a valid capture name matching [A-Za-z_][A-Za-z0-9_]*`,
      );
    pieces.push({ name });
    at = end + 1;
  }
  return pieces;
}

function walk(
  fs: FileSystem,
  at: string,
  parts: readonly (readonly Piece[])[],
  captured: ReadonlyMap<string, string>,
  pathPattern: string,
  found: PathCapture[],
): void {
  const [part, ...rest] = parts;
  if (part === undefined) {
    const normalized = new Map([...captured].map(([name, value]) => [name, value.toLowerCase()]));
    for (const [name, value] of normalized)
      if (!LABEL_VALUE.test(value))
        invalid(
          `pathPattern "${pathPattern}": captured value "${value}" for variable "${name}" is not a valid Kubernetes label value`,
        );
    found.push({ directory: at, raw: captured, normalized });
    return;
  }
  for (const { name, type } of fs.listDirectory(`/${at}`) ?? []) {
    const capture = type === 'directory' ? matchPart(part, name) : undefined;
    if (capture !== undefined)
      walk(fs, posix.join(at, name), rest, new Map([...captured, ...capture]), pathPattern, found);
  }
}

/** The longest text for the first capture, as a greedy expression takes it. */
function matchPart(pieces: readonly Piece[], text: string): Map<string, string> | undefined {
  const [piece, ...rest] = pieces;
  if (piece === undefined) return text === '' ? new Map() : undefined;
  if ('text' in piece) return text.startsWith(piece.text) ? matchPart(rest, text.slice(piece.text.length)) : undefined;
  for (let length = text.length; length > 0; length -= 1) {
    const matched = matchPart(rest, text.slice(length));
    if (matched !== undefined) return new Map([[piece.name, text.slice(0, length)], ...matched]);
  }
  return undefined;
}

/** A text with each `{name}` replaced. */
export function fillTemplate(template: string, values: ReadonlyMap<string, string>): string {
  const filled = template.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    if (!NAME.test(name)) invalid(`invalid template "${template}": empty or malformed capture variable`);
    return (
      values.get(name) ??
      invalid(`invalid template "${template}": capture variable "${name}" is not defined by pathPattern`)
    );
  });
  const outside = template.replace(/\{[^{}]*\}/g, '');
  if (/[{}]/.test(outside)) invalid(`invalid template "${template}": capture is missing a brace`);
  return filled;
}
