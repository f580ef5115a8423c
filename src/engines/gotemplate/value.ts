import { compareStrings } from './go-string.ts';

/**
 * Go values as templates see them.
 *
 * | Go | here |
 * |---|---|
 * | no value (an invalid reflect.Value) | `undefined` |
 * | nil interface{} | `null` |
 * | bool, float64, string | `boolean`, `number`, `string` (bytes: see go-string.ts) |
 * | every integer type, also Duration, Month | `GoInt` |
 * | map[string]interface{} | `Map` |
 * | other maps with string keys, named or nil maps | `TypedMap` |
 * | []interface{} | array |
 * | other slices, named or nil slices | `GoSlice`; []byte: `GoBytes` |
 * | structs, pointers to structs | `GoStruct`, `GoPointer` |
 * | time.Time and the like | a `GoObject` of its own class |
 */
export type GoValue =
  | undefined
  | null
  | boolean
  | number
  | string
  | GoObject
  | readonly GoValue[]
  | Map<string, GoValue>;

export type Kind =
  | 'bool'
  | 'int'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'uintptr'
  | 'float64'
  | 'complex128'
  | 'string'
  | 'map'
  | 'slice'
  | 'struct'
  | 'ptr'
  | 'interface'
  | 'func';

/** A Go type; one object for each type, compared by identity (or, for assignability, by `underlying`). */
export interface GoType {
  readonly kind: Kind;
  /** As `%T` prints it. */
  readonly name: string;
  /** What a slice, map or pointer holds. */
  readonly elem?: GoType;
  /** Of a struct. */
  readonly fields?: readonly StructField[];
  /** Methods with a value receiver, by name. */
  readonly methods?: MethodTable;
  /** Methods with a pointer receiver: reached through a pointer or an addressable value. */
  readonly pointerMethods?: MethodTable;
  /** The type that a named type is made of, where values of it are assignable to that type. */
  readonly underlying?: GoType;
}

export interface StructField {
  readonly name: string;
  readonly type: GoType;
  /** The fields of an embedded struct are reached as its holder's own. */
  readonly embedded?: boolean;
  /** Name in JSON, where it is another. */
  readonly json?: string;
  readonly omitEmpty?: boolean;
  /** Not seen by templates, JSON and YAML; printed all the same. */
  readonly unexported?: boolean;
}

/** A method: its parameters after the receiver (spelled as for functions) and what it does. */
export interface Method {
  readonly signature: string;
  // biome-ignore lint/suspicious/noExplicitAny: arguments have been checked against the signature
  readonly call: (receiver: any, ...args: any[]) => GoValue;
}
export type MethodTable = ReadonlyMap<string, Method>;

export interface GoObject {
  readonly type: GoType;
}

const basic = (kind: Kind, name: string = kind): GoType => ({ kind, name });
export const ANY: GoType = basic('interface', 'interface {}');
export const BOOL = basic('bool');
export const STRING = basic('string');
export const FLOAT64 = basic('float64');
export const COMPLEX128 = basic('complex128');
export const INT = basic('int');
export const INT32 = basic('int32');
export const INT64 = basic('int64');
export const UINT8 = basic('uint8');
export const UINT32 = basic('uint32');
export const UINT64 = basic('uint64');

const slices = new Map<GoType, GoType>();
export function sliceOf(elem: GoType): GoType {
  let type = slices.get(elem);
  if (type === undefined) {
    type = { kind: 'slice', name: `[]${elem.name}`, elem };
    slices.set(elem, type);
  }
  return type;
}
const maps = new Map<GoType, GoType>();
export function mapOf(elem: GoType): GoType {
  let type = maps.get(elem);
  if (type === undefined) {
    type = { kind: 'map', name: `map[string]${elem.name}`, elem };
    maps.set(elem, type);
  }
  return type;
}
const pointers = new Map<GoType, GoType>();
export function pointerTo(elem: GoType): GoType {
  let type = pointers.get(elem);
  if (type === undefined) {
    type = { kind: 'ptr', name: `*${elem.name}`, elem };
    pointers.set(elem, type);
  }
  return type;
}
export const SLICE_ANY = sliceOf(ANY);
export const SLICE_STRING = sliceOf(STRING);
export const SLICE_INT = sliceOf(INT);
export const BYTES = sliceOf(UINT8);
export const MAP_ANY = mapOf(ANY);
export const MAP_STRING = mapOf(STRING);

