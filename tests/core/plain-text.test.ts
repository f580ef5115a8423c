import { expect, it } from 'vitest';
import { isPlainInteger, isPrintableAscii } from '../../src/core/plain-text.ts';

it('printable ASCII is U+0020 to U+007E', () => {
  for (let code = 0; code < 0x180; code++)
    expect(isPrintableAscii(`a${String.fromCharCode(code)}`)).toBe(code >= 0x20 && code <= 0x7e);
  expect(isPrintableAscii('')).toBe(true);
  expect(isPrintableAscii('a\ud800')).toBe(false);
});

it.each(['0', '7', '10', '999999999999999'])('%s is a plain integer', (text) => {
  expect(isPlainInteger(text)).toBe(true);
});
it.each(['', '00', '01', '-1', '+1', '1.0', '1_0', ' 1', '1000000000000000', 'a', '١'])('%j is none', (text) => {
  expect(isPlainInteger(text)).toBe(false);
});
