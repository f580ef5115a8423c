import { posix } from 'node:path';
import { needsQuotes } from '../nodes/from-value.ts';
import { parseRepoSpec } from './repo-spec.ts';

/**
 * Where an object comes from, as the annotation `config.kubernetes.io/origin` says it.
 * @see kustomize api/resource/origin.go
 */
export interface Origin {
  readonly path: string;
  readonly repo: string;
  readonly ref: string;
  readonly configuredIn: string;
  readonly configuredBy: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
  };
}

const NOBODY = { apiVersion: '', kind: '', name: '', namespace: '' };
export const EMPTY_ORIGIN: Origin = { path: '', repo: '', ref: '', configuredIn: '', configuredBy: NOBODY };

/** filepath.Join: empty parts do not count, and nothing at all stays empty. */
const joinPath = (a: string, b: string): string => (a === '' && b === '' ? '' : posix.join(a, b));

/** The origin of what `path` leads to from here. */
export function appendOrigin(origin: Origin, path: string): Origin {
  const repository = parseRepoSpec(path);
  if (repository === undefined) return { ...origin, path: joinPath(origin.path, path) };
  return { ...origin, repo: repository.repository, ref: repository.ref, path: joinPath('', repository.path) };
}

/** Of a builtin generator or transformer that a kustomization's own field asks for. */
export function builtinOrigin(origin: Origin, file: string, kind: string): Origin {
  return {
    ...EMPTY_ORIGIN,
    repo: origin.repo,
    ref: origin.ref,
    configuredIn: joinPath(origin.path, file),
    configuredBy: { ...NOBODY, apiVersion: 'builtin', kind },
  };
}

/** As YAML, fields in their order and empty ones left out. */
export function originText(origin: Origin): string {
  return originLines(origin).join('');
}

function originLines(origin: Origin): string[] {
  const lines: string[] = [];
  const put = (indent: string, field: string, value: string): void => {
    if (value !== '') lines.push(`${indent}${field}: ${quoted(value)}\n`);
  };
  put('', 'path', origin.path);
  put('', 'repo', origin.repo);
  put('', 'ref', origin.ref);
  put('', 'configuredIn', origin.configuredIn);
  const by = origin.configuredBy;
  if (by.apiVersion !== '' || by.kind !== '' || by.name !== '' || by.namespace !== '') {
    lines.push('configuredBy:\n');
    put('  ', 'apiVersion', by.apiVersion);
    put('  ', 'kind', by.kind);
    put('  ', 'name', by.name);
    put('  ', 'namespace', by.namespace);
  }
  return lines;
}

export const transformationText = (origin: Origin): string => {
  const lines = originLines(origin);
  return lines.length === 0 ? '- {}\n' : lines.map((line, at) => `${at === 0 ? '- ' : '  '}${line}`).join('');
};

function quoted(value: string): string {
  if (!needsQuotes(value)) return value;
  return JSON.stringify(value);
}
