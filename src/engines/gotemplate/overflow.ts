import type { GoError } from './errors.ts';
import { ExecError, LimitError } from './errors.ts';

/**
 * Go's stack grows to a gigabyte and JavaScript's does not: a template that includes itself without end meets JavaScript's
 * bound first. While the stack unwinds, each level leaves here what Go's error would say of it; from the cycle in those
 * levels the error is built that Go gives at its own bound.
 */
export class Overflow extends Error {
  /** Innermost first. */
  readonly levels: Level[] = [];
  /** The name that the `include` around which the stack unwinds was given. */
  pending: string | undefined = undefined;
}
export type Level =
  /** A function call: the beginning of its error. */
  | { readonly is: 'call'; readonly prefix: string; readonly included: string | undefined }
  /** A `template` action: the beginning of an error at it. */
  | { readonly is: 'template'; readonly prefix: string };

export const isStackOverflow = (error: unknown): boolean =>
  error instanceof RangeError && error.message.includes('call stack');

const MAX_DEPTH = 100_000;
/** `include` refuses a name that is being included more often than this. */
export const MAX_INCLUDES = 1000;

const key = (level: Level): string => `${level.is} ${level.prefix}`;

/** How many of the last levels repeat without end, or 0 where they do not. */
function periodOf(levels: readonly Level[]): number {
  const { length } = levels;
  for (let period = 1; period * 3 <= length; period++) {
    let same = 0;
    while (same < length - period && key(levels[length - 1 - same]!) === key(levels[length - 1 - same - period]!))
      same++;
    if (same >= period * 2 && same >= length / 3) return period;
  }
  return 0;
}

/** The error that Go would have given. */
export function overflowError(overflow: Overflow): GoError {
  const levels = overflow.levels.slice().reverse();
  const period = periodOf(levels);
  if (period === 0) return new LimitError('templates are nested too deeply');
  const cycle = levels.slice(-period);
  const lastCall = levels.findLastIndex((level) => level.is === 'call');
  const prefixes = (list: readonly Level[]): string =>
    list.map((level) => (level.is === 'call' ? level.prefix : '')).join('');
  const repeats = cycle.some((level) => level.is === 'call');
  if (repeats && !cycle.some((level) => level.is === 'call' && level.included !== undefined))
    return new LimitError('templates are nested too deeply');
  if (!repeats) {
    const run = levels.slice(lastCall + 1);
    const past = run.length;
    const index = (MAX_DEPTH - past) % period;
    const node = cycle[index]!;
    return new ExecError(`${prefixes(levels)}${node.prefix}exceeded maximum template depth (${MAX_DEPTH})`);
  }
  const counts = new Map<string, number>();
  const parts: string[] = [];
  for (let i = 0; ; i++) {
    const level = i < levels.length ? levels[i]! : cycle[(i - levels.length) % period]!;
    if (level.is !== 'call') continue;
    parts.push(level.prefix);
    if (level.included === undefined) continue;
    const count = counts.get(level.included) ?? 0;
    if (count > MAX_INCLUDES) {
      parts.push(`rendering template has a nested reference name: ${level.included}: unable to execute template`);
      return new ExecError(parts.join(''));
    }
    counts.set(level.included, count + 1);
  }
}
