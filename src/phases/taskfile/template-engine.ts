import { randomInt, randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { fail, ok, type Result } from '../../core/result.ts';
import type { YamlValue } from '../../core/value.ts';
import {
  type FunctionContext,
  type FunctionTable,
  functionContext,
  functionTable,
  GoError,
  GoInt,
  GoSlice,
  type GoValue,
  goInt,
  slimSprigFunctions,
  stringSlice,
  TemplateSet,
  TypedMap,
} from '../../engines/gotemplate/index.ts';
import { parseGoTime } from '../../engines/gotemplate/time.ts';
import { parse, stringify } from '../../engines/goyaml/index.ts';
import { goJoin } from './paths.ts';
import { GOARCH, GOOS } from './platforms.ts';
import { shellQuote, splitArgs } from './quote.ts';

export type TemplateValue = GoValue;

export interface TemplateSettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** What the functions of one rendering share. */
interface Context extends TemplateSettings, FunctionContext {
  /** What a reference gave. */
  kept: GoValue;
}

const BOUNDS = { steps: 1_000_000, output: 64 * 1024 * 1024 };

let table: FunctionTable | undefined;
function functions(): FunctionTable {
  table ??= taskFunctions();
  return table;
}

/** Renders a template. A failure holds Go's text. */
export function render(text: string, data: Map<string, GoValue>, settings: TemplateSettings): Result<string> {
  return run(text, data, contextFor(settings));
}

function contextFor({ environment, cwd }: TemplateSettings): Context {
  const env = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) env.set(name, value);
  return { ...functionContext({ seed: false, env }), environment, cwd, kept: undefined };
}

function run(text: string, data: Map<string, GoValue>, context: Context): Result<string> {
  const set = new TemplateSet({ functions: functions(), context, limits: BOUNDS });
  const parsed = set.parse('', text);
  return parsed.ok ? set.execute('', data) : parsed;
}

/** The value of a pipeline, types kept. */
export function evaluate(
  expression: string,
  data: Map<string, GoValue>,
  settings: TemplateSettings,
): Result<YamlValue> {
  if (expression.trim() === '.') return ok(fromTemplateValue(data));
  const context = contextFor(settings);
  const done = run(`{{keepReference (${expression})}}`, data, context);
  return done.ok ? ok(fromTemplateValue(context.kept)) : fail(done.error);
}

/** Data of a Taskfile as Go's YAML library gives it to templates: whole numbers are `int`. */
export function toTemplateValue(value: YamlValue): GoValue {
  if (typeof value === 'number') return Number.isInteger(value) ? goInt(value) : value;
  if (typeof value === 'bigint') return goInt(value);
  if (Array.isArray(value)) return value.map(toTemplateValue);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, toTemplateValue(item)]));
  return value;
}

/** A moment (ISO 8601) as Go's `time.Time`. */
export function timeValue(moment: string): GoValue {
  const time = parseGoTime('2006-01-02T15:04:05.999999999Z07:00', moment);
  return 'error' in time ? moment : time;
}

export function fromTemplateValue(value: GoValue): YamlValue {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object') return value;
  if (value instanceof GoInt) return value.n;
  if (value instanceof GoSlice) return value.isNil ? null : value.items.map(fromTemplateValue);
  if (Array.isArray(value)) return value.map(fromTemplateValue);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, fromTemplateValue(item)]));
  return String(value);
}

/**
 * go-task's own functions.
 * @see go-task internal/templater/funcs.go
 */
