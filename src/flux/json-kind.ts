import type { YamlValue } from '../core/value.ts';

/** What Go's JSON decoder calls a value that is no object. @see encoding/json decode.go, UnmarshalTypeError */
export const jsonKind = (value: YamlValue): string =>
  Array.isArray(value)
    ? 'array'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'string'
        ? 'string'
        : 'number';
