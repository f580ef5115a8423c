import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { plainText } from './dotenv-file.ts';
import { Branch, Comment, type Entry } from './tree.ts';

const DEFAULT_SECTION = 'DEFAULT';

interface Key {
  value: string;
  comment: string;
}

interface Section {
  readonly name: string;
  readonly comment: string;
  readonly keys: Map<string, Key>;
}

/**
 * INI as sops reads it: sections may come twice, of keys the last one counts (in the place of the first).
 * @see getsops/sops stores/ini/store.go; gopkg.in/ini.v1 parser.go
 */
export function readIniFile(text: string): Result<readonly Branch[]> {
  const sections = new IniReader(text).read();
  if (typeof sections === 'string')
    return fail(failure('decryption-failed', `Could not unmarshal input data: ${sections}`));
  return ok([
    new Branch(sections.map(({ name, comment, keys }) => ({ key: name, value: sectionBranch(comment, keys) }))),
  ]);
}

function sectionBranch(comment: string, keys: ReadonlyMap<string, Key>): Branch {
  const items: (Entry | Comment)[] = comment === '' ? [] : [new Comment(stripMark(comment))];
  for (const [key, { value, comment: beside }] of keys) {
    items.push({ key, value });
    if (beside !== '') items.push(new Comment(stripMark(beside)));
  }
  return new Branch(items);
}

