import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/core/memory-file-system.ts';
import type { Result } from '../../src/core/result.ts';
import type { YamlMap } from '../../src/core/value.ts';
import {
  type HelmVersion,
  loadChartArchive,
  loadChartDirectory,
  type Rendered,
  renderChart,
  toStream,
} from '../../src/engines/helm/index.ts';
import { tar } from './tar.ts';

const CHART = 'apiVersion: v2\nname: top\nversion: 1.0.0\n';

function renderFiles(
  files: Readonly<Record<string, string>>,
  values: YamlMap = new Map(),
  helmVersion: HelmVersion = '4',
): Result<Rendered> {
  const fs = new MemoryFileSystem(Object.entries({ 'Chart.yaml': CHART, ...files }));
  const chart = loadChartDirectory(fs, '/', { helmVersion });
  if (!chart.ok) return chart;
  return renderChart(chart.value, values, { release: { name: 'rel', namespace: 'ns' }, helmVersion });
}

const messageOf = (result: Result<unknown>): string => (result.ok ? 'no error' : result.error.message);

describe('templates that would not end', () => {
  test.each(['3', '4'] as const)('a template that includes itself is refused in Helm %s words', (helmVersion) => {
    const rendered = renderFiles(
      { 'templates/a.yaml': '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}' },
      new Map(),
      helmVersion,
    );
    expect(messageOf(rendered)).toContain('rendering template has a nested reference name: x');
  });

  test('templates that call each other without include meet a bound', () => {
    const rendered = renderFiles({
      'templates/a.yaml':
        '{{ define "x" }}{{ template "y" . }}{{ end }}{{ define "y" }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
    });
    expect(rendered.ok).toBe(false);
  });

  test('a text that doubles itself through tpl meets the bound on steps or output', () => {
    const values: YamlMap = new Map([['bomb', '{{ tpl .Values.bomb . }}{{ tpl .Values.bomb . }}']]);
    const start = performance.now();
    const rendered = renderFiles({ 'templates/a.yaml': '{{ tpl .Values.bomb . }}' }, values);
    expect(rendered.ok).toBe(false);
    expect(performance.now() - start).toBeLessThan(30_000);
  });

  test('a range over a billion meets the bound on steps', () => {
    const rendered = renderFiles({ 'templates/a.yaml': '{{ range 1000000000 }}x{{ end }}' });
    expect(rendered).toMatchObject({ ok: false, error: { reason: 'limit-exceeded' } });
  });

  test('a text repeated beyond any use meets the bound on output', () => {
    const rendered = renderFiles({
      'templates/a.yaml': '{{ $x := repeat 1000000 "x" }}{{ range 1000 }}{{ $x }}{{ end }}',
    });
    expect(rendered).toMatchObject({ ok: false, error: { reason: 'limit-exceeded' } });
  });
});

test('a value of 100 MB is rendered or refused, in bounded time', () => {
  const values: YamlMap = new Map([['big', 'x'.repeat(100 * 1024 * 1024)]]);
  const start = performance.now();
  const rendered = renderFiles(
    { 'templates/a.yaml': 'a: {{ .Values.big | len }}\nb: {{ .Values.big | trunc 3 }}\n' },
    values,
  );
  expect(performance.now() - start).toBeLessThan(30_000);
  if (rendered.ok) expect(toStream(rendered.value)).toContain('a: 104857600\nb: xxx');
});

test.each([100, 9_000, 200_000])('values %i levels deep are rendered or refused', (depth) => {
  const deep = `${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`;
  const fromFile = renderFiles({
    'values.yaml': `x: ${deep}\n`,
    'templates/a.yaml': 'a: {{ toJson .Values | len }}\n',
  });
  if (!fromFile.ok) expect(fromFile.error.reason).toMatch(/^(limit-exceeded|chart-invalid|template-failed)$/);
  let value: YamlMap = new Map();
  for (let i = 0; i < depth; i++) value = new Map([['a', value]]);
  const given = renderFiles({ 'templates/a.yaml': 'a: {{ toYaml .Values | len }}\n' }, value);
  if (!given.ok) expect(given.error.reason).toMatch(/^(limit-exceeded|template-failed)$/);
  expect(depth > 100 || (fromFile.ok && given.ok)).toBe(true);
});

test('__proto__ and constructor are ordinary keys, of values, charts and files', () => {
  const rendered = renderFiles(
    {
      'values.yaml': '__proto__: {polluted: 1}\nconstructor: {x: 2}\na: {__proto__: 3}\n',
      'templates/a.yaml': 'v: {{ toJson .Values }}\n',
      'templates/__proto__': 'w: {{ .Template.Name }}\n',
    },
    new Map([['__proto__', new Map([['more', true]])]]),
  );
  expect(rendered.ok && toStream(rendered.value)).toContain(
    'v: {"__proto__":{"more":true,"polluted":1},"a":{"__proto__":3},"constructor":{"x":2}}',
  );
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

describe('archives', () => {
  const load = (bytes: Uint8Array): string => messageOf(loadChartArchive(bytes));
  const chart = ['top/Chart.yaml', CHART] as const;

  test.each([
    ['top/../../etc/passwd', 'chart illegally references parent directory'],
    ['top//etc/passwd', 'chart illegally contains absolute paths'],
    ['top', 'chart illegally contains content outside the base directory: "top"'],
    ['Chart.yaml/x', 'chart yaml not in base directory'],
    ['top\\..\\..\\x', 'chart illegally references parent directory'],
    ['top/c:/x', 'chart contains illegally named files'],
  ])('the name %s is refused', (name, message) => {
    expect(load(gzipSync(tar([chart, [name, 'x']])))).toBe(`unable to load chart archive: ${message}`);
  });

  test.each([
    ['no gzip', Buffer.from('this is no archive at all'), 'gzip: invalid header'],
    ['nothing', Buffer.alloc(0), 'EOF'],
    ['a cut one', gzipSync(tar([chart])).subarray(0, 60), 'unexpected EOF'],
    ['a gzip of no tar', gzipSync(Buffer.alloc(600, 'x')), 'archive/tar: invalid tar header'],
    ['an empty tar', gzipSync(Buffer.alloc(1024)), 'no files in chart archive'],
  ])('%s is refused with the reason', (_, bytes, message) => {
    expect(load(bytes)).toContain(message);
  });

  test('a gzip that unpacks to gigabytes is given up', () => {
    const start = performance.now();
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 'x'), { level: 1 });
    expect(load(bomb)).toContain('decompressed chart is larger than the maximum size 104857600');
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  test('archives within archives are followed only so deep', () => {
    let inner = gzipSync(tar([chart]));
    for (let i = 0; i < 40; i++) inner = gzipSync(tar([chart, ['top/charts/top-1.0.0.tgz', inner]]));
    expect(loadChartArchive(inner)).toMatchObject({ ok: false, error: { reason: 'limit-exceeded' } });
  });
});

test('a schema that refers to itself without end is refused or ends', () => {
  const schema = JSON.stringify({
    $ref: '#/definitions/a',
    definitions: { a: { $ref: '#/definitions/b' }, b: { $ref: '#/definitions/a' } },
  });
  expect(renderFiles({ 'values.schema.json': schema }).ok).toBe(false);
});

test('a pattern of a schema takes linear time', () => {
  const schema = JSON.stringify({ properties: { a: { pattern: '^(a+)+$' } } });
  const start = performance.now();
  renderFiles({ 'values.schema.json': schema }, new Map([['a', `${'a'.repeat(50_000)}!`]]));
  expect(performance.now() - start).toBeLessThan(10_000);
});
