import { parse } from '../goyaml/index.ts';
import { contextOf } from './context.ts';
import { ExecError, GoError } from './errors.ts';
import {
  type FunctionFamily,
  type FunctionTable,
  functionTable,
  type RuntimeFamily,
  withoutFunctions,
} from './functions.ts';
import { quoteGo } from './go-quote.ts';
import { decodeUtf16 } from './go-string.ts';
import { HELM_DURATIONS } from './helm-durations.ts';
import { type HelmMajor, yamlText } from './helm-objects.ts';
import { JsonProblem, toJson } from './json.ts';
import { jsonKind, parseJson } from './json-parse.ts';
import type { JsonWords } from './json-reader.ts';
import { isStackOverflow, MAX_INCLUDES, Overflow } from './overflow.ts';
import { Frame, type Runtime, Scope } from './runtime.ts';
import { jsonWriters } from './sprig/json.ts';
import { fromToml, tomlOrError, toToml } from './sprig/toml.ts';
import { sprigFunctions } from './sprig.ts';
import type { Template } from './template.ts';
import { parseCached } from './template-set.ts';
import { type GoValue, MAP_ANY, NIL_SLICE, TypedMap } from './value.ts';
import { yamlPretty } from './yaml-pretty.ts';
import { fromYamlValue } from './yaml-value.ts';

/** Helm's own functions. @see Helm pkg/engine/engine.go and funcs.go */

const withoutBreak = (text: string): string => (text.endsWith('\n') ? text.slice(0, -1) : text);

function include(rt: Runtime, name: string, data: GoValue): string {
  const { included } = rt;
  const count = included.get(name);
  if (count !== undefined && count > MAX_INCLUDES)
    throw new GoError(`rendering template has a nested reference name: ${name}: unable to execute template`);
  included.set(name, (count ?? 0) + 1);
  const template = rt.scope.lookup(name);
  if (template === undefined)
    throw new GoError(`template: no template ${quoteGo(name)} associated with template ${quoteGo(rt.scope.name)}`);
  try {
    // As `Runtime.run` does, without a frame of its own on the stack: charts nest hundreds of these.
    const before = rt.out;
    rt.enter();
    const dot = data ?? undefined;
    template.code.exec(new Frame(rt, name, template.parseName, dot, 0), dot);
    const text = rt.out;
    rt.leave(before);
    included.set(name, count ?? 0);
    return text;
  } catch (error) {
    if (isStackOverflow(error)) {
      const overflow = new Overflow();
      overflow.pending = name;
      throw overflow;
    }
    if (error instanceof Overflow) error.pending = name;
    throw error;
  }
}

/** Text in which what Go prints for nothing is taken out, wherever it came from. */
export const withoutNoValue = (text: string): string =>
  text.includes('<no value>') ? text.replaceAll('<no value>', '') : text;

function tpl(rt: Runtime, text: string, data: GoValue): string {
  if (!text.includes(rt.delims[0] || '{{')) return withoutNoValue(text);
  const outer = rt.scope;
  const own = new Map<string, Template>();
  let main: Template;
  try {
    const parsed = parseCached(rt.functions, rt.delims, outer.name, text);
    for (const [name, template] of parsed)
      if (!template.code.isEmpty || outer.lookup(name) === undefined) own.set(name, template);
    main = parsed.get(outer.name)!;
  } catch (error) {
    if (error instanceof GoError) throw new GoError(`cannot parse template ${quoteGo(text)}: ${error.message}`);
    throw error;
  }
  rt.scope = new Scope(outer.name, own, outer);
  try {
    const result = rt.run(main, data ?? undefined);
    rt.scope = outer;
    return withoutNoValue(result);
  } catch (error) {
    if (error instanceof ExecError)
      throw new GoError(`error during tpl function execution for ${quoteGo(text)}: ${error.message}`, error);
    throw error;
  }
}

/** Marks a message that is to be shown alone; taken out where errors are laid out. */
const warning = (message: string): GoError => new GoError(`HELM_ERR_START${message}HELM_ERR_END`);

const RUNTIME: RuntimeFamily = {
  include: ['string any', include],
  tpl: ['string any', tpl],
  required: [
    'string any',
    (rt, message: string, value: GoValue) => {
      if (value !== null && value !== '') return value;
      if (contextOf(rt).lint) return '';
      throw warning(message);
    },
  ],
  fail: [
    'string',
    (rt, message: string) => {
      if (contextOf(rt).lint) return '';
      throw warning(message);
    },
  ],
  lookup: [
    'string string string string',
    (rt, apiVersion: string, kind: string, namespace: string, name: string) =>
      contextOf(rt).lookup?.(apiVersion, kind, namespace, name) ?? new Map(),
  ],
};

const nilMap = (): GoValue => new TypedMap(MAP_ANY, null);
const errorMap = (message: string): GoValue => new Map<string, GoValue>([['Error', message]]);

