import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderTemplates } from '../../src/engines/helm/public.ts';
import { sharedFile } from '../shared-data.ts';

const CHART = { name: 'corpus', version: '1.2.3', appVersion: '4.5.6' };
const RELEASE = { name: 'rel', namespace: 'ns', revision: 1, isInstall: true, isUpgrade: false };

test('texts come back under the paths they were given by, partials excepted', () => {
  const rendered = renderTemplates(
    {
      metadata: CHART,
      templates: {
        'templates/_helpers.tpl': '{{ define "x" }}{{ .Chart.Name }}{{ end }}',
        'corpus/templates/a.yaml': '{{ include "x" . }} {{ .Values.a }} {{ .Files.Get "f" }}',
        'templates/b.yaml': '{{ .Template.Name }}: [',
      },
      files: { f: 'file' },
      values: 'a: default\n',
    },
    { values: 'a: user\n', release: RELEASE, kubeVersion: '1.34.0' },
  );
  expect(rendered).toEqual({
    ok: true,
    value: { 'corpus/templates/a.yaml': 'corpus user file', 'templates/b.yaml': 'corpus/templates/b.yaml: [' },
  });
});

test('lookup finds given objects, by name and as a list', () => {
  const lookup = [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', namespace: 'ns' }, data: { k: 'dg==' } }];
  const template =
    '{{ (lookup "v1" "Secret" "ns" "a").data.k }} {{ len (lookup "v1" "Secret" "ns" "").items }} {{ lookup "v1" "Secret" "ns" "b" }}';
  const rendered = renderTemplates(
    { metadata: CHART, templates: { 'templates/t.yaml': template } },
    { release: RELEASE, kubeVersion: '1.34.0', lookup },
  );
  expect(rendered).toEqual({ ok: true, value: { 'templates/t.yaml': 'dg== 1 map[]' } });
});

interface Recorded {
  readonly helpers: string;
  readonly cases: readonly RecordedCase[];
}
interface RecordedCase {
  readonly id: string;
  readonly template: string;
  readonly values?: unknown;
  readonly files?: Readonly<Record<string, string>>;
  readonly output?: string;
  readonly error?: string;
  readonly helm4?: { readonly output?: string; readonly error?: string };
}

const path = sharedFile('gotemplate.json');
describe.runIf(path !== undefined)('the recorded template cases, through the entry point', () => {
  const { helpers, cases } = JSON.parse(readFileSync(path!, 'utf8')) as Recorded;
  test.each(['3', '4'] as const)('at least 99 %% give its text, and an error where it gives one', (helmVersion) => {
    const failing: string[] = [];
    for (const one of cases) {
      const rendered = renderTemplates(
        {
          metadata: CHART,
          templates: { 'templates/_helpers.tpl': helpers, 'templates/t.yaml': one.template },
          files: one.files,
        },
        {
          values: JSON.stringify(one.values ?? {}),
          release: RELEASE,
          kubeVersion: '1.34.0',
          helmVersion,
          seed: 'corpus',
        },
      );
      const wanted = helmVersion === '4' ? (one.helm4 ?? one) : one;
      const right =
        wanted.error === undefined ? rendered.ok && rendered.value['templates/t.yaml'] === wanted.output : !rendered.ok;
      if (!right) failing.push(one.id);
    }
    expect(failing.length, failing.join(' ')).toBeLessThan(5);
  });
});
