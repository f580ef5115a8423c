import { expect, it } from 'vitest';
import { CERTIFICATES } from '../../src/engines/gotemplate/sprig/certificates.ts';
import { REGEX } from '../../src/engines/gotemplate/sprig/regex.ts';
import { CERTIFICATE_NAMES, REGEX_NAMES } from '../../src/engines/gotemplate/sprig.ts';

it('functions that are loaded when they are called are known by name before', () => {
  expect(REGEX_NAMES).toEqual(Object.keys(REGEX));
  expect(CERTIFICATE_NAMES).toEqual(Object.keys(CERTIFICATES));
});
