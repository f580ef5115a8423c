import { GoError } from '../errors.ts';
import { quoteGo } from '../go-quote.ts';
import { parseFloat64, parseInt64 } from '../strconv.ts';
import { GoTime, parseGoTime } from '../time.ts';
import { GoSlice, type GoValue, goInt64, MAP_ANY, sliceOf } from '../value.ts';
import { fixedZone, type Zone } from '../zone.ts';
import { type TomlItem, TomlLexer } from './toml-lex.ts';

/** The parser of TOML, error for error as Helm's library. @see github.com/BurntSushi/toml v1.6.0, parse.go */

/** The message is Go's whole text. */
export class TomlSyntax extends Error {}

type Table = Map<string, GoValue>;
/** `[[name]]` while it is read. */
class TableArray {
  readonly tables: Table[] = [];
}
type Node = GoValue | TableArray;
type Tree = Map<string, Node>;

/** Local dates and times carry these names instead of a zone. */
export const LOCAL_DATETIME = fixedZone(0, 'datetime-local');
export const LOCAL_DATE = fixedZone(0, 'date-local');
export const LOCAL_TIME = fixedZone(0, 'time-local');
const LAYOUTS: readonly (readonly [layout: string, zone: Zone | undefined])[] = [
  ['2006-01-02T15:04:05.999999999Z07:00', undefined],
  ['2006-01-02T15:04:05.999999999', LOCAL_DATETIME],
  ['2006-01-02', LOCAL_DATE],
  ['15:04:05.999999999', LOCAL_TIME],
  ['2006-01-02T15:04Z07:00', undefined],
  ['2006-01-02T15:04', LOCAL_DATETIME],
  ['15:04', LOCAL_TIME],
];

const keyPart = (name: string): string =>
  /^[A-Za-z0-9_-]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
const keyText = (key: readonly string[]): string => key.map(keyPart).join('.');

/** The document as Go decodes it into a map[string]interface{}. Throws `TomlSyntax`. */
export function parseToml(text: string): Table {
  if (text.startsWith('\ufeff')) text = text.slice(1);
  if (text.slice(0, 6).includes('\0'))
    throw new TomlSyntax(
      'toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8',
    );
  return new Parser(text).document();
}

/** Arrays of tables take the type that Go gives them. */
function finish(tree: Tree): Table {
  for (const [key, item] of tree) {
    if (item instanceof TableArray)
      (tree as Table).set(
        key,
        new GoSlice(
          sliceOf(MAP_ANY),
          item.tables.map((table) => finish(table)),
        ),
      );
    else if (item instanceof Map) finish(item);
  }
  return tree as Table;
}

const bug = (message: string): never => {
  throw new GoError(`BUG: ${message}\n\n`);
};

class Parser {
  readonly #lexer: TomlLexer;
  readonly #tree: Tree = new Map();
  readonly #arrays = new Set<string>();
  readonly #implicits = new Set<string>();
  #context: readonly string[] = [];
  #currentKey = '';
  #line = 0;

  constructor(text: string) {
    this.#lexer = new TomlLexer(text);
  }

