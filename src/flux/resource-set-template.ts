import { canonicalJson } from '../core/digest.ts';
import { failure } from '../core/failure.ts';
import { getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import {
  type FunctionContext,
  functionContext,
  functionTable,
  type GoValue,
  goInt64,
  hermeticSlimSprigFunctions,
  TemplateSet,
  toYamlValue,
} from '../engines/gotemplate/index.ts';
import { jsonKind } from '../engines/gotemplate/json-parse.ts';
import { parse, parseDocuments, stringify } from '../engines/goyaml/index.ts';
import { FluxError, scalarText } from './fields.ts';
import { slugify } from './slugify.ts';

/** The context of the functions, with the inputs that `inputs` gives. */
type Context = FunctionContext & { readonly inputs: GoValue };

const yamlText = (value: GoValue): string => stringify(toYamlValue(value) ?? null);

const FUNCTIONS = functionTable(
  [
    hermeticSlimSprigFunctions(),
    {
      slugify: ['string', (text: string) => slugify(text)],
      toYaml: ['any', yamlText],
      mustToYaml: ['any', yamlText],
    },
  ],
  [{ inputs: ['', (runtime) => (runtime.context as Context).inputs] }],
);

/** Data as the operator has it, read from JSON: what is written as an integer and fits int64 is one, else float64. */
function toGo(value: YamlValue): GoValue {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e18))
    return goInt64(value);
  if (Array.isArray(value)) return value.map(toGo);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, toGo(item)]));
  return value;
}

const failed = (message: string): FluxError =>
  new FluxError(failure('template-failed', message, { hint: 'see the inputs of the ResourceSet' }));

/** Renders one text with `<< >>` actions. @param kind how errors call the text */
function render(text: string, inputs: GoValue, kind: string): string {
  if (!text.includes('<<')) return text;
  const context: Context = { ...functionContext(), inputs };
  const set = new TemplateSet({ delims: ['<<', '>>'], functions: FUNCTIONS, missingKey: 'error', context });
  const parsed = set.parse('resourceset', text);
  if (!parsed.ok) throw failed(`failed to parse ${kind}: ${parsed.error.message}`);
  const result = set.execute('resourceset', null);
  if (!result.ok) throw failed(`failed to execute ${kind}: ${result.error.message}`);
  return result.value ?? '';
}

const NO_INPUTS: YamlMap = new Map();

/** An entry of `resources` for one set of inputs: written as YAML, rendered, and read back. Throws `FluxError`. */
export function renderResource(resource: YamlMap, inputs: YamlMap = NO_INPUTS): YamlMap {
  const text = render(stringify(resource), toGo(inputs), 'template');
  const parsed = parse(text);
  if (!parsed.ok) throw failed(`failed to read object: ${parsed.error.message}`);
  const object = asObject(parsed.value);
  if (typeof object === 'string') throw failed(`failed to read object: ${object}`);
  return object;
}

/**
 * `resourcesTemplate` for one set of inputs: any number of objects, lists taken apart. What has no name, and files that only
 * kustomize reads, are passed over. Throws `FluxError`.
 * @see fluxcd/pkg ssa/utils/object.go, ReadObjects
 */
export function renderTemplate(template: string, inputs: YamlMap = NO_INPUTS): YamlMap[] {
  const { documents, error } = parseDocuments(render(template, toGo(inputs), 'multi-doc YAML template'));
  const found: YamlMap[] = [];
  for (const { value } of documents) {
    if (value === null) continue;
    const object = asObject(value);
    if (typeof object === 'string') throw failed(`failed to read objects from multi-doc YAML: ${object}`);
    const items = object.get('items');
    if (Array.isArray(items)) found.push(...items.filter(isMap));
    else if (isNamed(object) && !isKustomizationFile(object)) found.push(object);
  }
  if (error !== undefined) throw failed(`failed to read objects from multi-doc YAML: ${error.message}`);
  return found;
}

/** A document as an object, or what Kubernetes' decoder has against it. */
function asObject(value: YamlValue): YamlMap | string {
  const decoding = 'error unmarshaling JSON: while decoding JSON:';
  if (!isMap(value))
    return `${decoding} json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`;
  const kind = value.get('kind');
  if (typeof kind === 'string' && kind !== '') return value;
  return `${decoding} Object 'Kind' is missing in '${canonicalJson(value)}'`;
}

const isNamed = (object: YamlMap): boolean =>
  scalarText(getIn(object, 'metadata', 'name')) !== '' && scalarText(object.get('apiVersion')) !== '';

const isKustomizationFile = (object: YamlMap): boolean =>
  scalarText(object.get('kind')).toLowerCase() === 'kustomization' &&
  scalarText(object.get('apiVersion')).startsWith('kustomize.config.k8s.io/');
