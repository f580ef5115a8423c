import type { Runtime } from './runtime.ts';
import {
  ANY,
  BOOL,
  FLOAT64,
  type GoType,
  type GoValue,
  INT,
  INT64,
  MAP_ANY,
  MAP_STRING,
  SLICE_ANY,
  STRING,
  UINT32,
} from './value.ts';

/**
 * Functions of templates: a signature in Go's terms, from which the compiler checks and converts arguments exactly as
 * text/template does by reflection, and an implementation.
 *
 * A signature lists parameter types: `string`, `int`, `int64`, `uint32`, `float` (float64), `bool`, `any` (interface{}),
 * `value` (reflect.Value: nothing is checked, `undefined` is passed on), `map` (map[string]interface{}), `list`
 * ([]interface{}), or a type registered with `registerParameter`. The last may be variadic (`...any`).
 * `int`, `int64`, `uint32` and `float` reach the implementation as `number` (`bigint` where that is not exact), `string` and
 * `bool` as such, all others as `GoValue`s.
 */
export interface GoFunction {
  readonly name: string;
  readonly params: readonly Param[];
  readonly rest: Param | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: arguments have been checked against the signature
  readonly call: (...args: any[]) => GoValue;
  /** The implementation takes the `Runtime` first. */
  readonly runtime: boolean;
  /** `and` and `or` evaluate only what they need; `call` gets its callee's text. */
  readonly special: 'and' | 'or' | 'call' | undefined;
}

export interface Param {
  /** `undefined` for reflect.Value. */
  readonly type: GoType | undefined;
  readonly shape: 'value' | 'any' | 'string' | 'int' | 'float' | 'bool' | 'object';
}

const PARAMS = new Map<string, Param>([
  ['value', { type: undefined, shape: 'value' }],
  ['any', { type: ANY, shape: 'any' }],
  ['string', { type: STRING, shape: 'string' }],
  ['int', { type: INT, shape: 'int' }],
  ['int64', { type: INT64, shape: 'int' }],
  ['uint32', { type: UINT32, shape: 'int' }],
  ['float', { type: FLOAT64, shape: 'float' }],
  ['bool', { type: BOOL, shape: 'bool' }],
  ['map', { type: MAP_ANY, shape: 'object' }],
  ['strings', { type: MAP_STRING, shape: 'object' }],
  ['list', { type: SLICE_ANY, shape: 'object' }],
]);

/** Makes `name` usable in signatures, for a type whose values are `GoObject`s. */
export function registerParameter(name: string, type: GoType): void {
  PARAMS.set(name, { type, shape: 'object' });
}

const signatures = new Map<string, { readonly params: readonly Param[]; readonly rest: Param | undefined }>();
export function parseSignature(signature: string): {
  readonly params: readonly Param[];
  readonly rest: Param | undefined;
} {
  let parsed = signatures.get(signature);
  if (parsed === undefined) {
    const params: Param[] = [];
    let rest: Param | undefined;
    for (const word of signature.split(' ').filter((part) => part !== '')) {
      const param = PARAMS.get(word.replace('...', ''));
      if (param === undefined) throw new Error(`unknown parameter type ${word}`);
      if (word.startsWith('...')) rest = param;
      else params.push(param);
    }
    parsed = { params, rest };
    signatures.set(signature, parsed);
  }
  return parsed;
}

// biome-ignore lint/suspicious/noExplicitAny: see GoFunction.call
type Implementation = (...args: any[]) => GoValue;
/** A family of functions: name to signature and implementation. */
export type FunctionFamily = Readonly<Record<string, readonly [signature: string, call: Implementation]>>;
// biome-ignore lint/suspicious/noExplicitAny: see GoFunction.call
type RuntimeImplementation = (rt: Runtime, ...args: any[]) => GoValue;
/** The same for functions that take the `Runtime` first. */
export type RuntimeFamily = Readonly<Record<string, readonly [signature: string, call: RuntimeImplementation]>>;

/** Functions by name. One object serves any number of template sets; what is compiled is shared by sets of the same table. */
export type FunctionTable = ReadonlyMap<string, GoFunction>;

/** Hundreds are declared and few are called, so a signature is parsed when something calls its function. */
class DeclaredFunction implements GoFunction {
  readonly name: string;
  readonly call: Implementation;
  readonly runtime: boolean;
  readonly special: GoFunction['special'];
  readonly #signature: string;

  constructor(name: string, signature: string, call: Implementation, runtime: boolean, special: GoFunction['special']) {
    this.name = name;
    this.call = call;
    this.runtime = runtime;
    this.special = special;
    this.#signature = signature;
  }
  get params(): readonly Param[] {
    return parseSignature(this.#signature).params;
  }
  get rest(): Param | undefined {
    return parseSignature(this.#signature).rest;
  }
}

export function makeFunction(
  name: string,
  signature: string,
  call: Implementation,
  { runtime = false, special }: { readonly runtime?: boolean; readonly special?: GoFunction['special'] } = {},
): GoFunction {
  return new DeclaredFunction(name, signature, call, runtime, special);
}

/** A table of families; later ones win. */
export function functionTable(
  families: readonly (FunctionFamily | FunctionTable)[],
  runtimeFamilies: readonly RuntimeFamily[] = [],
): FunctionTable {
  const table = new Map<string, GoFunction>();
  for (const family of families) {
    if (family instanceof Map) for (const [name, fn] of family) table.set(name, fn);
    else
      for (const [name, [signature, call]] of Object.entries(family as FunctionFamily))
        table.set(name, makeFunction(name, signature, call));
  }
  for (const family of runtimeFamilies)
    for (const [name, [signature, call]] of Object.entries(family))
      table.set(name, makeFunction(name, signature, call, { runtime: true }));
  return table;
}

/** The table without some names. */
export function withoutFunctions(table: FunctionTable, names: readonly string[]): FunctionTable {
  const rest = new Map(table);
  for (const name of names) rest.delete(name);
  return rest;
}
