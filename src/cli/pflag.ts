import { fail, ok, type Result } from '../core/result.ts';
import { quoteGo } from '../engines/helm/index.ts';

/**
 * What a flag's text has to be. `list` is comma-separated as CSV and may be repeated, `array` is repeated and taken as it is, `pairs`
 * is `key=value`.
 */
export type FlagType = 'bool' | 'string' | 'array' | 'list' | 'pairs' | 'duration' | 'int' | 'float';

/** A flag as Go's pflag knows it. */
export interface Flag {
  readonly name: string;
  readonly short?: string | undefined;
  readonly type: FlagType;
  /** What stands for the value in help: `<file>`. */
  readonly value?: string | undefined;
  readonly usage: string;
  /** The value of the flag alone; without it the next word is its value. `bool` has `true`. */
  readonly bare?: string | undefined;
  /** Said on stderr each time the flag is given. */
  readonly deprecated?: string | undefined;
  /** Left out of help. */
  readonly hidden?: boolean | undefined;
  /** Why a value is none, in the program's words. */
  readonly refuse?: ((value: string, parsed: ParsedFlags) => string | undefined) | undefined;
}

/** What a command line says. Flags that it does not name have no entry. */
export class ParsedFlags {
  readonly operands: string[] = [];
  /** `Flag --x has been deprecated, …`, in the order of the line. */
  readonly notices: string[] = [];
  readonly #values = new Map<string, string[]>();

