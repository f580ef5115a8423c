import { failure } from '../core/failure.ts';
import { isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import {
  type FunctionContext,
  functionContext,
  functionTable,
  type GoValue,
  goInt64,
  slimSprigFunctions,
  TemplateSet,
  toYamlValue,
} from '../engines/gotemplate/index.ts';
import { parse, parseDocuments, stringify } from '../engines/goyaml/index.ts';
import { FluxError } from './fields.ts';
import { slugify } from './slugify.ts';

/** The context of the functions, with the inputs that `inputs` gives. */
type Context = FunctionContext & { readonly inputs: GoValue };

const FUNCTIONS = functionTable(
  [
    slimSprigFunctions(),
    {
      slugify: ['string', (text: string) => slugify(text)],
      toYaml: ['any', (value: GoValue) => stringify(toYamlValue(value) ?? null)],
    },
  ],
  [{ inputs: ['', (runtime) => (runtime.context as Context).inputs] }],
);

/** Data as the operator has it: integers are int64, fractions float64. */
function toGo(value: YamlValue): GoValue {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return goInt64(value);
  if (Array.isArray(value)) return value.map(toGo);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, toGo(item)]));
  return value;
}

/** Renders one text with `<< >>` actions. Throws `FluxError` with `where` in front. */
function render(text: string, inputs: GoValue, where: string): string {
  if (!text.includes('<<')) return text;
  const context: Context = { ...functionContext(), inputs };
  const set = new TemplateSet({ delims: ['<<', '>>'], functions: FUNCTIONS, missingKey: 'error', context });
  const parsed = set.parse('resourceset', text);
  const result = parsed.ok ? set.execute('resourceset', null) : parsed;
  if (!result.ok)
    throw new FluxError(
      failure('template-failed', `${where}: ${result.error.message}`, { hint: 'see the inputs of the ResourceSet' }),
    );
  return result.value ?? '';
}

/** An entry of `resources` for one set of inputs: written as YAML, rendered, and read back. */
export function renderResource(resource: YamlMap, inputs: YamlMap, where: string): YamlMap {
  const text = render(stringify(resource), toGo(inputs), where);
  const parsed = parse(text);
  if (!parsed.ok) throw new FluxError(failure('template-failed', `${where}: ${parsed.error.message}`));
  if (!isMap(parsed.value)) throw new FluxError(failure('template-failed', `${where}: renders to no object`));
  return parsed.value;
}

/** `resourcesTemplate` for one set of inputs: any number of objects. */
export function renderTemplate(template: string, inputs: YamlMap, where: string): YamlMap[] {
  const { documents, error } = parseDocuments(render(template, toGo(inputs), where));
  if (error !== undefined) throw new FluxError(failure('template-failed', `${where}: ${error.message}`));
  return documents.map(({ value }) => value).filter(isMap);
}
