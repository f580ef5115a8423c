import { isPlainInteger } from '../../core/plain-text.ts';
import { YamlProblem } from './error.ts';
import type { Dialect } from './scanner.ts';
import { parseTimestamp } from './timestamp.ts';

export const LONG_TAG = 'tag:yaml.org,2002:';
export type CoreTag = '!!str' | '!!bool' | '!!int' | '!!float' | '!!null' | '!!timestamp' | '!!merge' | '!!binary';

/** `tag:yaml.org,2002:str` as `!!str`. */
export function shortTag(tag: string): string {
  return tag.startsWith(LONG_TAG) ? `!!${tag.slice(LONG_TAG.length)}` : tag;
}

/** A scalar's type and value. A number with `!!float` was Go's float64, one with `!!int` an int64 (or uint64 above). */
export interface Resolved {
  readonly tag: CoreTag;
  readonly value: string | number | bigint | boolean | null;
}

const COMMON: readonly (readonly [Resolved, readonly string[]])[] = [
  [{ tag: '!!bool', value: true }, ['true', 'True', 'TRUE']],
  [{ tag: '!!bool', value: false }, ['false', 'False', 'FALSE']],
  [{ tag: '!!null', value: null }, ['', '~', 'null', 'Null', 'NULL']],
  [{ tag: '!!float', value: Number.NaN }, ['.nan', '.NaN', '.NAN']],
  [{ tag: '!!float', value: Number.POSITIVE_INFINITY }, ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']],
  [{ tag: '!!float', value: Number.NEGATIVE_INFINITY }, ['-.inf', '-.Inf', '-.INF']],
  [{ tag: '!!merge', value: '<<' }, ['<<']],
];
const ONLY_V2: typeof COMMON = [
  [{ tag: '!!bool', value: true }, ['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON']],
  [{ tag: '!!bool', value: false }, ['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF']],
];

function table(...lists: (typeof COMMON)[]): Map<string, Resolved> {
  const map = new Map<string, Resolved>();
  for (const list of lists) for (const [resolved, words] of list) for (const word of words) map.set(word, resolved);
  return map;
}
const WORDS = { v2: table(COMMON, ONLY_V2), v3: table(COMMON) };

// By first character: 0 always text, 1 maybe a word, 2 a period, 3 a digit or a sign.
const HINTS = new Uint8Array(128);
for (const character of 'yYnNtTfFoO~') HINTS[character.charCodeAt(0)] = 1;
HINTS['.'.charCodeAt(0)] = 2;
for (const character of '0123456789+-') HINTS[character.charCodeAt(0)] = 3;

const MAX_INT64 = 0x7fffffffffffffffn;
const MAX_UINT64 = 0xffffffffffffffffn;

function text(value: string): Resolved {
  return { tag: '!!str', value };
}

/** The type of a plain scalar that has no tag. */
export function resolvePlain(value: string, dialect: Dialect): Resolved {
  return resolveUntagged(value, dialect, true);
}

function resolveUntagged(value: string, dialect: Dialect, timestamps: boolean): Resolved {
  if (value === '') return { tag: '!!null', value: null };
  const first = value.charCodeAt(0);
  const hint = first < 128 ? HINTS[first]! : 0;
  // `<<` is found in the table only where the first character hints at it, which it does not: it stays text.
  if (hint === 0) return text(value);
  const word = WORDS[dialect].get(value);
  if (word !== undefined) return word;
  if (hint === 2) return parsePeriod(value) ?? text(value);
  if (hint === 3) {
    if (timestamps && value.length > 7 && value.charCodeAt(4) === 45) {
      const timestamp = parseTimestamp(value);
      if (timestamp !== undefined) return { tag: '!!timestamp', value: timestamp };
    }
    return parseNumber(value, dialect) ?? text(value);
  }
  return text(value);
}

/** Go's ParseFloat of a text that starts with a period; underscores may stand between digits. */
function parsePeriod(value: string): Resolved | undefined {
  if (!/^\.\d+(?:_\d+)*(?:[eE][-+]?\d+(?:_\d+)*)?$/.test(value)) return undefined;
  const number = Number(value.replaceAll('_', ''));
  return Number.isFinite(number) ? { tag: '!!float', value: number } : undefined;
}

const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

/** Integers of any base, floats; underscores are ignored. */
function parseNumber(value: string, dialect: Dialect): Resolved | undefined {
  if (isPlainInteger(value)) return { tag: '!!int', value: Number(value) };
  if (value.indexOf('.') !== value.lastIndexOf('.')) return undefined; // a version: no number has two
  const plain = value.includes('_') ? value.replaceAll('_', '') : value;
  const integer = parseInteger(plain);
  if (integer !== undefined) return integer;
  if (FLOAT.test(plain)) {
    const number = Number(plain);
    if (Number.isFinite(number)) return { tag: '!!float', value: number };
  }
  return (
    parsePrefixed(plain, '0b', /^[-+]?[01]+$/, dialect) ??
    (dialect === 'v3' ? parsePrefixed(plain, '0o', /^[-+]?[0-7]+$/, dialect) : undefined)
  );
}

/** `strconv.ParseInt(text, 0, 64)`, then `ParseUint`. */
function parseInteger(plain: string): Resolved | undefined {
  const match = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]([0-7]+)|0([0-7]+)|(0|[1-9]\d*))$/.exec(plain);
  if (match === null) return undefined;
  const [, sign, hex, binary, octal, oldOctal, decimal] = match;
  const digits = hex ?? binary ?? octal ?? oldOctal ?? decimal!;
  if (digits.length > 64 && digits.replace(/^0+/, '').length > 64) return undefined;
  const base = hex !== undefined ? '0x' : binary !== undefined ? '0b' : decimal !== undefined ? '' : '0o';
  return fitInteger(BigInt(base + digits), sign!);
}

