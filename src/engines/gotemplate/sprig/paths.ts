import type { FunctionFamily } from '../functions.ts';

/** @see Go src/path; path/filepath is the same on Unix. */

export function cleanPath(path: string): string {
  if (path === '') return '.';
  const rooted = path[0] === '/';
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') out.push(part);
    else if (out.length > 0 && out.at(-1) !== '..') out.pop();
    else if (!rooted) out.push('..');
  }
  const text = out.join('/');
  return rooted ? `/${text}` : text === '' ? '.' : text;
}
export function basePath(path: string): string {
  if (path === '') return '.';
  const stripped = path.replace(/\/+$/, '');
  const base = stripped.slice(stripped.lastIndexOf('/') + 1);
  return base === '' ? '/' : base;
}
const directory = (path: string): string => cleanPath(path.slice(0, path.lastIndexOf('/') + 1));
function extension(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot < 0 || path.indexOf('/', dot) >= 0 ? '' : path.slice(dot);
}
const isAbsolute = (path: string): boolean => path.startsWith('/');

export const PATHS: FunctionFamily = {
  base: ['string', basePath],
  dir: ['string', directory],
  clean: ['string', cleanPath],
  ext: ['string', extension],
  isAbs: ['string', isAbsolute],
  osBase: ['string', basePath],
  osDir: ['string', directory],
  osClean: ['string', cleanPath],
  osExt: ['string', extension],
  osIsAbs: ['string', isAbsolute],
};
