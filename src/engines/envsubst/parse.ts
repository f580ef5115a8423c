import { EnvsubstError } from './failure.ts';
import type { ByteString } from './runes.ts';
import {
  type Accept,
  acceptAny,
  acceptIdentifier,
  acceptNotClosing,
  SCAN_CLOSE,
  SCAN_ESCAPE,
  SCAN_IDENT,
  SCAN_OPEN,
  Scanner,
} from './scan.ts';

/** A text, or a `${}` with the operator `name` (`''` for none) and the operator's arguments. */
export type Node = ByteString | Expansion;
export interface Expansion {
  readonly variable: ByteString;
  readonly operator: string;
  readonly args: readonly Node[];
  /** As it is written. */
  readonly source: ByteString;
}

type Parts = Omit<Expansion, 'source'>;

const badSubstitution = (): EnvsubstError => new EnvsubstError('bad substitution');

/** `${a:=${b:=…}}` deeper than this is refused: no person writes it. */
const MAX_DEPTH = 500;

const code = (character: string): number => character.charCodeAt(0);
const only =
  (character: string): Accept =>
  (rune, length) =>
    length === 1 && rune === code(character);
const upToTwo = (characters: string): Accept => {
  const codes = new Set([...characters].map(code));
  return (rune, length) => length < 3 && codes.has(rune);
};
const firstThenOne = (first: string, second: string): Accept => {
  const seconds = new Set([...second].map(code));
  return (rune, length) => (length === 1 ? rune === code(first) : length === 2 && seconds.has(rune));
};
const oneColon = only(':');
const oneEqual = only('=');
const oneHash = only('#');
const hashes = upToTwo('#');
const percents = upToTwo('%');
const casing = upToTwo(',^');
const replacing = firstThenOne('/', '/#%');
const defaulting = firstThenOne(':', '=-?+');
const colons: Accept = (rune) => rune === code(':');
const slashes: Accept = (rune) => rune === code('/');
const notColonNorClosing: Accept = (rune) => rune !== code(':') && rune !== code('}');
const notSlash: Accept = (rune) => rune !== code('/');

/**
 * The parts of a text. With `keepEscapes`, `$$` outside of `${}` stays. Throws `EnvsubstError`.
 * @see fluxcd/pkg envsubst/parse/parse.go (forked from drone/envsubst, MIT)
 */
export function parse(text: ByteString, { keepEscapes = false } = {}): Node[] {
  const parser = new Parser(text, keepEscapes);
  return parser.parseText();
}

class Parser {
  readonly #scanner: Scanner;
  readonly #keepEscapes: boolean;
  #depth = 0;
  constructor(text: ByteString, keepEscapes: boolean) {
    this.#keepEscapes = keepEscapes;
    this.#scanner = new Scanner(text);
  }

  parseText(): Node[] {
    const nodes: Node[] = [];
    for (;;) {
      this.#scanner.accept = acceptAny;
      this.#scanner.mode = SCAN_IDENT | SCAN_OPEN | SCAN_ESCAPE;
      this.#scanner.escapeBackslash = false;
      const token = this.#scanner.scan();
      if (token === 'eof') return nodes;
      if (token === 'ident')
        nodes.push(this.#keepEscapes ? this.#scanner.source(this.#scanner.start) : this.#scanner.text());
      else if (token === 'open') nodes.push(this.#expansion());
      else throw badSubstitution();
    }
  }

  #expansion(): Expansion {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new EnvsubstError(`substitutions nested deeper than ${MAX_DEPTH}`, true);
    const from = this.#scanner.start;
    const parts = this.#inside();
    this.#depth -= 1;
    return { ...parts, source: this.#scanner.source(from) };
  }

  #inside(): Parts {
    this.#scanner.escapeBackslash = true;
    if (this.#scanner.peek() === code('#')) return this.#length();
    const variable = this.#ident(acceptIdentifier, 'unable to parse variable name');
    switch (String.fromCodePoint(this.#scanner.peek())) {
      case ':':
        return '=-?+'.includes(String.fromCodePoint(this.#scanner.peekSecond()))
          ? this.#default(variable)
          : this.#substring(variable);
      case '=':
        return this.#default(variable);
      case ',':
      case '^':
        return this.#closed({ variable, operator: this.#ident(casing), args: [] });
      case '/':
        return this.#replace(variable);
      case '#':
        return this.#remove(variable, hashes);
      case '%':
        return this.#remove(variable, percents);
    }
    this.#scanner.accept = acceptIdentifier;
    this.#scanner.mode = SCAN_CLOSE;
    if (this.#scanner.scan() !== 'close') throw new EnvsubstError('missing closing brace');
    return { variable, operator: '', args: [] };
  }

  #ident(accept: Accept, otherwise = 'bad substitution'): ByteString {
    this.#scanner.accept = accept;
    this.#scanner.mode = SCAN_IDENT;
    if (this.#scanner.scan() !== 'ident') throw new EnvsubstError(otherwise);
    return this.#scanner.text();
  }

  #argument(accept: Accept, escapes: boolean): Node {
    this.#scanner.accept = accept;
    this.#scanner.mode = SCAN_IDENT | SCAN_OPEN | (escapes ? SCAN_ESCAPE : 0);
    const token = this.#scanner.scan();
    if (token === 'open') return this.#expansion();
    if (token === 'ident') return this.#scanner.text();
    throw new EnvsubstError('unable to parse substitution within function');
  }

  #closed(parts: Parts): Parts {
    this.#scanner.mode = SCAN_CLOSE;
    if (this.#scanner.scan() !== 'close') throw badSubstitution();
    return parts;
  }

  /** `${#variable}` */
  #length(): Parts {
    const operator = this.#ident(oneHash);
    return this.#closed({ variable: this.#ident(acceptIdentifier), operator, args: [] });
  }

  /** `${variable:offset}` and `${variable:offset:length}` */
  #substring(variable: ByteString): Parts {
    const operator = this.#ident(oneColon);
    const offset = this.#argument(notColonNorClosing, false);
    this.#scanner.accept = colons;
    this.#scanner.mode = SCAN_IDENT | SCAN_CLOSE;
    const token = this.#scanner.scan();
    if (token === 'close') return { variable, operator, args: [offset] };
    if (token !== 'ident') throw badSubstitution();
    const length = this.#argument(acceptNotClosing, false);
    return this.#closed({ variable, operator, args: [offset, length] });
  }

  /** `${variable#word}` `##` `%` `%%` */
  #remove(variable: ByteString, accept: Accept): Parts {
    const operator = this.#ident(accept);
    return this.#closed({ variable, operator, args: [this.#argument(acceptNotClosing, false)] });
  }

  /** `${variable/pattern/string}` `//` `/#` `/%` */
  #replace(variable: ByteString): Parts {
    const operator = this.#ident(replacing);
    const args = [this.#argument(notSlash, true)];
    this.#ident(slashes);
    if (this.#scanner.peek() !== code('}')) args.push(this.#argument(acceptNotClosing, true));
    return this.#closed({ variable, operator, args });
  }

  /** `${variable=word}` `:=` `:-` `:?` `:+` */
  #default(variable: ByteString): Parts {
    const accept = this.#scanner.peek() === code('=') ? oneEqual : defaulting;
    const operator = this.#ident(accept, 'unable to parse default function');
    const args: Node[] = [];
    while (this.#scanner.peek() !== code('}')) args.push(this.#argument(acceptNotClosing, false));
    return this.#closed({ variable, operator, args });
  }
}
