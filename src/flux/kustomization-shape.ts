import { failure } from '../core/failure.ts';
import type { YamlMap, YamlValue } from '../core/value.ts';
import { FluxError } from './fields.ts';

/** What a field of kustomize's Go type `Kustomization` takes. `any` is kept as it is. */
type Shape = 'text' | 'boolean' | 'integer' | 'any' | 'texts' | 'textMap' | { list: Fields } | { object: Fields };
type Fields = ReadonlyMap<string, Shape>;

const fields = (shapes: Record<string, Shape>): Fields => new Map(Object.entries(shapes));
const textFields = (...names: string[]): Record<string, Shape> =>
  Object.fromEntries(names.map((name) => [name, 'text']));

const gvk = textFields('group', 'version', 'kind');
const resourceId = { ...gvk, ...textFields('name', 'namespace') };
const selector = fields({ ...resourceId, ...textFields('annotationSelector', 'labelSelector') });
const patch = fields({ ...textFields('path', 'patch'), target: { object: selector }, options: 'any' });
const image = fields(textFields('name', 'newName', 'tagSuffix', 'newTag', 'digest'));
const fieldOptions = fields({ delimiter: 'text', index: 'integer', encoding: 'text', create: 'boolean' });
const generatorOptions = fields({
  labels: 'textMap',
  annotations: 'textMap',
  disableNameSuffixHash: 'boolean',
  immutable: 'boolean',
});
const generator = {
  ...textFields('namespace', 'name', 'behavior', 'env'),
  literals: 'texts',
  files: 'texts',
  envs: 'texts',
  options: { object: generatorOptions },
} satisfies Record<string, Shape>;

const KUSTOMIZATION: Fields = fields({
  ...textFields('apiVersion', 'kind', 'namePrefix', 'nameSuffix', 'namespace'),
  metadata: {
    object: fields({ ...textFields('name', 'namespace'), labels: 'textMap', annotations: 'textMap' }),
  },
  openapi: 'textMap',
  commonLabels: 'textMap',
  labels: {
    list: fields({
      pairs: 'textMap',
      includeSelectors: 'boolean',
      includeTemplates: 'boolean',
      fields: { list: fields({ ...gvk, path: 'text', create: 'boolean' }) },
    }),
  },
  commonAnnotations: 'textMap',
  patchesStrategicMerge: 'texts',
  patchesJson6902: { list: patch },
  patches: { list: patch },
  images: { list: image },
  imageTags: { list: image },
  replacements: {
    list: fields({
      path: 'text',
      source: { object: fields({ ...resourceId, fieldPath: 'text', options: { object: fieldOptions } }) },
      targets: {
        list: fields({
          select: { object: selector },
          reject: { list: selector },
          fieldPaths: 'texts',
          options: { object: fieldOptions },
        }),
      },
      sourceValue: 'text',
    }),
  },
  replicas: { list: fields({ name: 'text', count: 'integer' }) },
  vars: {
    list: fields({
      name: 'text',
      objref: { object: fields({ apiVersion: 'text', ...resourceId }) },
      fieldref: { object: fields({ fieldPath: 'text' }) },
    }),
  },
  sortOptions: {
    object: fields({
      order: 'text',
      legacySortOptions: { object: fields({ orderFirst: 'texts', orderLast: 'texts' }) },
    }),
  },
  resources: 'texts',
  components: 'texts',
  crds: 'texts',
  bases: 'texts',
  configMapGenerator: { list: fields(generator) },
  secretGenerator: { list: fields({ ...generator, type: 'text' }) },
  helmGlobals: { object: fields(textFields('chartHome', 'configHome')) },
  helmCharts: {
    list: fields({
      ...textFields('name', 'version', 'repo', 'releaseName', 'namespace', 'valuesFile', 'valuesMerge'),
      ...textFields('kubeVersion', 'nameTemplate'),
      additionalValuesFiles: 'texts',
      valuesInline: 'any',
      includeCRDs: 'boolean',
      skipHooks: 'boolean',
      apiVersions: 'texts',
      skipTests: 'boolean',
      debug: 'boolean',
      devel: 'boolean',
    }),
  },
  helmChartInflationGenerator: {
    list: fields({
      ...textFields('chartName', 'chartVersion', 'chartRepoUrl', 'chartHome', 'chartRepoName', 'helmBin', 'helmHome'),
      ...textFields('values', 'valuesMerge', 'releaseName', 'releaseNamespace'),
      valuesLocal: 'any',
      extraArgs: 'texts',
    }),
  },
  generatorOptions: { object: generatorOptions },
  configurations: 'texts',
  generators: 'texts',
  transformers: 'texts',
  validators: 'texts',
  buildMetadata: 'texts',
});

