import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HelmRequest, RemoteAnswer, RemotePort, RemoteRequest } from '../engines/kustomize/index.ts';
import { LinkedDisk } from './linked-disk.ts';

const TIMEOUT_MS = 60_000;

/**
 * Bases and charts of other hosts, fetched once and kept in a directory. What could not be fetched is remembered for this run
 * only.
 */
export class KustomizeRemotes {
  readonly directory: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #answers = new Map<string, RemoteAnswer>();
  readonly #wantedCharts = new Map<string, HelmRequest>();
  readonly #charts = new Map<string, { readonly bytes: Uint8Array } | { readonly problem: string }>();

  /** @param cache a directory, made on first use */
  constructor(cache: string, environment: Readonly<Record<string, string | undefined>>) {
    this.directory = join(cache, 'kustomize');
    this.#environment = environment;
  }

  readonly answer: RemotePort = (request) => this.#answers.get(keyOf(request)) ?? this.#kept(request);

  #kept(request: RemoteRequest): RemoteAnswer | undefined {
    const path = this.#pathOf(request);
    if (!existsSync(path)) return undefined;
    const answer: RemoteAnswer =
      request.kind === 'git'
        ? { kind: 'git', fs: new LinkedDisk(path) }
        : { kind: 'http', status: 200, body: readFileSync(path) };
    this.#answers.set(keyOf(request), answer);
    return answer;
  }

  #pathOf(request: RemoteRequest): string {
    return join(this.directory, request.kind, digest(keyOf(request)));
  }

  async fetch(request: RemoteRequest): Promise<void> {
    let answer: RemoteAnswer | undefined;
    try {
      answer = request.kind === 'git' ? await this.#clone(request) : await this.#get(request);
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      answer = { kind: 'failed', message: `${request.kind === 'git' ? 'failed to run git: ' : ''}${message.trim()}` };
    }
    this.#answers.set(keyOf(request), answer);
  }

  async #get(request: RemoteRequest): Promise<RemoteAnswer> {
    const response = await fetch(request.url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) return { kind: 'http', status: response.status, body };
    this.#keep(this.#pathOf(request), (temporary) => writeFileSync(temporary, body));
    return { kind: 'http', status: response.status, body };
  }

  async #clone(request: RemoteRequest): Promise<RemoteAnswer> {
    const { simpleGit } = await import('simple-git');
    mkdirSync(join(this.directory, 'git'), { recursive: true });
    const clone = mkdtempSync(join(this.directory, 'git', 'new-'));
    try {
      const environment = this.#gitEnvironment();
      const git = simpleGit({
        baseDir: clone,
        abort: AbortSignal.timeout(TIMEOUT_MS),
        allowEnvironment: Object.keys(environment),
        unsafe: { allowUnsafeProtocolOverride: true },
      }).env(environment);
      await git.raw('init', '--quiet');
      await git.raw('remote', 'add', 'origin', '--', request.repository);
      await git.raw(
        'fetch',
        '--quiet',
        '--depth=1',
        'origin',
        request.ref === '' ? 'HEAD' : request.ref.replace(/^-+/, ''),
      );
      await git.raw('checkout', '--quiet', 'FETCH_HEAD');
      if (request.submodules && existsSync(join(clone, '.gitmodules')))
        await git.raw('submodule', 'update', '--quiet', '--init', '--recursive', '--depth=1');
      const path = this.#pathOf(request);
      if (!existsSync(path)) renameSync(clone, path);
      return { kind: 'git', fs: new LinkedDisk(path) };
    } finally {
      rmSync(clone, { recursive: true, force: true });
    }
  }

  #gitEnvironment(): Record<string, string> {
    const environment: Record<string, string> = {};
    for (const name of ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy']) {
      const value = this.#environment[name];
      if (value !== undefined) environment[name] = value;
    }
    return { ...environment, GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file' };
  }

  #keep(path: string, write: (temporary: string) => void): void {
    mkdirSync(join(path, '..'), { recursive: true });
    const temporary = `${path}.${process.pid}`;
    write(temporary);
    renameSync(temporary, path);
  }

  // Charts

  get hasWantedCharts(): boolean {
    return this.#wantedCharts.size > 0;
  }

  /** The package of a chart, why there is none, or `undefined` if it has yet to be fetched. */
  chart(request: HelmRequest): { readonly bytes: Uint8Array } | { readonly problem: string } | undefined {
    const key = chartKey(request);
    const known = this.#charts.get(key);
    if (known === undefined) this.#wantedCharts.set(key, request);
    return known;
  }

  async fetchCharts(): Promise<void> {
    const wanted = [...this.#wantedCharts];
    this.#wantedCharts.clear();
    const { fetchHelmChart, helmRepositoryAt, resolveHelmChart } = await import('../sources/index.ts');
    for (const [key, { repo, name, version }] of wanted) {
      const repository = helmRepositoryAt(repo);
      const chart = { name, version };
      const cache = { directory: join(this.directory, 'charts') };
      const revision = await resolveHelmChart(repository, chart, {}, cache);
      const fetched = revision.ok ? await fetchHelmChart(repository, chart, revision.value, {}, cache) : revision;
      this.#charts.set(
        key,
        fetched.ok ? { bytes: readFileSync(fetched.value.path) } : { problem: fetched.error.message },
      );
    }
  }
}

/** Fetches what a build found missing. */
export async function fetchRemotes(remotes: KustomizeRemotes, missing: readonly RemoteRequest[]): Promise<void> {
  await Promise.all(missing.map((request) => remotes.fetch(request)));
  if (remotes.hasWantedCharts) await remotes.fetchCharts();
}

const keyOf = (request: RemoteRequest): string =>
  JSON.stringify([request.kind, request.repository, request.ref, request.submodules]);
const chartKey = (request: HelmRequest): string => JSON.stringify([request.repo, request.name, request.version]);
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40);
