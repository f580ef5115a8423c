import { GoInt } from '../../gotemplate/value.ts';
import { formatFloat } from '../go-format.ts';
import { byKey, equals, type Instance, isInteger, isMultiple, numberOf, typeOf } from './instance.ts';
import { JsonNumber } from './json.ts';
import { count, decimal } from './message-numbers.ts';
import type { Schema } from './schema.ts';
import { quoted, ValidationError, type ValueLocation } from './validation-error.ts';

/**
 * Holds a value against a schema.
 * @returns the error of the whole, or `undefined` where the value fits
 * @see github.com/santhosh-tekuri/jsonschema v6, validator.go
 */
export function validate(schema: Schema, value: Instance): ValidationError | undefined {
  const error = new Validator(
    schema,
    value,
    undefined,
    { schema, parent: undefined, keyword: '', value: 0 },
    false,
  ).run();
  if (error === undefined) return undefined;
  return new ValidationError(
    undefined,
    `jsonschema validation failed with ${quoted(schema.location)}`,
    'schema',
    error.kind === 'group' ? error.causes : [error],
  );
}

/** The schemas that are at work on a value, and on the values that it is in. */
interface Scope {
  readonly schema: Schema;
  readonly parent: Scope | undefined;
  /** The keyword of a reference, where one was followed. */
  readonly keyword: string;
  /** Equal for scopes of one value. */
  readonly value: number;
}

/** Properties and items that no keyword has looked at yet; absent where nobody asks. */
interface Unevaluated {
  properties?: Set<string>;
  items?: Set<number>;
}

function unevaluatedOf(value: Instance, schema: Schema, asked: boolean): Unevaluated {
  if (value instanceof Map) {
    if (!schema.allPropsEvaluated && (asked || schema.unevaluatedProperties !== undefined))
      return { properties: new Set(value.keys()) };
  } else if (Array.isArray(value)) {
    if (
      !schema.allItemsEvaluated &&
      (asked || schema.unevaluatedItems !== undefined) &&
      schema.numItemsEvaluated < value.length
    ) {
      const items = new Set<number>();
      for (let i = schema.numItemsEvaluated; i < value.length; i++) items.add(i);
      return { items };
    }
  }
  return {};
}

const isEmpty = ({ properties, items }: Unevaluated): boolean =>
  (properties === undefined || properties.size === 0) && (items === undefined || items.size === 0);

/** Stands for any error where only the fact counts. */
const SOME_ERROR = new ValidationError(undefined, '');

class Validator {
  readonly #schema: Schema;
  readonly #value: Instance;
  readonly #at: ValueLocation | undefined;
  readonly #scope: Scope;
  /** Only whether the value fits is asked. */
  readonly #brief: boolean;
  readonly unevaluated: Unevaluated;
  readonly #errors: ValidationError[] = [];

  constructor(
    schema: Schema,
    value: Instance,
    at: ValueLocation | undefined,
    scope: Scope,
    brief: boolean,
    unevaluated = unevaluatedOf(value, schema, false),
  ) {
    this.#schema = schema;
    this.#value = value;
    this.#at = at;
    this.#scope = scope;
    this.#brief = brief;
    this.unevaluated = unevaluated;
  }

