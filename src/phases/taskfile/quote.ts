import { escapeGo } from '../../core/go-quote.ts';

const SPECIAL = /[;"'()$|&><` \t\r\n\\#{~*?[=]/;
const KEYWORDS = new Set(
  '! elif else end esac fi for function if in select then time until while { } [[ ]] case coproc do done'.split(' '),
);

/**
 * Text quoted for bash with as little as possible.
 * @see mvdan.cc/sh/v3/syntax, Quote
 */
export function shellQuote(text: string): string {
  if (text === '') return "''";
  const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(text);
  if (printable && !SPECIAL.test(text) && !KEYWORDS.has(text)) return text;
  if (!printable) return `$'${[...text].map((character) => escapeGo(character, "'")).join('')}'`;
  if (!text.includes("'")) return `'${text}'`;
  return `"${text.replace(/["\\`$]/g, '\\$&')}"`;
}

/** Splits a text into the words that a shell would see; quotes are taken off, nothing is expanded but `$NAME`. */
export function splitArgs(text: string, environment: Readonly<Record<string, string | undefined>>): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  const variable = (): string => {
    const match = /^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/.exec(text.slice(at));
    if (match === null) {
      at++;
      return '$';
    }
    at += match[0].length;
    return environment[match[1] ?? match[2] ?? ''] ?? '';
  };
  while (at < text.length) {
    const character = text.charAt(at);
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
    } else if (character === "'") {
      const end = text.indexOf("'", at + 1);
      word = (word ?? '') + text.slice(at + 1, end < 0 ? text.length : end);
      at = end < 0 ? text.length : end + 1;
    } else if (character === '"') {
      word ??= '';
      at++;
      while (at < text.length && text.charAt(at) !== '"') {
        if (text.charAt(at) === '\\' && '"\\$`'.includes(text.charAt(at + 1))) {
          word += text.charAt(at + 1);
          at += 2;
        } else if (text.charAt(at) === '$') word += variable();
        else word += text.charAt(at++);
      }
      at++;
    } else if (character === '\\') {
      word = (word ?? '') + text.charAt(at + 1);
      at += 2;
    } else if (character === '$') {
      const value = variable();
      if (value !== '' || word !== undefined) word = (word ?? '') + value;
    } else {
      word = (word ?? '') + character;
      at++;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}
