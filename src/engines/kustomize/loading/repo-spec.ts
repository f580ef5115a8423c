import { posix } from 'node:path';
import type { RemoteRequest } from '../options.ts';

/**
 * Reads a reference to a Git repository as kustomize does; `undefined` for what is none (a local path, a plain file's URL).
 * @see kustomize api/internal/git/repospec.go
 */
export function parseRepoSpec(reference: string): RemoteRequest | undefined {
  if (reference.startsWith('/')) return undefined;
  const cut = reference.indexOf('?');
  const query = cut < 0 ? '' : reference.slice(cut + 1);
  const located = extractHost(cut < 0 ? reference : reference.slice(0, cut));
  if (located === undefined) return undefined;
  const [host, rest] = located;
  const split = splitPath(rest, host.startsWith('file://') ? undefined : 2);
  if (split === undefined || split[0] === '') return undefined;
  const [repoPath, rootPath] = split;
  const cleaned = posix.normalize(rootPath.replace(/^\//, ''));
  if (cleaned === '..' || cleaned.startsWith('../')) return undefined;
  const values = parseQuery(query);
  const submodules = values.get('submodules') ?? '';
  return {
    kind: 'git',
    url: reference,
    repository: host + repoPath,
    ref: values.get('ref') || values.get('version') || '',
    path: rootPath.replace(/^\//, ''),
    submodules: !['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(submodules),
  };
}

function parseQuery(query: string): Map<string, string> {
  const values = new Map<string, string>();
  if (/;|%(?![0-9a-fA-F]{2})/.test(query)) return values;
  for (const [key, value] of new URLSearchParams(query)) if (!values.has(key)) values.set(key, value);
  return values;
}

/** The repository's part of a path and the rest. */
function splitPath(path: string, segments: number | undefined): [string, string] | undefined {
  const gitRoot = path.indexOf('_git/');
  if (gitRoot >= 0) {
    const [first = '', ...others] = path.slice(gitRoot + 5).split('/');
    return [path.slice(0, gitRoot + 5) + first, others.join('/')];
  }
  const double = path.indexOf('//');
  if (double >= 0) return [path.slice(0, double), path.slice(double + 2)];
  const suffix = path.indexOf('.git');
  if (suffix >= 0) return [path.slice(0, suffix + 4), path.slice(suffix + 4)];
  if (segments === undefined) return [path, ''];
  const parts = path.split('/');
  return parts.length < segments ? undefined : [parts.slice(0, segments).join('/'), parts.slice(segments).join('/')];
}

function extractHost(reference: string): [string, string] | undefined {
  let rest = /^git::/i.test(reference) ? reference.slice(5) : reference;
  const scheme = /^(?:ssh|https?|file):\/\//i.exec(rest)?.[0].toLowerCase() ?? '';
  rest = rest.slice(scheme.length);
  const username = /^[a-zA-Z][a-zA-Z0-9-]*@/.exec(rest)?.[0] ?? '';
  rest = rest.slice(username.length);
  const github = /^github\.com[/:]/i.test(rest);
  const scp = scheme === '' && (username !== '' || github);
  if (scheme === '' && !scp) return undefined;
  if (scheme === 'file://') return [scheme, username + rest];
  let separator = rest.indexOf('/');
  if (scp) {
    const colon = rest.indexOf(':');
    if (separator === -1 || (colon > 0 && colon < separator)) separator = colon;
  }
  let host = rest.slice(0, separator + 1);
  const path = separator < 0 ? '' : rest.slice(separator + 1);
  if (separator < 0) host = rest;
  if (github)
    return scheme === 'ssh://' || username !== '' ? [`${username}github.com:`, path] : ['https://github.com/', path];
  return host === '' ? undefined : [scheme + username + host, path];
}

/** A file that is read with a request. */
export function isRemoteFile(path: string): boolean {
  return /^https?:/i.test(path);
}
