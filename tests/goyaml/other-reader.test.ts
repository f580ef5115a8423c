import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse as parseElsewhere } from 'yaml';
import { stringify } from '../../src/engines/goyaml/public.ts';
import { fuzz } from '../fuzz.ts';

/**
 * The other reader takes digits as optional in floats of YAML 1.1, so that it reads `.`, `e5` and `._0` as numbers, and reads a quoted
 * `<<` as a merge key, none of which Go's reader does: such texts are written rightly, and cannot be compared.
 */
const misreadElsewhere = /^<<$|^[-+]?(0[bx])?[._]*([eE][-+]?)?[0-9_]*$/;
const text = fc.string({ unit: 'grapheme-ascii' }).filter((value) => value === '' || !misreadElsewhere.test(value));

test('what is written, another YAML 1.1 reader reads as the same data', () => {
  const data = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.constantFrom(
        'yes',
        'no',
        'on',
        'null',
        '~',
        '0777',
        '1e3',
        '12:30',
        '# c',
        '- a',
        'a: b',
        'a\nb',
        ' a\n',
        '\n',
        '|',
        '2001-01-01',
      ),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    ),
  })).value;
  fc.assert(
    fc.property(data, (value) => {
      expect(parseElsewhere(stringify(value), { version: '1.1', merge: false })).toEqual(value);
    }),
    fuzz(2000),
  );
});
