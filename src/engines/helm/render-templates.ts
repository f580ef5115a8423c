import { posix } from 'node:path';
import type { Failure } from '../../core/failure.ts';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { TemplateSet } from '../gotemplate/template-set.ts';
import type { GoValue } from '../gotemplate/value.ts';
import type { HelmVersion } from './chart.ts';
import { execErrorMessage, parseErrorMessage } from './template-errors.ts';
import {
  type CapabilitiesInput,
  capabilitiesObject,
  chartObject,
  contextFor,
  filesObject,
  functionsFor,
  type TemplateContext,
  valuesObject,
} from './template-objects.ts';
import { tableAt } from './values-path.ts';
import { ValuesView } from './values-view.ts';
import type { Values, WorkChart } from './work-chart.ts';

export interface TemplateRun {
  readonly helmVersion: HelmVersion;
  /** `.Release`. */
  readonly release: ReadonlyMap<string, GoValue>;
  readonly capabilities: CapabilitiesInput;
  readonly context: TemplateContext;
  readonly strict: boolean;
}

interface Renderable {
  readonly text: string;
  /** What `.` is; shared by the templates of a chart. */
  readonly data: ValuesView;
  readonly basePath: string;
}

/**
 * Renders the templates of a chart and its subcharts, by their full path. Partials are not in the result.
 * @see Helm pkg/engine/engine.go, Render
 */
export function renderTemplateFiles(chart: WorkChart, values: Values, run: TemplateRun): Result<Map<string, string>> {
  const renderables = new Map<string, Renderable>();
  const top = new Map<string, GoValue>([
    ['Release', new Map(run.release)],
    ['Capabilities', capabilitiesObject(run.capabilities, run.helmVersion)],
    ['Values', valuesObject(values, run.helmVersion)],
  ]);
  collect(chart, renderables, top, run);
  const set = new TemplateSet({
    name: 'gotpl',
    functions: functionsFor(run.helmVersion),
    context: contextFor(run.context),
    missingKey: run.strict ? 'error' : 'zero',
  });
  const paths = [...renderables.keys()].sort(deepestFirst);
  for (const path of paths) {
    const parsed = set.parse(path, renderables.get(path)!.text);
    if (!parsed.ok) return fail(failureAt(path, parseErrorMessage(path, parsed.error)));
  }
  const rendered = new Map<string, string>();
  for (const path of paths) {
    if (posix.basename(path).startsWith('_')) continue;
    const { data, basePath } = renderables.get(path)!;
    data.set(
      'Template',
      valuesObject(
        new Map<string, GoValue>([
          ['Name', path],
          ['BasePath', basePath],
        ]),
        run.helmVersion,
      ),
    );
    const text = set.execute(path, data);
    if (!text.ok) {
      const message = execErrorMessage(path, text.error, run.helmVersion);
      return fail(
        text.error.reason === 'limit-exceeded' ? failure('limit-exceeded', message) : failureAt(path, message),
      );
    }
    rendered.set(path, text.value.includes('<no value>') ? text.value.replaceAll('<no value>', '') : text.value);
  }
  return ok(rendered);
}

/** The message with the place in a template that it names first. */
function failureAt(path: string, message: string): Failure {
  const start = message.indexOf(`${path}:`);
  const place = start < 0 ? null : /^:(\d+)(?::(\d+))?/.exec(message.slice(start + path.length));
  if (place === null) return failure('template-failed', message, { at: { file: path } });
  const line = Number(place[1]);
  return failure('template-failed', message, {
    at: place[2] === undefined ? { file: path, line } : { file: path, line, column: Number(place[2]) + 1 },
  });
}

/** Deep paths first, then by name from the end: a parent's definitions win over a subchart's. */
function deepestFirst(a: string, b: string): number {
  const depth = slashes(b) - slashes(a);
  return depth !== 0 ? depth : a < b ? 1 : -1;
}

function slashes(path: string): number {
  let count = 0;
  for (let i = path.indexOf('/'); i >= 0; i = path.indexOf('/', i + 1)) count++;
  return count;
}

/** @see Helm pkg/engine/engine.go, recAllTpls */
function collect(
  chart: WorkChart,
  renderables: Map<string, Renderable>,
  above: Map<string, GoValue>,
  run: TemplateRun,
): Map<string, GoValue> {
  const subcharts = new Map<string, GoValue>();
  let values = above.get('Values')!;
  if (chart.parent !== undefined) {
    const own = tableAt(above, `Values.${chart.name}`);
    values = 'missing' in own ? valuesObject([], run.helmVersion) : new ValuesView(own, run.helmVersion);
  }
  const data = new Map<string, GoValue>([
    ['Chart', chartObject(chart, run.helmVersion)],
    ['Files', filesObject(chart)],
    ['Release', above.get('Release')!],
    ['Capabilities', above.get('Capabilities')!],
    ['Values', values],
    ['Subcharts', subcharts],
  ]);
  for (const child of chart.dependencies) subcharts.set(child.name, collect(child, renderables, data, run));
  const root = chart.fullPath;
  const basePath = posix.join(root, 'templates');
  const view = new ValuesView(data, run.helmVersion);
  for (const file of chart.templates) {
    if (chart.isLibrary && !posix.basename(file.name).startsWith('_')) continue;
    renderables.set(posix.join(root, file.name), {
      text: file.text,
      data: view,
      basePath,
    });
  }
  return data;
}
