import type { YamlMap, YamlValue } from '../../core/value.ts';

/**
 * Decodes YAML data into Go structs as sigs.k8s.io/yaml and encoding/json do: numbers and booleans become text where text is
 * wanted, keys match whatever their case, `null` leaves the zero value, and the first mismatch is the error.
 */
export class JsonDecoder {
  /** `json: cannot unmarshal …`, of the first value that does not fit. */
  problem: string | undefined;

  /** @param path dotted from the outermost struct, empty for the struct itself */
  mismatch(value: YamlValue, struct: string, path: string, type: string): void {
    this.problem ??= `json: cannot unmarshal ${jsonKind(value)} into Go ${path === '' ? 'value' : `struct field ${struct}.${path}`} of type ${type}`;
  }

  /** Calls `set` for each known key, in the order in which Go sees them. */
  struct(
    value: YamlValue,
    at: Place,
    type: string,
    fields: ReadonlyMap<string, (value: YamlValue, at: Place) => void>,
  ): void {
    if (value === null) return;
    if (!(value instanceof Map)) {
      this.mismatch(value, at.struct, at.path, type);
      return;
    }
    for (const key of sortedKeys(value)) {
      const name = fields.has(key) ? key : foldedName(fields, key);
      const set = name === undefined ? undefined : fields.get(name);
      if (set !== undefined)
        set(value.get(key)!, { struct: at.struct, path: at.path === '' ? name! : `${at.path}.${name}` });
    }
  }

  string(value: YamlValue, at: Place): string {
    const text = scalarText(value);
    if (text !== undefined) return text;
    if (value !== null) this.mismatch(value, at.struct, at.path, 'string');
    return '';
  }

  boolean(value: YamlValue, at: Place): boolean {
    if (typeof value === 'boolean') return value;
    if (value !== null) this.mismatch(value, at.struct, at.path, 'bool');
    return false;
  }

  list<T>(value: YamlValue, at: Place, type: string, item: (value: YamlValue) => T): T[] | undefined {
    if (value === null) return undefined;
    if (Array.isArray(value)) return value.map(item);
    this.mismatch(value, at.struct, at.path, type);
    return undefined;
  }

  stringMap(value: YamlValue, at: Place): Map<string, string> | undefined {
    if (value === null) return undefined;
    if (!(value instanceof Map)) {
      this.mismatch(value, at.struct, at.path, 'map[string]string');
      return undefined;
    }
    return new Map(sortedKeys(value).map((key) => [key, this.string(value.get(key)!, at)]));
  }
}

/** Where a value goes: the outermost struct's name and the dotted path of JSON names. */
export interface Place {
  readonly struct: string;
  readonly path: string;
}

function foldedName(fields: ReadonlyMap<string, unknown>, key: string): string | undefined {
  const folded = key.toLowerCase();
  for (const name of fields.keys()) if (name.toLowerCase() === folded) return name;
  return undefined;
}

function sortedKeys(map: YamlMap): string[] {
  return [...map.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function scalarText(value: YamlValue): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : float32Text(value);
    default:
      return undefined;
  }
}

/** `strconv.FormatFloat(value, 'g', -1, 32)`: the shortest digits that a 32-bit float needs. */
function float32Text(value: number): string {
  const single = Math.fround(value);
  for (let digits = 1; digits <= 9; digits++) {
    const text = single.toPrecision(digits);
    if (Math.fround(Number(text)) === single) return goExponent(Number(text));
  }
  return goExponent(value);
}

function goExponent(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e21)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    const sign = exponent.startsWith('-') ? '-' : '+';
    return `${digits}e${sign}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`;
  }
  return String(value);
}

/** What encoding/json calls the kind of a value in its errors. */
export function jsonKind(value: YamlValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'object';
  if (typeof value === 'bigint') return 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
