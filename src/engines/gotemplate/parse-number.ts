import { isPlainInteger } from '../../core/plain-text.ts';
import { GoError } from './errors.ts';
import { quoteGo, unquoteChar } from './go-quote.ts';
import type { Item } from './lex.ts';
import type { NumberNode, Tree } from './node.ts';
import { parseFloat64, parseInt64, parseUint } from './strconv.ts';

/** Numbers and characters of templates. @see Go src/text/template/parse/node.go, newNumber */

function fail(message: string): never {
  throw new GoError(message);
}

/** The forms that a number's text can take. Throws `GoError` with the parser's message. */
export function parseNumber(tree: Tree, token: Item): NumberNode {
  const { text } = token;
  const base = { kind: 'number', tree, pos: token.pos, text } as const;
  const none = { int: undefined, uint: undefined, float: undefined, complex: undefined };
  if (token.type === 'charConstant') {
    const char = unquoteChar(text, 1, "'");
    if (char === undefined) fail('invalid syntax');
    if (text.slice(char.next) !== "'") fail(`malformed character constant: ${text}`);
    const value = BigInt(char.rune);
    return { ...base, ...none, int: value, uint: value, float: char.rune };
  }
  if (token.type === 'complex') {
    const split = /^(.*[^eEpP])([+-].*)i$/.exec(text);
    const re = split === null ? undefined : parseFloat64(split[1]!);
    const im = split === null ? undefined : parseFloat64(split[2]!);
    if (typeof re !== 'number' || typeof im !== 'number') fail('syntax error scanning complex number');
    return { ...base, ...complexForms(re, im) };
  }
  if (text.endsWith('i')) {
    const im = parseFloat64(text.slice(0, -1));
    if (typeof im === 'number') return { ...base, ...complexForms(0, im) };
  }
  if (isPlainInteger(text)) {
    const int = BigInt(text);
    return { ...base, complex: undefined, int, uint: int, float: Number(text) };
  }
  let uint: bigint | undefined;
  let int: bigint | undefined;
  let float: number | undefined;
  const unsigned = parseUint(text, 0);
  if (typeof unsigned === 'bigint') uint = unsigned;
  const signed = parseInt64(text, 0);
  if (typeof signed === 'bigint') {
    int = signed;
    if (signed === 0n) uint = 0n;
  }
  if (int !== undefined) float = Number(int);
  else if (uint !== undefined) float = Number(uint);
  else {
    const value = parseFloat64(text);
    if (typeof value === 'number') {
      if (!/[.eEpP]/.test(text)) fail(`integer overflow: ${quoteGo(text)}`);
      float = value;
      if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) int = BigInt(value);
      if (Number.isInteger(value) && value >= 0 && value < 2 ** 64) uint = BigInt(value);
    }
  }
  if (int === undefined && uint === undefined && float === undefined) fail(`illegal number syntax: ${quoteGo(text)}`);
  return { ...base, complex: undefined, int, uint, float };
}

function complexForms(re: number, im: number): Pick<NumberNode, 'int' | 'uint' | 'float' | 'complex'> {
  const real = im === 0;
  const whole = real && Number.isInteger(re);
  return {
    complex: { re, im },
    float: real ? re : undefined,
    int: whole ? BigInt(re) : undefined,
    uint: whole && re >= 0 ? BigInt(re) : undefined,
  };
}
