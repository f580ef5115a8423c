import { GoError } from './errors.ts';
import { canBackquote, quoteRune, quoteString } from './go-quote.ts';
import { fromBytes, isPrint, normalizeBytes, runeCount, runeToString, toBytes } from './go-string.ts';
import { formatFloat, printFloat } from './strconv.ts';
import {
  ANY,
  BYTES,
  GoBytes,
  GoComplex,
  GoInt,
  GoPointer,
  GoSlice,
  GoStruct,
  type GoType,
  type GoValue,
  isNil,
  isSigned,
  sortedKeys,
  TypedMap,
  typeOf,
  UINT8,
} from './value.ts';

/** Go's fmt: Sprint, Sprintln and Sprintf with every verb, flag and error form. @see Go src/fmt/print.go, format.go */

const MASK64 = 0xffffffffffffffffn;
const LOWER = '0123456789abcdefx';
const UPPER = '0123456789ABCDEFX';

/** The text that a value's own Error or String method gives; `undefined` where it has neither. */
export function ownText(value: GoValue): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const type = (value as { readonly type?: GoType }).type;
  if (type === undefined) return undefined;
  if (value instanceof GoPointer) {
    const { target } = value;
    const elem = type.elem!;
    const method =
      elem.pointerMethods?.get('Error') ??
      elem.methods?.get('Error') ??
      elem.pointerMethods?.get('String') ??
      elem.methods?.get('String');
    if (method === undefined) return undefined;
    return target === null ? '<nil>' : (method.call(target) as string);
  }
  const method = type.methods?.get('Error') ?? type.methods?.get('String');
  return method === undefined ? undefined : (method.call(value) as string);
}

/** Texts of long bytes, which nothing changes: a context that is printed once is often printed for every template. */
const joined = new WeakMap<Uint8Array, string>();
const LONG = 4096;

/** Bytes in decimal with a space between each. */
function joinedBytes(bytes: Uint8Array): string {
  if (bytes.length < LONG) return joinBytes(bytes);
  let text = joined.get(bytes);
  if (text === undefined) {
    text = joinBytes(bytes);
    joined.set(bytes, text);
  }
  return text;
}
function joinBytes(bytes: Uint8Array): string {
  const text = Buffer.allocUnsafe(bytes.length * 4);
  let at = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (i > 0) text[at++] = 0x20;
    if (byte > 99) text[at++] = 0x30 + ((byte / 100) | 0);
    if (byte > 9) text[at++] = 0x30 + (((byte / 10) | 0) % 10);
    text[at++] = 0x30 + (byte % 10);
  }
  return text.toString('latin1', 0, at);
}

/** Addresses of things that Go would print as pointers: made up, the same for the same object within a process. */
const addresses = new WeakMap<object, number>();
let nextAddress = 0xc000100000;
export function addressOf(value: object): number {
  let address = addresses.get(value);
  if (address === undefined) {
    address = nextAddress;
    nextAddress += 0x40;
    addresses.set(value, address);
  }
  return address;
}

/** A struct that is held otherwise than field by field. */
export interface ShownAsStruct {
  asStruct(): GoStruct;
}

class Printer {
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
  erroring = false;
  reordered = false;
  goodArgNum = true;

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

