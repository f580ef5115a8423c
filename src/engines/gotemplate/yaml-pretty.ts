import { compareKeys, stringify } from '../goyaml/index.ts';
import { DURATION, durationNanos, durationText } from './duration.ts';
import { GoError } from './errors.ts';
import { hasRawBytes, toBytes } from './go-string.ts';
import { formatFloat } from './strconv.ts';
import { GoTime } from './time.ts';
import { GoBytes, GoComplex, GoInt, GoPointer, GoSlice, GoStruct, type GoValue, isNil, sliceItems } from './value.ts';

/**
 * YAML as goyaml.v3 writes Go values with an indentation of 2 (Helm's toYamlPretty): no detour over JSON, so that floats keep
 * their form and structs the lower-case names of their fields; lists are indented; long lines are not folded.
 * @see sigs.k8s.io/yaml/goyaml.v3 encode.go, emitterc.go
 */
export function yamlPretty(value: GoValue): string {
  return `${block(value, 0, false)}\n`;
}

const pad = (depth: number): string => ' '.repeat(depth);

/** The members of a mapping, or `undefined` for other values. */
function members(value: GoValue): [string, GoValue][] | undefined {
  if (value instanceof Map) return [...value].sort(([a], [b]) => compareKeys(a, b));
  if (!(value instanceof GoStruct)) return undefined;
  return value.type.fields!.flatMap((field, i): [string, GoValue][] =>
    field.unexported ? [] : [[field.name.toLowerCase(), value.values[i]]],
  );
}

/** The text of a value that writes itself as one: a version, a duration. */
function ownForm(value: GoValue): string | undefined {
  if (value instanceof GoInt && value.type === DURATION) return durationText(durationNanos(value));
  if (!(value instanceof GoStruct)) return undefined;
  const marshal = value.type.methods?.get('MarshalJSON') ?? value.type.pointerMethods?.get('MarshalJSON');
  if (marshal === undefined) return undefined;
  const written: unknown = JSON.parse(marshal.call(value) as string);
  return typeof written === 'string' ? written : undefined;
}

/**
 * A value at some indentation, its first line without it.
 * @param inList the value follows a `- `
 */
function block(given: GoValue, indent: number, inList: boolean): string {
  const value = given instanceof GoPointer && given.target !== null ? (given.target as GoValue) : given;
  if (value instanceof GoTime) return value.format('2006-01-02T15:04:05.999999999Z07:00');
  const own = ownForm(value);
  if (own !== undefined) return scalar(own, indent, inList);
  const pairs = isNil(value) ? undefined : members(value);
  if (pairs !== undefined) {
    if (pairs.length === 0) return '{}';
    return pairs.map(([key, item], i) => (i > 0 ? pad(indent) : '') + member(key, item, indent)).join('\n');
  }
  if (value instanceof Map) return '{}';
  const items = value instanceof GoBytes ? undefined : sliceItems(value);
  if (items !== undefined) {
    if (items.length === 0) return '[]';
    return items.map((item, i) => `${i > 0 ? pad(indent) : ''}- ${block(item, indent + 2, true)}`).join('\n');
  }
  return scalar(value, indent, inList);
}

function member(key: string, given: GoValue, indent: number): string {
  const value = given instanceof GoPointer && given.target !== null ? (given.target as GoValue) : given;
  const name = scalar(key, indent, false);
  if (ownForm(value) !== undefined) return `${name}: ${block(value, indent + 2, false)}`;
  const text = block(value, indent + 2, false);
  const nested =
    (!isNil(value) && (members(value)?.length ?? 0) > 0) ||
    (!(value instanceof GoBytes) && (sliceItems(value)?.length ?? 0) > 0);
  return nested ? `${name}:\n${pad(indent + 2)}${text}` : `${name}: ${text}`;
}

/** What is no UTF-8 is written in base64, in lines of 70 where it is long. */
function binary(text: string, indent: number): string {
  const encoded = toBytes(text).toString('base64');
  if (encoded.length < 70) return `!!binary ${encoded}`;
  return `!!binary |${encoded.replace(/.{1,70}/g, `\n${pad(indent)}$&`)}`;
}

function scalar(value: GoValue, indent: number, _inList: boolean): string {
  if (value === null || value === undefined || isNil(value)) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return '.nan';
    if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
    return formatFloat(value, 'g', -1);
  }
  if (value instanceof GoInt) return String(value.n);
  if (value instanceof GoBytes || value instanceof GoSlice) return '[]';
  if (value instanceof GoComplex) throw new GoError(`cannot marshal type: ${value.type.name}`);
  const text = value as string;
  if (hasRawBytes(text)) return binary(text, indent);
  const written = stringify(new Map([['k', text]])).slice(3, -1);
  if (!text.includes('\n') || written.startsWith('"'))
    return written.replace(/\\?\n {2}\\?/g, (fold) => (fold.startsWith('\\') ? '' : ' '));
  // A block of lines: what stands below the key by 2 stands below it here by the same.
  return written.replace(/\n(?=[^\n])/g, `\n${pad(Math.max(indent - 2, 0))}`);
}
