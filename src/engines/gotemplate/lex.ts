import { quoteGo } from './go-quote.ts';
import { isDigit, isLetter, isPrint } from './go-string.ts';

/** The lexer of template texts. @see Go src/text/template/parse/lex.go */

export type ItemType =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | 'block'
  | 'break'
  | 'continue'
  | 'dot'
  | 'define'
  | 'else'
  | 'end'
  | 'if'
  | 'nil'
  | 'range'
  | 'template'
  | 'with';

export interface Item {
  readonly type: ItemType;
  /** Offset in the text, in UTF-16 units. */
  readonly pos: number;
  readonly text: string;
  readonly line: number;
}

const KEYWORDS: ReadonlyMap<string, ItemType> = new Map([
  ['.', 'dot'],
  ['block', 'block'],
  ['break', 'break'],
  ['continue', 'continue'],
  ['define', 'define'],
  ['else', 'else'],
  ['end', 'end'],
  ['if', 'if'],
  ['range', 'range'],
  ['nil', 'nil'],
  ['template', 'template'],
  ['with', 'with'],
]);
const KEYWORD_TYPES: ReadonlySet<ItemType> = new Set(KEYWORDS.values());

/** As parse errors name a token. */
export function describeItem(item: Item): string {
  if (item.type === 'eof') return 'EOF';
  if (item.type === 'error') return item.text;
  if (KEYWORD_TYPES.has(item.type)) return `<${item.text}>`;
  if (Buffer.byteLength(item.text) > 10) return `${quoteGo([...item.text].slice(0, 10).join(''))}...`;
  return quoteGo(item.text);
}

// Functions that are called for each character are few and short: what runs often is compiled anew, and a small chart ends before
// that pays.
const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 9 || code === 13;
const BLANK = 32; // the greatest that is space
function isAlphaNumeric(char: string | undefined): boolean {
  if (char === undefined) return false;
  const code = char.charCodeAt(0);
  return code < 0x80 ? isAlphaNumericCode(code) : isLetter(char) || isDigit(char);
}
const isAlphabetic = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
const isAlphaNumericCode = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;
const unicodeName = (char: string | undefined): string => {
  if (char === undefined) return 'U+FFFFFFFFFFFFFFFF';
  let code = char.codePointAt(0)!;
  if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return isPrint(code) ? `${name} '${String.fromCodePoint(code)}'` : name;
};

export interface LexOptions {
  readonly breakOk: boolean;
  readonly continueOk: boolean;
}

export class Lexer {
  readonly #left: string;
  readonly #right: string;
  readonly #rightFirst: number;
  #input: string;
  #pos = 0;
  #start = 0;
  #line = 1;
  #startLine = 1;
  #inside = false;
  #parens = 0;
  options: LexOptions = { breakOk: true, continueOk: true };

  constructor(input: string, left: string, right: string) {
    this.#input = input;
    this.#left = left === '' ? '{{' : left;
    this.#right = right === '' ? '}}' : right;
    this.#rightFirst = this.#right.charCodeAt(0);
  }

  /** @param skipSpace goes on to what is behind space: more than a third of all items, of which the parser wants few */
  nextItem(skipSpace = false): Item {
    return this.#inside ? this.#insideAction(skipSpace) : this.#text();
  }

