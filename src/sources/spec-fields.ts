import { parseDuration } from '../core/duration.ts';
import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn, isList, isMap, type YamlMap, type YamlValue } from '../core/value.ts';

/** Thrown while a spec is read and caught by `readSpec`: never leaves this file's callers. */
class InvalidField extends Error {}

/**
 * Reads a Flux object's `spec` as the API server would admit it: wrong types, values outside an enumeration and missing
 * required fields are refused with the field's path; unknown fields are left alone.
 */
export function readSpec<T>(object: YamlMap, read: (spec: Fields) => T): Result<T> {
  const name = [getIn(object, 'metadata', 'namespace'), getIn(object, 'metadata', 'name')].filter(
    (part) => typeof part === 'string',
  );
  const who = `${String(object.get('kind') ?? 'object')} ${name.join('/')}`;
  try {
    const spec = object.get('spec');
    if (!isMap(spec)) throw new InvalidField('spec is required');
    return ok(read(new Fields(spec, 'spec')));
  } catch (error) {
    if (error instanceof InvalidField) return fail(failure('invalid-object', `${who}: ${error.message}`));
    throw error;
  }
}

/** A mapping of a spec, and where it stands. A `null` field counts as absent, as in Go. */
export class Fields {
  readonly #map: YamlMap;
  readonly #path: string;
  constructor(map: YamlMap, path: string) {
    this.#map = map;
    this.#path = path;
  }

  path(name: string): string {
    return `${this.#path}.${name}`;
  }

  refuse(name: string, why: string): never {
    throw new InvalidField(`${this.path(name)} ${why}`);
  }

  #get(name: string): YamlValue | undefined {
    return this.#map.get(name) ?? undefined;
  }

  string(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === 'string') return value;
    return this.refuse(name, `must be a string, not ${describe(value)}`);
  }

  /** Absent and empty are the same to Go's `omitempty` strings. */
  text(name: string): string | undefined {
    return this.string(name) || undefined;
  }

  required(name: string): string {
    return this.text(name) ?? this.refuse(name, 'is required');
  }

  oneOf<const T extends string>(name: string, values: readonly T[], otherwise: T): T {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    const found = values.find((item) => item === value);
    return found ?? this.refuse(name, `must be one of ${values.join(', ')}, not ${JSON.stringify(value)}`);
  }

  boolean(name: string): boolean {
    const value = this.#get(name);
    if (value === undefined) return false;
    return typeof value === 'boolean' ? value : this.refuse(name, `must be a boolean, not ${describe(value)}`);
  }

  durationMs(name: string, otherwise: number): number {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    return parseDuration(value) ?? this.refuse(name, `must be a duration such as 5m, not ${JSON.stringify(value)}`);
  }

  fields(name: string): Fields | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    return isMap(value)
      ? new Fields(value, this.path(name))
      : this.refuse(name, `must be a mapping, not ${describe(value)}`);
  }

  list(name: string): readonly Fields[] {
    return this.#items(name).map((item, index) => {
      if (!isMap(item)) return this.refuse(`${name}[${index}]`, `must be a mapping, not ${describe(item)}`);
      return new Fields(item, `${this.path(name)}[${index}]`);
    });
  }

  strings(name: string): readonly string[] {
    return this.#items(name).map((item, index) => {
      if (typeof item !== 'string') return this.refuse(`${name}[${index}]`, `must be a string, not ${describe(item)}`);
      return item;
    });
  }

  /** The `name` of a reference to an object of the same namespace. */
  reference(name: string): string | undefined {
    return this.fields(name)?.required('name');
  }

  #items(name: string): readonly YamlValue[] {
    const value = this.#get(name);
    if (value === undefined) return [];
    return isList(value) ? value : this.refuse(name, `must be a list, not ${describe(value)}`);
  }
}

function describe(value: YamlValue): string {
  if (isMap(value)) return 'a mapping';
  if (isList(value)) return 'a list';
  return value === null ? 'null' : `${String(value)} (quote it)`;
}
