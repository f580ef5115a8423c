import { type GoValue, typeName } from '../gotemplate/value.ts';
import { schemaProblem } from './json-schema/index.ts';
import { isTable, type Values, type WorkChart } from './work-chart.ts';

/**
 * Holds values against the schema of a chart and of each subchart.
 * @param warn called with each address that could not be reached, once for a render
 * @returns Helm's text of what does not fit, chart by chart, or `undefined`
 * @see Helm pkg/chart/common/util/jsonschema.go, ValidateAgainstSchema
 */
export function validateValues(chart: WorkChart, values: Values, warn: (line: string) => void): string | undefined {
  const seen = new Set<string>();
  const problems = problemsOf(chart, values, (line) => {
    if (seen.has(line)) return;
    seen.add(line);
    warn(line);
  });
  return problems === '' ? undefined : problems;
}

function problemsOf(chart: WorkChart, values: Values, warn: (line: string) => void): string {
  let problems = '';
  const { schema } = chart.source;
  const problem = schema === undefined ? undefined : schemaProblem(schema, values, warn);
  if (problem !== undefined) problems += `${chart.name}:\n${problem}`;
  for (const subchart of chart.dependencies) {
    const held: GoValue | undefined = values.get(subchart.name);
    if (held === undefined || held === null) continue;
    if (!isTable(held))
      problems += `${subchart.name}:\ninvalid type for values: expected object (map), got ${typeName(held)}\n`;
    else problems += problemsOf(subchart, held, warn);
  }
  return problems;
}
