import { type Resolved, resolvePlain } from '../../goyaml/index.ts';
import { STRING_TAG } from './node.ts';

/** Whether a first character may start anything but a text. */
const HINTS = new Set('+-0123456789.yYnNtTfFoO~'.split('').map((char) => char.charCodeAt(0)));

/** The short tag that a plain scalar gets. */
export function resolveTag(text: string): string {
  return text !== '' && !HINTS.has(text.charCodeAt(0)) ? STRING_TAG : resolve(text).tag;
}

/** What a plain text stands for, as kyaml's YAML library sees it. */
export const resolve = (text: string): Resolved => resolvePlain(text, 'v3');
