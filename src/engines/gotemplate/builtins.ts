import { indirect } from './access.ts';
import { GoError } from './errors.ts';
import { sprint, sprintf, sprintln } from './fmt.ts';
import { type FunctionTable, type GoFunction, makeFunction } from './functions.ts';
import { compareStrings, isPrint, toBytes } from './go-string.ts';
import { GoTime } from './time.ts';
import {
  GoBytes,
  GoComplex,
  GoInt,
  GoPointer,
  GoSlice,
  GoStruct,
  type GoValue,
  goInt,
  isNil,
  isSigned,
  isTrue,
  sliceItems,
  type TypedMap,
  typeName,
  typeOf,
  UINT8,
  zeroOf,
} from './value.ts';

/** The functions that every template has. @see Go src/text/template/funcs.go */

type BasicKind = 'invalid' | 'bool' | 'complex' | 'int' | 'float' | 'string' | 'uint';
function basicKind(value: GoValue): BasicKind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float';
    case 'string':
      return 'string';
  }
  if (value instanceof GoInt) return isSigned(value.type) ? 'int' : 'uint';
  return value instanceof GoComplex ? 'complex' : 'invalid';
}
const incompatible = (a: GoValue, b: GoValue): GoError =>
  new GoError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
const none = (value: GoValue): boolean => value === null || value === undefined;

/** `==` on structs and pointers. */
function sameValue(a: GoValue, b: GoValue): boolean {
  if (a === b) return true;
  if (a instanceof GoPointer && b instanceof GoPointer) return a.target === b.target;
  if (a instanceof GoInt && b instanceof GoInt) return a.type === b.type && a.n === b.n;
  if (a instanceof GoTime && b instanceof GoTime)
    return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds && a.zone === b.zone;
  if (a instanceof GoStruct && b instanceof GoStruct)
    return a.type === b.type && a.values.every((value, i) => sameValue(value, b.values[i]));
  return false;
}

function equal(a: GoValue, b: GoValue): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a === b;
  const kindA = basicKind(a);
  const kindB = basicKind(b);
  if (kindA !== kindB) {
    if (a instanceof GoInt && b instanceof GoInt) return a.n === b.n;
    if (!none(a) && !none(b)) throw incompatible(a, b);
    return false;
  }
  if (a instanceof GoInt && b instanceof GoInt) return a.n === b.n;
  if (a instanceof GoComplex && b instanceof GoComplex) return a.re === b.re && a.im === b.im;
  if (kindA !== 'invalid') return a === b;
  const typeA = typeOf(a);
  const typeB = typeOf(b);
  if (typeA?.kind !== typeB?.kind && typeA !== undefined && typeB !== undefined)
    throw new GoError(sprintf(`non-comparable types %s: ${typeA.name}, ${typeB.name}: %v`, [a, b]));
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  if (typeB!.kind === 'map' || typeB!.kind === 'slice')
    throw new GoError(sprintf(`non-comparable type %s: ${typeB!.name}`, [b]));
  return sameValue(a, b);
}

export function eq(first: GoValue, ...others: GoValue[]): boolean {
  if (others.length === 0) throw new GoError('missing argument for comparison');
  for (const other of others) if (equal(first, other)) return true;
  return false;
}

export function less(a: GoValue, b: GoValue): boolean {
  const kindA = basicKind(a);
  const kindB = basicKind(b);
  if (kindA === 'invalid' || kindB === 'invalid') throw new GoError('invalid type for comparison');
  if (a instanceof GoInt && b instanceof GoInt) return a.n < b.n;
  if (kindA !== kindB) throw incompatible(a, b);
  if (kindA === 'bool' || kindA === 'complex') throw new GoError('invalid type for comparison');
  return typeof a === 'string' ? compareStrings(a, b as string) < 0 : (a as number) < (b as number);
}
const lessOrEqual = (a: GoValue, b: GoValue): boolean => less(a, b) || equal(a, b);

function indexArgument(index: GoValue, length: number): number {
  if (index instanceof GoInt) {
    if (index.n < 0 || index.n > length) throw new GoError(`index out of range: ${index.n}`);
    return Number(index.n);
  }
  if (none(index)) throw new GoError('cannot index slice/array with nil');
  throw new GoError(`cannot index slice/array with type ${typeName(index)}`);
}

function index(item: GoValue, ...indexes: GoValue[]): GoValue {
  if (none(item)) throw new GoError('index of untyped nil');
  for (const at of indexes) {
    item = indirect(item);
    if (none(item) || item instanceof GoPointer) throw new GoError('index of nil pointer');
    if (item instanceof Map) {
      if (none(at)) throw new GoError('value is nil; should be of type string');
      if (typeof at !== 'string') throw new GoError(`value has type ${typeName(at)}; should be string`);
      const value = item.get(at);
      if (value !== undefined) item = value;
      else {
        const { elem } = typeOf(item as TypedMap)!;
        item = zeroOf(elem!);
      }
    } else if (typeof item === 'string') {
      const bytes = toBytes(item);
      const i = indexArgument(at, bytes.length);
      if (i === bytes.length) throw new GoError('reflect: string index out of range');
      item = new GoInt(bytes[i]!, UINT8);
    } else {
      const items = sliceItems(item);
      if (items === undefined) throw new GoError(`can't index item of type ${typeName(item)}`);
      const i = indexArgument(at, items.length);
      if (i === items.length) throw new GoError('reflect: slice index out of range');
      item = items[i]!;
    }
  }
  return item;
}

