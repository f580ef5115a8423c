import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { formatFloat } from '../../engines/goyaml/index.ts';
import { Branch, Comment, type Entry, Float, isSopsList, type SopsValue, Time } from './tree.ts';

/** @see getsops/sops stores/dotenv/store.go */
export function readDotenvFile(text: string): Result<readonly Branch[]> {
  const items: (Entry | Comment)[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('#')) {
      items.push(new Comment(line.slice(1)));
      continue;
    }
    const at = line.indexOf('=');
    if (at < 0) return fail(failure('decryption-failed', 'invalid dotenv input line'));
    items.push({ key: line.slice(0, at), value: line.slice(at + 1).replaceAll('\\n', '\n') });
  }
  return ok([new Branch(items)]);
}

export function writeDotenvFile(branch: Branch): Result<string> {
  let text = '';
  for (const item of branch.items) {
    if (item instanceof Comment) {
      text += `#${item.text}\n`;
      continue;
    }
    const { key, value } = item;
    if (value instanceof Branch || isSopsList(value))
      return fail(failure('decryption-failed', `cannot use complex value in dotenv file; offending key ${key}`));
    text += `${key}=${typeof value === 'string' ? value.replaceAll('\n', '\\n') : plainText(value)}\n`;
  }
  return ok(text);
}

/** A single value as text. @see getsops/sops stores/stores.go, ValToString */
export function plainText(value: SopsValue): string {
  if (value instanceof Time || value instanceof Comment) return value.text;
  if (!(value instanceof Float)) return value === null ? '<nil>' : String(value);
  const text = formatFloat(value.value).toUpperCase();
  return /[.E]/.test(text) ? text : `${text}.0`;
}
