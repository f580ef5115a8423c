import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

const recorded: { parse: { text: string }[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../conformance/goyaml.json'), 'utf8'),
);

/** What changes the meaning of the YAML it is put into. */
const PIECES = [
  '',
  '\n',
  ' ',
  '# c\n',
  ': ',
  '- ',
  '"',
  "'",
  '&a ',
  '*a',
  '|\n',
  '>-\n',
  '---\n',
  '\n\n  ',
  '{',
  ']',
  '\t',
  '<<',
];

/** The recorded texts, whole and cut, with a line break, a comment or another piece of YAML put in. */
export const alteredTexts = fc
  .tuple(fc.constantFrom(...recorded.parse.map((c) => c.text)), fc.nat(), fc.constantFrom(...PIECES), fc.boolean())
  .map(([text, at, put, cut]) => {
    const index = at % (text.length + 1);
    return text.slice(0, index) + put + (cut ? '' : text.slice(index));
  });
