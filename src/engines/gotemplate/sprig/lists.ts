import { indirect } from '../access.ts';
import { toInt64 } from '../cast.ts';
import { deepEqual } from '../equal.ts';
import { GoError } from '../errors.ts';
import type { FunctionFamily } from '../functions.ts';
import { compareStrings } from '../go-string.ts';
import {
  GoBytes,
  GoSlice,
  type GoValue,
  isSlice,
  kindOf,
  NIL_SLICE,
  SLICE_ANY,
  sliceItems,
  sliceOf,
  stringSlice,
} from '../value.ts';
import { isEmpty } from './defaults.ts';
import { strslice, strval } from './text.ts';

/** @see sprig list.go */

/** `reflect.TypeOf(nil).Kind()`. */
export const NIL_DEREFERENCE = 'runtime error: invalid memory address or nil pointer dereference';

function items(value: GoValue, message: (kind: string) => string): readonly GoValue[] {
  if (Array.isArray(value)) return value;
  if (value === null || value === undefined) throw new GoError(NIL_DEREFERENCE);
  const list = sliceItems(value);
  if (list === undefined) throw new GoError(message(kindOf(value)));
  return list;
}
const cannot = (what: string) => (kind: string) => `Cannot ${what} type ${kind}`;

function slice(list: GoValue, ...indices: GoValue[]): GoValue {
  const all = items(list, (kind) => `list should be type of slice or array but ${kind}`);
  if (all.length === 0) return null;
  const start = indices.length > 0 ? toInt64(indices[0]) : 0;
  const end = indices.length < 2 ? all.length : toInt64(indices[1]);
  // Beyond the length but within Go's capacity would show spare elements; capacities are taken as lengths.
  if (start < 0 || end < start || end > all.length) throw new GoError('reflect.Value.Slice: slice index out of bounds');
  const part = all.slice(Number(start), Number(end));
  if (list instanceof GoBytes) return new GoBytes(list.bytes.subarray(Number(start), Number(end)), list.type);
  return list instanceof GoSlice ? new GoSlice(list.type, part) : part;
}

function chunk(size: number | bigint, list: GoValue): GoValue {
  const all = items(list, cannot('chunk'));
  const width = Number(size);
  const count = Math.floor((all.length - 1) / width) + 1;
  if (width === 0) {
    // Go divides floats: an empty list and size 0 give NaN, others an infinite number of chunks.
    throw new GoError('runtime error: makeslice: len out of range');
  }
  if (!(count >= 0)) throw new GoError('runtime error: makeslice: len out of range');
  const chunks: GoValue[] = [];
  for (let i = 0; i < count; i++) {
    // A width below zero fits where all of the list is the rest.
    const length = i === count - 1 ? all.length % width || width : width;
    if (length < 0) throw new GoError('runtime error: makeslice: len out of range');
    chunks.push(all.slice(i * width, i * width + length));
  }
  return new GoSlice(sliceOf(SLICE_ANY), chunks);
}

const inList = (list: readonly GoValue[], value: GoValue): boolean => list.some((item) => deepEqual(value, item));
function has(needle: GoValue, haystack: GoValue): boolean {
  if (haystack === null) return false;
  return inList(items(haystack, cannot('find has on')), needle);
}
function uniq(list: GoValue): GoValue {
  const out: GoValue[] = [];
  const texts = new Set<string>();
  for (const item of items(list, cannot('find uniq on'))) {
    if (typeof item === 'string') {
      if (texts.has(item)) continue;
      texts.add(item);
    } else if (inList(out, item)) continue;
    out.push(item);
  }
  return out;
}
function concat(...lists: GoValue[]): GoValue {
  const out: GoValue[] = [];
  for (const list of lists) out.push(...items(list, (kind) => `Cannot concat type ${kind} as list`));
  return out.length === 0 ? NIL_SLICE : out;
}
function sortAlpha(value: GoValue): GoValue {
  const list = indirect(value);
  if (!isSlice(list)) return stringSlice([strval(value)]);
  return stringSlice(strslice(list).slice().sort(compareStrings));
}

const first = (list: GoValue): GoValue => items(list, cannot('find first on'))[0] ?? null;
const last = (list: GoValue): GoValue => items(list, cannot('find last on')).at(-1) ?? null;
function rest(list: GoValue): GoValue {
  const all = items(list, cannot('find rest on'));
  return all.length === 0 ? NIL_SLICE : all.slice(1);
}
function initial(list: GoValue): GoValue {
  const all = items(list, cannot('find initial on'));
  return all.length === 0 ? NIL_SLICE : all.slice(0, -1);
}
const push = (list: GoValue, value: GoValue): GoValue => [...items(list, cannot('push on')), value];
const prepend = (list: GoValue, value: GoValue): GoValue => [value, ...items(list, cannot('prepend on'))];
const reverse = (list: GoValue): GoValue => [...items(list, cannot('find reverse on'))].reverse();
const compact = (list: GoValue): GoValue => items(list, cannot('compact on')).filter((item) => !isEmpty(item));
const without = (list: GoValue, ...omit: GoValue[]): GoValue =>
  items(list, cannot('find without on')).filter((item) => !inList(omit, item));
const list = (...values: GoValue[]): GoValue => values;

export const LISTS: FunctionFamily = {
  tuple: ['...any', list],
  list: ['...any', list],
  append: ['any any', push],
  push: ['any any', push],
  mustAppend: ['any any', push],
  mustPush: ['any any', push],
  prepend: ['any any', prepend],
  mustPrepend: ['any any', prepend],
  first: ['any', first],
  mustFirst: ['any', first],
  rest: ['any', rest],
  mustRest: ['any', rest],
  last: ['any', last],
  mustLast: ['any', last],
  initial: ['any', initial],
  mustInitial: ['any', initial],
  reverse: ['any', reverse],
  mustReverse: ['any', reverse],
  uniq: ['any', uniq],
  mustUniq: ['any', uniq],
  without: ['any ...any', without],
  mustWithout: ['any ...any', without],
  has: ['any any', has],
  mustHas: ['any any', has],
  slice: ['any ...any', slice],
  mustSlice: ['any ...any', slice],
  concat: ['...any', concat],
  chunk: ['int any', chunk],
  mustChunk: ['int any', chunk],
  compact: ['any', compact],
  mustCompact: ['any', compact],
  sortAlpha: ['any', sortAlpha],
};