const stripMark = (comment: string): string => comment.replace(/^;[; ]*|^#[# ]*/, '');

class IniReader {
  readonly #lines: string[];
  #at = 0;
  #comment = '';

  constructor(text: string) {
    this.#lines = text.replace(/^\ufeff/, '').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  }

  /** A text says what is wrong. */
  read(): Section[] | string {
    const sections: Section[] = [{ name: DEFAULT_SECTION, comment: '', keys: new Map() }];
    let counter = 1;
    for (let raw = this.#next(); raw !== undefined; raw = this.#next()) {
      const line = raw.trimStart();
      if (line === '') continue;
      if (/^[#;]/.test(line)) {
        this.#comment += line;
        continue;
      }
      if (line.startsWith('[')) {
        const end = line.lastIndexOf(']');
        if (end < 0) return `unclosed section: ${line}`;
        if (end === 1) return 'empty section name';
        this.#comment += /[#;][\s\S]*/.exec(line.slice(end + 1))?.[0] ?? '';
        sections.push({ name: line.slice(1, end), comment: this.#takeComment(), keys: new Map() });
        counter = 1;
        continue;
      }
      const key = readKeyName(line);
      if (typeof key === 'string') return key;
      const value = this.#value(line.slice(key.end));
      if (value === undefined) return `missing closing key quote in ${JSON.stringify(line)}`;
      const name = key.name === '-' ? `#${counter++}` : key.name;
      if (name === '') return 'error creating new key: empty key name';
      const { keys } = sections.at(-1)!;
      keys.set(name, { value, comment: this.#takeComment() });
    }
    return sections;
  }

  #next(): string | undefined {
    return this.#lines[this.#at++];
  }

  #takeComment(): string {
    const comment = this.#comment.trim();
    this.#comment = '';
    return comment;
  }

  /** `undefined` where a quote is never closed. */
  #value(text: string): string | undefined {
    let line = text.trimStart();
    if (line === '') return '';
    const quote = line.length > 3 && line.startsWith('"""') ? '"""' : line.startsWith('`') ? '`' : '';
    if (quote !== '') {
      const inside = line.slice(quote.length);
      const end = inside.lastIndexOf(quote);
      return end < 0 ? this.#severalLines(inside, quote) : inside.slice(0, end);
    }
    line = line.trim();
    if (line.endsWith('\\')) return this.#continued(line.slice(0, -1));
    const comment = line.search(/[#;]/);
    if (comment >= 0) {
      this.#comment += line.slice(comment);
      line = line.slice(0, comment).trim();
    }
    return /^(?:'[^']*'|"[^"]*")$/.test(line) ? line.slice(1, -1) : line;
  }

  #severalLines(start: string, quote: string): string | undefined {
    let value = start;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const end = next.lastIndexOf(quote);
      if (
        end >= 0 &&
        !next
          .slice(end + quote.length)
          .trim()
          .endsWith('\\')
      ) {
        this.#comment += /[#;][\s\S]*/.exec(next.slice(end))?.[0].trim() ?? '';
        return value + next.slice(0, end);
      }
      value += next;
    }
    return undefined;
  }

  #continued(start: string): string {
    let value = start;
    for (let next = this.#next()?.trim(); next !== undefined && next !== ''; next = this.#next()?.trim()) {
      value += next;
      if (!value.endsWith('\\')) break;
      value = value.slice(0, -1);
    }
    return value;
  }
}

/** Where the value begins; a text says what is wrong. */
function readKeyName(line: string): { readonly name: string; readonly end: number } | string {
  const quote = line.startsWith('"')
    ? line.length > 6 && line.startsWith('"""')
      ? '"""'
      : '"'
    : line.startsWith('`')
      ? '`'
      : '';
  if (quote === '') {
    const end = line.search(/[=:]/);
    if (end < 0) return `key-value delimiter not found: ${line}`;
    return end === 0 ? `empty key name: ${line}` : { name: line.slice(0, end).trim(), end: end + 1 };
  }
  const start = quote.length;
  const close = line.indexOf(quote, start);
  if (close < 0) return `missing closing key quote: ${line}`;
  const delimiter = line.slice(close + start).search(/[=:]/);
  if (delimiter < 0) return `key-value delimiter not found: ${line}`;
  return { name: line.slice(start, close).trim(), end: close + delimiter + start + 1 };
}

/** Keys of a section stand aligned, a line between sections. @see gopkg.in/ini.v1 file.go, writeToBuffer */
export function writeIniFile(branch: Branch): Result<string> {
  const sections: Section[] = [];
  for (const item of branch.items) {
    if (item instanceof Comment) continue;
    if (!(item.value instanceof Branch))
      return fail(
        failure(
          'decryption-failed',
          'Error marshaling to INI: Error encoding section: Section values should always be TreeBranches',
        ),
      );
    sections.push(sectionOf(item.key, item.value));
  }
  let text = '';
  for (const [index, section] of sections.entries()) {
    text += commentLines(section.comment);
    if (index > 0 || section.name.toUpperCase() !== DEFAULT_SECTION) text += `[${section.name}]\n`;
    else if (section.keys.size === 0) continue;
    text += keyLines(section.keys);
    if (index < sections.length - 1) text += '\n';
  }
  return ok(text);
}

function sectionOf(name: string, { items }: Branch): Section {
  const keys = new Map<string, Key>();
  let last: Key | undefined;
  const [first] = items;
  for (const item of first instanceof Comment ? items.slice(1) : items) {
    if (item instanceof Comment) {
      if (last !== undefined) last.comment = item.text;
      continue;
    }
    const value = plainText(item.value);
    last = keys.get(item.key) ?? { value, comment: '' };
    last.value = value;
    keys.set(item.key, last);
  }
  return { name, comment: first instanceof Comment ? first.text : '', keys };
}

function commentLines(comment: string): string {
  if (comment === '') return '';
  return comment
    .split('\n')
    .map((line) => (/^[#;]/.test(line) ? `${line[0]} ${line.slice(1).trim()}\n` : `; ${line}\n`))
    .join('');
}

function keyLines(keys: ReadonlyMap<string, Key>): string {
  const written = [...keys].map(([name, key]) => ({ name: quotedKey(name), ...key }));
  const width = Math.max(...written.map(({ name }) => Buffer.byteLength(name)));
  return written
    .map(({ name, value, comment }) => {
      const gap = ' '.repeat(width - Buffer.byteLength(name));
      return `${commentLines(comment)}${name}${gap} = ${quotedValue(value)}\n`;
    })
    .join('');
}

function quotedKey(name: string): string {
  if (/["=:]/.test(name)) return `\`${name}\``;
  return name.includes('`') ? `"""${name}"""` : name;
}

function quotedValue(value: string): string {
  if (/[\n`]/.test(value)) return `"""${value}"""`;
  if (/[#;]/.test(value)) return `\`${value}\``;
  return value.trim() === value ? value : `"${value}"`;
}
