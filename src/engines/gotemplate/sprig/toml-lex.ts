import { quoteGo, quoteRune } from '../go-quote.ts';
import { isLetter } from '../go-string.ts';

/** The lexer of TOML, error for error as Helm's library. @see github.com/BurntSushi/toml v1.6.0, lex.go */

export type TomlItemType =
  | 'error'
  | 'eof'
  | 'text'
  | 'string'
  | 'stringEsc'
  | 'rawString'
  | 'multilineString'
  | 'rawMultilineString'
  | 'bool'
  | 'integer'
  | 'float'
  | 'datetime'
  | 'array'
  | 'arrayEnd'
  | 'tableStart'
  | 'tableEnd'
  | 'arrayTableStart'
  | 'arrayTableEnd'
  | 'keyStart'
  | 'keyEnd'
  | 'commentStart'
  | 'inlineTableStart'
  | 'inlineTableEnd';
export interface TomlItem {
  readonly type: TomlItemType;
  /** The text, or the message of an error. */
  readonly text: string;
  readonly line: number;
}

type State = (lx: TomlLexer) => State | null;
/** What stands for the end of the text, as in Go. */
const EOF = '\0';
const BAD = '\ufffd';

const isWhitespace = (c: string): boolean => c === '\t' || c === ' ';
const isNewLine = (c: string): boolean => c === '\n' || c === '\r';
const isDigit = (c: string): boolean => c >= '0' && c <= '9';
const isHex = (c: string): boolean => /^[0-9a-fA-F]$/.test(c);
const isBareKey = (c: string): boolean => /^[A-Za-z0-9_-]$/.test(c);
const rune = (c: string): string => quoteRune(c.codePointAt(0)!);

export class TomlLexer {
  readonly #input: string;
  readonly #items: TomlItem[] = [];
  readonly #stack: State[] = [];
  #state: State | null = top;
  #start = 0;
  #pos = 0;
  #line = 1;
  #atEnd = false;
  #widths: number[] = [];
  esc = false;