  #item(type: ItemType, text = this.#input.slice(this.#start, this.#pos)): Item {
    const item: Item = { type, pos: this.#start, text, line: this.#startLine };
    this.#start = this.#pos;
    this.#startLine = this.#line;
    return item;
  }
  #error(message: string): Item {
    const item: Item = { type: 'error', pos: this.#start, text: message, line: this.#startLine };
    this.#start = 0;
    this.#pos = 0;
    this.#input = '';
    return item;
  }
  #countLines(from: number, to: number): void {
    for (let at = this.#input.indexOf('\n', from); at >= 0 && at < to; at = this.#input.indexOf('\n', at + 1))
      this.#line++;
  }
  #ignore(): void {
    if (this.#pos > this.#start) this.#countLines(this.#start, this.#pos);
    this.#start = this.#pos;
    this.#startLine = this.#line;
  }
  /** Moves over one character, counting lines; `undefined` at the end. */
  #next(): string | undefined {
    const code = this.#input.charCodeAt(this.#pos);
    if (code < 0x80) {
      if (code === 10) this.#line++;
      return this.#input[this.#pos++];
    }
    if (Number.isNaN(code)) return undefined;
    const char = String.fromCodePoint(this.#input.codePointAt(this.#pos)!);
    this.#pos += char.length;
    return char;
  }
  /** Moves over letters, digits and underscores. */
  #skipAlphaNumeric(): void {
    const input = this.#input;
    let pos = this.#pos;
    for (;;) {
      const code = input.charCodeAt(pos);
      if ((code >= 97 && code <= 122) || isAlphaNumericCode(code)) pos++;
      else if (code < 0x80 || Number.isNaN(code)) break;
      else {
        const char = String.fromCodePoint(input.codePointAt(pos)!);
        if (!isAlphaNumeric(char)) break;
        pos += char.length;
      }
    }
    this.#pos = pos;
  }
  #skipSpace(): void {
    while (isSpace(this.#input.charCodeAt(this.#pos))) this.#pos++;
  }
  #peek(): string | undefined {
    const code = this.#input.codePointAt(this.#pos);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }
  #accept(valid: string): boolean {
    const char = this.#input[this.#pos];
    if (char === undefined || !valid.includes(char)) return false;
    this.#pos++;
    return true;
  }
  #acceptRun(valid: string): void {
    while (this.#accept(valid));
  }

  #leftTrimMarker(at: number): boolean {
    return this.#input.charCodeAt(at) === 0x2d && isSpace(this.#input.charCodeAt(at + 1));
  }
  #atRightDelim(): 'no' | 'plain' | 'trim' {
    const input = this.#input;
    const pos = this.#pos;
    const code = input.charCodeAt(pos);
    if (code <= BLANK && isSpace(code) && input.charCodeAt(pos + 1) === 0x2d && input.startsWith(this.#right, pos + 2))
      return 'trim';
    return code === this.#rightFirst && input.startsWith(this.#right, pos) ? 'plain' : 'no';
  }

  #text(): Item {
    for (;;) {
      const at = this.#input.indexOf(this.#left, this.#pos);
      if (at < 0) {
        this.#pos = this.#input.length;
        if (this.#pos > this.#start) {
          this.#countLines(this.#start, this.#pos);
          return this.#item('text');
        }
        return this.#item('eof');
      }
      if (at > this.#pos) {
        this.#pos = at;
        let end = at;
        if (this.#leftTrimMarker(at + this.#left.length))
          while (end > this.#start && isSpace(this.#input.charCodeAt(end - 1))) end--;
        this.#pos = end;
        this.#countLines(this.#start, end);
        const item = this.#item('text');
        this.#pos = at;
        this.#ignore();
        if (item.text.length > 0) return item;
      }
      const item = this.#leftDelim();
      if (item !== undefined) return item;
    }
  }

  /** The left delimiter, or `undefined` after a comment. */
  #leftDelim(): Item | undefined {
    this.#pos += this.#left.length;
    const after = this.#leftTrimMarker(this.#pos) ? 2 : 0;
    if (this.#input.startsWith('/*', this.#pos + after)) {
      this.#pos += after;
      this.#ignore();
      return this.#comment();
    }
    const item = this.#item('leftDelim', this.#left);
    this.#inside = true;
    this.#pos += after;
    this.#ignore();
    this.#parens = 0;
    return item;
  }

  #comment(): Item | undefined {
    const end = this.#input.indexOf('*/', this.#pos + 2);
    if (end < 0) {
      this.#pos += 2;
      return this.#error('unclosed comment');
    }
    this.#pos = end + 2;
    const delim = this.#atRightDelim();
    if (delim === 'no') return this.#error('comment ends before closing delimiter');
    this.#countLines(this.#start, this.#pos);
    this.#item('text');
    if (delim === 'trim') this.#pos += 2;
    this.#pos += this.#right.length;
    if (delim === 'trim') this.#skipSpace();
    this.#ignore();
    return undefined;
  }

  #rightDelim(): Item {
    const trim = this.#atRightDelim() === 'trim';
    if (trim) {
      this.#pos += 2;
      this.#ignore();
    }
    this.#pos += this.#right.length;
    const item = this.#item('rightDelim', this.#right);
    if (trim) {
      this.#skipSpace();
      this.#ignore();
    }
    this.#inside = false;
    return item;
  }

  #insideAction(skipSpace: boolean): Item {
    if (this.#atRightDelim() !== 'no')
      return this.#parens === 0 ? this.#rightDelim() : this.#error('unclosed left paren');
    const first = this.#input.charCodeAt(this.#pos);
    if (isAlphabetic(first)) return this.#identifier();
    if (first <= BLANK && isSpace(first)) return this.#space(skipSpace);
    const char = this.#next();
    switch (char) {
      case undefined:
        return this.#error('unclosed action');
      case '=':
        return this.#item('assign');
      case ':':
        return this.#next() === '=' ? this.#item('declare') : this.#error('expected :=');
      case '|':
        return this.#item('pipe');
      case '"':
        return this.#quote();
      case '`':
        return this.#rawQuote();
      case '$':
        return this.#atTerminator() ? this.#item('variable') : this.#fieldOrVariable('variable');
      case "'":
        return this.#charConstant();
      case '(':
        this.#parens++;
        return this.#item('leftParen');
      case ')':
        this.#parens--;
        return this.#parens < 0 ? this.#error('unexpected right paren') : this.#item('rightParen');
      case '.': {
        const next = this.#input[this.#pos];
        if (next !== undefined && (next < '0' || next > '9')) return this.#fieldOrVariable('field');
        this.#pos--;
        return this.#number();
      }
    }
    if (char === '+' || char === '-' || (char >= '0' && char <= '9')) {
      this.#pos--;
      return this.#number();
    }
    if (isAlphaNumeric(char)) {
      this.#pos -= char.length;
      return this.#identifier();
    }
    const code = char.codePointAt(0)!;
    if (code <= 0x7f && isPrint(code)) return this.#item('char');
    return this.#error(`unrecognized character in action: ${unicodeName(char)}`);
  }

  #space(skip: boolean): Item {
    const input = this.#input;
    const begin = this.#pos;
    let pos = begin;
    let code = input.charCodeAt(pos);
    while (code <= BLANK && isSpace(code)) {
      if (code === 10) this.#line++;
      code = input.charCodeAt(++pos);
    }
    this.#pos = pos;
    if (code === 0x2d && input.startsWith(this.#right, pos + 1)) {
      this.#pos--;
      if (input.charCodeAt(pos - 1) === 10) this.#line--;
      if (pos - begin === 1) return this.#rightDelim();
    }
    if (!skip) return this.#item('space');
    this.#start = this.#pos;
    this.#startLine = this.#line;
    return this.#insideAction(true);
  }

  #identifier(): Item {
    this.#skipAlphaNumeric();
    const word = this.#input.slice(this.#start, this.#pos);
    if (!this.#atTerminator()) return this.#error(`bad character ${unicodeName(this.#peek())}`);
    const keyword = KEYWORDS.get(word);
    if (keyword !== undefined) {
      if ((keyword === 'break' && !this.options.breakOk) || (keyword === 'continue' && !this.options.continueOk))
        return this.#item('identifier');
      return this.#item(keyword, word);
    }
    return this.#item(word === 'true' || word === 'false' ? 'bool' : 'identifier', word);
  }

  #fieldOrVariable(type: 'field' | 'variable'): Item {
    if (this.#atTerminator()) return this.#item(type === 'variable' ? 'variable' : 'dot');
    this.#skipAlphaNumeric();
    return this.#atTerminator() ? this.#item(type) : this.#error(`bad character ${unicodeName(this.#peek())}`);
  }

  #atTerminator(): boolean {
    switch (this.#input.charCodeAt(this.#pos)) {
      case 0x20:
      case 0x0a:
      case 0x09:
      case 0x0d:
      case 0x2e: // .
      case 0x2c: // ,
      case 0x7c: // |
      case 0x3a: // :
      case 0x29: // )
      case 0x28: // (
        return true;
      case this.#rightFirst:
        return this.#input.startsWith(this.#right, this.#pos);
      default:
        return this.#pos >= this.#input.length;
    }
  }

  #charConstant(): Item {
    for (;;) {
      let char = this.#next();
      if (char === '\\') {
        char = this.#next();
        if (char !== undefined && char !== '\n') continue;
        return this.#error('unterminated character constant');
      }
      if (char === undefined || char === '\n') return this.#error('unterminated character constant');
      if (char === "'") return this.#item('charConstant');
    }
  }

  #number(): Item {
    if (!this.#scanNumber()) return this.#error(`bad number syntax: ${quoteGo(this.#soFar())}`);
    const sign = this.#input[this.#pos];
    if (sign === '+' || sign === '-') {
      if (!this.#scanNumber() || this.#input[this.#pos - 1] !== 'i')
        return this.#error(`bad number syntax: ${quoteGo(this.#soFar())}`);
      return this.#item('complex');
    }
    return this.#item('number');
  }
  #soFar(): string {
    return this.#input.slice(this.#start, this.#pos);
  }
  #scanNumber(): boolean {
    this.#accept('+-');
    let digits = '0123456789_';
    if (this.#accept('0')) {
      if (this.#accept('xX')) digits = '0123456789abcdefABCDEF_';
      else if (this.#accept('oO')) digits = '01234567_';
      else if (this.#accept('bB')) digits = '01_';
    }
    this.#acceptRun(digits);
    if (this.#accept('.')) this.#acceptRun(digits);
    if (digits.length === 11 && this.#accept('eE')) {
      this.#accept('+-');
      this.#acceptRun('0123456789_');
    }
    if (digits.length === 23 && this.#accept('pP')) {
      this.#accept('+-');
      this.#acceptRun('0123456789_');
    }
    this.#accept('i');
    if (isAlphaNumeric(this.#peek())) {
      this.#next();
      return false;
    }
    return true;
  }

  #quote(): Item {
    const input = this.#input;
    for (let pos = this.#pos; ; pos++) {
      let code = input.charCodeAt(pos);
      if (code === 0x22) {
        this.#pos = pos + 1;
        return this.#item('string');
      }
      if (code === 0x5c) code = input.charCodeAt(++pos);
      if (code === 10 || Number.isNaN(code)) return this.#error('unterminated quoted string');
    }
  }
  #rawQuote(): Item {
    const end = this.#input.indexOf('`', this.#pos);
    if (end < 0) return this.#error('unterminated raw quoted string');
    this.#countLines(this.#pos, end);
    this.#pos = end + 1;
    return this.#item('rawString');
  }
}
