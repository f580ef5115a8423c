import { Formatter, LOWER, MASK64, UPPER } from './fmt-format.ts';
import { quoteRune } from './go-quote.ts';
import { fromBytes, runeToString, toBytes } from './go-string.ts';
import { joinedBytes } from './joined-bytes.ts';
import { ownText } from './own-text.ts';
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

/** Addresses of things that Go would print as pointers: made up, the same for the same object within a process. */
const addresses = new WeakMap<object, number>();
let nextAddress = 0xc000100000;
function addressOf(value: object): number {
  let address = addresses.get(value);
  if (address === undefined) {
    address = nextAddress;
    nextAddress += 0x40;
    addresses.set(value, address);
  }
  return address;
}

/** A struct that is held otherwise than field by field. */
interface ShownAsStruct {
  asStruct(): GoStruct;
}

/** Writes a value as a verb says. @see Go src/fmt/print.go, printArg and printValue */
export class Printer extends Formatter {
  erroring = false;

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
}
