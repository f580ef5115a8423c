import { expect, test } from 'vitest';
import { fromPlain, type YamlMap } from '../../src/core/value.ts';
import { authFor, readDockerAuths } from '../../src/sources/docker-auths.ts';
import {
  bucketCredentials,
  gitCredentials,
  helmCredentials,
  ociCredentials,
  readBucketSpec,
  readGitRepositorySpec,
  readHelmRepositorySpec,
  readOciRepositorySpec,
  secretData,
} from '../../src/sources/index.ts';
import { problem, secret, source, value } from '../source-objects.ts';

const git = (url: string, rest: Record<string, unknown> = {}) =>
  value(readGitRepositorySpec(source('GitRepository', { url, ...rest })));
const https = git('https://example.com/a.git');
const ssh = git('ssh://git@example.com/a.git');

test('data is decoded, and stringData wins', () => {
  const object = fromPlain({ kind: 'Secret', data: { a: 'b25l', b: 'b25l' }, stringData: { b: 'two' } }) as YamlMap;
  expect([...secretData(object)].map(([key, bytes]) => [key, Buffer.from(bytes).toString()])).toEqual([
    ['a', 'one'],
    ['b', 'two'],
  ]);
});

test("a GitRepository's Secret gives basic, bearer, TLS or ssh credentials", () => {
  expect(
    value(gitCredentials(https, { secret: secret({ username: 'u', password: 'p', 'ca.crt': 'CA', caFile: 'old' }) })),
  ).toEqual({
    basic: { username: 'u', password: 'p' },
    tls: { ca: 'CA' },
  });
  expect(
    value(gitCredentials(https, { secret: secret({ bearerToken: 't', username: 'u', password: 'p', caFile: 'CA' }) })),
  ).toEqual({
    bearerToken: 't',
    tls: { ca: 'CA' },
  });
  expect(
    value(gitCredentials(ssh, { secret: secret({ identity: 'K', known_hosts: 'H', password: 'p', username: 'u' }) })),
  ).toEqual({
    identity: 'K',
    knownHosts: 'H',
    identityPassword: 'p',
  });
  expect(value(gitCredentials(git('https://me:p%40ss@example.com/a'), {}))).toEqual({
    basic: { username: 'me', password: 'p@ss' },
  });
});

test('half a pair of credentials is refused as Flux refuses it', () => {
  for (const [spec, data, message] of [
    [https, { password: 'p' }, "'password' requires 'username' to be set"],
    [ssh, { identity: 'K' }, "'known_hosts' is required"],
    [ssh, { known_hosts: 'H' }, "'identity' is required"],
    [
      https,
      { githubAppID: '1', githubAppPrivateKey: 'k', githubAppInstallationID: '2' },
      'provider is not set to github',
    ],
    [git('https://x/y', { provider: 'github' }), { username: 'u', password: 'p' }, 'must hold GitHub App data'],
  ] as const)
    expect(problem(gitCredentials(spec, { secret: secret(data) }))).toMatchObject({
      reason: 'authentication-failed',
      message: expect.stringContaining(message),
    });
  const helm = value(readHelmRepositorySpec(source('HelmRepository', { url: 'https://x/y' })));
  expect(problem(helmCredentials(helm, { secret: secret({ username: 'u' }) })).message).toContain(
    "'username' but no 'password'",
  );
  expect(problem(helmCredentials(helm, { certSecret: secret({ 'tls.crt': 'x' }) })).message).toContain("no 'tls.key'");
});

test('a proxy is read with its own user, and of known schemes only', () => {
  const proxySecret = secret({ address: 'http://proxy:3128', username: 'u', password: 'p' });
  expect(value(gitCredentials(https, { proxySecret })).proxy).toEqual({
    url: 'http://proxy:3128/',
    basic: { username: 'u', password: 'p' },
  });
  expect(problem(gitCredentials(https, { proxySecret: secret({ address: 'ftp://x' }) })).message).toContain(
    'http, https, socks5',
  );
  expect(problem(gitCredentials(https, { proxySecret: secret({}) })).message).toContain("key 'address' not found");
});

