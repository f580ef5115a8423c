import { expect, test } from 'vitest';
import { chooseChart, HelmIndex } from '../../src/sources/helm-index.ts';
import type { Trouble } from '../../src/sources/trouble.ts';

const ENTRY = (name: string, version: string, more = '') =>
  `- apiVersion: v2\n    name: ${name}\n    version: ${version}\n    urls:\n    - ${name}-${version}.tgz\n${more}`;
const index = (text: string): HelmIndex => new HelmIndex(text, 'the index');
const versions = (text: string, name = 'web'): string[] | undefined =>
  index(text)
    .versions(name)
    ?.map(({ version }) => version);

test("a chart's versions are read from the block that Helm writes", () => {
  const text = `apiVersion: v1
entries:
  api:
  ${ENTRY('api', '9.0.0')}
  web:
  ${ENTRY('web', '1.0.0', '    description: |\n      entries:\n        fake:\n      - not an item\n\n    created: "2026-01-01T00:00:00.123456789Z"\n    digest: "ABababababababababababababababababababababababababababababababab"\n')}
  ${ENTRY('web', '"1.1"', '    description: "a long\n      continuation: of text"\n')}
  # a comment
  "quoted/name":
  ${ENTRY('quoted', '3.0.0')}
generated: "2026-01-01T00:00:00Z"
`;
  expect(versions(text)).toEqual(['1.0.0', '1.1']);
  expect(versions(text, 'api')).toEqual(['9.0.0']);
  expect(versions(text, 'quoted/name')).toEqual(['3.0.0']);
  expect(versions(text, 'generated')).toBeUndefined();
  expect(versions(text, 'fake')).toBeUndefined();
  expect(index(text).versions('web')?.[0]).toEqual({
    version: '1.0.0',
    urls: ['web-1.0.0.tgz'],
    created: Date.parse('2026-01-01T00:00:00.123Z'),
    sha256: 'ab'.repeat(32),
  });
});

test('indexes of other shapes give the same: items indented, JSON, flow style, anchors, generated first', () => {
  for (const text of [
    'apiVersion: v1\nentries:\n    web:\n        - name: web\n          version: 1.0.0\n          urls: [a]\n',
    '{"apiVersion":"v1","entries":{"web":[{"name":"web","version":"1.0.0","urls":["a"]}]}}',
    'apiVersion: v1\nentries: {web: [{name: web, version: 1.0.0, urls: [a]}]}\n',
    'apiVersion: v1\nentries:\n  base:\n  - &x\n    name: web\n    version: 1.0.0\n  web:\n  - *x\n',
    'generated: x\napiVersion: v1\r\nentries:\r\n  web:\r\n  - name: web\r\n    version: 1.0.0\r\n',
  ])
    expect(versions(text)).toEqual(['1.0.0']);
});

test('entries that Helm would leave out are left out', () => {
  const text =
    'apiVersion: v1\nentries:\n  web:\n  - name: web\n    version: not-a-version\n  - version: 1.0.0\n  - name: web\n    version: 2.0.0\n    type: other\n  - null\n  - name: web\n    version: 3.0.0\n    type: library\n';
  expect(versions(text)).toEqual(['3.0.0']);
});

test('an index without an API version, an empty one and an unreadable one are refused', () => {
  for (const [text, message] of [
    ['', 'the index is empty'],
    ['entries: {}\n', 'the index has no API version'],
    ['<html>not found</html>', 'the index'],
    ['a: [', 'the index cannot be read'],
  ] as const)
    expect(() => index(text)).toThrow(message);
});

const choose = (range: string, ...all: (string | [string, number])[]): string => {
  const charts = all.map((item) =>
    typeof item === 'string' ? { version: item, created: 0 } : { version: item[0], created: item[1] },
  );
  return chooseChart(
    charts.map((chart) => ({ ...chart, urls: [] })),
    'web',
    range,
  ).version;
};

test('a range takes the newest version that satisfies it, and prereleases only where it names one', () => {
  const all = ['1.0.0', '2.1.0', '2.0.5', '3.0.0-rc.1', 'v1.4.0'];
  for (const [range, expected] of [
    ['', '2.1.0'],
    ['*', '2.1.0'],
    ['2.0.x', '2.0.5'],
    ['>=1 <2', 'v1.4.0'],
    ['1.4.0', 'v1.4.0'],
    ['3.0.0-rc.1', '3.0.0-rc.1'],
    ['>=2.0.0-0', '3.0.0-rc.1'],
    ['1.0.0', '1.0.0'],
  ] as const)
    expect(choose(range, ...all)).toBe(expected);
});

test('of versions that differ in build metadata the one created last is taken', () => {
  expect(choose('1.x', ['1.0.0+a', 5], ['1.0.0+b', 9], ['1.0.0+c', 7])).toBe('1.0.0+b');
  expect(choose('1.0.0+a', ['1.0.0+b', 9], ['1.0.0+a', 5])).toBe('1.0.0+a');
});

test('versions of two parts are found by their own text only', () => {
  expect(choose('1.5', '1.5')).toBe('1.5');
  expect(() => choose('1.x', '1.5')).toThrow("no 'web' chart with version matching '1.x' found");
});

test('a failure names the newest versions, and an unreadable range', () => {
  try {
    choose('9.x', '1.0.0', '1.2.0', '1.1.0', '0.9.0');
    expect.unreachable();
  } catch (error) {
    expect((error as Trouble).failure).toMatchObject({
      reason: 'chart-version-not-found',
      hint: 'The newest versions are 1.2.0, 1.1.0, 1.0.0.',
    });
  }
  expect(() => choose('latest', '1.0.0')).toThrow('improper constraint: "latest"');
});

test('one chart out of an index of 20 MB is found quickly', () => {
  const parts = ['apiVersion: v1\nentries:\n'];
  for (let chart = 0; chart < 400; chart++) {
    parts.push(`  chart-${chart}:\n`);
    for (let version = 0; version < 100; version++)
      parts.push(
        `  ${ENTRY(`chart-${chart}`, `1.${version}.0`, `    description: ${'x'.repeat(350)}\n    created: "2026-01-01T00:00:00Z"\n`)}`,
      );
  }
  const text = parts.join('');
  expect(text.length).toBeGreaterThan(18_000_000);
  const start = performance.now();
  expect(versions(text, 'chart-399')).toHaveLength(100);
  expect(performance.now() - start).toBeLessThan(3000);
});
