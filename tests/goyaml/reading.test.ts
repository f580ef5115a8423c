import { expect, test } from 'vitest';
import { locate, parse, parseDocuments, parseNodes } from '../../src/engines/goyaml/index.ts';
import { parse as parsePlain, stringify as stringifyPlain } from '../../src/engines/goyaml/public.ts';

test('whole numbers beyond 2^53 stay exact, or become floats as in Go', () => {
  const text = 'a: 9007199254740993\nb: 18446744073709551615\nc: 18446744073709551616\nd: 9007199254740991\n';
  const exact = parse(text);
  expect(exact.ok && [...(exact.value as Map<string, unknown>).values()]).toEqual([
    9007199254740993n,
    18446744073709551615n,
    2 ** 64,
    9007199254740991,
  ]);
  const float = parse(text, { numbers: 'float64' });
  expect(float.ok && [...(float.value as Map<string, unknown>).values()]).toEqual([
    9007199254740992,
    2 ** 64,
    2 ** 64,
    9007199254740991,
  ]);
});

test('documents know the lines they start at', () => {
  const { documents } = parseDocuments('# c\n\na: 1\n---\n# d\nb: 2\n---\n---\nc: |\n  ---x\n...\n');
  expect(documents.map((document) => document.line)).toEqual([3, 4, 7, 8]);
});

test('a failure in a stream leaves the documents before it, and says its line', () => {
  const { documents, error } = parseDocuments('a: 1\n---\nb: c: d\n');
  expect(documents).toHaveLength(1);
  expect(error).toEqual({
    reason: 'invalid-yaml',
    message: 'yaml: line 3: mapping values are not allowed in this context',
    line: 3,
  });
});

test('a target refuses other values with the message of Go', () => {
  const list = parse('- a', { into: 'map' });
  expect(list.ok || list.error.message).toBe(
    'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
  );
  expect(parse('', { into: 'map' })).toEqual({ ok: true, value: new Map() });
  expect(parse('~', { into: 'list' })).toEqual({ ok: true, value: [] });
});

test('nodes keep styles, tags, anchors and places', () => {
  const text = "a: &x !!str 'it''s'\nb:\n- |\n  z\n- *x\n- [1, \"2\"]\n";
  const root = parseNodes(text).documents[0]!.root;
  expect(root).toMatchObject({ kind: 'mapping', style: 'block', line: 1, column: 1 });
  const [, a, , b] = root.children;
  expect(a).toMatchObject({
    kind: 'scalar',
    style: 'single',
    value: "it's",
    anchor: 'x',
    tag: 'tag:yaml.org,2002:str',
    line: 1,
    column: 4,
  });
  expect(text.slice(a!.start, a!.end)).toBe("'it''s'");
  expect(b!.children[0]).toMatchObject({ style: 'literal', value: 'z\n', line: 3, column: 3 });
  expect(b!.children[1]).toMatchObject({ kind: 'alias', value: 'x' });
  expect(b!.children[1]!.target).toBe(a);
  expect(b!.children[2]!.children.map((child) => child.style)).toEqual(['plain', 'double']);
});

test('a path of keys is found in the text', () => {
  const text = '---\na: 1\n---\nspec:\n  # c\n  values:\n    list:\n    - x: 1\n    - "y": 2\n';
  expect(locate(text, ['spec', 'values', 'list', 1, 'y'], 1)).toEqual({ line: 9, column: 7 });
  expect(locate(text, ['spec', 'values', 'absent', 'deep'], 1)).toEqual({ line: 6, column: 3 });
  expect(locate(text, ['a'])).toEqual({ line: 2, column: 1 });
  expect(locate(text, ['a'], 5)).toBeUndefined();
});

test('the public entry takes and gives plain data', () => {
  const result = parsePlain('a: [1, yes]\nb: {__proto__: x}\n');
  expect(result.ok && JSON.stringify(result.value)).toBe('{"a":[1,true],"b":{"__proto__":"x"}}');
  expect(stringifyPlain({ b: [1, 'yes', 1e20, 1000000, 0.5, null], a: 'x\n', c: undefined })).toBe(
    'a: |\n  x\nb:\n- 1\n- "yes"\n- 1e+20\n- 1000000\n- 0.5\n- null\n',
  );
  expect(stringifyPlain(new Map<string, unknown>([['id', 12345678901234567890n]]))).toBe('id: 12345678901234567890\n');
  expect(stringifyPlain({ a: Number.NaN })).toBe('');
});

test('a timestamp that goes over two lines is one, as go-yaml v3 takes it', () => {
  const read = parse('a: 2001-01-01\n  10:00:00\n', { dialect: 'v3' });
  expect(read.ok && (read.value as Map<string, unknown>).get('a')).toBe('2001-01-01T10:00:00Z');
  const text = parse('a: 2001-01-01\n  10:00:00\n');
  expect(text.ok && (text.value as Map<string, unknown>).get('a')).toBe('2001-01-01 10:00:00');
});
