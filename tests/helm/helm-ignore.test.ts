import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchFile } from '../../src/engines/helm/file-match.ts';
import { IgnoreRules } from '../../src/engines/helm/helm-ignore.ts';
import { fuzz } from '../fuzz.ts';

const NAMES = ['a', 'b.tmp', '.git', '~', 'a~', 'x.y.bak', '[', '*', 'abc', 'B.TMP', '\u00e9.tmp', '\u{1f600}'];
const PARTS = [...NAMES, '*.tmp', '*~', '*.*', '?', '[a-c]*', '[a', '\\*', '\\', '.*', '*.bak', '*a'];

const name = fc.constantFrom(...NAMES);
const part = fc.constantFrom(...PARTS);
const path = fc.oneof(
  name,
  fc.tuple(name, name).map((names) => names.join('/')),
);
const rule = fc.oneof(
  part,
  fc.tuple(fc.constantFrom('', '/'), part, part).map(([root, a, b]) => `${root}${a}/${b}`),
);

test('a rule matches what Go’s filepath.Match matches: of the path where it has a slash, of the last part elsewhere', () => {
  fc.assert(
    fc.property(rule, path, (text, file) => {
      const pattern = text.startsWith('/') ? text.slice(1) : text;
      const against = text.includes('/') ? file : file.slice(file.lastIndexOf('/') + 1);
      if (matchFile(text, 'abc') === undefined) expect(() => new IgnoreRules(text)).toThrow();
      else expect(new IgnoreRules(text).ignores(file, false)).toBe(matchFile(pattern, against) === true);
    }),
    fuzz(3000),
  );
});
