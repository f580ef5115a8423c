// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { substitute } from '../../../src/engines/envsubst/index.ts';
import { substitute as substitutePublic } from '../../../src/engines/envsubst/public.ts';

interface Case {
  id: string;
  input: string;
  vars?: Record<string, string>;
  strict?: boolean;
  output?: string;
  error?: string;
}
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../conformance/${name}`, import.meta.url), 'utf8'));

/** Go's decoder gives one U+FFFD for each invalid byte, JavaScript's one for each cut character. */
const normal = (text: string): string => text.replace(/\ufffd+/g, '\ufffd');

function failing(cases: readonly Case[], shared: Record<string, string>): string[] {
  return cases
    .map((item) => {
      const given = substitute(item.input, new Map(Object.entries(item.vars ?? shared)), {
        strict: item.strict ?? false,
      });
      if (item.error !== undefined)
        return !given.ok && given.error.message === item.error
          ? ''
          : `${item.id} ${item.input}: ${JSON.stringify(given)}`;
      return given.ok && normal(given.value) === normal(item.output ?? '')
        ? ''
        : `${item.id} ${item.input}: ${JSON.stringify(given)}`;
    })
    .filter((line) => line !== '');
}

describe('substitution as fluxcd/pkg/envsubst does it', () => {
  test('the shared cases', () => {
    expect(failing(read('envsubst.json') as Case[], {})).toEqual([]);
  });
  test('the recorded cases', () => {
    const { cases, vars } = read('envsubst-more.json') as { cases: Case[]; vars: Record<string, string> };
    expect(cases.length).toBeGreaterThan(900);
    expect(failing(cases, vars)).toEqual([]);
  });
  test('a text of a hundred thousand references takes linear time', () => {
    const given = substitute('${a} $$ '.repeat(100_000), new Map([['a', 'x']]));
    expect(given.ok && given.value.length).toBe(400_000);
  });
  test('nesting past the bound is a failure, not a stack overflow', () => {
    const given = substitute('${a:='.repeat(100_000), new Map());
    expect(!given.ok && given.error.reason).toBe('limit-exceeded');
  });
  test('the public function takes a plain object, in which __proto__ and toString are no variables', () => {
    expect(substitutePublic('${a}-${toString}-${__proto__:=d}', { a: '1' })).toEqual({ ok: true, value: '1--d' });
    expect(substitutePublic('${b}', {}, { strict: true })).toMatchObject({
      ok: false,
      error: { reason: 'substitution-failed', message: 'variable not set (strict mode): "b"' },
    });
  });
  test('what asks for values that are yet to come stays, so that the result can be substituted again', () => {
    const later = (text: string) => substitute(text, new Map([['a', 'x']]), { keepUnset: true });
    for (const text of ['${b}', '${b/./-}-c', '${b:0:2}', '${#b}', '${b^^}', '$${b}', '${b/$${c}/\\/}'])
      expect(later(text)).toEqual({ ok: true, value: text });
    expect(later('${a}${a^}')).toEqual({ ok: true, value: 'xX' });
    expect(later('${b:=d}${b:=${c}}${b:-${c//./-}}')).toEqual({ ok: true, value: 'd${c}${c//./-}' });
  });
});
