import { isPrintableAscii } from '../../core/plain-text.ts';
import { YamlProblem } from './error.ts';
import { foldLines } from './fold-lines.ts';

// DEL, the C1 controls, NEL, lone halves of pairs, non-characters, and keys long enough to matter: all else passes unchanged.
const SUSPECT = /[\x7f-\x9f\ud800-\udfff\ufffe\uffff]/;
const FORBIDDEN = /[\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** Stands in for tabs; a character that texts here cannot hold. */
const TAB = '\uffff';

/** The length of a key in Go's JSON, from where on go-yaml no longer takes it for one. */
const MAX_KEY = 1024;

/**
 * `sigs.k8s.io/yaml` writes JSON first and has go-yaml read it. Gives what a text is afterwards: NEL is a line break there, which
 * folds; control characters that JSON lets through make it fail.
 */
export function asReadBack(text: string, isKey: boolean): string {
  if (isKey && text.length > 150 && jsonLength(text) > MAX_KEY)
    throw new YamlProblem("yaml: did not find expected ',' or '}'");
  if (isPrintableAscii(text) || !SUSPECT.test(text)) return text;
  if (FORBIDDEN.test(text)) throw new YamlProblem('yaml: control characters are not allowed');
  text = text.replace(/[\ud800-\udfff]/gu, '\ufffd'); // halves without their other one
  if (!text.includes('\x85')) return text;
  if (isKey) throw new YamlProblem("yaml: did not find expected ',' or '}'");
  // Tabs are escapes in JSON, and so no blanks to it.
  return foldLines(text.replaceAll('\t', TAB).split('\x85')).replaceAll(TAB, '\t');
}

/** In characters, quotes included. */
function jsonLength(text: string): number {
  let length = 2;
  for (const character of text) {
    const c = character.codePointAt(0)!;
    if (c === 34 || c === 92 || (c >= 8 && c <= 13 && c !== 11)) length += 2;
    else length += c < 32 || c === 60 || c === 62 || c === 38 || c === 0x2028 || c === 0x2029 ? 6 : 1;
  }
  return length;
}