function taskFunctions(): FunctionTable {
  const slashes = (text: string): string => text;
  const yamlText = (value: GoValue): string => stringify(fromTemplateValue(value));
  return functionTable(
    [
      slimSprigFunctions(),
      {
        OS: ['', () => GOOS],
        ARCH: ['', () => GOARCH],
        numCPU: ['', () => goInt(availableParallelism())],
        catLines: ['string', (text: string) => text.replace(/\r?\n/g, ' ')],
        splitLines: ['string', (text: string) => stringSlice(text.replaceAll('\r\n', '\n').split('\n'))],
        fromSlash: ['string', slashes],
        toSlash: ['string', slashes],
        FromSlash: ['string', slashes],
        ToSlash: ['string', slashes],
        exeExt: ['', () => (GOOS === 'windows' ? '.exe' : '')],
        ExeExt: ['', () => (GOOS === 'windows' ? '.exe' : '')],
        shellQuote: ['string', shellQuote],
        q: ['string', shellQuote],
        IsSH: ['', () => true],
        joinPath: ['...string', (...parts: string[]) => goJoin(...parts)],
        joinEnv: ['...string', (...parts: string[]) => parts.join(':')],
        joinUrl: ['...string', joinUrl],
        relPath: ['string string', relPath],
        merge: ['map ...map', merge],
        spew: ['...any', (...values: GoValue[]) => values.map((value) => spew(value, 0, '')).join('')],
        fromYaml: ['string', (text: string) => fromYaml(text, false)],
        mustFromYaml: ['string', (text: string) => fromYaml(text, true)],
        toYaml: ['any', yamlText],
        mustToYaml: ['any', yamlText],
        uuid: ['', () => randomUUID()],
        randIntN: ['int', (bound: number) => goInt(randomInt(Math.max(1, bound)))],
      },
    ],
    [
      {
        splitArgs: ['string', (rt, text: string) => stringSlice(splitArgs(text, contextOf(rt).environment))],
        absPath: ['string', (rt, path: string) => resolve(contextOf(rt).cwd, path)],
        keepReference: [
          'value',
          (rt, value: GoValue) => {
            contextOf(rt).kept = value;
            return '';
          },
        ],
      },
    ],
  );
}

const contextOf = (runtime: { readonly context: unknown }): Context => runtime.context as Context;

function joinUrl(...parts: string[]): string {
  const [base, ...rest] = parts;
  if (base === undefined) return '';
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)(.*)$/s.exec(base);
  const [, origin = '', path = '', tail = ''] = match ?? [];
  const joined = goJoin('/', path, ...rest);
  const slash = (rest.at(-1) ?? path).endsWith('/') && !joined.endsWith('/') ? '/' : '';
  const absolute = origin !== '' || path.startsWith('/');
  return `${origin}${absolute ? joined : joined.slice(1)}${slash}${tail}`;
}

function relPath(base: string, target: string): string {
  if (base.startsWith('/') !== target.startsWith('/'))
    throw new GoError(`Rel: can't make ${target} relative to ${base}`);
  return relative(base, target) || '.';
}

function merge(...maps: ReadonlyMap<string, GoValue>[]): GoValue {
  return new Map(maps.flatMap((map) => [...map]));
}

function fromYaml(text: string, must: boolean): GoValue {
  const value = parse(text, { dialect: 'v3' });
  if (value.ok) return toTemplateValue(value.value);
  if (must) throw new GoError(value.error.message);
  return null;
}

/** A value as go-spew dumps it. */
function spew(value: GoValue, depth: number, prefix: string): string {
  const indent = ' '.repeat(depth);
  const end = '\n';
  if (value === null || value === undefined) return `${indent}${prefix}(interface {}) <nil>${end}`;
  if (typeof value === 'string')
    return `${indent}${prefix}(string) (len=${Buffer.byteLength(value)}) ${JSON.stringify(value)}${end}`;
  if (typeof value === 'boolean') return `${indent}${prefix}(bool) ${value}${end}`;
  if (typeof value === 'number') return `${indent}${prefix}(float64) ${value}${end}`;
  if (value instanceof GoInt) return `${indent}${prefix}(${value.type.name}) ${value.n}${end}`;
  const items =
    value instanceof GoSlice ? value.items : Array.isArray(value) ? (value as readonly GoValue[]) : undefined;
  if (items !== undefined) {
    const type = value instanceof GoSlice ? value.type.name : '[]interface {}';
    const inner = items.map((item) => spew(item, depth + 1, '').replace(/\n$/, ''));
    return `${indent}${prefix}(${type}) (len=${items.length} cap=${items.length}) {\n${inner.join(',\n')}\n${indent}}${end}`;
  }
  if (value instanceof Map) {
    const type = value instanceof TypedMap ? value.type.name : 'map[string]interface {}';
    const inner = [...value].map(([key, item]) => {
      const name = `(string) (len=${Buffer.byteLength(key)}) ${JSON.stringify(key)}: `;
      return spew(item, depth + 1, name).replace(/\n$/, '');
    });
    return `${indent}${prefix}(${type}) (len=${value.size}) {\n${inner.join(',\n')}\n${indent}}${end}`;
  }
  return `${indent}${prefix}${String(value)}${end}`;
}
