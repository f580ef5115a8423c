import { type Failure, failure } from '../core/failure.ts';
import type { Location } from '../core/location.ts';
import { getIn, isList, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { parseDocuments } from '../engines/goyaml/index.ts';
import { isObject } from './object-id.ts';

/** An object as a file holds it. */
export interface Manifest {
  readonly object: YamlMap;
  readonly at: Location;
}

export interface ManifestFile {
  readonly manifests: readonly Manifest[];
  /** What could not be read. The objects before it are kept. */
  readonly failures: readonly Failure[];
}

/**
 * Reads a YAML or JSON file: any number of documents, `List` kinds opened. Documents that hold no Kubernetes object
 * (values files, kustomize's patches and settings) are passed over in silence: a directory may hold anything.
 * @param file the path for locations and messages
 */
export function readManifests(text: string, file: string): ManifestFile {
  const { documents, error } = parseDocuments(text);
  const manifests: Manifest[] = [];
  const failures: Failure[] = [];
  const lines = text.split('\n');
  for (const { value, line } of documents) {
    // The document starts at its `---`; the object, below it and its comments.
    let at = line;
    while (at < lines.length && /^(?:---.*|\s*#.*|\s*)$/.test(lines[at - 1] ?? '')) at++;
    collect(value, { file, line: at }, manifests, failures);
  }
  if (error !== undefined)
    failures.push({ ...error, at: { file, ...(error.line === undefined ? {} : { line: error.line }) } });
  return { manifests, failures };
}

function collect(value: YamlValue, at: Location, manifests: Manifest[], failures: Failure[]): void {
  if (!isMap(value)) return;
  const items = value.get('items');
  if (typeof value.get('kind') === 'string' && String(value.get('kind')).endsWith('List') && isList(items ?? null)) {
    for (const item of items as YamlValue[]) collect(item, at, manifests, failures);
    return;
  }
  if (!isObject(value)) return;
  const name = getIn(value, 'metadata', 'name');
  if (typeof name === 'string' && name !== '') manifests.push({ object: value, at });
  else if (getIn(value, 'metadata', 'generateName') === undefined && isFluxApi(value))
    failures.push(
      failure('invalid-object', `${String(value.get('kind'))} has no metadata.name`, {
        at,
        hint: 'give the object a name',
      }),
    );
}

const isFluxApi = (object: YamlMap): boolean => String(object.get('apiVersion')).includes('.toolkit.fluxcd.io/');