  fmtInteger(value: GoInt, verb: string): void {
    const signed = isSigned(value.type);
    const n = BigInt(value.n);
    switch (verb) {
      case 'v':
        if (this.sharpV && !signed) this.hex64(n, true);
        else if (!this.hasWid && !this.hasPrec && !this.plus && !this.space) this.out += String(value.n);
        else this.integer(n, 10, signed, verb, LOWER);
        return;
      case 'd':
        if (!this.hasWid && !this.hasPrec && !this.plus && !this.space) this.out += String(value.n);
        else this.integer(n, 10, signed, verb, LOWER);
        return;
      case 'b':
        this.integer(n, 2, signed, verb, LOWER);
        return;
      case 'o':
      case 'O':
        this.integer(n, 8, signed, verb, LOWER);
        return;
      case 'x':
        this.integer(n, 16, signed, verb, LOWER);
        return;
      case 'X':
        this.integer(n, 16, signed, verb, UPPER);
        return;
      case 'c':
        this.pad(runeToString(this.rune(n)));
        return;
      case 'q':
        this.pad(quoteRune(this.rune(n), this.plus));
        return;
      case 'U':
        this.unicode(n & MASK64);
        return;
      default:
        this.badVerb(verb, value);
    }
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
  fmtFloat(value: number, verb: string, whole: GoValue = value): void {
    switch (verb) {
      case 'v':
        this.float(value, 'g', -1);
        return;
      case 'b':
      case 'g':
      case 'G':
      case 'x':
      case 'X':
        this.float(value, verb, -1);
        return;
      case 'f':
      case 'e':
      case 'E':
        this.float(value, verb, 6);
        return;
      case 'F':
        this.float(value, 'f', 6);
        return;
      default:
        this.badVerb(verb, whole);
    }
  }
  fmtComplex(value: GoComplex, verb: string): void {
    if (!'vbgGxXfFeE'.includes(verb)) {
      this.badVerb(verb, value);
      return;
    }
    const plus = this.plus;
    this.out += '(';
    this.fmtFloat(value.re, verb);
    this.plus = true;
    this.fmtFloat(value.im, verb);
    this.out += 'i)';
    this.plus = plus;
  }

  quoted(text: string): void {
    text = this.truncate(text);
    if (this.sharp && canBackquote(text)) this.pad(`\`${text}\``);
    else this.pad(quoteString(text, this.plus));
  }
  quotedV(text: string): void {
    // %#v clears `sharp`, so that fmtQ never takes back quotes there.
    text = this.truncate(text);
    this.pad(quoteString(text, this.plus));
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
  fmtString(text: string, verb: string, whole: GoValue = text): void {
    switch (verb) {
      case 'v':
        if (this.sharpV) this.quotedV(text);
        else this.pad(this.truncate(text));
        return;
      case 's':
        this.pad(this.truncate(text));
        return;
      case 'x':
        this.hexString(toBytes(text), LOWER);
        return;
      case 'X':
        this.hexString(toBytes(text), UPPER);
        return;
      case 'q':
        this.quoted(text);
        return;
      default:
        this.badVerb(verb, whole);
    }
  }
  fmtBytes(value: GoBytes, verb: string, typeText: string): void {
    switch (verb) {
      case 'v':
      case 'd':
        if (this.sharpV) {
          this.out += typeText;
          if (value.isNil) {
            this.out += '(nil)';
            return;
          }
          this.out += '{';
          value.bytes.forEach((byte, i) => {
            if (i > 0) this.out += ', ';
            this.hex64(BigInt(byte), true);
          });
          this.out += '}';
        } else {
          this.out += '[';
          value.bytes.forEach((byte, i) => {
            if (i > 0) this.out += ' ';
            this.integer(BigInt(byte), 10, false, verb, LOWER);
          });
          this.out += ']';
        }
        return;
      case 's':
        this.pad(this.truncate(fromBytes(value.bytes)));
        return;
      case 'x':
        this.hexString(value.bytes, LOWER);
        return;
      case 'X':
        this.hexString(value.bytes, UPPER);
        return;
      case 'q':
        this.quoted(fromBytes(value.bytes));
        return;
      default:
        this.printValue(value, verb, 0);
    }
  }
  pointer(value: GoValue, verb: string): void {
    const type = typeOf(value);
    if (type === undefined || !['map', 'slice', 'ptr', 'func'].includes(type.kind)) {
      this.badVerb(verb, value);
      return;
    }
    const target = value instanceof GoPointer ? value.target : (value as object);
    const address = isNil(value) || target === null ? 0n : BigInt(addressOf(target));
    switch (verb) {
      case 'v':
        if (this.sharpV) {
          this.out += `(${type.name})(`;
          if (address === 0n) this.out += 'nil';
          else this.hex64(address, true);
          this.out += ')';
        } else if (address === 0n) this.pad('<nil>');
        else this.hex64(address, !this.sharp);
        return;
      case 'p':
        this.hex64(address, !this.sharp);
        return;
      case 'b':
      case 'o':
      case 'd':
      case 'x':
      case 'X': {
        const base = verb === 'b' ? 2 : verb === 'o' ? 8 : verb === 'd' ? 10 : 16;
        this.integer(address, base, false, verb, verb === 'X' ? UPPER : LOWER);
        return;
      }
      default:
        this.badVerb(verb, value);
    }
  }

  badVerb(verb: string, value: GoValue): void {
    this.erroring = true;
    this.out += `%!${verb}(`;
    if (value === null || value === undefined) this.out += '<nil>';
    else {
      this.out += `${typeOf(value)!.name}=`;
      this.printArg(value, 'v');
    }
    this.out += ')';
    this.erroring = false;
  }

  handleMethods(value: GoValue, verb: string): boolean {
    if (this.erroring || typeof value !== 'object') return false;
    if (verb === 'w') {
      this.badVerb(verb, value);
      return true;
    }
    if (this.sharpV) {
      const goString = (value as { type?: GoType }).type?.methods?.get('GoString');
      if (goString === undefined) return false;
      this.pad(this.truncate(goString.call(value) as string));
      return true;
    }
    if (verb !== 'v' && verb !== 's' && verb !== 'x' && verb !== 'X' && verb !== 'q') return false;
    const text = ownText(value);
    if (text === undefined) return false;
    if (value instanceof GoPointer && value.target === null) this.out += text;
    else this.fmtString(text, verb, value);
    return true;
  }

  printArg(value: GoValue, verb: string): void {
    if (value === null || value === undefined) {
      if (verb === 'T' || verb === 'v') this.pad('<nil>');
      else this.badVerb(verb, value);
      return;
    }
    if (verb === 'T') {
      this.pad(this.truncate(typeOf(value)!.name));
      return;
    }
    if (verb === 'p') {
      this.pointer(value, 'p');
      return;
    }
    switch (typeof value) {
      case 'string':
        this.fmtString(value, verb);
        return;
      case 'number':
        this.fmtFloat(value, verb);
        return;
      case 'boolean':
        this.printValue(value, verb, 0);
        return;
    }
    if (value instanceof GoBytes && value.type === BYTES) {
      this.fmtBytes(value, verb, '[]byte');
      return;
    }
    if (!this.handleMethods(value, verb)) this.printValue(value, verb, 0);
  }

  printValue(value: GoValue, verb: string, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.fmtString(value, verb);
        return;
      case 'number':
        this.fmtFloat(value, verb);
        return;
      case 'boolean':
        if (verb === 't' || verb === 'v') this.pad(value ? 'true' : 'false');
        else this.badVerb(verb, value);
        return;
    }
    if (value === null || value === undefined) {
      this.out += this.sharpV ? 'interface {}(nil)' : '<nil>';
      return;
    }
    if (depth > 0 && this.handleMethods(value, verb)) return;
    if (value instanceof Map) {
      this.map(value, verb, depth);
      return;
    }
    if (Array.isArray(value)) {
      this.slice(value, '[]interface {}', false, verb, depth, true);
      return;
    }
    if (value instanceof GoInt) {
      this.fmtInteger(value, verb);
      return;
    }
    if (value instanceof GoSlice) {
      if (value.type.elem!.kind === 'uint8' && 'sqxX'.includes(verb)) {
        const bytes = Uint8Array.from(value.items, (item) => Number((item as GoInt).n));
        this.fmtBytes(new GoBytes(bytes), verb, value.type.name);
        return;
      }
      this.slice(value.items, value.type.name, value.isNil, verb, depth, value.type.elem === ANY);
      return;
    }
    if (value instanceof GoBytes) {
      if ('sqxX'.includes(verb)) {
        this.fmtBytes(value, verb, value.type.name);
        return;
      }
      // The files of a chart are printed with the whole context, some megabytes of them: without flags it is plain joining.
      if (verb === 'v' && !(this.hasWid || this.hasPrec || this.plus || this.sharp || this.sharpV || this.space)) {
        this.out += `[${joinedBytes(value.bytes)}]`;
        return;
      }
      const items = Array.from(value.bytes, (byte) => new GoInt(byte, UINT8));
      this.slice(items, value.type.name === '[]uint8' ? '[]uint8' : value.type.name, value.isNil, verb, depth, false);
      return;
    }
    if (value instanceof GoComplex) {
      this.fmtComplex(value, verb);
      return;
    }
    if (value instanceof GoStruct) {
      this.struct(value, verb, depth);
      return;
    }
    if (value instanceof GoPointer) {
      const { target } = value;
      if (depth === 0 && target !== null && ['struct', 'map', 'slice'].includes(target.type.kind)) {
        this.out += '&';
        this.printValue(target, verb, depth + 1);
        return;
      }
      this.pointer(value, verb);
      return;
    }
    this.printValue((value as unknown as ShownAsStruct).asStruct(), verb, depth);
  }

  map(value: Map<string, GoValue>, verb: string, depth: number): void {
    if (this.sharpV) {
      this.out += typeOf(value)!.name;
      if (value instanceof TypedMap && value.isNil) {
        this.out += '(nil)';
        return;
      }
      this.out += '{';
    } else this.out += 'map[';
    let first = true;
    for (const key of sortedKeys(value)) {
      if (!first) this.out += this.sharpV ? ', ' : ' ';
      first = false;
      this.fmtString(key, verb);
      this.out += ':';
      this.printValue(value.get(key), verb, depth + 1);
    }
    this.out += this.sharpV ? '}' : ']';
  }
  slice(
    items: readonly GoValue[],
    type: string,
    nil: boolean,
    verb: string,
    depth: number,
    _interfaces: boolean,
  ): void {
    if (this.sharpV) {
      this.out += type;
      if (nil) {
        this.out += '(nil)';
        return;
      }
    }
    this.out += this.sharpV ? '{' : '[';
    for (let i = 0; i < items.length; i++) {
      if (i > 0) this.out += this.sharpV ? ', ' : ' ';
      this.printValue(items[i], verb, depth + 1);
    }
    this.out += this.sharpV ? '}' : ']';
  }
  struct(value: GoStruct, verb: string, depth: number): void {
    if (this.sharpV) this.out += value.type.name;
    this.out += '{';
    value.type.fields!.forEach((field, i) => {
      if (i > 0) this.out += this.sharpV ? ', ' : ' ';
      if (this.plusV || this.sharpV) this.out += `${field.name}:`;
      this.printValue(value.values[i], verb, depth + 1);
    });
    this.out += '}';
  }

  argNumber(argNum: number, format: string, i: number, count: number): [argNum: number, i: number, found: boolean] {
    if (format[i] !== '[') return [argNum, i, false];
    this.reordered = true;
    const rest = format.slice(i);
    let ok = false;
    let index = 0;
    let width = 1;
    const close = rest.length < 3 ? -1 : rest.indexOf(']', 1);
    if (close > 0) {
      const [num, isNum, end] = parseNumber(rest, 1, close);
      width = close + 1;
      ok = isNum && end === close;
      if (ok) index = num - 1;
    }
    if (ok && index >= 0 && index < count) return [index, i + width, true];
    this.goodArgNum = false;
    return [argNum, i + width, ok];
  }

  format(format: string, args: readonly GoValue[]): void {
    const end = format.length;
    let argNum = 0;
    let afterIndex = false;
    for (let i = 0; i < end; ) {
      this.goodArgNum = true;
      const percent = format.indexOf('%', i);
      if (percent < 0) {
        this.out += format.slice(i);
        break;
      }
      if (percent > i) this.out += format.slice(i, percent);
      i = percent + 1;
      this.clear();
      let simple = false;
      flags: for (; i < end; i++) {
        const char = format[i]!;
        switch (char) {
          case '#':
            this.sharp = true;
            break;
          case '0':
            this.zero = true;
            break;
          case '+':
            this.plus = true;
            break;
          case '-':
            this.minus = true;
            break;
          case ' ':
            this.space = true;
            break;
          default:
            if (char >= 'a' && char <= 'z' && argNum < args.length) {
              if (char === 'v' || char === 'w') this.goSyntax();
              this.printArg(args[argNum], char);
              argNum++;
              i++;
              simple = true;
            }
            break flags;
        }
      }
      if (simple) continue;

      [argNum, i, afterIndex] = this.argNumber(argNum, format, i, args.length);
      if (i < end && format[i] === '*') {
        i++;
        let num: number;
        [num, this.hasWid, argNum] = intFromArg(args, argNum);
        this.wid = num;
        if (!this.hasWid) this.out += '%!(BADWIDTH)';
        if (this.wid < 0) {
          this.wid = -this.wid;
          this.minus = true;
          this.zero = false;
        }
        afterIndex = false;
      } else {
        [this.wid, this.hasWid, i] = parseNumber(format, i, end);
        if (afterIndex && this.hasWid) this.goodArgNum = false;
      }
      if (i + 1 < end && format[i] === '.') {
        i++;
        if (afterIndex) this.goodArgNum = false;
        [argNum, i, afterIndex] = this.argNumber(argNum, format, i, args.length);
        if (i < end && format[i] === '*') {
          i++;
          [this.prec, this.hasPrec, argNum] = intFromArg(args, argNum);
          if (this.prec < 0) {
            this.prec = 0;
            this.hasPrec = false;
          }
          if (!this.hasPrec) this.out += '%!(BADPREC)';
          afterIndex = false;
        } else {
          [this.prec, this.hasPrec, i] = parseNumber(format, i, end);
          if (!this.hasPrec) {
            this.prec = 0;
            this.hasPrec = true;
          }
        }
      }
      if (!afterIndex) [argNum, i, afterIndex] = this.argNumber(argNum, format, i, args.length);
      if (i >= end) {
        this.out += '%!(NOVERB)';
        break;
      }
      const code = format.codePointAt(i)!;
      const raw = code >= 0xd800 && code <= 0xdfff;
      const verb = raw ? '\ufffd' : String.fromCodePoint(code);
      i += code > 0xffff ? 2 : 1;
      if (verb === '%') this.out += '%';
      else if (!this.goodArgNum) this.out += `%!${verb}(BADINDEX)`;
      else if (argNum >= args.length) this.out += `%!${verb}(MISSING)`;
      else {
        if (verb === 'v' || verb === 'w') this.goSyntax();
        this.printArg(args[argNum], verb);
        argNum++;
      }
    }
    if (!this.reordered && argNum < args.length) {
      this.clear();
      this.out += '%!(EXTRA ';
      for (let i = argNum; i < args.length; i++) {
        if (i > argNum) this.out += ', ';
        const arg = args[i];
        if (arg === null || arg === undefined) this.out += '<nil>';
        else {
          this.out += `${typeOf(arg)!.name}=`;
          this.printArg(arg, 'v');
        }
      }
      this.out += ')';
    }
  }
  goSyntax(): void {
    this.sharpV = this.sharp;
    this.sharp = false;
    this.plusV = this.plus;
    this.plus = false;
  }
}

const tooLarge = (n: number): boolean => n > 1e6 || n < -1e6;
function parseNumber(text: string, start: number, end: number): [num: number, isNum: boolean, at: number] {
  if (start >= end) return [0, false, end];
  let num = 0;
  let isNum = false;
  let at = start;
  for (; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) break;
    if (tooLarge(num)) return [0, false, end];
    num = num * 10 + digit;
    isNum = true;
  }
  return [num, isNum, at];
}
function intFromArg(args: readonly GoValue[], argNum: number): [num: number, isInt: boolean, argNum: number] {
  if (argNum >= args.length) return [0, false, argNum];
  const arg = args[argNum];
  if (!(arg instanceof GoInt)) return [0, false, argNum + 1];
  const num = Number(arg.n);
  return tooLarge(num) ? [0, false, argNum + 1] : [num, true, argNum + 1];
}

/** No text of a rendering is longer than this many UTF-16 units: JavaScript's own limit is near. */
const MAX_TEXT = 0x1fffffe8;
export function checkLength(length: number): void {
  if (length > MAX_TEXT) throw new GoError('the text would be too large');
}

export function sprintf(format: string, args: readonly GoValue[]): string {
  const printer = new Printer();
  printer.format(format, args);
  return normalizeBytes(printer.out);
}

/** As `%v` prints it. */
export function sprintValue(value: GoValue): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return printFloat(value);
    case 'boolean':
      return value ? 'true' : 'false';
  }
  if (value instanceof GoInt) return ownText(value) ?? String(value.n);
  const printer = new Printer();
  printer.printArg(value, 'v');
  return printer.out;
}

/** fmt.Sprint: a space between two operands where neither is a string. */
export function sprint(args: readonly GoValue[]): string {
  let out = '';
  let before = false;
  for (let i = 0; i < args.length; i++) {
    const isString = typeof args[i] === 'string';
    if (i > 0 && !isString && !before) out += ' ';
    out += sprintValue(args[i]);
    before = isString;
  }
  return out;
}
export const sprintln = (args: readonly GoValue[]): string => `${args.map(sprintValue).join(' ')}\n`;
