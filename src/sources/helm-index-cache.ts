import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { canonicalJson, sha256 } from '../core/digest.ts';
import { HelmIndex } from './helm-index.ts';
import { authorizer, repositoryUrl } from './helm-repository.ts';
import type { HelmRepositorySpec } from './helm-spec.ts';
import { HttpClient, type HttpReply, header } from './http.ts';
import { offlineFailure } from './pinned.ts';
import { entryKey, replaceFile } from './source-cache.ts';
import { showUrl, Trouble, worldTrouble } from './trouble.ts';
import type { HelmCredentials, SourceCache, SourceOptions } from './types.ts';

/** As Flux limits an index. */
const MAX_INDEX_BYTES = 50 * 1024 * 1024;
/** How long an index serves all charts of a run before the server is asked again whether it changed. Milliseconds. */
const CURRENT_MS = 30_000;

interface IndexState {
  readonly etag?: string;
  readonly lastModified?: string;
  /** Of the body, which is the file of that name. */
  readonly sha256: string;
}

const loaded = new Map<string, { readonly until: number; readonly index: Promise<HelmIndex> }>();

/** A repository's index, asked for once for all its charts and not sent again while the server's copy is the same. */
export async function loadIndex(
  repository: HelmRepositorySpec,
  credentials: HelmCredentials,
  cache: SourceCache,
  options: SourceOptions,
): Promise<HelmIndex> {
  const who = credentials.basic === undefined ? '' : sha256(JSON.stringify(credentials.basic));
  const key = entryKey('indexes', repositoryUrl(repository), who);
  const name = sha256(canonicalJson([cache.directory, key, options.offline === true, credentials]));
  const before = loaded.get(name);
  if (before !== undefined && before.until > Date.now()) return await before.index;
  const index = refresh(repository, credentials, cache, key, options);
  loaded.set(name, { until: Date.now() + CURRENT_MS, index });
  index.catch(() => loaded.delete(name));
  return await index;
}

async function refresh(
  repository: HelmRepositorySpec,
  credentials: HelmCredentials,
  cache: SourceCache,
  key: string,
  options: SourceOptions,
): Promise<HelmIndex> {
  const url = new URL(repository.url);
  url.username = '';
  url.password = '';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/index.yaml`;
  const kept = await readKept(cache, key);
  if (options.offline === true) {
    if (kept === undefined) throw new Trouble(offlineFailure(`the index of ${repositoryUrl(repository)}`));
    return new HelmIndex(kept.text, repositoryUrl(repository));
  }
  const client = new HttpClient(options, repository.timeoutMs, credentials.tls, undefined);
  const reply = await client.get(url, {
    maxBytes: MAX_INDEX_BYTES,
    accept: [304],
    authorize: authorizer(repository, credentials),
    headers: {
      'accept-encoding': 'gzip',
      ...(kept?.state.etag === undefined ? {} : { 'if-none-match': kept.state.etag }),
      ...(kept?.state.lastModified === undefined ? {} : { 'if-modified-since': kept.state.lastModified }),
    },
  });
  if (reply.status === 304 && kept !== undefined) return new HelmIndex(kept.text, repositoryUrl(repository));
  const body = unzipped(reply);
  const text = body.toString('utf8');
  const index = new HelmIndex(text, repositoryUrl(repository)); // an unreadable index is not kept
  const [etag, lastModified] = [header(reply, 'etag'), header(reply, 'last-modified')];
  const state: IndexState = {
    sha256: sha256(body),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
  await replaceFile(cache, join(key, `${state.sha256}.yaml`), body);
  await replaceFile(cache, join(key, 'state.json'), JSON.stringify(state));
  if (kept !== undefined && kept.state.sha256 !== state.sha256) await removeOld(cache, key, state.sha256);
  return index;
}

function unzipped(reply: HttpReply): Buffer {
  if (header(reply, 'content-encoding') !== 'gzip') return reply.body;
  try {
    return gunzipSync(reply.body, { maxOutputLength: MAX_INDEX_BYTES });
  } catch (error) {
    throw worldTrouble('fetch-failed', `${showUrl(reply.url)} cannot be unpacked: ${(error as Error).message}`);
  }
}

async function readKept(cache: SourceCache, key: string): Promise<{ state: IndexState; text: string } | undefined> {
  try {
    const state = JSON.parse(await readFile(join(cache.directory, key, 'state.json'), 'utf8')) as IndexState;
    const body = await readFile(join(cache.directory, key, `${state.sha256}.yaml`));
    return sha256(body) === state.sha256 ? { state, text: body.toString('utf8') } : undefined;
  } catch {
    return undefined;
  }
}

async function removeOld(cache: SourceCache, key: string, keep: string): Promise<void> {
  const directory = join(cache.directory, key);
  for (const name of await readdir(directory))
    if (name.endsWith('.yaml') && name !== `${keep}.yaml`) await rm(join(directory, name), { force: true });
}
