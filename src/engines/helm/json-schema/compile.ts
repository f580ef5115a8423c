import { quoteGo } from '../go-text.ts';
import { FORMATS } from './formats.ts';
import { type Json, JsonNumber, type JsonObject, readJson } from './json.ts';
import { METASCHEMAS } from './metaschemas.generated.ts';
import { compilePattern } from './pattern.ts';
import { escapePointer } from './pointer.ts';
import {
  addResource,
  collectAnchors,
  decodeFragment,
  idOf,
  joinUrl,
  locationOf,
  lookup,
  newResource,
  type Resource,
  type Root,
  resourceAt,
  SchemaProblem,
  splitFragment,
} from './resources.ts';
import { type Draft, type Pattern, Schema } from './schema.ts';
import { validate } from './validate.ts';

/** The address that Helm gives a chart's schema. */
export const ROOT_URL = 'file:///values.schema.json';

const DRAFT_URLS: ReadonlyMap<string, Draft> = new Map([
  ['json-schema.org/schema', 2020],
  ['json-schema.org/draft/2020-12/schema', 2020],
  ['json-schema.org/draft/2019-09/schema', 2019],
  ['json-schema.org/draft-07/schema', 7],
  ['json-schema.org/draft-06/schema', 6],
  ['json-schema.org/draft-04/schema', 4],
]);
const METASCHEMA_URLS: Readonly<Record<Draft, string>> = {
  4: 'http://json-schema.org/draft-04/schema',
  6: 'http://json-schema.org/draft-06/schema',
  7: 'http://json-schema.org/draft-07/schema',
  2019: 'https://json-schema.org/draft/2019-09/schema',
  2020: 'https://json-schema.org/draft/2020-12/schema',
};

/** Keywords that hold one schema, a list of them, or a mapping to them, and the draft that brought each. */
const SUBSCHEMAS: readonly (readonly [Draft, string, 'one' | 'list' | 'map'])[] = [
  [4, 'definitions', 'map'],
  [4, 'not', 'one'],
  [4, 'allOf', 'list'],
  [4, 'anyOf', 'list'],
  [4, 'oneOf', 'list'],
  [4, 'properties', 'map'],
  [4, 'additionalProperties', 'one'],
  [4, 'patternProperties', 'map'],
  [4, 'items', 'one'],
  [4, 'items', 'list'],
  [4, 'additionalItems', 'one'],
  [4, 'dependencies', 'map'],
  [6, 'propertyNames', 'one'],
  [6, 'contains', 'one'],
  [7, 'if', 'one'],
  [7, 'then', 'one'],
  [7, 'else', 'one'],
  [2019, '$defs', 'map'],
  [2019, 'dependentSchemas', 'map'],
  [2019, 'unevaluatedProperties', 'one'],
  [2019, 'unevaluatedItems', 'one'],
  [2019, 'contentSchema', 'one'],
  [2020, 'prefixItems', 'list'],
];

export interface CompileOptions {
  /** Called with what could not be loaded and is passed over. */
  readonly warn: (line: string) => void;
}

/**
 * Compiles a chart's schema. A reference to an address of the network is passed over with a warning; Helm would ask the network.
 * @throws SchemaProblem with the words of the library that Helm uses
 * @see github.com/santhosh-tekuri/jsonschema v6, compiler.go, roots.go, objcompiler.go
 */
export function compileSchema(document: Json, options: CompileOptions): Schema {
  return new Compiler(new Map([[ROOT_URL, document]]), options, false).compile(ROOT_URL);
}

const metaschemas = new Map<Draft, Schema>();
function metaschema(draft: Draft): Schema {
  let schema = metaschemas.get(draft);
  if (schema === undefined) {
    schema = new Compiler(new Map(), { warn: () => {} }, true).compile(METASCHEMA_URLS[draft]);
    metaschemas.set(draft, schema);
  }
  return schema;
}

class Compiler {
  readonly #documents: Map<string, Json>;
  readonly #options: CompileOptions;
  readonly #assertFormat: boolean;
  readonly #roots = new Map<string, Root>();
  readonly #schemas = new Map<string, Schema>();
  readonly #queue: { schema: Schema; url: string; pointer: string }[] = [];

  constructor(documents: Map<string, Json>, options: CompileOptions, assertFormat: boolean) {
    this.#documents = documents;
    this.#options = options;
    this.#assertFormat = assertFormat;
  }

  compile(location: string): Schema {
    const { url, pointer } = this.#resolveIn(this.#root(location), '', undefined);
    const schema = this.#enqueue(url, pointer);
    for (let i = 0; i < this.#queue.length; i++) {
      const next = this.#queue[i]!;
      this.#compileValue(next.schema, this.#ensure(next.url, next.pointer), next.pointer);
    }
    return schema;
  }