/** An integer of a given type. `n` is a `number` where that is exact, else a `bigint`. */
export class GoInt implements GoObject {
  readonly type: GoType;
  readonly n: number | bigint;
  constructor(n: number | bigint, type: GoType) {
    this.n = n;
    this.type = type;
  }
}

export class GoComplex implements GoObject {
  readonly type = COMPLEX128;
  readonly re: number;
  readonly im: number;
  constructor(re: number, im: number) {
    this.re = re;
    this.im = im;
  }
}

const SMALL = 1024;
const smallInts = new Array<GoInt | undefined>(SMALL + 1);
const smallInt64s = new Array<GoInt | undefined>(SMALL + 1);
/** Small integers are made once, when they are first met. */
function small(n: number, type: GoType, made: (GoInt | undefined)[]): GoInt {
  let value = made[n + 1];
  if (value === undefined) {
    value = new GoInt(n, type);
    made[n + 1] = value;
  }
  return value;
}
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** The form that `GoInt.n` has: a `number` where that is exact. */
export function shrink(n: bigint): number | bigint {
  return n <= MAX_SAFE && n >= -MAX_SAFE ? Number(n) : n;
}
/** A Go `int`. The value is in the range of int64. */
export function goInt(n: number | bigint): GoInt {
  if (typeof n === 'bigint') n = shrink(n);
  return typeof n === 'number' && n >= -1 && n < SMALL ? small(n, INT, smallInts) : new GoInt(n, INT);
}
/** A Go `int64`; what is outside its range wraps around. */
export function goInt64(n: number | bigint): GoInt {
  if (typeof n === 'bigint') n = shrink(BigInt.asIntN(64, n));
  else if (!Number.isSafeInteger(n)) n = shrink(BigInt.asIntN(64, BigInt(n)));
  return typeof n === 'number' && n >= -1 && n < SMALL ? small(n, INT64, smallInt64s) : new GoInt(n, INT64);
}

/** Every slice but a plain []interface{}: typed, named, or nil. */
export class GoSlice implements GoObject {
  readonly type: GoType;
  readonly items: readonly GoValue[];
  readonly isNil: boolean;
  constructor(type: GoType, items: readonly GoValue[] | null) {
    this.type = type;
    this.items = items ?? [];
    this.isNil = items === null;
  }
}
export class GoBytes implements GoObject {
  readonly type: GoType;
  readonly bytes: Uint8Array;
  readonly isNil: boolean;
  constructor(bytes: Uint8Array | null, type: GoType = BYTES) {
    this.type = type;
    this.bytes = bytes ?? new Uint8Array(0);
    this.isNil = bytes === null;
  }
}
export const stringSlice = (items: readonly string[]): GoSlice => new GoSlice(SLICE_STRING, items);
export const NIL_SLICE = new GoSlice(SLICE_ANY, null);

/** Every map but a plain map[string]interface{}: typed, named, or nil. Keys are strings. */
export class TypedMap extends Map<string, GoValue> implements GoObject {
  readonly type: GoType;
  readonly isNil: boolean;
  constructor(type: GoType, entries: Iterable<readonly [string, GoValue]> | null) {
    super(entries ?? []);
    this.type = type;
    this.isNil = entries === null;
  }
}
export const NIL_MAP = new TypedMap(MAP_ANY, null);

export class GoStruct implements GoObject {
  readonly type: GoType;
  /** In the order of the type's fields. */
  readonly values: readonly GoValue[];
  /** Whether the value stands where a pointer to it can be taken (reached through a pointer). */
  readonly addressable: boolean;
  constructor(type: GoType, values: readonly GoValue[], addressable = false) {
    this.type = type;
    this.values = values;
    this.addressable = addressable;
  }
  field(name: string): GoValue {
    const index = this.type.fields!.findIndex((field) => field.name === name);
    return this.values[index];
  }
}

export class GoPointer implements GoObject {
  readonly type: GoType;
  readonly target: GoObject | null;
  constructor(target: GoObject | null, type: GoType = pointerTo(target!.type)) {
    this.target = target;
    this.type = type;
  }
}