  document(): Table {
    for (let item = this.#next(); item.type !== 'eof'; item = this.#next()) this.#topLevel(item);
    return finish(this.#tree);
  }

  #fail(message: string, line: number): never {
    let last = this.#currentKey;
    if (last === '') last = keyText(this.#context);
    else if (this.#context.length > 0) last = `${keyText(this.#context)}.${last}`;
    throw new TomlSyntax(`toml: line ${line}${last === '' ? '' : ` (last key ${quoteGo(last)})`}: ${message}`);
  }
  #next(): TomlItem {
    const item = this.#lexer.nextItem();
    return item.type === 'error' ? this.#fail(item.text, item.line) : item;
  }
  #nextPlaced(): TomlItem {
    const item = this.#next();
    this.#line = item.line;
    return item;
  }

  #topLevel(item: TomlItem): void {
    switch (item.type) {
      case 'commentStart':
        this.#next();
        return;
      case 'tableStart':
      case 'arrayTableStart': {
        const isArray = item.type === 'arrayTableStart';
        const key: string[] = [];
        for (
          let name = this.#nextPlaced();
          name.type !== 'tableEnd' && name.type !== 'arrayTableEnd';
          name = this.#next()
        )
          key.push(this.#keyString(name));
        this.#addContext(key, isArray);
        this.#arrays.delete(keyText(this.#context));
        return;
      }
      case 'keyStart': {
        const outer = this.#context;
        this.#keyAndValue();
        this.#context = outer;
        this.#currentKey = '';
        return;
      }
      default:
        bug(`Unexpected type at top level: ${item.type}`);
    }
  }

  /** `a.b = value`, from behind its start; gives the key's parents, the last name and the value. */
  #keyAndValue(): [parents: string[], name: string, value: GoValue] {
    const key: string[] = [];
    for (let part = this.#nextPlaced(); part.type !== 'keyEnd'; part = this.#next()) key.push(this.#keyString(part));
    const name = key.pop()!;
    this.#currentKey = name;
    for (const parent of key) {
      const path = [...this.#context, parent];
      this.#implicits.add(keyText(path));
      this.#addContext(path, false);
    }
    const item = this.#next();
    const value = this.#value(item, false);
    this.#setValue(name, value);
    const path = keyText([...this.#context, name]);
    if (item.type === 'array') this.#arrays.add(path);
    else this.#arrays.delete(path);
    return [key, name, value];
  }

  #keyString(item: TomlItem): string {
    return item.type === 'text' ? item.text : (this.#value(item, false) as string);
  }

  #value(item: TomlItem, inArray: boolean): GoValue {
    switch (item.type) {
      case 'string':
      case 'rawString':
        return item.text;
      case 'stringEsc':
        return this.#escapes(item, item.text);
      case 'multilineString':
        return this.#escapes(item, withoutEscapedBreaks(withoutFirstBreak(item.text)));
      case 'rawMultilineString':
        return withoutFirstBreak(item.text);
      case 'integer':
        return this.#integer(item);
      case 'float':
        return this.#float(item);
      case 'bool':
        return item.text === 'true';
      case 'datetime':
        return this.#datetime(item);
      case 'array': {
        this.#arrays.add(keyText([...this.#context, this.#currentKey]));
        const list: GoValue[] = [];
        for (let next = this.#next(); next.type !== 'arrayEnd'; next = this.#next()) {
          if (next.type === 'commentStart') this.#next();
          else list.push(this.#value(next, true));
        }
        return list;
      }
      case 'inlineTableStart':
        return this.#inlineTable(inArray);
      default:
        return bug(`Unexpected value type: ${item.type}`);
    }
  }

  #integer(item: TomlItem): GoValue {
    const { text, line } = item;
    if (!underscoresOk(text))
      this.#fail(`Invalid integer ${quoteGo(text)}: underscores must be surrounded by digits`, line);
    if (hasLeadingZero(text)) this.#fail(`Invalid integer ${quoteGo(text)}: cannot have leading zeroes`, line);
    const value = parseInt64(text, 0);
    if (typeof value === 'bigint') return goInt64(value);
    if (value.error.endsWith('out of range')) this.#fail(`${text} is out of range for int64`, line);
    return bug(`Expected integer value, but got '${text}'.`);
  }
  #float(item: TomlItem): GoValue {
    const { text, line } = item;
    const parts = text.split(/[.eE]/).filter((part) => part !== '');
    const shown = `Invalid float ${quoteGo(text)}`;
    if (!parts.every(underscoresOk)) this.#fail(`${shown}: underscores must be surrounded by digits`, line);
    if (parts.length > 0 && hasLeadingZero(parts[0]!)) this.#fail(`${shown}: cannot have leading zeroes`, line);
    if (/\.(?![0-9])/.test(text)) this.#fail(`${shown}: '.' must be followed by one or more digits`, line);
    const value = parseFloat64(text.replaceAll('_', '').replace(/^[+-]nan$/, 'nan'));
    if (typeof value === 'number') return value;
    if (value.error.endsWith('out of range')) this.#fail(`${text} is out of range for float64`, line);
    return this.#fail(`Invalid float value: ${quoteGo(text)}`, line);
  }
  #datetime(item: TomlItem): GoValue {
    const text = item.text.replaceAll('z', 'Z').replaceAll('t', 'T').replaceAll(' ', 'T');
    for (const [layout, zone] of LAYOUTS) {
      const time = parseGoTime(layout, text);
      if (!(time instanceof GoTime)) continue;
      if (missingLeadingZero(text, layout)) break;
      return zone === undefined ? time : time.in(zone);
    }
    return this.#fail(`invalid datetime: ${quoteGo(text)}`, item.line);
  }

  #inlineTable(inArray: boolean): GoValue {
    const table: Table = new Map();
    const outerContext = this.#context;
    const outerKey = this.#currentKey;
    const context = [...this.#context, this.#currentKey];
    this.#context = context;
    this.#currentKey = '';
    this.#implicits.add(keyText(context));
    this.#addContext(context, inArray);
    for (let item = this.#next(); item.type !== 'inlineTableEnd'; item = this.#next()) {
      if (item.type === 'commentStart') {
        this.#next();
        continue;
      }
      const [parents, name, value] = this.#keyAndValue();
      let at = table;
      for (const parent of parents) {
        const next = at.get(parent) ?? new Map<string, GoValue>();
        if (!(next instanceof Map)) this.#fail(`${quoteGo(keyText(this.#context))} is not a table`, this.#line);
        at.set(parent, next);
        at = next;
      }
      at.set(name, value);
      this.#context = context;
    }
    this.#context = outerContext;
    this.#currentKey = outerKey;
    return table;
  }

  #addContext(key: readonly string[], array: boolean): void {
    let at = this.#tree;
    const path: string[] = [];
    for (const part of key.slice(0, -1)) {
      path.push(part);
      if (!at.has(part)) {
        this.#implicits.add(keyText(path));
        at.set(part, new Map());
      }
      const next = at.get(part);
      if (next instanceof TableArray) at = next.tables.at(-1)!;
      else if (next instanceof Map) at = next;
      else this.#fail(`Key '${keyText(path)}' was already created as a hash.`, this.#line);
    }
    this.#context = path;
    const last = key.at(-1)!;
    if (array) {
      const tables = at.get(last) ?? new TableArray();
      if (!(tables instanceof TableArray))
        this.#fail(`Key '${keyText(key)}' was already created and cannot be used as an array.`, this.#line);
      tables.tables.push(new Map());
      at.set(last, tables);
    } else this.#setValue(last, new Map());
    this.#context = [...path, last];
  }

