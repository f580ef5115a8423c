import { fromPlain } from '../../src/core/value.ts';
import {
  capabilitiesObject,
  chartObject,
  filesObject,
  functionContext,
  type GoValue,
  goInt,
  type HelmMajor,
  helmFunctions,
  TemplateSet,
  valuesObject,
  withoutNoValue,
} from '../../src/engines/gotemplate/index.ts';
import { execErrorMessage, parseErrorMessage } from '../../src/engines/helm/template-errors.ts';
import apiVersions from './api-versions.json' with { type: 'json' };

/** The chart around each recorded template. */
export interface CorpusCase {
  readonly id: string;
  readonly template: string;
  readonly values: unknown;
  readonly files: Readonly<Record<string, string>>;
  readonly output?: string;
  readonly error?: string;
  readonly helm4?: { readonly output?: string; readonly error?: string };
}
export interface Corpus {
  readonly helpers: string;
  readonly cases: readonly CorpusCase[];
}
export type Outcome = { readonly output: string } | { readonly error: string };

const NAME = 'corpus/templates/t.yaml';

/** Numbers as Helm reads them from values. */
function floats(value: unknown): GoValue {
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, floats(item)]));
  return Array.isArray(value) ? value.map(floats) : (value as GoValue);
}

export function renderCase(test: CorpusCase, helpers: string, major: HelmMajor): Outcome {
  const set = new TemplateSet({
    name: 'gotpl',
    functions: helmFunctions(major),
    context: functionContext(),
    missingKey: 'zero',
  });
  for (const [name, text] of [
    [NAME, test.template],
    ['corpus/templates/_helpers.tpl', helpers],
  ] as const) {
    const parsed = set.parse(name, text);
    if (!parsed.ok) return { error: parseErrorMessage(name, parsed.error) };
  }
  const values = floats(fromPlain(test.values)) as Map<string, GoValue>;
  const data = valuesObject(
    [
      ['Chart', chartObject({ name: 'corpus', version: '1.2.3', appVersion: '4.5.6', apiVersion: 'v2' }, true, major)],
      [
        'Capabilities',
        capabilitiesObject(
          {
            kubeVersion: { version: 'v1.34.0', major: '1', minor: '34' },
            apiVersions,
          },
          major,
        ),
      ],
      ['Files', filesObject(Object.entries(test.files))],
      [
        'Release',
        new Map<string, GoValue>([
          ['Name', 'rel'],
          ['Namespace', 'ns'],
          ['IsUpgrade', false],
          ['IsInstall', true],
          ['Revision', goInt(1)],
          ['Service', 'Helm'],
        ]),
      ],
      ['Subcharts', new Map()],
      ['Values', valuesObject(values, major)],
      [
        'Template',
        valuesObject(
          [
            ['Name', NAME],
            ['BasePath', 'corpus/templates'],
          ],
          major,
        ),
      ],
    ],
    major,
  );
  const result = set.execute(NAME, data);
  if (!result.ok) return { error: execErrorMessage(NAME, result.error, major) };
  return { output: withoutNoValue(result.value) };
}
