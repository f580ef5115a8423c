import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  fetchGitRepository,
  gitCredentials,
  readGitRepositorySpec,
  resolveGitRepository,
  type SourceOptions,
  type SourceSecrets,
} from '../../src/sources/index.ts';
import { problem, secret, source, value } from '../source-objects.ts';
import { type Certificates, makeCertificates } from './support/certificates.ts';
import { type GitHttp, type GitSsh, PASSPHRASE, Repository, serveOverHttp, serveOverSsh } from './support/git.ts';
import { newCache } from './support/objects.ts';
import { run, Scratch } from './support/programs.ts';
import { startProxy } from './support/proxy.ts';

const scratch = new Scratch();
let certificates: Certificates;
let http: GitHttp;
let ssh: GitSsh;
let repository: Repository;
let library: Repository;
const commits = new Map<string, string>();
const options: SourceOptions = { ambientCredentials: false, retry: { minWaitMs: 5, maxWaitMs: 50 } };

beforeAll(async () => {
  certificates = makeCertificates(scratch);
  http = await serveOverHttp(scratch, certificates);
  ssh = await serveOverSsh(scratch);
  library = new Repository(scratch, 'library');
  library.commit({ 'lib.yaml': 'kind: Library\n' });
  repository = new Repository(scratch, 'apps');
  const commit = (name: string, files: Record<string, string>, at?: string): void => {
    commits.set(name, repository.commit(files, at));
  };
  commit('first', {
    'apps/web.yaml': 'version: 1\n',
    '.gitattributes': '*.txt text eol=crlf\n*.yaml filter=evil\n',
    'a.txt': 'one\ntwo\n',
  });
  repository.git('tag', 'v1.0.0');
  commit('second', { 'apps/web.yaml': 'version: 2\n', 'infra/net.yaml': 'kind: Net\n' });
  repository.git('tag', '-a', 'v1.2.0', '-m', 'annotated');
  commit('build1', { build: '1\n' }, '2026-01-03T00:00:00Z');
  repository.git('tag', 'v1.3.0+b1');
  commit('build2', { build: '2\n' }, '2026-01-02T00:00:00Z');
  repository.git('tag', 'v1.3.0+b2');
  commit('rc', { rc: '1\n' });
  repository.git('tag', 'v2.0.0-rc.1');
  symlinkSync('/etc/passwd', join(repository.work, 'passwd'));
  commit('main', { 'apps/web.yaml': 'version: 3\n' });
  repository.git('checkout', '-q', '-b', 'feature/x');
  commit('feature', { feature: 'x\n' });
  repository.git('push', '-q', 'origin', 'HEAD:refs/pull/7/head');
  repository.git('checkout', '-q', 'main');
  repository.push();
});
afterAll(() => scratch.dispose());
beforeEach(() => {
  http.allow = () => true;
  http.isOld = false;
  http.seen.length = 0;
});

function setUp(
  spec: Record<string, unknown>,
  secrets: SourceSecrets = { secret: secret({ 'ca.crt': certificates.ca }) },
) {
  const read = value(readGitRepositorySpec(source('GitRepository', { url: `${http.url}/apps.git`, ...spec })));
  return { spec: read, credentials: value(gitCredentials(read, secrets)), cache: newCache(scratch) };
}

test('each kind of reference resolves to the commit and the revision that Flux shows', async () => {
  for (const [ref, revision] of [
    [{ branch: 'main' }, `main@sha1:${commits.get('main')}`],
    [{ branch: 'feature/x' }, `feature/x@sha1:${commits.get('feature')}`],
    [{ tag: 'v1.0.0' }, `v1.0.0@sha1:${commits.get('first')}`],
    [{ tag: 'v1.2.0', branch: 'main' }, `v1.2.0@sha1:${commits.get('second')}`],
    [{ semver: '~1.2', tag: 'v1.0.0' }, `v1.2.0@sha1:${commits.get('second')}`],
    [{ semver: '1.x' }, `v1.3.0+b1@sha1:${commits.get('build1')}`],
    [{ semver: '>=2.0.0-0' }, `v2.0.0-rc.1@sha1:${commits.get('rc')}`],
    [{ name: 'refs/pull/7/head', semver: '1.x' }, `refs/pull/7/head@sha1:${commits.get('feature')}`],
    [{ name: 'refs/tags/v1.2.0' }, `refs/tags/v1.2.0@sha1:${commits.get('second')}`],
    [{ commit: commits.get('first')!, name: 'refs/heads/main' }, `refs/heads/main@sha1:${commits.get('first')}`],
    [{ commit: commits.get('first')!, branch: 'main' }, `main@sha1:${commits.get('first')}`],
    [{ commit: commits.get('first')! }, `sha1:${commits.get('first')}`],
  ] as const) {
    const { spec, credentials, cache } = setUp({ ref });
    expect(value(await resolveGitRepository(spec, credentials, cache, options))).toBe(revision);
  }
});