export const isSlice = (value: GoValue): value is readonly GoValue[] | GoSlice | GoBytes =>
  Array.isArray(value) || value instanceof GoSlice || value instanceof GoBytes;

/** The elements of a slice; bytes as uint8 integers. `undefined` where the value is no slice. */
export function sliceItems(value: GoValue): readonly GoValue[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof GoSlice) return value.items;
  if (value instanceof GoBytes) return Array.from(value.bytes, (byte) => new GoInt(byte, UINT8));
  return undefined;
}

/** The dynamic type, or `undefined` for nil. */
export function typeOf(value: GoValue): GoType | undefined {
  switch (typeof value) {
    case 'string':
      return STRING;
    case 'number':
      return FLOAT64;
    case 'boolean':
      return BOOL;
    case 'undefined':
      return undefined;
  }
  if (value === null) return undefined;
  if (Array.isArray(value)) return SLICE_ANY;
  return (value as Partial<GoObject>).type ?? MAP_ANY;
}

/** As `%T` prints it. */
export const typeName = (value: GoValue): string => typeOf(value)?.name ?? '<nil>';
/** As reflect.Kind prints it. */
export const kindOf = (value: GoValue): Kind | 'invalid' => typeOf(value)?.kind ?? 'invalid';

const INTEGERS: ReadonlySet<string> = new Set(['int', 'int8', 'int16', 'int32', 'int64']);
export const isSigned = (type: GoType): boolean => INTEGERS.has(type.kind);

/** Whether a value of type `from` can be given to a parameter of type `to`. */
export function assignable(from: GoType, to: GoType): boolean {
  return from === to || to === ANY || from.underlying === to;
}

/** The keys in the order in which Go prints and ranges over a map. */
export function sortedKeys(map: ReadonlyMap<string, GoValue>): string[] {
  const keys = [...map.keys()];
  return keys.length < 2 ? keys : keys.sort(compareStrings);
}

const fieldPaths = new WeakMap<GoType, Map<string, readonly number[]>>();
/** Where a field of a struct is, promoted fields of embedded structs included: the indexes to follow. */
export function fieldPath(type: GoType, name: string): readonly number[] | undefined {
  let paths = fieldPaths.get(type);
  if (paths === undefined) {
    paths = new Map();
    const visit = (at: GoType, before: readonly number[]): void => {
      for (const [index, field] of at.fields!.entries())
        if (!paths!.has(field.name)) paths!.set(field.name, [...before, index]);
      for (const [index, field] of at.fields!.entries())
        if (field.embedded && field.type.fields !== undefined) visit(field.type, [...before, index]);
    };
    visit(type, []);
    fieldPaths.set(type, paths);
  }
  return paths.get(name);
}

/** What a type holds before anything is set. */
export function zeroOf(type: GoType): GoValue {
  switch (type.kind) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'float64':
      return 0;
    case 'interface':
      return null;
    case 'map':
      return new TypedMap(type, null);
    case 'slice':
      return type.elem === UINT8 ? new GoBytes(null, type) : new GoSlice(type, null);
    case 'ptr':
      return new GoPointer(null, type);
    case 'struct':
      return new GoStruct(
        type,
        type.fields!.map((field) => zeroOf(field.type)),
      );
    case 'complex128':
      return new GoComplex(0, 0);
    default:
      return new GoInt(0, type);
  }
}

/** text/template's truth: not the zero of its type; a struct always, a pointer where it is not nil. */
export function isTrue(value: GoValue): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value.length > 0;
    case 'number':
      return value !== 0;
    case 'undefined':
      return false;
  }
  if (value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof GoInt) return Number(value.n) !== 0;
  if (value instanceof GoSlice) return value.items.length > 0;
  if (value instanceof GoBytes) return value.bytes.length > 0;
  if (value instanceof GoPointer) return value.target !== null;
  if (value instanceof GoComplex) return value.re !== 0 || value.im !== 0;
  return true;
}

/** A nil map, slice, pointer or interface. */
export function isNil(value: GoValue): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value !== 'object') return false;
  if (value instanceof TypedMap || value instanceof GoSlice || value instanceof GoBytes) return value.isNil;
  return value instanceof GoPointer && value.target === null;
}
