import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Location } from '../core/location.ts';
import { specPath } from '../manifests/index.ts';
import type { Store, StoredObject } from '../store/index.ts';

/** Directories of a Kustomization hold few files; past this many the place of one object is not worth the search. */
const MAX_FILES = 2000;

/**
 * The file and line that define an object which a Kustomization rendered: the document of its kind and name below the
 * Kustomization's path. For messages only; `undefined` where no document says the name as it is (it may hold a variable).
 */
export function locateObject(root: string, store: Store, object: StoredObject): Location | undefined {
  const [kind, namespace, name] = object.origin.renderedBy?.split('/') ?? [];
  if (kind !== 'Kustomization' || namespace === undefined || name === undefined) return undefined;
  const owner = store.list('Kustomization').find(({ id }) => id.namespace === namespace && id.name === name);
  if (owner === undefined) return undefined;
  let left = MAX_FILES;
  const search = (directory: string): Location | undefined => {
    for (const entry of entriesOf(join(root, directory))) {
      const path = posix.join(directory, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith('.')) {
        const found = search(path);
        if (found !== undefined) return found;
      } else if (entry.isFile() && /\.ya?ml$/.test(entry.name) && left-- > 0) {
        const line = lineOf(readFileSync(join(root, path), 'utf8'), object.id.kind, object.id.name);
        if (line !== undefined) return { file: path, line };
      }
    }
    return undefined;
  };
  return search(specPath(owner.definition));
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return []; // in another source
  }
}

/** The line of the document that states this kind and name. */
function lineOf(text: string, kind: string, name: string): number | undefined {
  if (!text.includes(name)) return undefined;
  const lines = text.split('\n');
  let start = 0;
  for (let at = 0; at <= lines.length; at++) {
    if (at < lines.length && !lines[at]!.startsWith('---')) continue;
    const document = lines.slice(start, at);
    const states = (pattern: RegExp, value: string): boolean =>
      document.some((line) => pattern.exec(line)?.[1] === value);
    if (states(/^kind:\s*["']?([\w-]+)/, kind) && states(/^\s+name:\s*(?:&\w+\s+)?["']?([^\s"'#]+)/, name))
      return start + document.findIndex((line) => line.trim() !== '' && !line.trim().startsWith('#')) + 1;
    start = at + 1;
  }
  return undefined;
}