test('a commit is checked out as Flux archives it: no .git, no links, no conversions', async () => {
  const { spec, credentials, cache } = setUp({ ref: { branch: 'main' } });
  const revision = value(await resolveGitRepository(spec, credentials, cache, options));
  const tree = value(await fetchGitRepository(spec, revision, credentials, cache, options));
  expect(readdirSync(tree.path).sort()).toEqual(['.gitattributes', 'a.txt', 'apps', 'build', 'infra', 'rc']);
  expect(readFileSync(join(tree.path, 'a.txt'), 'utf8')).toBe('one\ntwo\n');
  expect(readFileSync(join(tree.path, 'apps/web.yaml'), 'utf8')).toBe('version: 3\n');
  http.seen.length = 0;
  expect(value(await fetchGitRepository(spec, revision, credentials, cache, { ...options, offline: true }))).toEqual(
    tree,
  );
  expect(http.seen).toEqual([]);
});

test('an older commit is fetched alone', async () => {
  const { spec, credentials, cache } = setUp({ ref: { commit: commits.get('first')! } });
  const tree = value(await fetchGitRepository(spec, `sha1:${commits.get('first')}`, credentials, cache, options));
  expect(readFileSync(join(tree.path, 'apps/web.yaml'), 'utf8')).toBe('version: 1\n');
});

test('an older commit is fetched from a server that gives only its tips, too', async () => {
  http.isOld = true;
  for (const [ref, name] of [
    [{ commit: commits.get('second')! }, ''],
    [{ commit: commits.get('second')!, branch: 'main' }, 'main@'],
    [{ branch: 'feature/x' }, 'feature/x@'],
  ] as const) {
    const commit = name === 'feature/x@' ? commits.get('feature') : commits.get('second');
    const { spec, credentials, cache } = setUp({ ref });
    const tree = value(await fetchGitRepository(spec, `${name}sha1:${commit}`, credentials, cache, options));
    expect(readFileSync(join(tree.path, 'infra/net.yaml'), 'utf8')).toBe('kind: Net\n');
  }
  const { spec, credentials, cache } = setUp({ ref: { commit: 'f'.repeat(40) } });
  expect(problem(await fetchGitRepository(spec, `sha1:${'f'.repeat(40)}`, credentials, cache, options)).reason).toBe(
    'fetch-failed',
  );
});

test('a branch that is not there, and the default branch master that is not there, are named', async () => {
  for (const [ref, named] of [
    [{ branch: 'absent' }, 'refs/heads/absent'],
    [{}, 'refs/heads/master'],
    [{ tag: 'v9' }, 'refs/tags/v9'],
    [{ semver: '9.x' }, 'no match found for semver: 9.x'],
    [{ name: 'refs/heads/none' }, "unable to resolve ref 'refs/heads/none'"],
  ] as const) {
    const { spec, credentials, cache } = setUp({ ref });
    expect(problem(await resolveGitRepository(spec, credentials, cache, options)).message).toContain(named);
  }
});

test('sparse checkout takes the named directories, and names one that is not there', async () => {
  const { spec, credentials, cache } = setUp({ ref: { branch: 'main' }, sparseCheckout: ['./infra'] });
  const revision = value(await resolveGitRepository(spec, credentials, cache, options));
  const tree = value(await fetchGitRepository(spec, revision, credentials, cache, options));
  expect(readdirSync(tree.path)).toEqual(['infra']);
  const absent = setUp({ ref: { branch: 'main' }, sparseCheckout: ['infra', 'absent'] });
  expect(
    problem(await fetchGitRepository(absent.spec, revision, absent.credentials, absent.cache, options)),
  ).toMatchObject({
    reason: 'path-not-found',
    message: "sparse checkout dir 'absent' does not exist in repository",
  });
});

