import { fromPlain, type YamlMap, type YamlValue } from '../../../core/value.ts';
import type { Loader } from '../loading/loader.ts';
import { readConfig } from '../nodes/read-config.ts';
import { KustomizeProblem, prefixed } from '../problem.ts';
import { EMPTY_CONFIG, type FieldSpec, type TransformerConfig, transformerConfig } from './field-spec.ts';

/**
 * What the OpenAPI definitions in `crds` say of custom resources: which fields are labels, annotations, names of their own
 * and names of others.
 * @see kustomize api/internal/accumulator/loadconfigfromcrds.go
 */
export function loadCrdConfig(loader: Loader, paths: readonly string[]): TransformerConfig {
  let config = EMPTY_CONFIG;
  for (const path of paths) {
    const source = loader.load(path);
    const definitions = prefixed(`unable to parse open API definition from '${path}'`, () => parse(source));
    for (const name of definitions.keys()) {
      const properties = propertiesOf(definitions, name);
      if (properties === undefined || !['kind', 'apiVersion', 'metadata'].every((field) => properties.has(field)))
        continue;
      const kind = name.split('.').at(-1)!;
      const found = new CrdFields(definitions, kind);
      found.visit(name, [], new Set());
      config = config.merge(transformerConfig(found.file));
    }
  }
  return config;
}

function parse(source: string): YamlMap {
  let value: YamlValue;
  if (source.startsWith('{')) {
    try {
      value = fromPlain(JSON.parse(source));
    } catch (thrown) {
      throw new KustomizeProblem(thrown instanceof Error ? thrown.message : String(thrown), { reason: 'invalid-yaml' });
    }
  } else value = readConfig(source);
  if (value === null) return new Map();
  if (value instanceof Map) return value;
  throw new KustomizeProblem('json: cannot unmarshal into Go value of type accumulator.nameToApiMap');
}

function propertiesOf(definitions: YamlMap, name: string): YamlMap | undefined {
  const definition = definitions.get(name);
  const schema = definition instanceof Map ? (definition.get('Schema') ?? definition.get('schema')) : undefined;
  const properties = schema instanceof Map ? schema.get('properties') : undefined;
  return properties instanceof Map ? properties : undefined;
}

class CrdFields {
  readonly #definitions: YamlMap;
  readonly #kind: string;
  readonly file = {
    commonAnnotations: [] as FieldSpec[],
    commonLabels: [] as FieldSpec[],
    namePrefix: [] as FieldSpec[],
    nameReference: [] as { group: string; version: string; kind: string; referrers: FieldSpec[] }[],
  };

  constructor(definitions: YamlMap, kind: string) {
    this.#definitions = definitions;
    this.#kind = kind;
  }

  #spec(path: readonly string[]): FieldSpec {
    return { group: '', version: '', kind: this.#kind, path: path.join('/'), create: false };
  }

  visit(name: string, path: readonly string[], open: ReadonlySet<string>): void {
    for (const [field, property] of propertiesOf(this.#definitions, name) ?? []) {
      if (!(property instanceof Map)) continue;
      const here = [...path, field];
      const text = (extension: string): string | undefined => {
        const value = property.get(`x-kubernetes-${extension}`);
        return typeof value === 'string' ? value : undefined;
      };
      if (text('annotation') !== undefined) this.file.commonAnnotations.push(this.#spec(here));
      if (text('label-selector') !== undefined) this.file.commonLabels.push(this.#spec(here));
      if (text('identity') !== undefined) this.file.namePrefix.push(this.#spec(here));
      const version = text('object-ref-api-version');
      const kind = text('object-ref-kind');
      if (version !== undefined && kind !== undefined)
        this.file.nameReference.push({
          group: '',
          version,
          kind,
          referrers: [this.#spec([...here, text('object-ref-name-key') ?? 'name'])],
        });
      const reference = property.get('$ref');
      if (typeof reference === 'string' && !open.has(reference))
        this.visit(reference, here, new Set([...open, reference]));
    }
  }
}
