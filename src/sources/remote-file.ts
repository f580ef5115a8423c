import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../core/digest.ts';
import type { Result } from '../core/result.ts';
import { fail, ok } from '../core/result.ts';
import { authorizer } from './helm-repository.ts';
import { helmRepositoryAt } from './helm-spec.ts';
import { HttpClient } from './http.ts';
import { offlineFailure, pinned } from './pinned.ts';
import { attempt, once } from './run.ts';
import { type Entry, entryKey, findEntry, makeEntry } from './source-cache.ts';
import { showUrl, trouble, worldTrouble } from './trouble.ts';
import type { FetchedFile, HelmCredentials, SourceCache, SourceOptions } from './types.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 27_000;

/**
 * A file that a kustomization or a person names by its address. What it holds now: `sha256:…`; it is in the cache afterwards.
 * @param credentials for the address's own host
 */
export async function resolveRemoteFile(
  url: string,
  cache: SourceCache,
  options: SourceOptions = {},
  credentials: HelmCredentials = {},
): Promise<Result<string>> {
  const known = pinned(url, options);
  if (known !== undefined) return known;
  return await once(cache, `resolve ${url}`, credentials, async () => {
    const entry = await load(url, undefined, cache, options, credentials);
    return entry.ok ? ok(entry.value.info.revision) : entry;
  });
}

export async function fetchRemoteFile(
  url: string,
  revision: string,
  cache: SourceCache,
  options: SourceOptions = {},
  credentials: HelmCredentials = {},
): Promise<Result<FetchedFile>> {
  return await once(cache, `file ${url} ${revision}`, credentials, async () => {
    let entry = await findEntry(cache, keyOf(url, revision));
    if (entry === undefined) {
      if (options.offline === true) return fail(offlineFailure(showUrl(url)));
      const loaded = await load(url, revision, cache, options, credentials);
      if (!loaded.ok) return loaded;
      entry = loaded.value;
    }
    return ok({ type: 'file' as const, path: entry.path, revision, annotations: new Map() });
  });
}

const keyOf = (url: string, revision: string): string => entryKey('files', url, revision);

async function load(
  url: string,
  revision: string | undefined,
  cache: SourceCache,
  options: SourceOptions,
  credentials: HelmCredentials,
): Promise<Result<Entry>> {
  const made = await attempt(async () => {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw trouble('invalid-object', `${url} is no http(s) address`);
    const client = new HttpClient(options, TIMEOUT_MS, credentials.tls, undefined);
    const authorize = authorizer(helmRepositoryAt(url), credentials);
    const { body } = await client.get(new URL(url), { maxBytes: MAX_BYTES, authorize });
    const digest = `sha256:${sha256(body)}`;
    if (revision !== undefined && digest !== revision)
      throw worldTrouble(
        'verification-failed',
        `${showUrl(url)}: what came has the digest ${digest}, not ${revision}`,
        'Run again with --refresh.',
      );
    return await makeEntry(cache, keyOf(url, digest), async (content) => {
      await writeFile(join(content, 'file'), body);
      return ok({ revision: digest, origin: showUrl(url), file: 'file' });
    });
  });
  return made.ok ? made.value : made;
}