test('docker configurations are read in all their spellings', () => {
  const spec = value(readOciRepositorySpec(source('OCIRepository', { url: 'oci://ghcr.io/a/b' })));
  const config = {
    auths: {
      'ghcr.io': { auth: Buffer.from('u:p:q').toString('base64') },
      'https://index.docker.io/v1/': { username: 'hub', password: 'x' },
      'registry:5000': { identitytoken: 'tok' },
      empty: {},
    },
  };
  const { registries, exclusive } = value(
    ociCredentials(spec, {
      secret: secret({ '.dockerconfigjson': JSON.stringify(config) }),
      pullSecrets: [secret({ '.dockercfg': JSON.stringify({ 'quay.io': { username: 'q', password: 'r' } }) })],
    }),
  );
  expect(exclusive).toBe(true);
  expect([...registries!]).toEqual([
    ['ghcr.io', { username: 'u', password: 'p:q' }],
    ['registry-1.docker.io', { username: 'hub', password: 'x' }],
    ['registry:5000', { username: '<token>', password: 'tok' }],
    ['quay.io', { username: 'q', password: 'r' }],
  ]);
  expect(problem(ociCredentials(spec, { secret: secret({ '.dockerconfigjson': '{' }) })).message).toContain(
    'no readable docker configuration',
  );
});

test('a HelmRepository of type oci takes a docker configuration or user and password', () => {
  const spec = value(readHelmRepositorySpec(source('HelmRepository', { type: 'oci', url: 'oci://ghcr.io/charts' })));
  expect([...value(helmCredentials(spec, { secret: secret({ username: 'u', password: 'p' }) })).registries!]).toEqual([
    ['ghcr.io', { username: 'u', password: 'p' }],
  ]);
  const other = secret(
    { '.dockerconfigjson': JSON.stringify({ auths: { 'quay.io': { username: 'a', password: 'b' } } }) },
    'kubernetes.io/dockerconfigjson',
  );
  expect(problem(helmCredentials(spec, { secret: other })).message).toContain("no auth config for 'ghcr.io'");
});

test("a Bucket's Secret must hold both keys", () => {
  const spec = value(readBucketSpec(source('Bucket', { endpoint: 'x', bucketName: 'b' })));
  expect(value(bucketCredentials(spec, { secret: secret({ accesskey: 'a', secretkey: 's' }) }))).toEqual({
    accessKey: 'a',
    secretKey: 's',
  });
  expect(problem(bucketCredentials(spec, { secret: secret({ accesskey: 'a' }) })).message).toContain(
    "required fields 'accesskey' and 'secretkey'",
  );
});

test('of several addresses of a registry the one that says most of the repository counts', () => {
  const basic = (username: string) => ({ username, password: 'p' });
  const auths = readDockerAuths(
    JSON.stringify({
      auths: {
        'https://registry.example/v1/': basic('host'),
        'registry.example/team': basic('team'),
        'registry.example/team/app/': basic('app'),
        '*.azure.example': basic('any'),
        'eu-*.pkg.example:5000': basic('port'),
        'https://index.docker.io/v1/': basic('hub'),
      },
    }),
  )!;
  const user = (host: string, name: string) => authFor(auths, host, name)?.username;
  expect(user('registry.example', 'team/app')).toBe('app');
  expect(user('registry.example', 'team/apple')).toBe('team');
  expect(user('registry.example', 'teams/app')).toBe('host');
  expect(user('mine.azure.example', 'x')).toBe('any');
  expect(user('a.b.azure.example', 'x')).toBeUndefined();
  expect(user('eu-west.pkg.example:5000', 'x')).toBe('port');
  expect(user('eu-west.pkg.example', 'x')).toBeUndefined();
  expect(user('registry-1.docker.io', 'library/nginx')).toBe('hub');
});