test('submodules are checked out when asked for', async () => {
  const outer = new Repository(scratch, 'outer');
  writeFileSync(
    join(outer.work, '.gitmodules'),
    '[submodule "library"]\n\tpath = vendor/library\n\turl = ../library.git\n',
  );
  const commit = library.git('rev-parse', 'HEAD');
  outer.git('update-index', '--add', '--cacheinfo', `160000,${commit},vendor/library`);
  outer.git('add', '.gitmodules');
  outer.git('commit', '-q', '-m', 'with a submodule');
  outer.push();
  const ref = { branch: 'main' };
  const url = `${http.url}/outer.git`;
  for (const recurseSubmodules of [true, false]) {
    const { spec, credentials, cache } = setUp({ url, ref, recurseSubmodules });
    const revision = value(await resolveGitRepository(spec, credentials, cache, options));
    const tree = value(await fetchGitRepository(spec, revision, credentials, cache, options));
    expect(existsSync(join(tree.path, 'vendor/library/lib.yaml'))).toBe(recurseSubmodules);
    expect(existsSync(join(tree.path, 'vendor/library/.git'))).toBe(false);
  }
});

test('a submodule on the local disk or behind a program is refused', async () => {
  const outer = new Repository(scratch, 'hostile');
  writeFileSync(join(outer.work, '.gitmodules'), `[submodule "l"]\n\tpath = l\n\turl = file://${library.path}\n`);
  outer.git('update-index', '--add', '--cacheinfo', `160000,${library.git('rev-parse', 'HEAD')},l`);
  outer.git('add', '.gitmodules');
  outer.git('commit', '-q', '-m', 'hostile');
  outer.push();
  const { spec, credentials, cache } = setUp({
    url: `${http.url}/hostile.git`,
    ref: { branch: 'main' },
    recurseSubmodules: true,
  });
  const revision = value(await resolveGitRepository(spec, credentials, cache, options));
  expect(problem(await fetchGitRepository(spec, revision, credentials, cache, options)).message).toContain(
    "transport 'file' not allowed",
  );
});

test('basic and bearer credentials reach the server, and no URL or process list shows them', async () => {
  const ca = { 'ca.crt': certificates.ca };
  for (const [data, expected] of [
    [{ username: 'robot', password: 's3cret' }, `Basic ${Buffer.from('robot:s3cret').toString('base64')}`],
    [{ bearerToken: 'tok3n', username: 'ignored', password: 'ignored' }, 'Bearer tok3n'],
  ] as const) {
    http.allow = (authorization) => authorization === expected;
    const { spec, credentials, cache } = setUp({ ref: { branch: 'main' } }, { secret: secret({ ...ca, ...data }) });
    const revision = value(await resolveGitRepository(spec, credentials, cache, options));
    expect((await fetchGitRepository(spec, revision, credentials, cache, options)).ok).toBe(true);
    expect(() => run('grep', ['-rlE', 's3cret|tok3n', cache.directory])).toThrow();
  }
});

test('wrong and missing credentials fail at once, without a prompt', async () => {
  http.allow = (authorization) => authorization === 'Bearer right';
  for (const data of [{ username: 'robot', password: 'wrong' }, {}]) {
    const { spec, credentials, cache } = setUp(
      { ref: { branch: 'main' } },
      { secret: secret({ 'ca.crt': certificates.ca, ...data }) },
    );
    const failed = problem(await resolveGitRepository(spec, credentials, cache, options));
    expect(failed.reason).toBe('authentication-failed');
    expect(failed.message).not.toContain('wrong');
  }
});

test('a server that the system does not trust is refused without its CA', async () => {
  const { spec, cache } = setUp({ ref: { branch: 'main' } });
  expect(problem(await resolveGitRepository(spec, {}, cache, options))).toMatchObject({
    reason: 'fetch-failed',
    hint: expect.stringContaining('ca.crt'),
  });
});

