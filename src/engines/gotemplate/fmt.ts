import { Printer } from './fmt-print.ts';
import { normalizeBytes } from './go-string.ts';
import { ownText } from './own-text.ts';
import { printFloat } from './strconv.ts';
import { GoInt, type GoValue, typeOf } from './value.ts';

/** Go's fmt: Sprint, Sprintln and Sprintf with every verb, flag and error form. @see Go src/fmt/print.go */

class FormatPrinter extends Printer {
  reordered = false;
  goodArgNum = true;

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

export function sprintf(format: string, args: readonly GoValue[]): string {
  const printer = new FormatPrinter();
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
