import { type Failure, failure } from '../core/failure.ts';
import { getIn, isList, isMap, type YamlMap, type YamlValue } from '../core/value.ts';

/**
 * Thrown while the fields of an object are read, where the API server would have refused the object; caught at the entry of
 * each function of the room (`attempt`).
 */
export class FluxError extends Error {
  readonly failure: Failure;
  constructor(error: Failure) {
    super(error.message);
    this.failure = error;
  }
}

export function invalid(path: string, wanted: string): never {
  throw new FluxError(failure('invalid-object', `${path} must be ${wanted}`));
}

const join = (path: readonly string[]): string => path.join('.');

/** A text field; `''` where it is absent, null or empty (the API drops empty texts). */
export function textAt(object: YamlMap, ...path: string[]): string {
  const value = getIn(object, ...path);
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : invalid(join(path), 'a string');
}

export function booleanAt(object: YamlMap, ...path: string[]): boolean {
  const value = getIn(object, ...path);
  if (value === undefined || value === null) return false;
  return typeof value === 'boolean' ? value : invalid(join(path), 'a boolean');
}

export function mapAt(object: YamlMap, ...path: string[]): YamlMap | undefined {
  const value = getIn(object, ...path);
  if (value === undefined || value === null) return undefined;
  return isMap(value) ? value : invalid(join(path), 'an object');
}

export function listAt(object: YamlMap, ...path: string[]): readonly YamlValue[] {
  const value = getIn(object, ...path);
  if (value === undefined || value === null) return [];
  return isList(value) ? value : invalid(join(path), 'a list');
}

export function mapsAt(object: YamlMap, ...path: string[]): readonly YamlMap[] {
  return listAt(object, ...path).map((item, index) =>
    isMap(item) ? item : invalid(`${join(path)}[${index}]`, 'an object'),
  );
}

export function textsAt(object: YamlMap, ...path: string[]): readonly string[] {
  return listAt(object, ...path).map((item, index) =>
    typeof item === 'string' ? item : invalid(`${join(path)}[${index}]`, 'a string'),
  );
}

/** A mapping of texts; empty where absent. */
export function textMapAt(object: YamlMap, ...path: string[]): ReadonlyMap<string, string> {
  const map = mapAt(object, ...path);
  const texts = new Map<string, string>();
  for (const [key, value] of map ?? [])
    texts.set(
      key,
      typeof value === 'string' ? value : value === null ? '' : invalid(`${join(path)}.${key}`, 'a string'),
    );
  return texts;
}

/** Values that JSON and YAML print as text: labels and the like of objects that no API server has checked yet. */
export const scalarText = (value: YamlValue | undefined): string =>
  value === undefined || value === null || typeof value === 'object' ? '' : String(value);

/** `metadata.labels` or `metadata.annotations` value as text. */
export const metadataText = (object: YamlMap, field: 'labels' | 'annotations', key: string): string =>
  scalarText(getIn(object, 'metadata', field, key));