test('a client certificate is shown to a server that asks for one', async () => {
  const strict = await serveOverHttp(scratch, certificates, true);
  const tls = {
    'ca.crt': certificates.ca,
    'tls.crt': certificates.client.certificate,
    'tls.key': certificates.client.key,
  };
  const spec = { url: `${strict.url}/apps.git`, ref: { branch: 'main' } };
  const with_ = setUp(spec, { secret: secret(tls) });
  expect((await resolveGitRepository(with_.spec, with_.credentials, with_.cache, options)).ok).toBe(true);
  const without = setUp(spec);
  expect((await resolveGitRepository(without.spec, without.credentials, without.cache, options)).ok).toBe(false);
});

test('a proxy is used, with its own password', async () => {
  const plain = await serveOverHttp(scratch, undefined);
  const proxy = await startProxy(scratch, plain.url, undefined);
  const proxySecret = secret({ address: `http://${proxy.host}`, username: 'me', password: 'p@ss' });
  let shown: string | undefined;
  proxy.intercept = ({ request, pass }) => {
    shown ??= request.headers['proxy-authorization'];
    request.url = request.url?.replace(/^http:\/\/[^/]*/, '') ?? '/';
    pass();
  };
  const { spec, credentials, cache } = setUp(
    { url: 'http://git.invalid/apps.git', ref: { branch: 'main' } },
    { proxySecret },
  );
  expect(value(await resolveGitRepository(spec, credentials, cache, options))).toBe(`main@sha1:${commits.get('main')}`);
  expect([undefined, `Basic ${Buffer.from('me:p@ss').toString('base64')}`]).toContain(shown);
  expect(proxy.seen.length).toBeGreaterThan(0);
});

test('credentials do not follow a redirect to another host', async () => {
  const other = await startProxy(scratch, http.url, certificates);
  const entrance = await startProxy(scratch, http.url, certificates);
  entrance.intercept = ({ request, response }) => {
    response.writeHead(302, { location: `https://${other.host}${request.url}` }).end();
  };
  const data = { 'ca.crt': certificates.ca, username: 'robot', password: 's3cret' };
  const { spec, credentials, cache } = setUp(
    { url: `https://${entrance.host}/apps.git`, ref: { branch: 'main' } },
    { secret: secret(data) },
  );
  expect(value(await resolveGitRepository(spec, credentials, cache, options))).toBe(`main@sha1:${commits.get('main')}`);
  expect(entrance.seen[0]?.authorization).toBeDefined();
  expect(other.seen.length).toBeGreaterThan(0);
  expect(other.seen.every(({ authorization }) => authorization === undefined)).toBe(true);
});

test('a server that breaks off is tried again', async () => {
  const proxy = await startProxy(scratch, http.url, certificates);
  let broken = 0;
  proxy.intercept = ({ response, pass }) => {
    if (broken++ < 2) response.destroy();
    else pass();
  };
  const { spec, credentials, cache } = setUp({ url: `https://${proxy.host}/apps.git`, ref: { branch: 'main' } });
  const revision = value(await resolveGitRepository(spec, credentials, cache, options));
  broken = 0;
  expect((await fetchGitRepository(spec, revision, credentials, cache, options)).ok).toBe(true);
});