  constructor(input: string) {
    this.#input = input;
  }
  nextItem(): TomlItem {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) return item;
      this.#state = this.#state!(this);
    }
  }

  push(state: State): void {
    this.#stack.push(state);
  }
  pop(): State {
    return this.#stack.pop()!;
  }
  get current(): string {
    return this.#input.slice(this.#start, this.#pos);
  }
  get pending(): boolean {
    return this.#pos > this.#start;
  }
  emit(type: TomlItemType, text: string = this.current): void {
    this.#items.push({ type, text, line: this.#line });
    this.#start = this.#pos;
  }
  next(): string {
    if (this.#pos >= this.#input.length) {
      this.#atEnd = true;
      return EOF;
    }
    const code = this.#input.codePointAt(this.#pos)!;
    const char = String.fromCodePoint(code);
    if (code === 10) this.#line++;
    if (code >= 0xd800 && code <= 0xdfff) {
      this.error(`invalid UTF-8 byte: 0x${(code - 0xdc00).toString(16).padStart(2, '0')}`);
      return BAD;
    }
    const control = (code < 0x20 && code !== 9 && code !== 10 && code !== 13) || code === 0x7f;
    if (control || (code === 13 && this.#input[this.#pos + 1] !== '\n')) {
      this.#fail(`TOML files cannot contain control characters: '0x${code.toString(16).padStart(2, '0')}'`, this.#line);
      return BAD;
    }
    this.#widths.push(char.length);
    if (this.#widths.length > 8) this.#widths.shift();
    this.#pos += char.length;
    return char;
  }
  backup(): void {
    if (this.#atEnd) {
      this.#atEnd = false;
      return;
    }
    this.#pos -= this.#widths.pop() ?? 0;
    if (this.#input[this.#pos] === '\n') this.#line--;
  }
  ignore(): void {
    this.#start = this.#pos;
  }
  accept(valid: string): boolean {
    if (this.next() === valid) return true;
    this.backup();
    return false;
  }
  peek(): string {
    const char = this.next();
    this.backup();
    return char;
  }
  skip(test: (char: string) => boolean): void {
    while (test(this.next()));
    this.backup();
    this.ignore();
  }
  #fail(message: string, line: number): null {
    this.#items.push({ type: 'error', text: message, line });
    return null;
  }
  error(message: string): null {
    return this.#fail(message, this.#atEnd ? this.#line - 1 : this.#line);
  }
  errorPreviousLine(message: string): null {
    return this.#fail(message, this.#line - 1);
  }
  errorf(message: string): null {
    const before = this.#atEnd && this.#pos >= 1 && this.#input[this.#pos - 1] === '\n';
    return this.#fail(message, before ? this.#line - 1 : this.#line);
  }
}

const skipTo = (lx: TomlLexer, state: State): State => {
  lx.ignore();
  return state;
};

const top: State = (lx) => {
  const r = lx.next();
  if (isWhitespace(r) || isNewLine(r)) return skipTo(lx, top);
  if (r === '#') {
    lx.push(top);
    return commentStart;
  }
  if (r === '[') return tableStart;
  if (r === EOF) {
    if (lx.pending) return lx.errorf('unexpected EOF');
    lx.emit('eof');
    return null;
  }
  lx.backup();
  lx.push(topEnd);
  return keyStart;
};
const topEnd: State = (lx) => {
  const r = lx.next();
  if (r === '#') {
    lx.push(top);
    return commentStart;
  }
  if (isWhitespace(r)) return topEnd;
  if (isNewLine(r)) return skipTo(lx, top);
  if (r === EOF) {
    lx.emit('eof');
    return null;
  }
  return lx.errorf(`expected a top-level item to end with a newline, comment, or EOF, but got ${rune(r)} instead`);
};
const tableStart: State = (lx) => {
  if (lx.peek() === '[') {
    lx.next();
    lx.emit('arrayTableStart');
    lx.push(arrayTableEnd);
  } else {
    lx.emit('tableStart');
    lx.push(tableEnd);
  }
  return tableNameStart;
};
const tableEnd: State = (lx) => {
  lx.emit('tableEnd');
  return topEnd;
};
const arrayTableEnd: State = (lx) => {
  const r = lx.next();
  if (r !== ']') return lx.errorf(`expected end of table array name delimiter ']', but got ${rune(r)} instead`);
  lx.emit('arrayTableEnd');
  return topEnd;
};
const tableNameStart: State = (lx) => {
  lx.skip(isWhitespace);
  const r = lx.peek();
  if (r === ']' || r === EOF) return lx.errorf('unexpected end of table name (table names cannot be empty)');
  if (r === '.') return lx.errorf('unexpected table separator (table names cannot be empty)');
  lx.push(tableNameEnd);
  if (r === '"' || r === "'") {
    lx.ignore();
    return quotedName;
  }
  return bareName;
};
const tableNameEnd: State = (lx) => {
  lx.skip(isWhitespace);
  const r = lx.next();
  if (r === '.') return skipTo(lx, tableNameStart);
  if (r === ']') return lx.pop();
  return lx.errorf(`expected '.' or ']' to end table name, but got ${rune(r)} instead`);
};
const bareName: State = (lx) => {
  if (isBareKey(lx.next())) return bareName;
  lx.backup();
  lx.emit('text');
  return lx.pop();
};
const quotedName: State = (lx) => {
  const r = lx.next();
  if (r === '"') return skipTo(lx, basicString);
  if (r === "'") return skipTo(lx, rawString);
  if (isWhitespace(r)) return skipTo(lx, value);
  if (r === EOF) return lx.errorf('unexpected EOF; expected value');
  return lx.errorf(`expected value but found ${rune(r)} instead`);
};
const keyStart: State = (lx) => {
  lx.skip(isWhitespace);
  const r = lx.peek();
  if (r === '=' || r === EOF) return lx.errorf("unexpected '=': key name appears blank");
  if (r === '.') return lx.errorf("unexpected '.': keys cannot start with a '.'");
  if (r === '"' || r === "'") lx.ignore();
  lx.emit('keyStart');
  return keyNameStart;
};
const keyNameStart: State = (lx) => {
  lx.skip(isWhitespace);
  const r = lx.peek();
  if (r === '=' || r === EOF) return lx.errorf("unexpected '='");
  if (r === '.') return lx.errorf("unexpected '.'");
  lx.push(keyEnd);
  if (r === '"' || r === "'") {
    lx.ignore();
    return quotedName;
  }
  return bareName;
};
const keyEnd: State = (lx) => {
  lx.skip(isWhitespace);
  const r = lx.next();
  if (r === EOF) return lx.errorf("unexpected EOF; expected key separator '='");
  if (r === '.') return skipTo(lx, keyNameStart);
  if (r === '=') {
    lx.emit('keyEnd');
    return skipTo(lx, value);
  }
  const message = `expected '.' or '=', but got ${rune(r)} instead`;
  return r === '\n' ? lx.errorPreviousLine(message) : lx.errorf(message);
};
const value: State = (lx) => {
  const r = lx.next();
  if (isWhitespace(r)) return skipTo(lx, value);
  if (isDigit(r)) {
    lx.backup();
    return numberOrDateStart;
  }
  switch (r) {
    case '[':
      lx.ignore();
      lx.emit('array');
      return arrayValue;
    case '{':
      lx.ignore();
      lx.emit('inlineTableStart');
      return inlineTableValue;
    case '"':
    case "'": {
      const isBasic = r === '"';
      if (lx.accept(r)) {
        if (lx.accept(r)) return skipTo(lx, isBasic ? multilineString : multilineRawString);
        lx.backup();
      }
      return skipTo(lx, isBasic ? basicString : rawString);
    }
    case '.':
      return lx.errorf("floats must start with a digit, not '.'");
    case 'i':
    case 'n':
      if ((lx.accept('n') && lx.accept('f')) || (lx.accept('a') && lx.accept('n'))) {
        lx.emit('float');
        return lx.pop();
      }
      break;
    case '-':
    case '+':
      return decimalNumberStart;
  }
  if (isLetter(r)) {
    lx.backup();
    return boolean;
  }
  if (r === EOF) return lx.errorf('unexpected EOF; expected value');
  const message = `expected value but found ${rune(r)} instead`;
  return r === '\n' ? lx.errorPreviousLine(message) : lx.errorf(message);
};
const arrayValue: State = (lx) => {
  const r = lx.next();
  if (isWhitespace(r) || isNewLine(r)) return skipTo(lx, arrayValue);
  if (r === '#') {
    lx.push(arrayValue);
    return commentStart;
  }
  if (r === ',') return lx.errorf('unexpected comma');
  if (r === ']') return arrayEnd;
  lx.backup();
  lx.push(arrayValueEnd);
  return value;
};
const runeOrEnd = (r: string): string => (r === EOF ? 'end of file' : `'${r}'`);
const arrayValueEnd: State = (lx) => {
  const r = lx.next();
  if (isWhitespace(r) || isNewLine(r)) return skipTo(lx, arrayValueEnd);
  if (r === '#') {
    lx.push(arrayValueEnd);
    return commentStart;
  }
  if (r === ',') return skipTo(lx, arrayValue);
  if (r === ']') return arrayEnd;
  return lx.errorf(`expected a comma (',') or array terminator (']'), but got ${runeOrEnd(r)}`);
};
const arrayEnd: State = (lx) => {
  lx.ignore();
  lx.emit('arrayEnd');
  return lx.pop();
};
const inlineTableValue: State = (lx) => {
  const r = lx.next();
  if (isWhitespace(r) || isNewLine(r)) return skipTo(lx, inlineTableValue);
  if (r === '#') {
    lx.push(inlineTableValue);
    return commentStart;
  }
  if (r === ',') return lx.errorf('unexpected comma');
  if (r === '}') return inlineTableEnd;
  lx.backup();
  lx.push(inlineTableValueEnd);
  return keyStart;
};
const inlineTableValueEnd: State = (lx) => {
  const r = lx.next();
  if (isWhitespace(r) || isNewLine(r)) return skipTo(lx, inlineTableValueEnd);
  if (r === '#') {
    lx.push(inlineTableValueEnd);
    return commentStart;
  }
  if (r === ',') {
    lx.ignore();
    lx.skip(isWhitespace);
    return lx.peek() === '}' ? inlineTableValueEnd : inlineTableValue;
  }
  if (r === '}') return inlineTableEnd;
  return lx.errorf(`expected a comma or an inline table terminator '}', but got ${runeOrEnd(r)} instead`);
};
const inlineTableEnd: State = (lx) => {
  lx.ignore();
  lx.emit('inlineTableEnd');
  return lx.pop();
};
const NEW_LINE = 'strings cannot contain newlines';
const basicString: State = (lx) => {
  const r = lx.next();
  if (r === EOF) return lx.errorf(`unexpected EOF; expected '"'`);
  if (isNewLine(r)) return lx.errorPreviousLine(NEW_LINE);
  if (r === '\\') {
    lx.push(basicString);
    return stringEscape;
  }
  if (r !== '"') return basicString;
  lx.backup();
  lx.emit(lx.esc ? 'stringEsc' : 'string');
  lx.esc = false;
  lx.next();
  lx.ignore();
  return lx.pop();
};
const rawString: State = (lx) => {
  const r = lx.next();
  if (r === EOF) return lx.errorf(`unexpected EOF; expected "'"`);
  if (isNewLine(r)) return lx.errorPreviousLine(NEW_LINE);
  if (r !== "'") return rawString;
  lx.backup();
  lx.emit('rawString');
  lx.next();
  lx.ignore();
  return lx.pop();
};
function multiline(quote: string, type: TomlItemType, again: () => State): State {
  const five = quote.repeat(5);
  return (lx) => {
    const r = lx.next();
    if (r === EOF)
      return lx.errorf(quote === '"' ? `unexpected EOF; expected '"""'` : `unexpected EOF; expected "'''"`);
    if (r === '\\' && quote === '"') return multilineStringEscape;
    if (r !== quote || !lx.accept(quote)) return again();
    if (!lx.accept(quote)) {
      lx.backup();
      return again();
    }
    if (lx.peek() === quote) {
      const { current } = lx;
      if (current.endsWith(five) && !(quote === '"' && current.endsWith(`\\${five}`)))
        return lx.errorf(quote === '"' ? `unexpected '""""""'` : `unexpected "''''''"`);
      lx.backup();
      lx.backup();
      return again();
    }
    for (let i = 0; i < 3; i++) lx.backup();
    lx.esc = false;
    lx.emit(type);
    for (let i = 0; i < 3; i++) lx.next();
    lx.ignore();
    return lx.pop();
  };
}
const multilineString: State = multiline('"', 'multilineString', () => multilineString);
const multilineRawString: State = multiline("'", 'rawMultilineString', () => multilineRawString);
const multilineStringEscape: State = (lx) => {
  if (isNewLine(lx.next())) return multilineString;
  lx.backup();
  lx.push(multilineString);
  return stringEscape(lx);
};
const stringEscape: State = (lx) => {
  lx.esc = true;
  const r = lx.next();
  if ('ebtnfr" \t\\'.includes(r)) return lx.pop();
  if (r === 'x') return hexEscape(lx, 2, 'two', '\\x');
  if (r === 'u') return hexEscape(lx, 4, 'four', '\\u');
  if (r === 'U') return hexEscape(lx, 8, 'eight', '\\U');
  return lx.error(`invalid escape in string '\\${r}'`);
};
function hexEscape(lx: TomlLexer, count: number, word: string, escape_: string): State | null {
  for (let i = 0; i < count; i++)
    if (!isHex(lx.next()))
      return lx.errorf(
        `expected ${word} hexadecimal digits after '${escape_}', but got ${quoteGo(lx.current)} instead`,
      );
  return lx.pop();
}
const ends = (lx: TomlLexer, type: TomlItemType): State => {
  lx.backup();
  lx.emit(type);
  return lx.pop();
};
const numberOrDateStart: State = (lx) => (lx.next() === '0' ? baseNumberOrDate : numberOrDate);
const numberOrDate: State = (lx) => {
  const r = lx.next();
  if (isDigit(r)) return numberOrDate;
  if (r === '-' || r === ':') return datetime;
  if (r === '_') return decimalNumber;
  if (r === '.' || r === 'e' || r === 'E') return float;
  return ends(lx, 'integer');
};
const datetime: State = (lx) => {
  const r = lx.next();
  if (isDigit(r) || (r !== EOF && '-:Tt .Zz+'.includes(r))) return datetime;
  lx.backup();
  lx.emit('datetime', lx.current.trim());
  return lx.pop();
};
const digits = (test: (c: string) => boolean): State => {
  const state: State = (lx) => {
    const r = lx.next();
    return test(r) || r === '_' ? state : ends(lx, 'integer');
  };
  return state;
};
const isOctal = (c: string): boolean => c >= '0' && c <= '7';
const isBinary = (c: string): boolean => c === '0' || c === '1';
const hexInteger = digits(isHex);
const octalInteger = digits(isOctal);
const binaryInteger = digits(isBinary);
const decimalNumber: State = (lx) => {
  const r = lx.next();
  if (isDigit(r) || r === '_') return decimalNumber;
  if (r === '.' || r === 'e' || r === 'E') return float;
  return ends(lx, 'integer');
};
const decimalNumberStart: State = (lx) => {
  const r = lx.next();
  switch (r) {
    case 'i':
    case 'n':
      if (!lx.accept(r === 'i' ? 'n' : 'a') || !lx.accept(r === 'i' ? 'f' : 'n'))
        return lx.errorf(`invalid float: '${lx.current}'`);
      lx.emit('float');
      return lx.pop();
    case '0': {
      const p = lx.peek();
      if (p === 'b' || p === 'o' || p === 'x')
        return lx.errorf(`cannot use sign with non-decimal numbers: '${lx.current}${p}'`);
      break;
    }
    case '.':
      return lx.errorf("floats must start with a digit, not '.'");
  }
  return isDigit(r) ? decimalNumber : lx.errorf(`expected a digit but got ${rune(r)}`);
};
const baseNumberOrDate: State = (lx) => {
  const r = lx.next();
  if (isDigit(r)) return numberOrDate;
  if (r === '_') return decimalNumber;
  if (r === '.' || r === 'e' || r === 'E') return float;
  if (r === 'b' || r === 'o' || r === 'x') {
    const p = lx.peek();
    const [test, name, state] =
      r === 'b'
        ? ([isBinary, 'a binary', binaryInteger] as const)
        : r === 'o'
          ? ([isOctal, 'an octal', octalInteger] as const)
          : ([isHex, 'a hexadecimal', hexInteger] as const);
    if (!test(p)) lx.errorf(`not ${name} number: '${lx.current}${p}'`);
    return state;
  }
  return ends(lx, 'integer');
};
const float: State = (lx) => {
  const r = lx.next();
  if (isDigit(r) || (r !== EOF && '_.-+eE'.includes(r))) return float;
  return ends(lx, 'float');
};
const boolean: State = (lx) => {
  let word = '';
  for (let r = lx.next(); isLetter(r); r = lx.next()) word += r;
  lx.backup();
  if (word === 'true' || word === 'false') {
    lx.emit('bool');
    return lx.pop();
  }
  return lx.errorf(`expected value but found ${quoteGo(word)} instead`);
};
const commentStart: State = (lx) => {
  lx.ignore();
  lx.emit('commentStart');
  return comment;
};
const comment: State = (lx) => {
  const r = lx.next();
  if (!isNewLine(r) && r !== EOF) return comment;
  lx.backup();
  lx.emit('text');
  return lx.pop();
};