  #setValue(key: string, value: GoValue): void {
    let at = this.#tree;
    const path: string[] = [];
    for (const part of this.#context) {
      path.push(part);
      const next = at.get(part);
      if (next instanceof TableArray) at = next.tables.at(-1)!;
      else if (next instanceof Map) at = next;
      else this.#fail(`Key '${keyText(path)}' has already been defined.`, this.#line);
    }
    path.push(key);
    const name = keyText(path);
    if (!at.has(key)) {
      at.set(key, value);
      return;
    }
    if (!this.#implicits.has(name)) this.#fail(`Key '${name}' has already been defined.`, this.#line);
    this.#implicits.delete(name);
    if (this.#arrays.has(name)) at.set(key, value);
  }

  #escapes(item: TomlItem, text: string): string {
    return text.replace(
      /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g,
      (_, x: string | undefined, u: string | undefined, long: string | undefined, char: string) => {
        const digits = x ?? u ?? long;
        if (digits !== undefined) {
          const code = Number.parseInt(digits, 16);
          if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            this.#fail(`Escaped character '\\u${digits}' is not valid UTF-8.`, item.line);
          return String.fromCodePoint(code);
        }
        if (char === ' ' || char === '\t') this.#fail(`invalid escape: '\\${char}'`, item.line);
        const at = 'btnfre"\\'.indexOf(char);
        return at < 0
          ? bug(`Expected valid escape code after \\, but got ${quoteGo(char)}.`)
          : '\b\t\n\f\r\x1b"\\'[at]!;
      },
    );
  }
}

const withoutFirstBreak = (text: string): string => text.replace(/^\r?\n/, '');
/** A backslash before a line break takes the white space after it away. */
const withoutEscapedBreaks = (text: string): string =>
  text.replace(/\\\\|\\[ \t\r\n]+/g, (match) => (match === '\\\\' || !match.includes('\n') ? match : ''));
function hasLeadingZero(text: string): boolean {
  if (text.length > 1 && text[0] === '0' && !'box'.includes(text[1]!)) return true;
  return text.length > 2 && (text[0] === '-' || text[0] === '+') && text[1] === '0';
}
function underscoresOk(text: string): boolean {
  if (/^[+-]?(?:nan|inf)$/.test(text)) return true;
  let accept = false;
  for (const char of text) {
    if (char === '_' && !accept) return false;
    accept = /[0-9a-fA-F]/.test(char);
  }
  return accept;
}
function missingLeadingZero(text: string, layout: string): boolean {
  for (let i = 0; i < layout.length; i++) {
    const char = layout[i]!;
    if (char === '.' || char === 'Z') return false;
    if (!/[0-9]/.test(char) && text[i] !== char) return true;
  }
  return false;
}
