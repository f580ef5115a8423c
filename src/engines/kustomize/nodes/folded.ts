import { fitsBlock, parse } from '../../goyaml/index.ts';

/**
 * What becomes of a text that stands in a folded block (`>`) once kustomize has written and read it: its YAML library writes
 * a line break too many before lines that are indented further. What cannot stand in a block is quoted, and stays as it is.
 * @see go.yaml.in/yaml/v3 emitterc.go, yaml_emitter_write_folded_scalar
 */
export function foldedAgain(text: string): string {
  if (!text.includes('\n') || !fitsBlock(text)) return text;
  const body = text.replace(/\n+$/, '');
  const ending = text.length - body.length;
  if (body === '' || ending > 1) return text;
  const startsBlank = /^\n*[ \t]/.test(text);
  let written = /^[ \n]/.test(text) ? '>2' : '>';
  if (ending === 0) written += '-';
  written += '\n';
  let afterBreak = true;
  let indented = true;
  for (const char of text) {
    if (char === '\n') {
      if (!afterBreak && !indented && !startsBlank) written += '\n';
      written += '\n';
      afterBreak = true;
      continue;
    }
    if (afterBreak) {
      written += '  ';
      indented = char === ' ' || char === '\t';
    }
    written += char;
    afterBreak = false;
  }
  const read = parse(`${written}\n`, { dialect: 'v3' });
  return read.ok && typeof read.value === 'string' ? read.value : text;
}
