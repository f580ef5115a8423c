import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromPlain, type YamlValue } from '../../src/core/value.ts';
import { Decoder, type DecodeSettings } from '../../src/engines/goyaml/decode.ts';
import { fastParse } from '../../src/engines/goyaml/fast-parse.ts';
import { parse, stringify } from '../../src/engines/goyaml/index.ts';
import { Parser } from '../../src/engines/goyaml/parser.ts';
import { fuzz } from '../fuzz.ts';
import { alteredTexts } from './altered.ts';
import { goJson } from './go-json.ts';

function full(text: string, settings: DecodeSettings): string {
  try {
    const parser = new Parser(text, settings.dialect);
    const seen: string[] = [];
    for (let document = parser.next(); document !== undefined; document = parser.next())
      seen.push(`${document.line} ${goJson(new Decoder(settings).decode(document.root))}`);
    return seen.join('\n');
  } catch (thrown) {
    return String(thrown);
  }
}

test('what the fast reader takes, it reads as the full reader does', () => {
  let taken = 0;
  fc.assert(
    fc.property(
      alteredTexts,
      fc.constantFrom('v2', 'v3'),
      fc.constantFrom('last', 'error'),
      (text, dialect, duplicateKeys) => {
        const settings: DecodeSettings = {
          dialect,
          duplicateKeys,
          stringKeys: dialect === 'v3',
          numbers: 'exact',
          into: 'any',
          maxDepth: 1000,
        };
        const fast = fastParse(text, settings, true);
        if (fast === undefined) return;
        taken++;
        expect(fast.map(({ line, value }) => `${line} ${goJson(value)}`).join('\n')).toBe(full(text, settings));
      },
    ),
    fuzz(5000),
  );
  expect(taken).toBeGreaterThan(1000);
});

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('a', ' ', '\n', ':', '#', '-', "'", '"', '\t', '0', 'word ', '\u2028') }),
  fc.constantFrom('yes', '0x1', '1e3', '~', '2001-01-01', '1:30', '<<', '='),
);
const data = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' });
/** What YAML can hold: JSON's text passes control characters that YAML refuses. */
const isWritable = (value: string): boolean => !/[\x7f-\x9f\ufffe\uffff]/.test(value);

test('what is written reads back as the same value', () => {
  const same = (value: YamlValue): void => {
    const read = parse(stringify(value));
    expect(read.ok ? goJson(read.value) : read.error.message).toBe(goJson(value));
  };
  fc.assert(
    fc.property(fc.array(text.filter(isWritable), { maxLength: 4 }), (texts) => same(texts)),
    fuzz(2000),
  );
  fc.assert(
    fc.property(data, (drawn) => {
      // A zero below zero is read as the integer 0, in Go too; JSON's text makes it one.
      const value = JSON.parse(JSON.stringify(drawn));
      const json = JSON.stringify(value);
      if (isWritable(json) && !json.includes('"<<"') && !/-0|\d{16}|e[+-]?\d/.test(json)) same(fromPlain(value));
    }),
    fuzz(2000),
  );
});