  add(name: string, values: readonly string[], replace: boolean): void {
    const before = replace ? [] : (this.#values.get(name) ?? []);
    this.#values.set(name, [...before, ...values]);
  }
  has(name: string): boolean {
    return this.#values.has(name);
  }
  /** The last value; `undefined` where the flag was not given. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
  is(name: string): boolean {
    return this.text(name) === 'true';
  }
}

/**
 * Reads a command line as Go's pflag does: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, `-gn value`; flags and
 * operands in any order, operands alone after `--`. `help` and `-h` that no flag claims are told as `help`.
 * @param flags the flags there are; asked for when a flag is met
 * @param parsed what was read up to a failure is in it
 * @returns the failure in pflag's words
 * @see github.com/spf13/pflag flag.go, parseArgs
 */
export function parseFlags(
  flags: () => readonly Flag[],
  words: readonly string[],
  parsed: ParsedFlags,
): Result<'parsed' | 'help', string> {
  let found: readonly Flag[] | undefined;
  const all = (): readonly Flag[] => {
    found ??= flags();
    return found;
  };
  let help = false;
  const rest = [...words];
  while (rest.length > 0) {
    const word = rest.shift()!;
    if (!word.startsWith('-') || word === '-') {
      parsed.operands.push(word);
      continue;
    }
    if (word === '--') {
      parsed.operands.push(...rest);
      break;
    }
    if (word.startsWith('--')) {
      if (word[2] === '-' || word[2] === '=') return fail(`bad flag syntax: ${word}`);
      const equals = word.indexOf('=');
      const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
      const flag = all().find((one) => one.name === name);
      if (flag === undefined) {
        if (name !== 'help') return fail(`unknown flag: --${name}`);
        help = equals < 0 || TRUE.has(word.slice(equals + 1));
        continue;
      }
      let value = equals < 0 ? bareValue(flag) : word.slice(equals + 1);
      if (value === undefined) value = rest.shift();
      if (value === undefined) return fail(`flag needs an argument: --${name}`);
      const problem = set(flag, value, parsed);
      if (problem !== undefined) return fail(problem);
      continue;
    }
    let shorts = word.slice(1);
    while (shorts !== '') {
      const letter = shorts[0]!;
      const flag = all().find((one) => one.short === letter);
      if (flag === undefined) {
        if (letter !== 'h') return fail(`unknown shorthand flag: '${letter}' in -${shorts}`);
        help = true;
        shorts = shorts.slice(1);
        continue;
      }
      let value: string | undefined;
      let next = shorts.slice(1);
      if (shorts.length > 2 && shorts[1] === '=') {
        value = shorts.slice(2);
        next = '';
      } else if (bareValue(flag) !== undefined) value = bareValue(flag);
      else if (next !== '') {
        value = next;
        next = '';
      } else value = rest.shift();
      if (value === undefined) return fail(`flag needs an argument: '${letter}' in -${shorts}`);
      const problem = set(flag, value, parsed);
      if (problem !== undefined) return fail(problem);
      shorts = next;
    }
  }
  return ok(help ? 'help' : 'parsed');
}

const bareValue = ({ type, bare }: Flag): string | undefined => bare ?? (type === 'bool' ? 'true' : undefined);

function set(flag: Flag, value: string, parsed: ParsedFlags): string | undefined {
  const read = readValue(flag, value);
  const problem = read.ok ? flag.refuse?.(value, parsed) : read.error;
  if (problem !== undefined) {
    const name = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
    return `invalid argument ${quoteGo(value)} for ${quoteGo(name)} flag: ${problem}`;
  }
  if (read.ok) parsed.add(flag.name, read.value, !['array', 'list', 'pairs'].includes(flag.type));
  if (flag.deprecated !== undefined) parsed.notices.push(`Flag --${flag.name} has been deprecated, ${flag.deprecated}`);
  return undefined;
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** @returns the values that a text gives, or Go's message of why it gives none */
function readValue({ type }: Flag, text: string): Result<readonly string[], string> {
  const syntax = (call: string): Result<never, string> =>
    fail(`strconv.${call}: parsing ${quoteGo(text)}: invalid syntax`);
  switch (type) {
    case 'bool':
      return TRUE.has(text) ? ok(['true']) : FALSE.has(text) ? ok(['false']) : syntax('ParseBool');
    case 'int':
      return /^[+-]?(0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+)$/.test(text)
        ? ok([text])
        : syntax('ParseInt');
    case 'float':
      return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$|^[+-]?(inf|infinity)$|^nan$/i.test(text)
        ? ok([text])
        : syntax('ParseFloat');
    case 'duration': {
      const problem = durationProblem(text);
      return problem === undefined ? ok([text]) : fail(`time: ${problem} ${quoteGo(text)}`);
    }
    case 'list':
      return text === '' ? ok([]) : readCsv(text);
    case 'pairs': {
      const equals = text.split('=').length - 1;
      if (equals === 0) return fail(`${text} must be formatted as key=value`);
      const pairs = equals === 1 ? ok([text.replace(/^"+|"+$/g, '')]) : readCsv(text);
      const bad = pairs.ok ? pairs.value.find((pair) => !pair.includes('=')) : undefined;
      return bad === undefined ? pairs : fail(`${bad} must be formatted as key=value`);
    }
    default:
      return ok([text]);
  }
}

/** @see time.ParseDuration */
function durationProblem(text: string): string | undefined {
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return undefined;
  if (body === '') return 'invalid duration';
  const parts = /^(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[^0-9.]+)*/.exec(body)![0];
  const rest = body.slice(parts.length);
  for (const [, unit] of parts.matchAll(/[0-9.]+([^0-9.]+)/g))
    if (!/^(ns|us|\u00b5s|\u03bcs|ms|s|m|h)$/.test(unit!)) return `unknown unit ${quoteGo(unit!)} in duration`;
  if (rest === '') return undefined;
  return /^([0-9]+(\.[0-9]*)?|\.[0-9]+)$/.test(rest) ? 'missing unit in duration' : 'invalid duration';
}

/** One record, as Go's encoding/csv reads it. Lines after the first are left, as pflag leaves them. */
function readCsv(text: string): Result<string[], string> {
  const line = text.replaceAll('\r\n', '\n').replace(/^\n+/, '');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (line[at] !== '"') {
      const end = /[,\n]/.exec(line.slice(at));
      const field = end === null ? line.slice(at) : line.slice(at, at + end.index);
      const quote = field.indexOf('"');
      if (quote >= 0)
        return fail(
          `parse error on line 1, column ${Buffer.byteLength(line.slice(0, at + quote)) + 1}: bare " in non-quoted-field`,
        );
      fields.push(field);
      at += field.length;
    } else {
      let field = '';
      at += 1;
      for (;;) {
        const quote = line.indexOf('"', at);
        if (quote < 0)
          return fail(
            `parse error on line 1, column ${Buffer.byteLength(line) + 1}: extraneous or missing " in quoted-field`,
          );
        field += line.slice(at, quote);
        at = quote + 1;
        if (line[at] !== '"') break;
        field += '"';
        at += 1;
      }
      if (at < line.length && line[at] !== ',' && line[at] !== '\n')
        return fail(
          `parse error on line 1, column ${Buffer.byteLength(line.slice(0, at))}: extraneous or missing " in quoted-field`,
        );
      fields.push(field);
    }
    if (line[at] !== ',') return ok(fields);
    at += 1;
  }
}
