import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quoteGo } from '../../src/core/go-quote.ts';
import { fromPlain, type YamlValue } from '../../src/core/value.ts';
import {
  nodeTag,
  type ParseOptions,
  parse,
  parseDocuments,
  parseNodes,
  splitManifests,
  stringifyPretty,
  tryStringify,
  type YamlNode,
} from '../../src/engines/goyaml/index.ts';
import { goJson } from './go-json.ts';

interface Outcome {
  json?: string;
  error?: string;
}
interface ParseCase {
  id: string;
  text: string;
  v2: Outcome;
  strict?: Outcome;
  v3: Outcome;
  yaml?: string;
  nodes?: string[];
  documents?: { v2: Stream; v3: Stream };
}
interface Stream {
  json: string[];
  error?: string;
}
interface WriteCase {
  id: string;
  json: string;
  yaml?: string;
  error?: string;
  pretty?: string;
}
interface SplitCase {
  id: string;
  text: string;
  helm3: string[];
  helm4: string[];
}
const recorded: { parse: ParseCase[]; write: WriteCase[]; split: SplitCase[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../conformance/goyaml.json'), 'utf8'),
);

const V3: ParseOptions = { dialect: 'v3', stringKeys: true };

function outcome(text: string, options?: ParseOptions): Outcome {
  const result = parse(text, options);
  return result.ok
    ? { json: goJson(result.value) }
    : { error: result.error.message.replace('error converting YAML to JSON: ', '') };
}

function stream(text: string, options?: ParseOptions): Stream {
  const { documents, error } = parseDocuments(text, options);
  const json = documents.map((document) => goJson(document.value));
  return error === undefined ? { json } : { json, error: error.message };
}

/** The ids of the cases for which `actual` differs, with both sides of the first few. */
function differing<T extends { id: string }>(
  cases: readonly T[],
  expected: (c: T) => unknown,
  actual: (c: T) => unknown,
) {
  const wrong = cases.filter((c) => JSON.stringify(expected(c)) !== JSON.stringify(actual(c)));
  return wrong.map((c, i) => (i < 5 ? { id: c.id, expected: expected(c), actual: actual(c) } : c.id));
}

test('the table holds the cases it should', () => {
  expect(recorded.parse.length).toBeGreaterThan(1500);
  expect(recorded.write.length).toBeGreaterThan(400);
});

test('text reads as sigs.k8s.io/yaml reads it, errors included', () => {
  expect(
    differing(
      recorded.parse,
      (c) => c.v2,
      (c) => outcome(c.text),
    ),
  ).toEqual([]);
});

test('duplicate keys are refused as UnmarshalStrict refuses them', () => {
  const options: ParseOptions = { duplicateKeys: 'error' };
  expect(
    differing(
      recorded.parse,
      (c) => c.strict ?? c.v2,
      (c) => outcome(c.text, options),
    ),
  ).toEqual([]);
});

test('text reads as goyaml.v3 reads it, errors included', () => {
  expect(
    differing(
      recorded.parse,
      (c) => c.v3,
      (c) => outcome(c.text, V3),
    ),
  ).toEqual([]);
});

const KINDS = { sequence: 2, mapping: 4, scalar: 8 };
const STYLES = { plain: 0, block: 0, double: 2, single: 4, literal: 8, folded: 16, flow: 32 };

function describe(node: YamlNode): string {
  if (node.kind === 'alias') return `alias ${node.value} ${node.line}:${node.column}`;
  const style = STYLES[node.style] | (node.tag !== '' && node.tag !== '!' ? 1 : 0);
  const own = `${KINDS[node.kind]} ${nodeTag(node)} ${style} ${node.anchor} ${quoteGo(node.value)} ${node.line}:${node.column}`;
  return own + node.children.map((child) => ` (${describe(child)})`).join('');
}

test('nodes have the tags, styles and places that goyaml.v3 gives them', () => {
  const cases = recorded.parse.filter((c) => c.nodes !== undefined);
  const nodes = (c: ParseCase) => parseNodes(c.text, { dialect: 'v3' }).documents.map(({ root }) => describe(root));
  expect(cases.length).toBeGreaterThan(300);
  expect(differing(cases, (c) => c.nodes, nodes)).toEqual([]);
});

test('streams of documents read as each library reads them', () => {
  const streams = recorded.parse.filter((c) => c.documents !== undefined);
  expect(
    differing(
      streams,
      (c) => c.documents?.v2,
      (c) => stream(c.text),
    ),
  ).toEqual([]);
  expect(
    differing(
      streams,
      (c) => c.documents?.v3,
      (c) => stream(c.text, V3),
    ),
  ).toEqual([]);
});

test('what was read is written to the byte as sigs.k8s.io/yaml writes it', () => {
  const rewrite = (c: ParseCase): string | undefined => {
    const read = parse(c.text);
    const written = read.ok ? tryStringify(read.value) : undefined;
    return written?.ok ? written.value : undefined;
  };
  expect(differing(recorded.parse, (c) => c.yaml, rewrite)).toEqual([]);
});

function readJson(json: string): YamlValue {
  if (!/\d{16}/.test(json)) return fromPlain(JSON.parse(json));
  const exact = parse(json);
  if (!exact.ok) throw new Error(exact.error.message);
  return exact.value;
}

test('values are written to the byte as sigs.k8s.io/yaml writes them', () => {
  const write = (c: WriteCase): unknown => {
    const result = tryStringify(readJson(c.json));
    return result.ok ? [result.value] : [undefined, result.error.message];
  };
  expect(differing(recorded.write, (c) => (c.error === undefined ? [c.yaml] : [undefined, c.error]), write)).toEqual(
    [],
  );
});

test('values are written to the byte as goyaml.v3 writes them', () => {
  const cases = recorded.write.filter((c) => c.pretty !== undefined);
  expect(
    differing(
      cases,
      (c) => c.pretty,
      (c) => stringifyPretty(fromPlain(JSON.parse(c.json))),
    ),
  ).toEqual([]);
});

test('a rendered stream is split as either Helm splits it', () => {
  expect(
    differing(
      recorded.split,
      (c) => c.helm3,
      (c) => splitManifests(c.text, 3),
    ),
  ).toEqual([]);
  expect(
    differing(
      recorded.split,
      (c) => c.helm4,
      (c) => splitManifests(c.text, 4),
    ),
  ).toEqual([]);
});