function fromYaml(text: string): GoValue {
  const parsed = parse(decodeUtf16(text), { numbers: 'float64' });
  if (!parsed.ok) return errorMap(parsed.error.message);
  if (parsed.value === null) return new Map();
  const value = fromYamlValue(parsed.value);
  return value instanceof Map ? value : errorMap(notA(value, 'map[string]interface {}'));
}
const notA = (value: GoValue, type: string): string =>
  `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`;
function fromYamlArray(text: string): GoValue {
  const parsed = parse(decodeUtf16(text), { numbers: 'float64' });
  if (!parsed.ok) return [parsed.error.message];
  if (parsed.value === null) return [];
  const value = fromYamlValue(parsed.value);
  return Array.isArray(value) ? value : [notA(value, '[]interface {}')];
}

const isRange = (error: string): boolean => error.startsWith('json: cannot unmarshal number');
const notMap = (kind: string): string => `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
const notList = (kind: string): string => `json: cannot unmarshal ${kind} into Go value of type []interface {}`;
function fromJson(text: string, words: JsonWords): GoValue {
  const { value, error } = parseJson(text, words);
  if (value === null && error !== undefined) return errorMap(isRange(error) ? notMap('number') : error);
  if (value === null) return nilMap();
  if (!(value instanceof Map)) return errorMap(notMap(jsonKind(value)));
  if (error !== undefined) {
    // Go 1.27 names the field that a number does not fit, and leaves 0 in it.
    const field = words === 'v2' ? [...value].find(([, item]) => item === null)?.[0] : undefined;
    if (field === undefined) value.set('Error', error);
    else value.set(field, 0).set('Error', error.replace('Go value', `Go struct field .${field}`));
  }
  return value;
}
function fromJsonArray(text: string, words: JsonWords): GoValue {
  const { value, error } = parseJson(text, words);
  if (value === null && error !== undefined && isRange(error)) return [notList('number')];
  if (error !== undefined) return [words === 'v2' ? atIndex(value, error) : error];
  if (value === null) return NIL_SLICE;
  if (Array.isArray(value)) return value;
  return [notList(jsonKind(value))];
}

/** Go 1.27 names the element that a number does not fit. */
function atIndex(value: GoValue, error: string): string {
  return Array.isArray(value) ? error.replace('Go value', `.${value.indexOf(null)}`) : error;
}
function mustFromJson(text: string): GoValue {
  const { value, error } = parseJson(text, 'v2');
  return error === undefined ? value : throwing(atIndex(value, error));
}

const throwing = (message: string): never => {
  throw new GoError(message);
};

/** Why a value has no JSON form. */
function jsonProblem(value: GoValue): string {
  try {
    toJson(value);
    return 'json: unsupported value';
  } catch (error) {
    if (error instanceof JsonProblem) return error.message;
    throw error;
  }
}

const COMMON: FunctionFamily = {
  toYaml: ['any', (value: GoValue) => withoutBreak(yamlText(value))],
  toYamlPretty: ['any', (value: GoValue) => withoutBreak(yamlPretty(value))],
  fromYaml: ['string', fromYaml],
  fromYamlArray: ['string', fromYamlArray],
  toToml: ['any', (value: GoValue) => toToml(value)],
  fromToml: ['string', (text: string) => fromToml(text)],
};
const HELM_3: FunctionFamily = {
  fromJson: ['string', (text: string) => fromJson(text, 'v1')],
  fromJsonArray: ['string', (text: string) => fromJsonArray(text, 'v1')],
};
const HELM_4: FunctionFamily = {
  fromJson: ['string', (text: string) => fromJson(text, 'v2')],
  fromJsonArray: ['string', (text: string) => fromJsonArray(text, 'v2')],
  mustFromJson: ['string', mustFromJson],
  ...jsonWriters({ rawReplacement: true }),
  mustToYaml: [
    'any',
    (value: GoValue) => {
      const text = yamlText(value);
      return text === '' ? throwing(`error marshaling into JSON: ${jsonProblem(value)}`) : withoutBreak(text);
    },
  ],
  mustToToml: [
    'any',
    (value: GoValue) => {
      const result = tomlOrError(value);
      return 'error' in result ? throwing(result.error) : result.text;
    },
  ],
  ...HELM_DURATIONS,
};

function makeTable(major: HelmMajor): FunctionTable {
  const sprig = withoutFunctions(sprigFunctions(), ['env', 'expandenv']);
  return functionTable([sprig, COMMON, major === '3' ? HELM_3 : HELM_4], [RUNTIME]);
}
const tables = new Map<HelmMajor, FunctionTable>();

/** All functions of Helm's templates, sprig's among them. The context of a set with them comes from `functionContext`. */
export function helmFunctions(major: HelmMajor): FunctionTable {
  let table = tables.get(major);
  if (table === undefined) {
    table = makeTable(major);
    tables.set(major, table);
  }
  return table;
}
