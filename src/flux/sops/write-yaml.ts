import { fitsBlock, formatFloat, stringifyPretty } from '../../engines/goyaml/index.ts';
import { Branch, Comment, type Entry, Float, isSopsList, type SopsValue, Time } from './tree.ts';

/**
 * Documents as sops writes a decrypted file: keys in their order, four spaces, block style, texts of several lines literally.
 * @see getsops/sops stores/yaml/store.go; go.yaml.in/yaml/v3 encode.go and emitterc.go
 */
export function writeYamlFile(documents: readonly Branch[]): string {
  return documents.map((document) => new YamlWriter().write(document)).join('---\n');
}

const STEP = 4;
const MAX_SIMPLE_KEY = 128;

/** A value with the comments that sops hangs on its node; '' where there are none. */
interface Item {
  readonly key: string;
  readonly value: SopsValue;
  readonly head: string;
  readonly line: string;
  foot: string;
}

/** Comments wait until the emitter comes to a place where it writes them; a later one may take a waiting one's place. */
class YamlWriter {
  #out = '';
  #indent = 0;
  #column = 0;
  /** Only indentation and `-` stand in the line so far. */
  #indention = true;
  #head = '';
  #line = '';
  #foot = '';
  #tail = '';
  #footIndent = -1;

  write(document: Branch): string {
    const { head, items } = mappingItems(document);
    this.#head = head;
    this.#processHead();
    this.#mapping(items, 0);
    this.#indent = 0;
    this.#footIndent = 0;
    this.#processFoot();
    this.#footIndent = -1;
    this.#writeIndent();
    return this.#out;
  }

  #mapping(items: readonly Item[], indent: number): void {
    if (items.length === 0) {
      this.#word('{}');
      return;
    }
    const outer = this.#indent;
    this.#indent = indent;
    for (const { key, value, head, line, foot } of items) {
      if (head !== '') this.#head = head;
      this.#processHead();
      this.#writeIndent();
      this.#key(key);
      this.#node(value, line, false);
      if (foot !== '') this.#tail = foot;
    }
    this.#processHead();
    this.#indent = outer;
  }

  #sequence(items: readonly Item[], indent: number): void {
    if (items.length === 0) {
      this.#word('[]');
      return;
    }
    const outer = this.#indent;
    this.#indent = indent;
    for (const { value, head, line, foot } of items) {
      // The comments of a mapping or list in the list come before its `-`, in place of those of the list around it.
      const own = [head, ownHead(value)].filter((part) => part !== '').join('\n');
      if (own !== '') this.#head = own;
      this.#processHead();
      this.#writeIndent();
      this.#put('-');
      this.#node(value, line, true, foot);
    }
    this.#indent = outer;
  }

  #node(value: SopsValue, line: string, inList: boolean, foot = ''): void {
    const collection =
      value instanceof Branch ? mappingItems(value) : isSopsList(value) ? sequenceItems(value) : undefined;
    if (collection !== undefined && collection.items.length > 0) {
      if (!inList && collection.head !== '') this.#head = collection.head;
      this.#processLine();
      this.#processFoot();
      if (value instanceof Branch) this.#mapping(collection.items, this.#below(inList));
      else this.#sequence(collection.items, this.#below(inList));
      if (line !== '') this.#line = line;
      if (foot !== '') this.#foot = foot;
      return;
    }
    if (line !== '') this.#line = line;
    if (foot !== '') this.#foot = foot;
    if (collection === undefined) this.#scalar(value, inList);
    else this.#word(value instanceof Branch ? '{}' : '[]');
    this.#processLine();
    this.#processFoot();
  }

  /** Behind a `-`, what is in the item begins two characters on; else at the next multiple of the step. */
  #below(inList: boolean): number {
    return inList ? this.#indent + 2 : STEP * Math.floor((this.#indent + STEP) / STEP);
  }

  #key(key: string): void {
    if (/[\n\r\x85\u2028\u2029]/.test(key) || Buffer.byteLength(key) > MAX_SIMPLE_KEY) {
      this.#put('?');
      this.#scalar(key, false);
      this.#writeIndent();
    } else this.#put(inline(key));
    this.#put(':');
    this.#indention = false;
  }

  #scalar(value: SopsValue, inList: boolean): void {
    const block = typeof value === 'string' && value.includes('\n') && fitsBlock(value) ? value : undefined;
    if (block === undefined) this.#word(inline(value));
    else if (block.startsWith('\t'))
      this.#word('null'); // what the encoder cannot read back it takes for nothing
    else this.#literal(block, ' '.repeat(this.#below(inList)));
  }

  #literal(text: string, margin: string): void {
    const body = text.replace(/\n+$/, '');
    const breaks = text.length - body.length;
    const chomp = breaks === 0 ? '-' : breaks === 1 && body !== '' ? '' : '+';
    this.#word(`|${/^[ \n]/.test(text) ? STEP : ''}${chomp}`);
    this.#processLine();
    if (this.#column > 0) this.#break();
    const lines = text.split('\n');
    if (breaks > 0) lines.pop();
    for (const [index, line] of lines.entries()) {
      if (line !== '') this.#put(margin + line);
      if (breaks > 0 || index < lines.length - 1) this.#break();
    }
    this.#indention = breaks > 0;
  }

  #processHead(): void {
    if (this.#tail !== '') {
      this.#writeIndent();
      this.#writeComment(this.#tail);
      this.#tail = '';
      this.#footIndent = this.#indent;
    }
    if (this.#head === '') return;
    this.#writeIndent();
    this.#writeComment(this.#head);
    this.#head = '';
  }

  #processLine(): void {
    if (this.#line === '') return;
    if (this.#column > 0 && !this.#out.endsWith(' ')) this.#put(' ');
    this.#writeComment(this.#line);
    this.#line = '';
  }

  #processFoot(): void {
    if (this.#foot === '') return;
    this.#writeIndent();
    this.#writeComment(this.#foot);
    this.#foot = '';
    this.#footIndent = this.#indent;
  }

  #writeComment(comment: string): void {
    for (const [index, line] of comment.split('\n').entries()) {
      if (index > 0) this.#writeIndent();
      this.#put(line);
      this.#break();
    }
    this.#indention = true;
  }

  #writeIndent(): void {
    if (!this.#indention || this.#column > this.#indent) this.#break();
    if (this.#footIndent === this.#indent) this.#break();
    if (this.#column < this.#indent) this.#put(' '.repeat(this.#indent - this.#column));
    this.#indention = true;
    this.#footIndent = -1;
  }

  #word(word: string): void {
    this.#put(this.#column === 0 || this.#out.endsWith(' ') ? word : ` ${word}`);
    this.#indention = false;
  }

  #put(text: string): void {
    this.#out += text;
    this.#column += text.length;
  }

  #break(): void {
    this.#out += '\n';
    this.#column = 0;
  }
}

