import type { YamlMap, YamlValue } from '../../../core/value.ts';
import { KustomizeProblem } from '../problem.ts';
import {
  type BuiltinField,
  builtinDefinitions,
  builtinKinds,
  builtinTypes,
  clusterScopedKinds,
  namespacedKinds,
} from './builtin-schema.generated.ts';

/**
 * What a strategic merge has to know of a type. A node of the tree without one is merged without a schema: lists are replaced.
 * @see kyaml openapi/openapi.go, ResourceSchema
 */
export interface TypeSchema {
  field(name: string): FieldSchema | undefined;
}

export interface FieldSchema {
  /** What the field holds, where that leads to merged lists again. */
  readonly type: TypeSchema | undefined;
  /** For a list: whether it is merged, its merge keys (none for scalars), and the type of its elements. */
  readonly list: ListSchema | undefined;
}

export interface ListSchema {
  readonly merge: boolean;
  readonly keys: readonly string[];
  readonly elements: FieldSchema | undefined;
}

class BuiltinType implements TypeSchema {
  readonly #fields: Readonly<Record<string, BuiltinField>>;
  readonly #cache = new Map<string, FieldSchema | undefined>();
  constructor(fields: Readonly<Record<string, BuiltinField>>) {
    this.#fields = fields;
  }

  field(name: string): FieldSchema | undefined {
    if (this.#cache.has(name)) return this.#cache.get(name);
    const field = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    const schema = field === undefined ? undefined : builtinField(field);
    this.#cache.set(name, schema);
    return schema;
  }
}

const builtinCache: (BuiltinType | undefined)[] = [];
function builtinType(index: number): TypeSchema | undefined {
  const fields = builtinTypes[index];
  if (fields === undefined) return undefined;
  builtinCache[index] ??= new BuiltinType(fields);
  return builtinCache[index];
}

function builtinField(field: BuiltinField): FieldSchema {
  if (typeof field === 'number') return { type: builtinType(field), list: undefined };
  const [elements, ...keys] = field;
  return {
    type: undefined,
    list: { merge: true, keys, elements: { type: builtinType(elements), list: undefined } },
  };
}

const CLUSTER_SCOPED = new Set(clusterScopedKinds);
const NAMESPACED = new Set(namespacedKinds);

/** The schema knowledge of one build: the built-in kinds, and those of an `openapi` field. Nothing of it is shared between builds. */
export class SchemaBook {
  readonly #kinds = new Map<string, FieldSchema>();
  readonly #namespaced = new Map<string, boolean>();
  /** The built-in schema gives way to a custom one that came before it was first needed. */
  #builtin: 'unused' | 'wanted' | 'used' = 'unused';
  #pending: YamlMap | undefined;
  #ready = false;
  #chosen = false;
  /** Of a kind that both describe, the schema that was read last counts. */
  #builtinLast = false;