test('over ssh with a key, with a locked key, and not from a host of another key', async () => {
  const url = `${ssh.url}/apps.git`;
  const ref = { branch: 'main' };
  const known_hosts = ssh.knownHosts;
  for (const data of [
    { identity: ssh.identity, known_hosts },
    { identity: ssh.lockedIdentity, password: PASSPHRASE, known_hosts },
  ]) {
    const { spec, credentials, cache } = setUp({ url, ref }, { secret: secret(data) });
    const revision = value(await resolveGitRepository(spec, credentials, cache, options));
    expect(revision).toBe(`main@sha1:${commits.get('main')}`);
    const tree = value(await fetchGitRepository(spec, revision, credentials, cache, options));
    expect(lstatSync(join(tree.path, 'apps/web.yaml')).isFile()).toBe(true);
  }
  const stranger = known_hosts.replace(
    /ssh-ed25519 .*/,
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDrvtQpZ8b5Xn9gK0b7G1Cj9Q3s5mS9o2Z1pQ5xW0n3A',
  );
  const wrongHost = setUp({ url, ref }, { secret: secret({ identity: ssh.identity, known_hosts: stranger }) });
  expect(
    problem(await resolveGitRepository(wrongHost.spec, wrongHost.credentials, wrongHost.cache, options)),
  ).toMatchObject({
    reason: 'authentication-failed',
    hint: expect.stringContaining('known_hosts'),
  });
  const wrongPassword = setUp(
    { url, ref },
    { secret: secret({ identity: ssh.lockedIdentity, password: 'no', known_hosts }) },
  );
  expect(
    problem(await resolveGitRepository(wrongPassword.spec, wrongPassword.credentials, wrongPassword.cache, options))
      .reason,
  ).toBe('authentication-failed');
});

test('signatures of commits and tags are checked with the given PGP and ssh keys', async () => {
  const home = join(scratch.path, 'gnupg');
  run('mkdir', ['-m', '700', home]);
  const gpg = (...args: string[]): string => run('gpg', ['--batch', '--homedir', home, ...args]);
  gpg('--passphrase', '', '--quick-generate-key', 'Test <test@example.com>', 'ed25519', 'sign');
  const pgp = gpg('--armor', '--export', 'test@example.com');
  scratch.onDispose(() => run('gpgconf', ['--homedir', home, '--kill', 'all']));
  const program = join(scratch.path, 'gpg.sh');
  writeFileSync(program, `#!/bin/sh\nexec gpg --homedir '${home}' "$@"\n`, { mode: 0o755 });
  const signed = new Repository(scratch, 'signed');
  signed.commit({ 'a.yaml': 'a\n' });
  const as = ['-c', `gpg.program=${program}`, '-c', 'user.signingkey=test@example.com'];
  signed.git(...as, 'commit', '-q', '-S', '--allow-empty', '-m', 'signed\n\nwith a body');
  const pgpCommit = signed.git('rev-parse', 'HEAD');
  signed.git(...as, 'tag', '-s', '-m', 'signed tag', 'v1.0.0');
  const key = join(scratch.path, 'identity.pub');
  signed.git(
    '-c',
    'gpg.format=ssh',
    '-c',
    `user.signingkey=${key}`,
    'commit',
    '-q',
    '-S',
    '--allow-empty',
    '-m',
    'by ssh',
  );
  const sshCommit = signed.git('rev-parse', 'HEAD');
  signed.git('commit', '-q', '--allow-empty', '-m', 'unsigned');
  const unsigned = signed.git('rev-parse', 'HEAD');
  signed.push();
  const keys = { 'team.asc': pgp, 'me.sshpub': readFileSync(key, 'utf8') };
  const check = async (revision: string, mode: string, trusted: Record<string, string>): Promise<string> => {
    const { spec, credentials, cache } = setUp(
      { url: `${http.url}/signed.git`, ref: { branch: 'main' }, verify: { mode, secretRef: { name: 'keys' } } },
      { secret: secret({ 'ca.crt': certificates.ca }), verifySecret: secret(trusted) },
    );
    const result = await fetchGitRepository(spec, revision, credentials, cache, options);
    return result.ok ? 'ok' : result.error.reason;
  };
  expect(await check(`main@sha1:${pgpCommit}`, 'HEAD', keys)).toBe('ok');
  expect(await check(`main@sha1:${sshCommit}`, 'HEAD', keys)).toBe('ok');
  expect(await check(`main@sha1:${unsigned}`, 'HEAD', keys)).toBe('verification-failed');
  expect(await check(`main@sha1:${sshCommit}`, 'HEAD', { 'team.asc': pgp })).toBe('verification-failed');
  expect(await check(`v1.0.0@sha1:${pgpCommit}`, 'TagAndHEAD', keys)).toBe('ok');
  expect(await check(`v1.0.0@sha1:${pgpCommit}`, 'Tag', { 'me.sshpub': keys['me.sshpub'] })).toBe(
    'verification-failed',
  );
});