function slice(item: GoValue, ...indexes: GoValue[]): GoValue {
  if (none(item)) throw new GoError('slice of untyped nil');
  item = indirect(item);
  if (item instanceof GoPointer) throw new GoError('slice of nil pointer');
  if (indexes.length > 3) throw new GoError(`too many slice indexes: ${indexes.length}`);
  const bytes = typeof item === 'string' ? toBytes(item) : item instanceof GoBytes ? item.bytes : undefined;
  if (typeof item === 'string' && indexes.length === 3) throw new GoError('cannot 3-index slice a string');
  const items = bytes ?? sliceItems(item);
  if (items === undefined) throw new GoError(`can't slice item of type ${typeName(item)}`);
  const at = [0, items.length, items.length];
  indexes.forEach((value, i) => {
    at[i] = indexArgument(value, items.length);
  });
  const [start, end, cap] = at as [number, number, number];
  if (start > end) throw new GoError(`invalid slice index: ${start} > ${end}`);
  if (end > cap) throw new GoError(`invalid slice index: ${end} > ${cap}`);
  if (typeof item === 'string') return Buffer.from(bytes!.subarray(start, end)).toString('utf8');
  if (item instanceof GoBytes) return new GoBytes(item.bytes.subarray(start, end), item.type);
  const part = (items as readonly GoValue[]).slice(start, end);
  return item instanceof GoSlice ? new GoSlice(item.type, part) : part;
}

function length(item: GoValue): GoValue {
  if (typeof item === 'string') return goInt(toBytes(item).length);
  if (item === undefined) throw new GoError('reflect: call of reflect.Value.Type on zero Value');
  const value = indirect(item);
  if (value === null || value instanceof GoPointer) throw new GoError('len of nil pointer');
  if (value instanceof Map) return goInt(value.size);
  if (value instanceof GoBytes) return goInt(value.bytes.length);
  const items = sliceItems(value);
  if (items !== undefined) return goInt(items.length);
  throw new GoError(`len of type ${typeName(value)}`);
}

function call(name: string, fn: GoValue): GoValue {
  if (none(fn)) throw new GoError('call of nil');
  throw new GoError(`non-function ${name} of type ${typeName(fn)}`);
}

/** The operands as one text, pointers followed. */
function joined(args: readonly GoValue[]): string {
  if (args.length === 1 && typeof args[0] === 'string') return args[0];
  return sprint(args.map((arg) => (none(arg) ? '<no value>' : indirect(arg))));
}
const HTML: ReadonlyMap<string, string> = new Map([
  ['\0', '\ufffd'],
  ['"', '&#34;'],
  ["'", '&#39;'],
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);
const html = (...args: GoValue[]): string => joined(args).replace(/[\0"'&<>]/g, (char) => HTML.get(char)!);
const JS: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ["'", "\\'"],
  ['"', '\\"'],
  ['<', '\\u003C'],
  ['>', '\\u003E'],
  ['&', '\\u0026'],
  ['=', '\\u003D'],
]);
function js(...args: GoValue[]): string {
  let out = '';
  for (const char of joined(args)) {
    const code = char.codePointAt(0)!;
    const escaped = JS.get(char);
    if (escaped !== undefined) out += escaped;
    else if (code < 0x20) out += `\\u00${code.toString(16).toUpperCase().padStart(2, '0')}`;
    else if (code < 0x80 || isPrint(code)) out += char;
    else {
      const rune = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
      out += rune === 0xfffd && code !== rune ? '\ufffd' : `\\u${rune.toString(16).toUpperCase().padStart(4, '0')}`;
    }
  }
  return out;
}
/** url.QueryEscape. */
export function queryEscape(text: string): string {
  let out = '';
  for (const byte of toBytes(text)) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(char)) out += char;
    else out += byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

function special(name: 'and' | 'or' | 'call', signature: string, impl: (...args: GoValue[]) => GoValue): GoFunction {
  return makeFunction(name, signature, impl, { special: name });
}
const unreachable = (): GoValue => undefined;

export const BUILTINS: FunctionTable = new Map(
  [
    special('and', 'value ...value', unreachable),
    special('or', 'value ...value', unreachable),
    special('call', 'value ...value', call as (...args: GoValue[]) => GoValue),
    makeFunction('html', '...any', html),
    makeFunction('index', 'value ...value', index),
    makeFunction('slice', 'value ...value', slice),
    makeFunction('js', '...any', js),
    makeFunction('len', 'value', length),
    makeFunction('not', 'value', (value: GoValue) => !isTrue(value)),
    makeFunction('print', '...any', (...args: GoValue[]) => sprint(args)),
    makeFunction('printf', 'string ...any', (format: string, ...args: GoValue[]) => sprintf(format, args)),
    makeFunction('println', '...any', (...args: GoValue[]) => sprintln(args)),
    makeFunction('urlquery', '...any', (...args: GoValue[]) => queryEscape(joined(args))),
    makeFunction('eq', 'value ...value', eq),
    makeFunction('ne', 'value value', (a: GoValue, b: GoValue) => !equal(a, b)),
    makeFunction('lt', 'value value', less),
    makeFunction('le', 'value value', lessOrEqual),
    makeFunction('gt', 'value value', (a: GoValue, b: GoValue) => !lessOrEqual(a, b)),
    makeFunction('ge', 'value value', (a: GoValue, b: GoValue) => !less(a, b)),
  ].map((fn) => [fn.name, fn]),
);