const hashed = (lines: readonly string[]): string => lines.map((line) => `#${line}`).join('\n');

function ownHead(value: SopsValue): string {
  if (value instanceof Branch) return mappingItems(value).head;
  return isSopsList(value) ? sequenceItems(value).head : '';
}

/** Comments before the first entry are the mapping's own, those behind the last one are its foot. */
function mappingItems(branch: Branch): { head: string; items: Item[] } {
  return hang(
    branch.items,
    (item): item is Comment => item instanceof Comment,
    (item: Entry) => item,
  );
}

function sequenceItems(list: readonly SopsValue[]): { head: string; items: Item[] } {
  return hang(
    list,
    (item): item is Comment => item instanceof Comment,
    (value: SopsValue) => ({ key: '', value }),
  );
}

/** @see getsops/sops stores/yaml/store.go, appendTreeBranch and appendSequence */
function hang<T>(
  all: readonly (T | Comment)[],
  isComment: (item: T | Comment) => item is Comment,
  itemOf: (item: T) => Entry,
): { head: string; items: Item[] } {
  const items: Item[] = [];
  let own = '';
  let before: string[] = [];
  let beside: string[] = [];
  for (const item of all) {
    if (isComment(item)) {
      (item.inline ? beside : before).push(item.text);
      continue;
    }
    if (items.length === 0) {
      own = hashed(before);
      before = [];
    }
    items.push({ ...itemOf(item), head: hashed(before), line: hashed(beside), foot: '' });
    before = [];
    beside = [];
  }
  const rest = hashed([...before, ...beside]);
  const last = items.at(-1);
  if (rest === '') return { head: own, items };
  if (last === undefined) return { head: rest, items };
  last.foot = rest;
  return { head: own, items };
}

/** A scalar that stands in one line. */
function inline(value: SopsValue): string {
  if (value instanceof Float) return yamlFloat(value.value);
  if (value instanceof Time || value instanceof Comment) return value.text;
  if (typeof value !== 'string') return value === null ? 'null' : String(value);
  if (value === '<<') return '!!merge <<';
  return stringifyPretty(value).slice(0, -1);
}

function yamlFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  return formatFloat(value);
}
