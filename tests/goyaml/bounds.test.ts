import { expect, test } from 'vitest';
import { parse, stringify } from '../../src/engines/goyaml/index.ts';

function message(text: string): string {
  const result = parse(text);
  return result.ok ? 'read' : result.error.message;
}

test('nesting is bounded, with the message Go has for its own bound', () => {
  expect(message('['.repeat(900) + ']'.repeat(900))).toBe('read');
  expect(message('['.repeat(2000) + ']'.repeat(2000))).toContain('exceeded max depth of 1000');
  for (const text of ['['.repeat(100_000), '- '.repeat(20_000), '{a: '.repeat(20_000), '? '.repeat(20_000)])
    expect(message(text)).toContain('exceeded max depth of 10000');
});

test('aliases that multiply are refused', () => {
  let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
  for (let i = 1; i < 10; i++)
    text += `a${i}: &a${i} [${Array(10)
      .fill(`*a${i - 1}`)
      .join(', ')}]\n`;
  expect(message(text)).toContain('document contains excessive aliasing');
  let merges = 'a0: &a0 {k: x}\n';
  for (let i = 1; i < 30; i++) merges += `a${i}: &a${i}\n  <<: [*a${i - 1}, *a${i - 1}]\n`;
  expect(message(merges)).toContain('document contains excessive aliasing');
  expect(message('a: &a [*a]')).toContain("anchor 'a' value contains itself");
});

test('reading and writing take time in proportion to the text', () => {
  const blanks = ' '.repeat(300_000);
  const texts = [
    `a: "${blanks}x\n"`,
    `a: "${' \n'.repeat(300_000)}"`,
    `a: b${blanks}c`,
    `a: 'b${blanks}\n${blanks}c'`,
    `a: |\n${'\n'.repeat(300_000)}`,
    `a: [${'b,'.repeat(300_000)}]`,
    'a\n'.repeat(300_000),
    `? ${'a'.repeat(300_000)}`,
    Array.from({ length: 100_000 }, (_, i) => `k${i}: ${i}`).join('\n'),
  ];
  const start = performance.now();
  for (const text of texts) {
    const result = parse(text);
    if (result.ok) stringify(result.value);
    parse(text, { dialect: 'v3' });
  }
  stringify(`a${blanks}\x85${blanks}b`);
  expect(performance.now() - start).toBeLessThan(20_000);
});

test('keys of objects that JavaScript treats as special are ordinary ones', () => {
  const result = parse('__proto__: 1\nconstructor: {__proto__: x}\n');
  expect(result.ok && stringify(result.value)).toBe('__proto__: 1\nconstructor:\n  __proto__: x\n');
});
