import { describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/core/memory-file-system.ts';
import type { YamlMap } from '../../src/core/value.ts';
import {
  chartReference,
  chartVersionMetadata,
  isTestSelected,
  mergeValuesFiles,
  releaseName,
  releaseSettings,
  versionWithRevision,
  withBuildMetadata,
} from '../../src/flux/release.ts';
import { canonical, object } from './recorded.ts';

const release = (spec: Record<string, unknown>, name = 'web'): YamlMap =>
  object({ kind: 'HelmRelease', metadata: { name, namespace: 'apps' }, spec });
const named = (spec: Record<string, unknown>, name?: string): string => {
  const given = releaseName(release(spec, name));
  return given.ok ? given.value : given.error.message;
};

describe('a HelmRelease', () => {
  test('is named as helm-controller names it', () => {
    expect(named({})).toBe('web');
    expect(named({ targetNamespace: 'tns' })).toBe('tns-web');
    expect(named({ targetNamespace: 'tns', releaseName: 'own' })).toBe('own');
    expect(named({}, 'a'.repeat(53))).toBe('a'.repeat(53));
    // helm-controller internal/release/name_test.go
    expect(named({ releaseName: 'release-name-with-very-long-name-which-is-longer-than-53-characters' })).toBe(
      'release-name-with-very-long-name-which-i-788ca0d0d7b0',
    );
  });

  test('has the settings of its install or its upgrade', () => {
    const item = release({
      targetNamespace: 'tns',
      storageNamespace: 'store',
      install: { createNamespace: true, crds: 'Skip', disableHooks: true },
      upgrade: { disableSchemaValidation: true, preserveValues: true },
      test: { enable: true, filters: [{ name: 'slow', exclude: true }] },
      postRenderStrategy: 'nohooks',
    });
    expect(releaseSettings(item)).toMatchObject({
      ok: true,
      value: {
        name: 'tns-web',
        namespace: 'tns',
        storageNamespace: 'store',
        crds: 'Skip',
        disableHooks: true,
        skipSchemaValidation: false,
        createNamespace: true,
        tests: true,
        postRenderStrategy: 'nohooks',
        warnings: [],
      },
    });
    const upgrade = releaseSettings(item, { isUpgrade: true });
    expect(upgrade).toMatchObject({
      ok: true,
      value: { crds: 'Create', disableHooks: false, skipSchemaValidation: true },
    });
    expect(upgrade.ok && upgrade.value.warnings).toHaveLength(1);
    expect(releaseSettings(release({ install: { createNamespace: true } }))).toMatchObject({
      value: { createNamespace: false },
    });
    expect(releaseSettings(release({ install: { crds: 'Sometimes' } }))).toMatchObject({ ok: false });
    expect(releaseSettings(release({ suspend: false, releaseName: 3 }))).toMatchObject({
      error: { reason: 'invalid-object' },
    });
  });

  test('runs the tests that its filters leave', () => {
    const filters = (...items: [string, boolean][]) => items.map(([name, exclude]) => ({ name, exclude }));
    expect(isTestSelected('a', [])).toBe(true);
    expect(isTestSelected('a', filters(['a', true]))).toBe(false);
    expect(isTestSelected('b', filters(['a', true]))).toBe(true);
    expect(isTestSelected('b', filters(['a', false]))).toBe(false);
    expect(isTestSelected('a', filters(['a', false], ['a', true]))).toBe(false);
  });

  test('makes the HelmChart that helm-controller makes of spec.chart', () => {
    const given = chartReference(
      release({
        chart: {
          metadata: { labels: { a: 'b' } },
          spec: {
            chart: 'podinfo',
            sourceRef: { kind: 'HelmRepository', name: 'r', namespace: 'flux' },
            valuesFiles: ['v.yaml'],
          },
        },
      }),
    );
    expect(given.ok && given.value.from === 'chart' && canonical(given.value.helmChart)).toBe(
      canonical(
        object({
          apiVersion: 'source.toolkit.fluxcd.io/v1',
          kind: 'HelmChart',
          metadata: { name: 'apps-web', namespace: 'flux', labels: { a: 'b' } },
          spec: {
            chart: 'podinfo',
            version: '*',
            sourceRef: { kind: 'HelmRepository', name: 'r' },
            valuesFiles: ['v.yaml'],
          },
        }),
      ),
    );
    expect(chartReference(release({ chartRef: { kind: 'OCIRepository', name: 'o' } }))).toEqual({
      ok: true,
      value: { from: 'chartRef', kind: 'OCIRepository', namespace: 'apps', name: 'o' },
    });
    expect(chartReference(release({}))).toMatchObject({ ok: false });
  });
});

describe('the version of a chart', () => {
  const digest = `sha256:${'0123456789ab'.repeat(5)}cdef`;
  const version = (chart: string, revision: string): string => {
    const given = versionWithRevision(chart, revision);
    return given.ok ? given.value : given.error.message;
  };
  test('gains twelve characters of the digest of an OCI artifact', () => {
    expect(version('1.2.3', `1.2.3@${digest}`)).toBe('1.2.3+0123456789ab');
    expect(version('1.2.3+old', `1.2.3_old@${digest}`)).toBe('1.2.3+0123456789ab');
    expect(version('v1.2', `latest@${digest}`)).toBe('1.2.0+0123456789ab');
    expect(version('1.2.3', 'sha256:short')).toBe('invalid artifact revision sha256:short');
    expect(version('1.2.3', digest)).toBe('1.2.3+0123456789ab');
    expect(version('1.2.3-rc.1', digest)).toBe('1.2.3-rc.1+0123456789ab');
    expect(version('1.2.3', `1.2.4@${digest}`)).toBe('artifact revision 1.2.4 does not match chart version 1.2.3');
    expect(version('nope', digest)).toBe('invalid chart version nope');
  });
  test('gains what source-controller adds where it packs the chart', () => {
    const chart = (spec: Record<string, unknown>): YamlMap =>
      object({ kind: 'HelmChart', spec: { sourceRef: { kind: 'GitRepository' }, ...spec } });
    const revision = `main@sha1:${'a'.repeat(40)}`;
    expect(chartVersionMetadata(chart({}), 1, revision)).toEqual({ ok: true, value: '' });
    expect(chartVersionMetadata(chart({ reconcileStrategy: 'Revision' }), 1, revision)).toEqual({
      ok: true,
      value: 'a'.repeat(12),
    });
    expect(chartVersionMetadata(chart({ reconcileStrategy: 'Revision', valuesFiles: ['v'] }), 3, revision)).toEqual({
      ok: true,
      value: `${'a'.repeat(12)}.3`,
    });
    expect(withBuildMetadata('v1.2', '3')).toEqual({ ok: true, value: '1.2.0+3' });
  });
});

describe('valuesFiles', () => {
  const fs = new MemoryFileSystem([
    ['charts/web/values.yaml', 'a: 1\nm: {x: 1, z: 1}\n'],
    ['charts/web/values-prod.yaml', 'm: {z: 2}\nl: [2]\n'],
    ['bad.yaml', '- a\n'],
    ['empty.yaml', ''],
  ]);
  const merge = (valuesFiles: string[], ignoreMissingValuesFiles = false) =>
    mergeValuesFiles(object({ spec: { valuesFiles, ignoreMissingValuesFiles } }), fs, 'source');
  test('are merged in order, from the root of the source', () => {
    const given = merge(['charts/web/values.yaml', './charts/web/values-prod.yaml', 'empty.yaml']);
    expect(given.ok && given.value !== undefined && canonical(given.value)).toBe('{"a":1,"l":[2],"m":{"x":1,"z":2}}');
    expect(merge([])).toEqual({ ok: true, value: undefined });
  });
  test('that are missing are an error, or ignored where asked', () => {
    const missing = merge(['charts/web/values.yaml', 'nope.yaml']);
    expect(!missing.ok && missing.error.message).toBe(
      "no values file found at path '/nope.yaml' (reference 'nope.yaml')",
    );
    expect(merge(['nope.yaml'], true).ok).toBe(true);
    expect(merge(['bad.yaml'])).toMatchObject({ ok: false });
  });
});
