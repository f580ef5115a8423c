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
export interface FunctionTable {
  get(name: string): GoFunction | undefined;
  has(name: string): boolean;
}

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

/** A table of families; later ones win, and those with the `Runtime` over the others. */
export function functionTable(
  families: readonly (FunctionFamily | FunctionTable)[],
  runtimeFamilies: readonly RuntimeFamily[] = [],
): FunctionTable {
  return new DeclaredFunctions(families.toReversed(), runtimeFamilies.toReversed());
}

/** A function is made when it is asked for. */
class DeclaredFunctions implements FunctionTable {
  readonly #families: readonly (FunctionFamily | FunctionTable)[];
  readonly #runtimeFamilies: readonly RuntimeFamily[];
  readonly #made = new Map<string, GoFunction>();

  /** The first that has a name wins. */
  constructor(families: readonly (FunctionFamily | FunctionTable)[], runtimeFamilies: readonly RuntimeFamily[]) {
    this.#families = families;
    this.#runtimeFamilies = runtimeFamilies;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get(name: string): GoFunction | undefined {
    let fn = this.#made.get(name);
    if (fn === undefined) {
      fn = this.#make(name);
      if (fn !== undefined) this.#made.set(name, fn);
    }
    return fn;
  }

  #make(name: string): GoFunction | undefined {
    // By index: an iterator makes an object for each family that it passes.
    const families = this.#families;
    const runtimeFamilies = this.#runtimeFamilies;
    for (let at = 0; at < runtimeFamilies.length; at++) {
      const family = runtimeFamilies[at]!;
      if (Object.hasOwn(family, name)) return makeFunction(name, ...family[name]!, { runtime: true });
    }
    for (let at = 0; at < families.length; at++) {
      const family = families[at]!;
      if (isTable(family)) {
        const fn = family.get(name);
        if (fn !== undefined) return fn;
      } else if (Object.hasOwn(family, name)) return makeFunction(name, ...family[name]!);
    }
    return undefined;
  }
}

const isTable = (family: FunctionFamily | FunctionTable): family is FunctionTable => typeof family.get === 'function';

/** A table that is made when one of its functions is asked for. */
export function laterFunctions(names: readonly string[], make: () => FunctionTable): FunctionTable {
  let made: FunctionTable | undefined;
  const get = (name: string): GoFunction | undefined => {
    if (!names.includes(name)) return undefined;
    made ??= make();
    return made.get(name);
  };
  return { get, has: (name) => get(name) !== undefined };
}

/** The table without some names. */
export function withoutFunctions(table: FunctionTable, names: readonly string[]): FunctionTable {
  const left = new Set(names);
  const get = (name: string): GoFunction | undefined => (left.has(name) ? undefined : table.get(name));
  return { get, has: (name) => get(name) !== undefined };
}
