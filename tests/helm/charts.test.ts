import { describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/core/memory-file-system.ts';
import type { YamlMap } from '../../src/core/value.ts';
import {
  coalesceValues,
  loadChartDirectory,
  mergeValues,
  renderChart,
  toStream,
} from '../../src/engines/helm/index.ts';

const RELEASE = { name: 'rel', namespace: 'ns' };
const files = (entries: Readonly<Record<string, string>>): MemoryFileSystem =>
  new MemoryFileSystem(Object.entries(entries));
const app = (dependencies: string): Readonly<Record<string, string>> => ({
  'apps/web/Chart.yaml': `apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n${dependencies}`,
  'apps/web/templates/a.yaml': 'web: {{ .Values.lib.p }}\n',
  'libs/lib/Chart.yaml': 'apiVersion: v2\nname: lib\nversion: 0.3.0\n',
  'libs/lib/values.yaml': 'p: 1\n',
  'libs/lib/templates/l.yaml': 'lib: {{ .Chart.Name }}\n',
});

describe('dependencies with a file:// repository', () => {
  const build = { buildFileDependencies: true };

  test('are built from their directory', () => {
    const fs = files(app('- {name: lib, version: ^0.3.0, repository: "file://../../libs/lib"}\n'));
    const chart = loadChartDirectory(fs, '/apps/web', build);
    const rendered = chart.ok ? renderChart(chart.value, new Map(), { release: RELEASE }) : chart;
    expect(rendered.ok && toStream(rendered.value)).toBe(
      '---\n# Source: web/charts/lib/templates/l.yaml\nlib: lib\n\n---\n# Source: web/templates/a.yaml\nweb: 1\n',
    );
  });

  test('are refused by name where the directory or the version is another', () => {
    const absent = loadChartDirectory(
      files(app('- {name: lib, version: "*", repository: "file://../nope"}\n')),
      '/apps/web',
      build,
    );
    expect(absent).toMatchObject({
      ok: false,
      error: {
        message: "failed to add local dependency 'lib': no chart found at '/apps/nope' (reference 'file://../nope')",
      },
    });
    const old = loadChartDirectory(
      files(app('- {name: lib, version: 9.x, repository: "file://../../libs/lib"}\n')),
      '/apps/web',
      build,
    );
    expect(old).toMatchObject({
      ok: false,
      error: { message: "failed to add local dependency 'lib': can't get a valid version for constraint '9.x'" },
    });
  });

  test('that lead to each other meet a bound', () => {
    const fs = files({
      'a/Chart.yaml':
        'apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: b, version: "*", repository: "file://../b"}\n',
      'b/Chart.yaml':
        'apiVersion: v2\nname: b\nversion: 1.0.0\ndependencies:\n- {name: a, version: "*", repository: "file://../a"}\n',
    });
    expect(loadChartDirectory(fs, '/a', build)).toMatchObject({ ok: false, error: { reason: 'limit-exceeded' } });
  });

  test('stay missing, and are named, where nobody builds them', () => {
    const chart = loadChartDirectory(
      files(app('- {name: lib, version: "*", repository: "file://../../libs/lib"}\n')),
      '/apps/web',
    );
    const rendered = chart.ok ? renderChart(chart.value, new Map(), { release: RELEASE }) : chart;
    expect(rendered).toMatchObject({
      ok: false,
      error: { message: 'found in Chart.yaml, but missing in charts/ directory: lib' },
    });
  });
});

test('a schema that needs the network is passed over with one warning', () => {
  const schema =
    '{"properties":{"a":{"$ref":"https://example.com/s.json#/x"},"b":{"$ref":"https://example.com/s.json#/y"},"c":{"type":"string"}}}';
  const chart = loadChartDirectory(
    files({
      'Chart.yaml': 'apiVersion: v2\nname: top\nversion: 1.0.0\n',
      'values.schema.json': schema,
      'values.yaml': 'a: 1\nb: 2\nc: x\n',
    }),
    '/',
  );
  const rendered = chart.ok ? renderChart(chart.value, new Map(), { release: RELEASE }) : chart;
  expect(rendered).toMatchObject({
    ok: true,
    value: {
      warnings: [
        'WARNING: schema reference that needs the network ignored; using permissive schema: https://example.com/s.json',
      ],
    },
  });
});

test('a chart stays as it was loaded, and renders to the same bytes again', () => {
  const chart = loadChartDirectory(
    files({
      'Chart.yaml':
        'apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n- {name: kid, version: "*", alias: bob}\n',
      'values.yaml': 'a: {b: 1}\n',
      'charts/kid/Chart.yaml': 'apiVersion: v2\nname: kid\nversion: 1.0.0\n',
      'templates/t.yaml': '{{ $_ := set .Values.a "c" (randAlphaNum 9) }}{{ toYaml .Values }}\nnow: {{ now }}\n',
    }),
    '/',
  );
  const streams = [1, 2].map(() => {
    const rendered = chart.ok ? renderChart(chart.value, new Map(), { release: RELEASE }) : chart;
    return rendered.ok ? toStream(rendered.value) : rendered.error.message;
  });
  expect(streams[0]).toContain('bob:');
  expect(streams[1]).toBe(streams[0]);
});

test('values of a chart alone: a null of the user removes what the chart sets, or stays where they are only merged', () => {
  const chart = loadChartDirectory(
    files({ 'Chart.yaml': 'apiVersion: v2\nname: top\nversion: 1.0.0\n', 'values.yaml': 'a: 1\nb: {c: 2, d: 3}\n' }),
    '/',
  );
  if (!chart.ok) throw new Error(chart.error.message);
  const user: YamlMap = new Map([['b', new Map([['c', null]])]]);
  expect(coalesceValues(chart.value, user)).toEqual({
    ok: true,
    value: new Map<string, unknown>([
      ['b', new Map([['d', 3]])],
      ['a', 1],
    ]),
  });
  expect(mergeValues(chart.value, user)).toEqual({
    ok: true,
    value: new Map<string, unknown>([
      [
        'b',
        new Map([
          ['c', null],
          ['d', 3],
        ]),
      ],
      ['a', 1],
    ]),
  });
});
