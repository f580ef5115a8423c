import type { YamlMap, YamlValue } from '../../core/value.ts';
import type { HelmVersion } from './chart.ts';

/**
 * Decodes YAML data into Go structs as sigs.k8s.io/yaml and encoding/json do: numbers and booleans become text where text is
 * wanted, keys match whatever their case, `null` leaves the zero value, and the first mismatch is the error.
 */
export class JsonDecoder {
  /** `json: cannot unmarshal …`, of the first value that does not fit. */
  problem: string | undefined;
  readonly #helmVersion: HelmVersion;

  /** Helm 4 is built with a newer encoding/json, which names places in another way. */
  constructor(helmVersion: HelmVersion) {
    this.#helmVersion = helmVersion;
  }

  mismatch(value: YamlValue, at: Place, type: string): void {
    let place = 'Go value';
    let named = type;
    if (this.#helmVersion === '3') {
      if (at !== ROOT) place = `Go struct field ${at.struct}.${at.fields}`;
    } else {
      // An item of a list is no field to it; the package of charts is named after their version there.
      if (at !== ROOT) place = `${/(^|\.)[0-9]+$/.test(at.path) ? '' : 'Go struct field '}.${at.path}`;
      named = type.replace(/^(\W*)chart\./, '$1v2.');
    }
    this.problem ??= `json: cannot unmarshal ${jsonKind(value)} into ${place} of type ${named}`;
  }

  /**
   * Calls `set` for each known key, in the order in which Go sees them.
   * @param type the struct's, with its package; an anonymous one is spelled out
   */
  struct(
    value: YamlValue,
    at: Place,
    type: string,
    fields: ReadonlyMap<string, (value: YamlValue, at: Place) => void>,
  ): void {
    if (value === null) return;
    if (!(value instanceof Map)) {
      this.mismatch(value, at, type);
      return;
    }
    const struct = type.startsWith('struct ') ? '' : type.slice(type.indexOf('.') + 1);
    for (const key of sortedKeys(value)) {
      const name = fields.has(key) ? key : foldedName(fields, key);
      const set = name === undefined ? undefined : fields.get(name);
      if (set === undefined) continue;
      const below = (path: string): string => (path === '' ? name! : `${path}.${name}`);
      set(value.get(key)!, { struct, fields: below(at.fields), path: below(at.path) });
    }
  }

  /** The only field that is read of a struct. */
  textField(value: YamlValue, name: string, type: string): string {
    let text = '';
    const set = (held: YamlValue, at: Place): void => {
      text = this.string(held, at);
    };
    this.struct(value, ROOT, type, new Map([[name, set]]));
    return text;
  }

  string(value: YamlValue, at: Place): string {
    const text = scalarText(value);
    if (text !== undefined) return text;
    if (value !== null) this.mismatch(value, at, 'string');
    return '';
  }

  boolean(value: YamlValue, at: Place): boolean {
    if (typeof value === 'boolean') return value;
    if (value !== null) this.mismatch(value, at, 'bool');
    return false;
  }

  list<T>(value: YamlValue, at: Place, type: string, item: (value: YamlValue, at: Place) => T): T[] | undefined {
    if (value === null) return undefined;
    if (Array.isArray(value)) return value.map((held, i) => item(held, { ...at, path: `${at.path}.${i}` }));
    this.mismatch(value, at, type);
    return undefined;
  }

  stringMap(value: YamlValue, at: Place): Map<string, string> | undefined {
    if (value === null) return undefined;
    if (!(value instanceof Map)) {
      this.mismatch(value, at, 'map[string]string');
      return undefined;
    }
    const texts = new Map<string, string>();
    for (const key of sortedKeys(value)) {
      const name = key.replaceAll('~', '~0').replaceAll('/', '~1');
      texts.set(key, this.string(value.get(key)!, { ...at, path: `${at.path}.${name}` }));
    }
    return texts;
  }
}

/** Where a value goes. */
export interface Place {
  /** The name of the struct that has the field; empty for an anonymous one. */
  readonly struct: string;
  /** JSON names of fields from the outermost struct, with dots. */
  readonly fields: string;
  /** As `fields`, with the indexes and keys between. */
  readonly path: string;
}

/** The outermost value itself. */
export const ROOT: Place = { struct: '', fields: '', path: '' };

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