function fitInteger(magnitude: bigint, sign: string): Resolved | undefined {
  if (sign === '-') {
    if (magnitude > MAX_INT64 + 1n) return undefined;
    magnitude = -magnitude;
  } else if (magnitude > (sign === '+' ? MAX_INT64 : MAX_UINT64)) return undefined; // ParseUint takes no sign
  const number = Number(magnitude);
  return { tag: '!!int', value: Number.isSafeInteger(number) ? number : magnitude };
}

/** go-yaml's own second try at `0b…` and `0o…`, which lets a sign stand behind the prefix. */
function parsePrefixed(plain: string, prefix: '0b' | '0o', form: RegExp, _dialect: Dialect): Resolved | undefined {
  const negative = plain.startsWith('-');
  const body = negative ? plain.slice(1) : plain;
  if (!body.startsWith(prefix)) return undefined;
  const digits = body.slice(2);
  if (!form.test(digits) || (negative && /^[-+]/.test(digits))) return undefined;
  const sign = negative ? '-' : /^[-+]/.test(digits) ? digits[0]! : '';
  return fitInteger(BigInt(prefix + digits.replace(/^[-+]/, '')), sign);
}

/**
 * The type and value of a scalar with a tag (`''` where it has none).
 * @param tag short form; one that is none of YAML's own types makes the scalar a text
 * Throws `YamlProblem` where the text is no such value.
 * @see go.yaml.in/yaml resolve.go, resolve
 */
export function resolveTagged(tag: string, value: string, dialect: Dialect): Resolved {
  switch (tag) {
    case '':
      return resolvePlain(value, dialect);
    case '!!bool':
    case '!!int':
    case '!!float':
    case '!!null':
    case '!!timestamp': {
      const found = resolveUntagged(value, dialect, tag === '!!timestamp');
      if (found.tag === tag) return found;
      if (
        tag === '!!float' &&
        found.tag === '!!int' &&
        (typeof found.value === 'number' || (found.value as bigint) <= MAX_INT64)
      )
        return { tag: '!!float', value: Number(found.value) };
      throw new YamlProblem(`yaml: cannot decode ${found.tag} \`${value}\` as a ${tag}`);
    }
    default:
      return text(value);
  }
}
