import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse as parseElsewhere } from 'yaml';
import { stringify } from '../../src/engines/goyaml/public.ts';

test('what is written, another YAML 1.1 reader reads as the same data', () => {
  const data = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string({ unit: 'grapheme-ascii' }),
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
      fc.dictionary(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), tie('value'), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    ),
  })).value;
  fc.assert(
    fc.property(data, (value) => {
      expect(parseElsewhere(stringify(value), { version: '1.1', merge: false })).toEqual(value);
    }),
    { numRuns: 2000 },
  );
});