const wrong = (path: string, wanted: string): never => {
  throw new FluxError(
    failure('build-failed', `json: cannot unmarshal ${path} of the kustomization file into ${wanted}`),
  );
};

/**
 * A kustomization file as Flux reads and writes it back: fields that kustomize does not know are dropped (kustomize itself
 * would refuse them), numbers and booleans become text where text is wanted, and the case of field names does not matter.
 * @throws FluxError where a field has another type
 * @see sigs.k8s.io/yaml Unmarshal into kustomize's types.Kustomization
 */
export function readKustomizationFields(value: YamlMap): YamlMap {
  return readObject(value, KUSTOMIZATION, '');
}

function readObject(value: YamlMap, shapes: Fields, path: string): YamlMap {
  const out: YamlMap = new Map();
  for (const [key, item] of value) {
    const name = shapes.has(key) ? key : [...shapes.keys()].find((known) => known.toLowerCase() === key.toLowerCase());
    if (name === undefined || item === null) continue;
    out.set(name, readField(item, shapes.get(name)!, path === '' ? name : `${path}.${name}`));
  }
  return out;
}

function readField(value: YamlValue, shape: Shape, path: string): YamlValue {
  if (shape === 'any') return value;
  if (shape === 'text') return readText(value, path);
  if (shape === 'boolean') return typeof value === 'boolean' ? value : wrong(path, 'a boolean');
  if (shape === 'integer')
    return typeof value === 'bigint' || Number.isInteger(value) ? value : wrong(path, 'an integer');
  if (shape === 'texts')
    return Array.isArray(value)
      ? value.map((item, index) => readText(item, `${path}[${index}]`))
      : wrong(path, 'a list');
  if (shape === 'textMap')
    return value instanceof Map
      ? new Map([...value].map(([key, item]) => [key, readText(item, `${path}.${key}`)]))
      : wrong(path, 'a mapping');
  if ('object' in shape) return value instanceof Map ? readObject(value, shape.object, path) : wrong(path, 'a mapping');
  if (!Array.isArray(value)) return wrong(path, 'a list');
  return value.map((item, index) => {
    if (item === null) return new Map();
    return item instanceof Map
      ? readObject(item, shape.list, `${path}[${index}]`)
      : wrong(`${path}[${index}]`, 'a mapping');
  });
}

/** @see sigs.k8s.io/yaml convertToJSONableObject: scalars become text where the target is a string */
function readText(value: YamlValue, path: string): string {
  if (value === null) return '';
  if (typeof value === 'object') return wrong(path, 'a string');
  return typeof value === 'number' ? goFloat(value) : String(value);
}

/** Go's `strconv.FormatFloat(v, 'g', -1, 32)` of a number with a fraction; integers as digits. */
function goFloat(value: number): string {
  if (Number.isInteger(value)) return Math.abs(value) < 1e21 ? String(value) : value.toExponential();
  const narrow = Math.fround(value);
  let digits = 1;
  while (digits < 9 && Math.fround(Number(narrow.toPrecision(digits))) !== narrow) digits += 1;
  const shortest = narrow.toExponential(digits - 1);
  const [mantissa, exponent] = shortest.split('e') as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(shortest));
  return `${mantissa.replace(/\.?0+$/, '')}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