  #enqueue(url: string, pointer: string): Schema {
    const location = locationOf(url, pointer);
    let schema = this.#schemas.get(location);
    if (schema === undefined) {
      schema = new Schema(location);
      this.#schemas.set(location, schema);
      this.#queue.push({ schema, url, pointer });
    }
    return schema;
  }

  // Documents and their resources

  #load(url: string): { document: Json; permissive: boolean } {
    const known = this.#documents.get(url);
    if (known !== undefined) return { document: known, permissive: false };
    const path = /^https?:\/\/json-schema\.org\/(.*)$/.exec(url)?.[1];
    const metaschemaText =
      path === undefined ? undefined : METASCHEMAS.get(path === 'schema' ? 'draft/2020-12/schema' : path);
    if (metaschemaText !== undefined) return { document: readJson(metaschemaText), permissive: false };
    const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(url)?.[1];
    if (scheme === 'http' || scheme === 'https') {
      this.#options.warn(`WARNING: schema reference that needs the network ignored; using permissive schema: ${url}`);
      return { document: true, permissive: true };
    }
    if (scheme === 'urn') {
      this.#options.warn(`WARNING: unresolved URN reference ignored; using permissive schema: ${url}`);
      return { document: true, permissive: false };
    }
    const why =
      scheme === 'file'
        ? `open ${decodeURIComponent(url.replace(/^file:\/\/[^/]*/, ''))}: no such file or directory`
        : `no URLLoader registered for ${quoteGo(url)}`;
    throw new SchemaProblem(`failing loading ${quoteGo(url)}: ${why}`);
  }

  #root(url: string): Root {
    const known = this.#roots.get(url);
    if (known !== undefined) return known;
    const { document, permissive } = this.#load(url);
    const root: Root = { url, document, resources: new Map(), ids: new Map(), processed: new Set(), permissive };
    this.#collect(root, document, url, '', 2020);
    if (!/^https?:\/\/json-schema\.org\//.test(url)) this.#check(root, document, '');
    this.#roots.set(url, root);
    return root;
  }

  /** The root that holds a pointer, its resources collected and its schema held against the metaschema. */
  #ensure(url: string, pointer: string): Root {
    const root = this.#root(url);
    if (root.processed.has(pointer)) return root;
    const value = lookup(root, pointer);
    const base = resourceAt(root, pointer);
    this.#collect(root, value, base.id, pointer, base.draft);
    this.#check(root, value, pointer);
    return root;
  }

  #check(root: Root, value: Json, pointer: string): void {
    if (this.#assertFormat) return;
    const draft = resourceAt(root, pointer).draft;
    const error = validate(metaschema(draft), value);
    if (error !== undefined)
      throw new SchemaProblem(
        `${quoteGo(locationOf(root.url, pointer))} is not valid against metaschema: ${error.toString()}`,
      );
  }

  #collect(root: Root, value: Json, base: string, pointer: string, fallback: Draft): void {
    if (root.processed.has(pointer)) return;
    this.#collectOne(root, value, base, pointer, fallback);
    root.processed.add(pointer);
  }

  #collectOne(root: Root, value: Json, base: string, pointer: string, fallback: Draft): void {
    if (!(value instanceof Map)) {
      if (pointer === '') addResource(root, newResource('', base, fallback));
      return;
    }
    let draft = this.#draftOf(root.url, pointer, value, fallback, new Set());
    let id = idOf(draft, value);
    if (id === '' && pointer !== '') {
      draft = fallback;
      id = idOf(draft, value);
    }
    if (id !== '' || pointer === '') {
      if (id !== '') base = joinUrl(base, id, () => `error in parsing id at ${quoteGo(locationOf(root.url, pointer))}`);
      const same = root.ids.get(base);
      if (same !== undefined && same.pointer !== pointer)
        throw new SchemaProblem(
          `duplicate id ${quoteGo(base)} in ${quoteGo(root.url)} at ${quoteGo(pointer)} and ${quoteGo(same.pointer)}`,
        );
      if (same === undefined) addResource(root, newResource(pointer, base, draft));
    }
    const resource = root.ids.get(base)!;
    collectAnchors(root, value, pointer, resource);
    for (const [since, keyword, shape] of SUBSCHEMAS) {
      const held = since <= draft ? value.get(keyword) : undefined;
      if (held === undefined) continue;
      const at = `${pointer}/${escapePointer(keyword)}`;
      if (shape === 'one') {
        // `items` is a schema or a list of them.
        if (keyword !== 'items' || !Array.isArray(held)) this.#collect(root, held, base, at, resource.draft);
      } else if (shape === 'list') {
        if (Array.isArray(held))
          for (const [i, item] of held.entries()) this.#collect(root, item, base, `${at}/${i}`, resource.draft);
      } else if (held instanceof Map)
        for (const [key, item] of held) this.#collect(root, item, base, `${at}/${escapePointer(key)}`, resource.draft);
    }
  }

  #draftOf(url: string, pointer: string, value: Json, fallback: Draft, seen: Set<string>): Draft {
    const given = value instanceof Map ? value.get('$schema') : undefined;
    if (typeof given !== 'string') return fallback;
    const [address, fragment] = splitFragment(given);
    const draft = fragment === '' ? DRAFT_URLS.get(address.replace(/^https?:\/\//, '')) : undefined;
    if (draft !== undefined) return draft;
    if (pointer === '' && address === url) throw new SchemaProblem(`draft ${quoteGo(address)} is not supported`);
    if (seen.has(address)) throw new SchemaProblem(`cycle in resolving $schema in ${quoteGo(address)}`);
    seen.add(address);
    return this.#draftOf(address, '', this.#load(address).document, fallback, seen);
  }

  /** Where a fragment leads within a resource (the whole document by default). */
  #resolveIn(root: Root, fragment: string, resource: Resource | undefined): { url: string; pointer: string } {
    if (root.permissive) return { url: root.url, pointer: '' };
    const within = resource ?? root.resources.get('')!;
    if (fragment === '' || fragment.startsWith('/')) return { url: root.url, pointer: within.pointer + fragment };
    const pointer = within.anchors.get(fragment);
    if (pointer === undefined)
      throw new SchemaProblem(
        `anchor in ${quoteGo(locationOf(within.id, fragment))} not found in schema ${quoteGo(root.url)}`,
      );
    return { url: root.url, pointer };
  }

  #reference(root: Root, base: Resource, reference: string): { schema: Schema; fragment: string } {
    const [address, rawFragment] = splitFragment(reference);
    const fragment = decodeFragment(rawFragment, reference);
    const url = joinUrl(base.id, address, () => `error in parsing ${quoteGo(address)}`);
    const resource = url === root.url ? root.resources.get('') : root.ids.get(url);
    const target =
      resource === undefined
        ? this.#resolveIn(this.#root(url), fragment, undefined)
        : this.#resolveIn(root, fragment, resource);
    return { schema: this.#enqueue(target.url, target.pointer), fragment };
  }

  // One schema

  #compileValue(schema: Schema, root: Root, pointer: string): void {
    const resource = resourceAt(root, pointer);
    const value = lookup(root, pointer);
    schema.draft = resource.draft;
    schema.resource = this.#enqueue(root.url, resource.pointer);
    if (schema.draft >= 2020 && schema === schema.resource)
      for (const [anchor, at] of resource.anchors)
        if (resource.dynamicAnchors.has(anchor)) {
          schema.dynamicAnchors ??= new Map();
          schema.dynamicAnchors.set(anchor, this.#enqueue(root.url, at));
        }
    if (typeof value === 'boolean') schema.bool = value;
    else if (value instanceof Map) {
      if (value.size === 0) schema.bool = true;
      else this.#compileObject(schema, value, root, resource, pointer);
    }
    schema.allPropsEvaluated = schema.additionalProperties !== undefined;
    if (schema.draft < 2020) {
      schema.allItemsEvaluated = schema.additionalItems !== undefined || schema.items instanceof Schema;
      if (Array.isArray(schema.items)) schema.numItemsEvaluated = schema.items.length;
    } else {
      schema.allItemsEvaluated = schema.items2020 !== undefined;
      schema.numItemsEvaluated = schema.prefixItems?.length ?? 0;
    }
  }

  #compileObject(s: Schema, object: JsonObject, root: Root, resource: Resource, pointer: string): void {
    const at = (key: string, inner?: string): Schema =>
      this.#enqueue(
        root.url,
        `${pointer}/${escapePointer(key)}${inner === undefined ? '' : `/${escapePointer(inner)}`}`,
      );
    const one = (key: string): Schema | undefined => (object.has(key) ? at(key) : undefined);
    const list = (key: string): Schema[] | undefined => {
      const held = object.get(key);
      return Array.isArray(held) ? held.map((_, i) => at(key, String(i))) : undefined;
    };
    const map = (key: string): Map<string, Schema> | undefined => {
      const held = object.get(key);
      return held instanceof Map ? new Map([...held.keys()].map((name) => [name, at(key, name)])) : undefined;
    };
    const additional = (key: string): boolean | Schema | undefined => {
      const held = object.get(key);
      return typeof held === 'boolean' ? held : one(key);
    };
    const number = (key: string): JsonNumber | undefined => {
      const held = object.get(key);
      return held instanceof JsonNumber ? held : undefined;
    };
    const integer = (key: string): number | undefined => {
      const held = number(key);
      return held !== undefined && Number.isInteger(held.value) ? held.value : undefined;
    };
    const strings = (held: Json | undefined): string[] | undefined =>
      Array.isArray(held) ? held.filter((item): item is string => typeof item === 'string') : undefined;
    const pattern = (source: string, where: string): Pattern => {
      try {
        return compilePattern(source);
      } catch (error) {
        throw new SchemaProblem(
          `invalid regex ${quoteGo(source)} at ${quoteGo(`${locationOf(root.url, pointer)}/${where}`)}: ${(error as Error).message}`,
        );
      }
    };

    const reference = object.get('$ref');
    if (typeof reference === 'string') {
      s.ref = this.#reference(root, resource, reference).schema;
      // Up to draft 7 all that stands beside a reference is ignored.
      if (s.draft < 2019) return;
    }
    s.allOf = list('allOf');
    s.anyOf = list('anyOf');
    s.oneOf = list('oneOf');
    s.not = one('not');
    if (s.draft < 2020) {
      const items = object.get('items');
      if (Array.isArray(items)) {
        s.items = list('items');
        s.additionalItems = additional('additionalItems');
      } else if (items !== undefined) s.items = one('items');
    }
    s.properties = map('properties');
    const patterns = map('patternProperties');
    if (patterns !== undefined)
      s.patternProperties = [...patterns].map(([source, schema]) => [pattern(source, 'patternProperties'), schema]);
    s.additionalProperties = additional('additionalProperties');
    const dependencies = object.get('dependencies');
    if (dependencies instanceof Map)
      s.dependencies = new Map(
        [...dependencies].map(([name, held]) => [name, strings(held) ?? at('dependencies', name)]),
      );
    const type = object.get('type');
    const types = (typeof type === 'string' ? [type] : strings(type))?.filter((name) => TYPES.includes(name));
    if (types !== undefined && types.length > 0) s.types = TYPES.filter((name) => types.includes(name));
    const values = object.get('enum');
    if (Array.isArray(values)) s.enum = values;
    s.multipleOf = number('multipleOf');
    s.maximum = number('maximum');
    if (object.get('exclusiveMaximum') === true) {
      s.exclusiveMaximum = s.maximum;
      s.maximum = undefined;
    } else s.exclusiveMaximum = number('exclusiveMaximum');
    s.minimum = number('minimum');
    if (object.get('exclusiveMinimum') === true) {
      s.exclusiveMinimum = s.minimum;
      s.minimum = undefined;
    } else s.exclusiveMinimum = number('exclusiveMinimum');
    s.minLength = integer('minLength');
    s.maxLength = integer('maxLength');
    const source = object.get('pattern');
    if (typeof source === 'string') s.pattern = pattern(source, 'pattern');
    s.minItems = integer('minItems');
    s.maxItems = integer('maxItems');
    s.uniqueItems = object.get('uniqueItems') === true;
    s.minProperties = integer('minProperties');
    s.maxProperties = integer('maxProperties');
    s.required = strings(object.get('required'));
    const format = object.get('format');
    if (typeof format === 'string' && (this.#assertFormat || s.draft < 2019)) s.format = FORMATS.get(format);
    if (s.draft < 6) return;

    s.contains = one('contains');
    s.propertyNames = one('propertyNames');
    const constant = object.get('const');
    if (constant !== undefined) s.const = { value: constant };
    if (s.draft < 7) return;

    s.if = one('if');
    if (s.if !== undefined) {
      const condition = object.get('if');
      // biome-ignore lint/suspicious/noThenProperty: the keyword's own name
      if (condition !== false) s.then = one('then');
      if (condition !== true) s.else = one('else');
    }
    if (s.draft < 2019) return;

    const recursive = object.get('$recursiveRef');
    if (typeof recursive === 'string') s.recursiveRef = this.#reference(root, resource, recursive).schema;
    s.recursiveAnchor = object.get('$recursiveAnchor') === true;
    if (s.contains !== undefined) {
      s.minContains = integer('minContains');
      s.maxContains = integer('maxContains');
    }
    const required = object.get('dependentRequired');
    if (required instanceof Map)
      s.dependentRequired = new Map([...required].map(([name, held]) => [name, strings(held) ?? []]));
    s.dependentSchemas = map('dependentSchemas');
    s.unevaluatedItems = one('unevaluatedItems');
    s.unevaluatedProperties = one('unevaluatedProperties');
    if (s.draft < 2020) return;

    const dynamic = object.get('$dynamicRef');
    if (typeof dynamic === 'string') {
      const { schema, fragment } = this.#reference(root, resource, dynamic);
      s.dynamicRef = { ref: schema, anchor: fragment.startsWith('/') ? '' : fragment };
    }
    const anchor = object.get('$dynamicAnchor');
    if (typeof anchor === 'string') s.dynamicAnchor = anchor;
    s.prefixItems = list('prefixItems');
    s.items2020 = one('items');
  }
}

const TYPES = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object'];
