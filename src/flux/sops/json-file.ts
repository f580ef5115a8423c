import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { isMap } from '../../core/value.ts';
import { parse } from '../../engines/goyaml/index.ts';
import { Branch, branchOf, Comment, Float, isSopsList, type SopsValue, Time } from './tree.ts';

/** @see getsops/sops stores/json/store.go */
export function readJsonFile(text: string): Result<readonly Branch[]> {
  const parsed = parse(text.replace(STRING, yamlString), { dialect: 'v3' });
  if (!parsed.ok) return fail(failure('decryption-failed', `Could not unmarshal input data: ${parsed.error.message}`));
  if (isMap(parsed.value)) return ok([branchOf(parsed.value)]);
  return fail(
    failure(
      'decryption-failed',
      "Could not unmarshal input data: SOPS only supports JSON files with a top-level object (starting with '{')",
    ),
  );
}

const STRING = /"(?:[^"\\]|\\.)*"/g;

/** A string as a YAML reader takes it, too: it refuses some characters, and halves of pairs that JSON escapes. */
function yamlString(text: string): string {
  let value: string;
  try {
    value = JSON.parse(text) as string;
  } catch {
    return text; // the reader says what is wrong with it
  }
  return JSON.stringify(Buffer.from(value).toString()).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Tabs, and no room in what is empty; characters that HTML minds are escaped, as Go does. */
export const writeJsonFile = (branch: Branch): string => `${json(branch, '')}\n`;

function json(value: SopsValue, indent: string): string {
  const inner = `${indent}\t`;
  const lines = (items: readonly string[], open: string, close: string): string =>
    items.length === 0 ? open + close : `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
  if (value instanceof Branch)
    return lines(
      value.items.flatMap((item) =>
        item instanceof Comment ? [] : [`${goString(item.key)}: ${json(item.value, inner)}`],
      ),
      '{',
      '}',
    );
  if (isSopsList(value))
    return lines(
      value.filter((item) => !(item instanceof Comment)).map((item) => json(item, inner)),
      '[',
      ']',
    );
  if (value instanceof Float) return Object.is(value.value, -0) ? '-0' : String(value.value);
  if (value instanceof Time || value instanceof Comment) return goString(value.text);
  return typeof value === 'string' ? goString(value) : String(value);
}

const goString = (text: string): string =>
  JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
