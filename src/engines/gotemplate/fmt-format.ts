import { canBackquote, quoteGo } from './go-quote.ts';
import { isPrint, runeCount } from './go-string.ts';
import { formatFloat } from './strconv.ts';

export const MASK64 = 0xffffffffffffffffn;
export const LOWER = '0123456789abcdefx';
export const UPPER = '0123456789ABCDEFX';

/**
 * Writes numbers and texts as the flags, width and precision of a verb say.
 * @see Go src/fmt/format.go
 */
export class Formatter {
  out = '';
  wid = 0;
  prec = 0;
  hasWid = false;
  hasPrec = false;
  minus = false;
  plus = false;
  sharp = false;
  space = false;
  zero = false;
  plusV = false;
  sharpV = false;

  clear(): void {
    this.wid = 0;
    this.prec = 0;
    this.hasWid = false;
    this.hasPrec = false;
    this.minus = false;
    this.plus = false;
    this.sharp = false;
    this.space = false;
    this.zero = false;
    this.plusV = false;
    this.sharpV = false;
  }

  padding(count: number): string {
    return count <= 0 ? '' : (this.zero && !this.minus ? '0' : ' ').repeat(count);
  }
  pad(text: string): void {
    if (!this.hasWid || this.wid === 0) {
      this.out += text;
      return;
    }
    const missing = this.padding(this.wid - runeCount(text));
    this.out += this.minus ? text + missing : missing + text;
  }
  padSpaces(text: string): void {
    const zero = this.zero;
    this.zero = false;
    this.pad(text);
    this.zero = zero;
  }

  truncate(text: string): string {
    if (!this.hasPrec) return text;
    let left = this.prec;
    let end = 0;
    for (const char of text) {
      if (--left < 0) return text.slice(0, end);
      end += char.length;
    }
    return text;
  }

  integer(value: bigint, base: number, signed: boolean, verb: string, digits: string): void {
    const negative = signed && value < 0n;
    let magnitude = negative ? -value : value;
    if (!signed) magnitude &= MASK64;
    let precision = 0;
    if (this.hasPrec) {
      precision = this.prec;
      if (precision === 0 && magnitude === 0n) {
        this.out += ' '.repeat(this.wid);
        return;
      }
    } else if (this.zero && !this.minus && this.hasWid) {
      precision = this.wid;
      if (negative || this.plus || this.space) precision--;
    }
    let text = magnitude.toString(base);
    if (digits === UPPER) text = text.toUpperCase();
    text = text.padStart(precision, '0');
    if (this.sharp) {
      if (base === 2) text = `0b${text}`;
      else if (base === 8) text = text[0] === '0' ? text : `0${text}`;
      else if (base === 16) text = `0${digits[16]}${text}`;
    }
    if (verb === 'O') text = `0o${text}`;
    if (negative) text = `-${text}`;
    else if (this.plus) text = `+${text}`;
    else if (this.space) text = ` ${text}`;
    this.padSpaces(text);
  }

  hex64(value: bigint, leading: boolean): void {
    const sharp = this.sharp;
    this.sharp = leading;
    this.integer(value, 16, false, 'v', LOWER);
    this.sharp = sharp;
  }
  rune(n: bigint): number {
    const unsigned = n & MASK64;
    return unsigned > 0x10ffffn ? 0xfffd : Number(unsigned);
  }
  unicode(value: bigint): void {
    let text = `U+${value
      .toString(16)
      .toUpperCase()
      .padStart(this.hasPrec && this.prec > 4 ? this.prec : 4, '0')}`;
    if (this.sharp && value <= 0x10ffffn && isPrint(Number(value))) text += ` '${String.fromCodePoint(Number(value))}'`;
    this.padSpaces(text);
  }

  float(value: number, format: string, precision: number): void {
    if (this.hasPrec) precision = this.prec;
    let num = formatFloat(value, format, precision);
    if (num[0] !== '-' && num[0] !== '+') num = `+${num}`;
    if (this.space && num[0] === '+' && !this.plus) num = ` ${num.slice(1)}`;
    if (num[1] === 'I' || num[1] === 'N') {
      if (num[1] === 'N' && !this.space && !this.plus) num = num.slice(1);
      this.padSpaces(num);
      return;
    }
    if (this.sharp && format !== 'b') {
      let digits = 0;
      if (format === 'v' || format === 'g' || format === 'G' || format === 'x')
        digits = precision === -1 ? 6 : precision;
      let tail = '';
      let point = false;
      let nonzero = false;
      for (let i = 1; i < num.length; i++) {
        const char = num[i]!;
        if (char === '.') point = true;
        else if (char === 'p' || char === 'P' || ((char === 'e' || char === 'E') && format !== 'x' && format !== 'X')) {
          tail = num.slice(i);
          num = num.slice(0, i);
        } else {
          if (char !== '0') nonzero = true;
          if (nonzero) digits--;
        }
      }
      if (!point) {
        if (num.length === 2 && num[1] === '0') digits--;
        num += '.';
      }
      num += '0'.repeat(Math.max(digits, 0)) + tail;
    }
    if (this.plus || num[0] !== '+') {
      if (this.zero && !this.minus && this.hasWid && this.wid > num.length) {
        this.out += num[0] + this.padding(this.wid - num.length) + num.slice(1);
        return;
      }
      this.pad(num);
      return;
    }
    this.pad(num.slice(1));
  }

  quoted(text: string): void {
    text = this.truncate(text);
    if (this.sharp && canBackquote(text)) this.pad(`\`${text}\``);
    else this.pad(quoteGo(text, this.plus));
  }
  quotedV(text: string): void {
    // %#v clears `sharp`, so that fmtQ never takes back quotes there.
    text = this.truncate(text);
    this.pad(quoteGo(text, this.plus));
  }
  hexString(bytes: Uint8Array, digits: string): void {
    const length = this.hasPrec && this.prec < bytes.length ? this.prec : bytes.length;
    if (length === 0) {
      if (this.hasWid) this.out += this.padding(this.wid);
      return;
    }
    const prefix = this.sharp ? `0${digits[16]}` : '';
    let text = prefix;
    for (let i = 0; i < length; i++) {
      if (this.space && i > 0) text += ` ${prefix}`;
      const byte = bytes[i]!;
      text += digits[byte >> 4]! + digits[byte & 15]!;
    }
    const missing = this.hasWid ? this.padding(this.wid - text.length) : '';
    this.out += this.minus ? text + missing : missing + text;
  }
}