  /**
   * The `openapi` field of a kustomization: of several, the first one read counts, and the outermost is read first.
   * @param document what `path` names, parsed
   */
  choose(version: string | undefined, document: YamlValue | undefined): void {
    if (this.#chosen) return;
    if (document !== undefined) {
      if (version !== undefined)
        throw new KustomizeProblem('builtin version and custom schema provided, cannot use both');
      if (!(document instanceof Map)) throw new KustomizeProblem('invalid schema file: not an OpenAPI document');
      this.#pending = document;
      this.#chosen = true;
      this.#ready = false;
      return;
    }
    if (version === undefined || version === '') return;
    if (version !== 'v1.21.2') throw new KustomizeProblem('the specified OpenAPI version is not built in');
    this.#chosen = true;
  }

  isClusterScoped(apiVersion: string, kind: string): boolean {
    const key = `${apiVersion}/${kind}`;
    if (CLUSTER_SCOPED.has(key)) return true;
    if (NAMESPACED.has(key)) return false;
    if (!this.#ready) {
      if (this.#pending === undefined) {
        if (this.#builtin === 'unused') this.#builtin = 'wanted';
        return false;
      }
      this.#prepare();
    }
    return this.#namespaced.get(key) === false;
  }

  /** The schema of an object's kind. */
  forKind(apiVersion: string, kind: string): FieldSchema | undefined {
    this.#prepare();
    const key = `${apiVersion}/${kind}`;
    const custom = this.#kinds.get(key);
    if (this.#builtin !== 'used' || (custom !== undefined && !this.#builtinLast)) return custom;
    const index = Object.hasOwn(builtinKinds, key) ? builtinKinds[key] : undefined;
    return index === undefined ? custom : { type: builtinType(index), list: undefined };
  }

  #prepare(): void {
    if (this.#ready) return;
    this.#ready = true;
    if (this.#pending !== undefined) {
      if (this.#builtin === 'wanted') {
        this.#builtin = 'used';
        this.#builtinLast = true;
      }
      this.#read(this.#pending);
      this.#pending = undefined;
    } else this.#builtin = 'used';
  }

  #read(document: YamlMap): void {
    const definitions = document.get('definitions');
    if (definitions instanceof Map) {
      const reader = new DefinitionReader(definitions, this.#builtin === 'used');
      for (const [name, definition] of definitions) {
        if (!(definition instanceof Map)) continue;
        for (const key of kindsOf(definition.get('x-kubernetes-group-version-kind'))) {
          const schema = reader.definition(name);
          if (schema !== undefined) this.#kinds.set(key, schema);
        }
      }
    }
    const paths = document.get('paths');
    if (!(paths instanceof Map)) return;
    for (const [path, operations] of paths) {
      const get = operations instanceof Map ? operations.get('get') : undefined;
      if (!(get instanceof Map)) continue;
      const [key] = kindsOf([get.get('x-kubernetes-group-version-kind') ?? null]);
      if (key === undefined) continue;
      if (path.includes('namespaces/{namespace}')) this.#namespaced.set(key, true);
      else if (!this.#namespaced.has(key)) this.#namespaced.set(key, false);
    }
  }
}

function kindsOf(extension: YamlValue | undefined): string[] {
  if (!Array.isArray(extension)) return [];
  const found: string[] = [];
  for (const entry of extension) {
    if (!(entry instanceof Map)) continue;
    const [group, version, kind] = ['group', 'version', 'kind'].map((part) => entry.get(part));
    if (typeof version !== 'string' || typeof kind !== 'string') continue;
    found.push(`${typeof group === 'string' && group !== '' ? `${group}/` : ''}${version}/${kind}`);
  }
  return found;
}

/** Reads the definitions of a custom OpenAPI document as far as they are asked for. */
class DefinitionReader {
  readonly #definitions: YamlMap;
  readonly #read = new Map<string, FieldSchema | undefined>();
  readonly #withBuiltin: boolean;

  /** @param withBuiltin references may lead to the built-in definitions */
  constructor(definitions: YamlMap, withBuiltin: boolean) {
    this.#definitions = definitions;
    this.#withBuiltin = withBuiltin;
  }

  definition(name: string): FieldSchema | undefined {
    if (this.#read.has(name)) return this.#read.get(name);
    const definition = this.#definitions.get(name);
    const schema = definition instanceof Map ? this.#schema(definition, 0) : undefined;
    this.#read.set(name, schema);
    return schema;
  }

  #schema(definition: YamlMap, depth: number): FieldSchema | undefined {
    const reference = definition.get('$ref');
    if (typeof reference === 'string' && reference !== '') {
      const name = /^#\/definitions\/(.*)$/.exec(reference)?.[1];
      if (name === undefined || depth > 50) return undefined;
      const key = name.replaceAll('~1', '/').replaceAll('~0', '~');
      const target = this.#definitions.get(key);
      if (target instanceof Map) return this.#schema(target, depth + 1);
      const index = this.#withBuiltin ? builtinDefinitions.indexOf(key) : -1;
      return index < 0 ? undefined : { type: builtinType(index), list: undefined };
    }
    const properties = definition.get('properties');
    const additional = definition.get('additionalProperties');
    const type: TypeSchema = {
      field: (name) => {
        const property = properties instanceof Map ? properties.get(name) : undefined;
        if (property instanceof Map) return this.#schema(property, 0);
        return additional instanceof Map ? this.#schema(additional, 0) : undefined;
      },
    };
    return { type, list: this.#list(definition) };
  }

  #list(definition: YamlMap): ListSchema | undefined {
    const strategy = definition.get('x-kubernetes-patch-strategy');
    const merge = typeof strategy === 'string' && strategy.split(',').includes('merge');
    const listed = definition.get('x-kubernetes-list-map-keys');
    const single = definition.get('x-kubernetes-patch-merge-key');
    const keys = Array.isArray(listed)
      ? listed.filter((key) => typeof key === 'string')
      : typeof single === 'string'
        ? [single]
        : [];
    const items = definition.get('items');
    const isArray = definition.get('type') === 'array';
    const elements = isArray && items instanceof Map ? this.#schema(items, 0) : undefined;
    return { merge, keys, elements };
  }
}
