import type { Json, JsonNumber } from './json.ts';

export type Draft = 4 | 6 | 7 | 2019 | 2020;

/** A pattern, and what it was written as. */
export interface Pattern {
  readonly source: string;
  readonly matches: (text: string) => boolean;
}

export interface Format {
  readonly name: string;
  /** @returns what is wrong, or `undefined` */
  readonly problem: (value: string) => string | undefined;
}

/** A compiled schema. @see github.com/santhosh-tekuri/jsonschema v6, schema.go */
export class Schema {
  /** URL and JSON pointer. */
  readonly location: string;
  draft: Draft = 2020;
  resource: Schema | undefined;
  dynamicAnchors: Map<string, Schema> | undefined;
  allPropsEvaluated = false;
  allItemsEvaluated = false;
  numItemsEvaluated = 0;

  bool: boolean | undefined;
  ref: Schema | undefined;
  recursiveRef: Schema | undefined;
  recursiveAnchor = false;
  dynamicRef: { readonly ref: Schema; readonly anchor: string } | undefined;
  dynamicAnchor = '';
  types: readonly string[] | undefined;
  enum: readonly Json[] | undefined;
  const: { readonly value: Json } | undefined;
  not: Schema | undefined;
  allOf: readonly Schema[] | undefined;
  anyOf: readonly Schema[] | undefined;
  oneOf: readonly Schema[] | undefined;
  if: Schema | undefined;
  // biome-ignore lint/suspicious/noThenProperty: the keyword's own name; a schema is never awaited
  then: Schema | undefined;
  else: Schema | undefined;
  format: Format | undefined;

  maxProperties: number | undefined;
  minProperties: number | undefined;
  required: readonly string[] | undefined;
  propertyNames: Schema | undefined;
  properties: ReadonlyMap<string, Schema> | undefined;
  patternProperties: readonly (readonly [Pattern, Schema])[] | undefined;
  additionalProperties: boolean | Schema | undefined;
  dependencies: ReadonlyMap<string, readonly string[] | Schema> | undefined;
  dependentRequired: ReadonlyMap<string, readonly string[]> | undefined;
  dependentSchemas: ReadonlyMap<string, Schema> | undefined;
  unevaluatedProperties: Schema | undefined;

  minItems: number | undefined;
  maxItems: number | undefined;
  uniqueItems = false;
  contains: Schema | undefined;
  minContains: number | undefined;
  maxContains: number | undefined;
  items: Schema | readonly Schema[] | undefined;
  additionalItems: boolean | Schema | undefined;
  prefixItems: readonly Schema[] | undefined;
  items2020: Schema | undefined;
  unevaluatedItems: Schema | undefined;

  minLength: number | undefined;
  maxLength: number | undefined;
  pattern: Pattern | undefined;

  maximum: JsonNumber | undefined;
  minimum: JsonNumber | undefined;
  exclusiveMaximum: JsonNumber | undefined;
  exclusiveMinimum: JsonNumber | undefined;
  multipleOf: JsonNumber | undefined;

  constructor(location: string) {
    this.location = location;
  }
}