  run(): ValidationError | undefined {
    const s = this.#schema;
    const value = this.#value;
    if (s.bool !== undefined) return s.bool ? undefined : this.#error('false schema');
    const cycle = this.#cycle();
    if (cycle !== undefined) return this.#error(cycle);
    const type = typeOf(value);
    if (type === undefined) return this.#error('invalid jsonType float64');
    if (s.types !== undefined && !s.types.includes(type)) {
      if (!(type === 'number' && s.types.includes('integer') && isInteger(value)))
        return this.#error(() => `got ${type}, want ${s.types!.join(' or ')}`);
    }
    if (s.const !== undefined && !equals(value, s.const.value)) {
      const wanted = s.const.value;
      return this.#error(() =>
        Array.isArray(wanted) || wanted instanceof Map ? "'const' failed" : `value must be ${display(wanted)}`,
      );
    }
    if (s.enum !== undefined && !s.enum.some((item) => equals(value, item))) {
      const wanted = s.enum;
      return this.#error(() => {
        if (wanted.some((item) => Array.isArray(item) || item instanceof Map)) return "'enum' failed";
        return wanted.length === 1
          ? `value must be ${display(wanted[0]!)}`
          : `value must be one of ${wanted.map(display).join(', ')}`;
      });
    }
    if (s.format !== undefined && typeof value === 'string') {
      const problem = s.format.problem(value);
      if (problem !== undefined)
        return this.#error(() => `${quoted(value)} is not valid ${s.format!.name}: ${problem}`);
    }
    if (s.ref !== undefined) {
      const error = this.#reference(s.ref, '$ref');
      if (s.draft < 2019) return error;
      this.#add(error);
    }
    if (value instanceof Map) this.#object(value);
    else if (Array.isArray(value)) this.#array(value);
    else if (typeof value === 'string') this.#string(value);
    else if (type === 'number') this.#number(numberOf(value)!);
    if (this.#errors.length === 0 || !this.#brief) {
      if (s.draft >= 2019) this.#dynamicReferences();
      this.#conditions();
      if (s.draft >= 2019) this.#unevaluatedKeywords();
    }
    if (this.#errors.length <= 1) return this.#errors[0];
    return this.#brief ? SOME_ERROR : new ValidationError(this.#at, 'validation failed', 'group', this.#errors);
  }

  // Errors

  #error(message: string | (() => string)): ValidationError {
    if (this.#brief) return SOME_ERROR;
    return new ValidationError(this.#at, typeof message === 'string' ? message : message());
  }

  #add(error: ValidationError | undefined): void {
    if (error !== undefined) this.#errors.push(error);
  }

  #addGroup(message: string, causes: readonly ValidationError[]): void {
    this.#errors.push(this.#brief ? SOME_ERROR : new ValidationError(this.#at, message, 'other', causes));
  }

  // Other schemas on this value, and on values inside

  #self(schema: Schema, keyword: string, brief: boolean): ValidationError | undefined {
    const scope: Scope = { schema, parent: this.#scope, keyword, value: this.#scope.value };
    const validator = new Validator(
      schema,
      this.#value,
      this.#at,
      scope,
      this.#brief || brief,
      unevaluatedOf(this.#value, schema, !isEmpty(this.unevaluated)),
    );
    const error = validator.run();
    if (error === undefined) {
      const left = validator.unevaluated;
      for (const name of this.unevaluated.properties ?? [])
        if (!left.properties?.has(name)) this.unevaluated.properties!.delete(name);
      for (const i of this.unevaluated.items ?? []) if (!left.items?.has(i)) this.unevaluated.items!.delete(i);
    }
    return error;
  }

  #inside(schema: Schema, value: Instance, token: string): ValidationError | undefined {
    const scope: Scope = { schema, parent: this.#scope, keyword: '', value: this.#scope.value + 1 };
    return new Validator(schema, value, { parent: this.#at, token }, scope, this.#brief).run();
  }

  #reference(schema: Schema, keyword: string): ValidationError | undefined {
    const error = this.#self(schema, keyword, false);
    if (error === undefined || this.#brief) return error;
    return new ValidationError(
      this.#at,
      'validation failed',
      'reference',
      error.kind === 'group' ? error.causes : [error],
    );
  }

  #cycle(): string | undefined {
    for (let scope = this.#scope.parent; scope !== undefined && scope.value === this.#scope.value; scope = scope.parent)
      if (scope.schema === this.#schema)
        return `both ${keywordLocation(this.#scope)} and ${keywordLocation(scope)} resolve to ${JSON.stringify(this.#schema.location)} causing reference cycle`;
    return undefined;
  }

  // Keywords by type

  #object(object: ReadonlyMap<string, Instance>): void {
    const s = this.#schema;
    if (s.minProperties !== undefined && object.size < s.minProperties)
      this.#add(this.#error(`minProperties: got ${count(object.size)}, want ${count(s.minProperties)}`));
    if (s.maxProperties !== undefined && object.size > s.maxProperties)
      this.#add(this.#error(`maxProperties: got ${count(object.size)}, want ${count(s.maxProperties)}`));
    if (s.required !== undefined) {
      const missing = s.required.filter((name) => !object.has(name));
      if (missing.length > 0)
        this.#add(
          this.#error(
            () => `missing ${missing.length === 1 ? 'property' : 'properties'} ${missing.map(quoted).join(', ')}`,
          ),
        );
    }
    if (this.#brief && this.#errors.length > 0) return;
    for (const [name, dependency] of byKey(s.dependencies)) {
      if (!object.has(name)) continue;
      if (Array.isArray(dependency)) this.#requireAll(object, name, dependency as readonly string[]);
      else this.#add(this.#self(dependency as Schema, '', false));
    }
    const additional: string[] = [];
    for (const [name, value] of byKey(object)) {
      if (this.#brief && this.#errors.length > 0) return;
      let evaluated = false;
      const property = s.properties?.get(name);
      if (property !== undefined) {
        evaluated = true;
        this.#add(this.#inside(property, value, name));
      }
      for (const [pattern, schema] of s.patternProperties ?? [])
        if (pattern.matches(name)) {
          evaluated = true;
          this.#add(this.#inside(schema, value, name));
        }
      if (!evaluated && s.additionalProperties !== undefined) {
        evaluated = true;
        if (s.additionalProperties === false) additional.push(name);
        else if (s.additionalProperties !== true) this.#add(this.#inside(s.additionalProperties, value, name));
      }
      if (evaluated) this.unevaluated.properties?.delete(name);
    }
    if (additional.length > 0)
      this.#add(this.#error(() => `additional properties ${additional.map(quoted).join(', ')} not allowed`));
    if (s.draft === 4) return;
    if (s.propertyNames !== undefined)
      for (const name of [...object.keys()].sort()) {
        const error = validate(s.propertyNames, name);
        if (error !== undefined) this.#addGroup(`invalid propertyName ${quoted(name)}`, error.causes);
      }
    for (const [name, schema] of byKey(s.dependentSchemas))
      if (object.has(name)) this.#add(this.#self(schema, '', false));
    for (const [name, required] of byKey(s.dependentRequired))
      if (object.has(name)) this.#requireAll(object, name, required);
  }

  #requireAll(object: ReadonlyMap<string, Instance>, name: string, required: readonly string[]): void {
    const missing = required.filter((other) => !object.has(other));
    if (missing.length > 0)
      this.#add(this.#error(() => `properties ${missing.map(quoted).join(', ')} required, if ${quoted(name)} exists`));
  }

  #array(array: readonly Instance[]): void {
    const s = this.#schema;
    if (s.minItems !== undefined && array.length < s.minItems)
      this.#add(this.#error(`minItems: got ${count(array.length)}, want ${count(s.minItems)}`));
    if (s.maxItems !== undefined && array.length > s.maxItems)
      this.#add(this.#error(`maxItems: got ${count(array.length)}, want ${count(s.maxItems)}`));
    if (s.uniqueItems) this.#unique(array);
    if (s.draft < 2020) {
      let evaluated = 0;
      if (Array.isArray(s.items)) {
        const schemas = s.items as readonly Schema[];
        evaluated = Math.min(array.length, schemas.length);
        for (let i = 0; i < evaluated; i++) this.#add(this.#inside(schemas[i]!, array[i]!, String(i)));
      } else if (s.items !== undefined) {
        for (const [i, item] of array.entries()) this.#add(this.#inside(s.items as Schema, item, String(i)));
        evaluated = array.length;
      }
      if (s.additionalItems === false) {
        if (evaluated !== array.length)
          this.#add(this.#error(`last ${count(array.length - evaluated)} additionalItem(s) not allowed`));
      } else if (s.additionalItems !== undefined && s.additionalItems !== true)
        for (let i = evaluated; i < array.length; i++) this.#add(this.#inside(s.additionalItems, array[i]!, String(i)));
    } else {
      const evaluated = Math.min(s.prefixItems?.length ?? 0, array.length);
      for (let i = 0; i < evaluated; i++) this.#add(this.#inside(s.prefixItems![i]!, array[i]!, String(i)));
      if (s.items2020 !== undefined)
        for (let i = evaluated; i < array.length; i++) this.#add(this.#inside(s.items2020, array[i]!, String(i)));
    }
    if (s.contains !== undefined) this.#contains(s.contains, array);
  }

  #unique(array: readonly Instance[]): void {
    const seen = new Map<string, number[]>();
    for (const [i, item] of array.entries()) {
      // Lists and maps are compared with each other; a scalar only with its equals.
      const key =
        item === null || typeof item !== 'object' || item instanceof GoInt
          ? `${typeOf(item)}:${String(numberOf(item) ?? item)}`
          : '';
      const others = seen.get(key) ?? [];
      const same = others.find((j) => equals(item, array[j]!));
      if (same !== undefined) {
        this.#add(this.#error(`items at ${count(same)} and ${count(i)} are equal`));
        return;
      }
      others.push(i);
      seen.set(key, others);
    }
  }

  #contains(schema: Schema, array: readonly Instance[]): void {
    const s = this.#schema;
    const errors: ValidationError[] = [];
    const matched: number[] = [];
    for (const [i, item] of array.entries()) {
      const error = this.#inside(schema, item, String(i));
      if (error !== undefined) errors.push(error);
      else {
        matched.push(i);
        if (s.draft >= 2020) this.unevaluated.items?.delete(i);
      }
    }
    const found = (): string => `matched ${count(matched.length)} items at ${matched.join(' ')}`;
    if (s.minContains !== undefined) {
      if (matched.length < s.minContains)
        this.#addGroup(
          `min ${count(s.minContains)} items required to match contains schema, but ${matched.length === 0 ? 'none matched' : found()}`,
          errors,
        );
    } else if (matched.length === 0) this.#addGroup('no items match contains schema', errors);
    if (s.maxContains !== undefined && matched.length > s.maxContains)
      this.#add(
        this.#error(() => `max ${count(s.maxContains!)} items required to match contains schema, but ${found()}`),
      );
  }

  #string(text: string): void {
    const s = this.#schema;
    if (s.minLength !== undefined || s.maxLength !== undefined) {
      let length = 0;
      for (const _ of text) length++;
      if (s.minLength !== undefined && length < s.minLength)
        this.#add(this.#error(`minLength: got ${count(length)}, want ${count(s.minLength)}`));
      if (s.maxLength !== undefined && length > s.maxLength)
        this.#add(this.#error(`maxLength: got ${count(length)}, want ${count(s.maxLength)}`));
    }
    if (s.pattern !== undefined && !s.pattern.matches(text))
      this.#add(this.#error(() => `${quoted(text)} does not match pattern ${quoted(s.pattern!.source)}`));
  }

  #number(value: number): void {
    const s = this.#schema;
    const bound = (name: string, wanted: JsonNumber): void =>
      this.#add(this.#error(() => `${name}: got ${decimal(value)}, want ${decimal(wanted.value)}`));
    if (s.minimum !== undefined && value < s.minimum.value) bound('minimum', s.minimum);
    if (s.maximum !== undefined && value > s.maximum.value) bound('maximum', s.maximum);
    if (s.exclusiveMinimum !== undefined && value <= s.exclusiveMinimum.value)
      bound('exclusiveMinimum', s.exclusiveMinimum);
    if (s.exclusiveMaximum !== undefined && value >= s.exclusiveMaximum.value)
      bound('exclusiveMaximum', s.exclusiveMaximum);
    if (s.multipleOf !== undefined && !isMultiple(value, s.multipleOf)) bound('multipleOf', s.multipleOf);
  }

  #conditions(): void {
    const s = this.#schema;
    if (s.not !== undefined && this.#self(s.not, '', true) === undefined) this.#add(this.#error("'not' failed"));
    if (s.allOf !== undefined) {
      const errors: ValidationError[] = [];
      for (const schema of s.allOf) {
        const error = this.#self(schema, '', false);
        if (error === undefined) continue;
        errors.push(error);
        if (this.#brief) break;
      }
      if (errors.length > 0) this.#addGroup("'allOf' failed", errors);
    }
    if (s.anyOf !== undefined && s.anyOf.length > 0) {
      let matched = false;
      const errors: ValidationError[] = [];
      for (const schema of s.anyOf) {
        const error = this.#self(schema, '', false);
        if (error !== undefined) errors.push(error);
        else {
          matched = true;
          if (isEmpty(this.unevaluated)) break;
        }
      }
      if (!matched) this.#addGroup("'anyOf' failed", errors);
    }
    if (s.oneOf !== undefined && s.oneOf.length > 0) {
      let matched = -1;
      const errors: ValidationError[] = [];
      for (const [i, schema] of s.oneOf.entries()) {
        const error = this.#self(schema, '', matched >= 0);
        if (error !== undefined) {
          if (matched < 0) errors.push(error);
        } else if (matched < 0) matched = i;
        else {
          this.#add(this.#error(`'oneOf' failed, subschemas ${matched}, ${i} matched`));
          break;
        }
      }
      if (matched < 0) this.#addGroup("'oneOf' failed, none matched", errors);
    }
    if (s.if !== undefined) {
      const branch = this.#self(s.if, '', true) === undefined ? s.then : s.else;
      if (branch !== undefined) this.#add(this.#self(branch, '', false));
    }
  }

  #unevaluatedKeywords(): void {
    const s = this.#schema;
    const value = this.#value;
    if (value instanceof Map && s.unevaluatedProperties !== undefined) {
      for (const name of [...(this.unevaluated.properties ?? [])].sort())
        this.#add(this.#inside(s.unevaluatedProperties, value.get(name)!, name));
      delete this.unevaluated.properties;
    }
    if (Array.isArray(value) && s.unevaluatedItems !== undefined) {
      for (const i of this.unevaluated.items ?? [])
        this.#add(this.#inside(s.unevaluatedItems, (value as readonly Instance[])[i]!, String(i)));
      delete this.unevaluated.items;
    }
  }

  #dynamicReferences(): void {
    const { recursiveRef, dynamicRef } = this.#schema;
    if (recursiveRef !== undefined) {
      let schema = recursiveRef;
      if (schema.recursiveAnchor)
        for (let scope: Scope | undefined = this.#scope; scope !== undefined; scope = scope.parent)
          if (scope.schema.resource!.recursiveAnchor) schema = scope.schema;
      this.#add(this.#reference(schema, '$recursiveRef'));
    }
    if (dynamicRef !== undefined) {
      let schema = dynamicRef.ref;
      if (dynamicRef.anchor !== '' && schema.dynamicAnchor === dynamicRef.anchor)
        for (let scope: Scope | undefined = this.#scope; scope !== undefined; scope = scope.parent)
          schema = scope.schema.resource!.dynamicAnchors?.get(dynamicRef.anchor) ?? schema;
      this.#add(this.#reference(schema, '$dynamicRef'));
    }
  }
}

function keywordLocation(from: Scope): string {
  let location = '';
  for (let scope = from; scope.parent !== undefined; scope = scope.parent)
    location =
      (scope.keyword === '' ? scope.schema.location.slice(scope.parent.schema.location.length) : `/${scope.keyword}`) +
      location;
  return location;
}

function display(value: Instance): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null) return '<nil>';
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof GoInt) return String(value.n);
  if (typeof value === 'number') return formatFloat(value);
  return typeof value === 'boolean' ? String(value) : 'value';
}
