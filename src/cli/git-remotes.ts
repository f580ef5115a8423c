import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normalizeGitUrl } from '../tasks/index.ts';

/** The URLs of a repository's remotes, in the one spelling of `normalizeGitUrl`; none where there is no repository. */
export function readRemotes(root: string): readonly string[] {
  let config: string;
  try {
    config = readFileSync(join(root, '.git/config'), 'utf8');
  } catch {
    return []; // no repository, or a linked work tree, whose remotes are elsewhere
  }
  const urls: string[] = [];
  let remote = false;
  for (const line of config.split('\n')) {
    if (/^\s*\[/.test(line)) remote = /^\s*\[remote /.test(line);
    const url = /^\s*url\s*=\s*(\S+)/.exec(line);
    if (remote && url !== null) urls.push(normalizeGitUrl(url[1]!));
  }
  return urls;
}
