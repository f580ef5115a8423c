import { type ByteString, decodeRune, isIdentifierRune } from './runes.ts';

/** Tokens; what they hold is `Scanner.text()`. */
export type Token = 'illegal' | 'eof' | 'ident' | 'open' | 'close';

/** Which tokens are recognised: bits of `Scanner.mode`. */
export const SCAN_IDENT = 1;
export const SCAN_OPEN = 2;
export const SCAN_CLOSE = 4;
export const SCAN_ESCAPE = 8;

/** Whether a rune belongs to the token; `length` is the token's length in bytes with it. */
export type Accept = (rune: number, length: number) => boolean;

const EOF = 0;
const DOLLAR = 36;
const BACKSLASH = 92;
const SLASH = 47;
const OPEN_BRACE = 123;
export const CLOSE_BRACE = 125;

/**
 * Reads tokens of a byte string. Where Go's scanner cuts an escape character out of its buffer, this one notes where it is
 * (`#skipped`), so that a text of escapes takes linear time.
 * @see fluxcd/pkg envsubst/parse/scan.go (forked from drone/envsubst, MIT)
 */
export class Scanner {
  mode = 0;
  accept: Accept = () => true;
  /** Whether `\/` and `\\` are escapes beside `$$`. */
  escapeBackslash = false;
  readonly #bytes: ByteString;
  #at = 0;
  #start = 0;
  #width = 0;
  #skipped: number[] = [];

  constructor(bytes: ByteString) {
    this.#bytes = bytes;
  }

  #read(): number {
    if (this.#at >= this.#bytes.length) {
      this.#width = 0;
      return EOF;
    }
    const { rune, width } = decodeRune(this.#bytes, this.#at);
    this.#width = width;
    this.#at += width;
    return rune;
  }

  #unread(): void {
    this.#at -= this.#width;
  }

  peek(): number {
    const rune = this.#read();
    this.#unread();
    return rune;
  }

  /**
   * The rune after the next one. As Go's code does, it goes back by the width of that rune, not of the one read: before a letter
   * of two bytes the scanner ends up too far left, at the end too far right, and the next scan errs accordingly.
   */
  peekSecond(): number {
    this.#read();
    const rune = this.peek();
    this.#unread();
    return rune;
  }

  /** The text of the last token, escape characters left out. */
  text(): ByteString {
    let from = this.#start;
    let text = '';
    for (const at of this.#skipped) {
      text += this.#bytes.slice(from, at);
      from = at + 1;
    }
    return text + this.#bytes.slice(from, this.#at);
  }

  /** Where the last token begins. */
  get start(): number {
    return this.#start;
  }

  /** The text as it is written, from `from` to the end of the last token. */
  source(from: number): ByteString {
    return this.#bytes.slice(from, this.#at);
  }

  scan(): Token {
    this.#start = this.#at;
    this.#skipped = [];
    const rune = this.#read();
    if (rune === EOF) return 'eof'; // a NUL in the text ends it too, as in Go
    if (this.#isOpen(rune)) return 'open';
    if ((this.mode & SCAN_CLOSE) !== 0 && rune === CLOSE_BRACE) return 'close';
    return this.#scanIdent(rune) ? 'ident' : 'illegal';
  }

  #length(): number {
    return this.#at - this.#start - this.#skipped.length;
  }

  /** Leaves the escape character just read out of the token and takes the one after it. */
  #escape(): void {
    this.#skipped.push(this.#at - 1);
    this.#at += 1;
  }

  #scanIdent(first: number): boolean {
    if ((this.mode & SCAN_IDENT) === 0) return false;
    if (this.#isEscape(first)) this.#escape();
    else if (!this.accept(first, this.#length())) return false;
    for (;;) {
      if (this.#isPlainRun()) continue;
      const rune = this.#read();
      if (rune === EOF) {
        this.#unread();
        return true;
      }
      if (this.#isOpen(rune)) {
        this.#at -= 2;
        return true;
      }
      if (this.#isEscape(rune)) this.#escape();
      else if (!this.accept(rune, this.#length())) {
        this.#unread();
        return true;
      }
    }
  }

  /** Text outside of `${}`: all up to the next `$` or NUL at once. */
  #isPlainRun(): boolean {
    if (this.accept !== acceptAny) return false;
    const dollar = this.#bytes.indexOf('$', this.#at);
    const stop = dollar === -1 ? this.#bytes.length : dollar;
    const nul = this.#bytes.slice(this.#at, stop).indexOf('\0');
    const end = nul === -1 ? stop : this.#at + nul;
    if (end === this.#at) return false;
    this.#at = end;
    return true;
  }

  #isOpen(rune: number): boolean {
    if ((this.mode & SCAN_OPEN) === 0 || rune !== DOLLAR) return false;
    if (this.#bytes.charCodeAt(this.#at) !== OPEN_BRACE) return false;
    this.#at += 1;
    return true;
  }

  #isEscape(rune: number): boolean {
    if ((this.mode & SCAN_ESCAPE) === 0) return false;
    const next = this.#bytes.charCodeAt(this.#at);
    if (rune === DOLLAR) return next === DOLLAR;
    return rune === BACKSLASH && this.escapeBackslash && (next === SLASH || next === BACKSLASH);
  }
}

export const acceptAny: Accept = () => true;
export const acceptIdentifier: Accept = (rune) => isIdentifierRune(rune);
export const acceptNotClosing: Accept = (rune) => rune !== CLOSE_BRACE;
