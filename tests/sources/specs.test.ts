import { expect, test } from 'vitest';
import {
  parseDuration,
  readBucketSpec,
  readGitRepositorySpec,
  readHelmChartSpec,
  readHelmRepositorySpec,
  readOciRepositorySpec,
} from '../../src/sources/index.ts';
import { problem, source, value } from '../source-objects.ts';

test('a GitRepository is read with the defaults of its API', () => {
  expect(value(readGitRepositorySpec(source('GitRepository', { url: 'https://example.com/a.git' })))).toEqual({
    url: 'https://example.com/a.git',
    ref: {},
    intervalMs: 300_000,
    timeoutMs: 60_000,
    recurseSubmodules: false,
    sparseCheckout: [],
    include: [],
    provider: 'generic',
    suspend: false,
  });
});

test('all fields of a GitRepository are read', () => {
  const read = value(
    readGitRepositorySpec(
      source(
        'GitRepository',
        {
          url: 'ssh://git@example.com/a.git',
          ref: { branch: 'b', tag: 't', semver: '1.x', name: 'refs/heads/n' },
          timeout: '1m30s',
          recurseSubmodules: true,
          sparseCheckout: ['./apps', 'infra/'],
          include: [{ repository: { name: 'other' } }, { repository: { name: 'third' }, fromPath: 'a', toPath: 'b' }],
          ignore: '',
          secretRef: { name: 's' },
          proxySecretRef: { name: 'p' },
          suspend: true,
          verify: { mode: 'head', secretRef: { name: 'k' } },
          gitImplementation: 'go-git',
        },
        'source.toolkit.fluxcd.io/v1beta2',
      ),
    ),
  );
  expect(read).toMatchObject({
    ref: { branch: 'b', tag: 't', semver: '1.x', name: 'refs/heads/n' },
    timeoutMs: 90_000,
    sparseCheckout: ['apps', 'infra/'],
    include: [
      { repository: 'other', fromPath: '', toPath: 'other' },
      { repository: 'third', fromPath: 'a', toPath: 'b' },
    ],
    ignore: '',
    secretRef: 's',
    proxySecretRef: 'p',
    suspend: true,
    verify: { mode: 'HEAD', secretRef: 'k' },
  });
});

test('what the API server would refuse is refused with the path of the field', () => {
  for (const [read, kind, spec, message] of [
    [readGitRepositorySpec, 'GitRepository', {}, 'spec.url is required'],
    [
      readGitRepositorySpec,
      'GitRepository',
      { url: 'git@github.com:a/b' },
      'spec.url must begin with http://, https:// or ssh://',
    ],
    [readGitRepositorySpec, 'GitRepository', { url: 'ssh://git@github.com:a/b' }, 'spec.url is not a URL'],
    [
      readGitRepositorySpec,
      'GitRepository',
      { url: 'https://x/y', ref: { tag: 1.2 } },
      'spec.ref.tag must be a string, not 1.2 (quote it)',
    ],
    [
      readGitRepositorySpec,
      'GitRepository',
      { url: 'https://x/y', ref: { commit: 'abc' } },
      'spec.ref.commit must be a whole commit id',
    ],
    [
      readGitRepositorySpec,
      'GitRepository',
      { url: 'https://x/y', timeout: 'soon' },
      'spec.timeout must be a duration',
    ],
    [
      readGitRepositorySpec,
      'GitRepository',
      { url: 'https://x/y', include: [{}] },
      'spec.include[0].repository is required',
    ],
    [
      readGitRepositorySpec,
      'GitRepository',
      { url: 'https://x/y', provider: 'gitlab' },
      'spec.provider must be one of generic, aws, azure, github',
    ],
    [readOciRepositorySpec, 'OCIRepository', { url: 'https://x/y' }, "spec.url must be in format 'oci://"],
    [
      readOciRepositorySpec,
      'OCIRepository',
      { url: 'oci://x/y', layerSelector: { operation: 'move' } },
      'spec.layerSelector.operation must be one of extract, copy',
    ],
    [readHelmRepositorySpec, 'HelmRepository', { url: 'oci://x/y' }, 'spec.url needs type: oci'],
    [
      readHelmRepositorySpec,
      'HelmRepository',
      { url: 'https://x/y', type: 'oci' },
      'spec.url must begin with oci:// for type oci',
    ],
    [readHelmChartSpec, 'HelmChart', { chart: 'a' }, 'spec.sourceRef is required'],
    [readBucketSpec, 'Bucket', { endpoint: 'x' }, 'spec.bucketName is required'],
    [readBucketSpec, 'Bucket', { endpoint: 'x', bucketName: 'b', insecure: 'yes' }, 'spec.insecure must be a boolean'],
  ] as const) {
    const failed = problem(read(source(kind, spec)));
    expect(failed.reason).toBe('invalid-object');
    expect(failed.message).toContain(`${kind} flux-system/test: ${message}`);
  }
});

test('the other kinds have the defaults of their API', () => {
  expect(value(readOciRepositorySpec(source('OCIRepository', { url: 'oci://x/y' })))).toMatchObject({
    ref: {},
    layerSelector: { operation: 'extract' },
    provider: 'generic',
    insecure: false,
  });
  expect(value(readHelmRepositorySpec(source('HelmRepository', { url: 'https://x/y' })))).toMatchObject({
    type: 'default',
    passCredentials: false,
  });
  expect(
    value(
      readHelmChartSpec(
        source('HelmChart', { chart: 'a', sourceRef: { kind: 'HelmRepository', name: 'r' }, valuesFile: 'old.yaml' }),
      ),
    ),
  ).toMatchObject({
    version: '*',
    valuesFiles: ['old.yaml'],
    reconcileStrategy: 'ChartVersion',
  });
  expect(value(readBucketSpec(source('Bucket', { endpoint: 'x', bucketName: 'b' })))).toMatchObject({
    provider: 'generic',
    prefix: '',
    region: '',
  });
});

test('durations are those of Go', () => {
  expect(['1h30m', '1.5s', '300ms', '0', '2h45m30.5s', '-1m', '1d', '', '5', 'm'].map(parseDuration)).toEqual([
    5_400_000,
    1500,
    300,
    0,
    9_930_500,
    -60_000,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
