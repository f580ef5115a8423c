import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { isMap, type YamlMap, type YamlValue } from '../../core/value.ts';
import { parse, parseDocuments } from '../../engines/goyaml/index.ts';
import { type DecryptionKeys, dataKey } from './data-key.ts';
import { decryptTree, placeholder, placeholderTree } from './decrypt-tree.ts';
import { readMetadata, type SopsMetadata, unflatten } from './metadata.ts';
import { writeYamlFile } from './write-yaml.ts';

export type SopsFormat = 'yaml' | 'json' | 'dotenv' | 'ini' | 'binary';

/** @see getsops/sops cmd/sops/formats, kustomize-controller decryptor formatForPath */
export function formatForPath(path: string): SopsFormat {
  if (path.endsWith('.dockerconfigjson')) return 'json';
  if (/\.ya?ml$/.test(path)) return 'yaml';
  if (path.endsWith('.json')) return 'json';
  if (path.endsWith('.env')) return 'dotenv';
  return path.endsWith('.ini') ? 'ini' : 'binary';
}

const MARKERS: Readonly<Record<SopsFormat, string>> = {
  binary: '"mac": "ENC[',
  dotenv: 'sops_mac=ENC[',
  ini: '[sops]',
  json: '"mac": "ENC[',
  yaml: 'mac: ENC[',
};

/** Whether a text carries SOPS' mark of a format. */
export const isMarked = (text: string, format: SopsFormat): boolean => text.includes(MARKERS[format]);

/** The format whose mark a text carries, or `undefined`: what a Secret's value is told by. JSON goes before binary. */
export function detectFormat(text: string): SopsFormat | undefined {
  return (['json', 'dotenv', 'ini', 'yaml'] as const).find((format) => isMarked(text, format));
}

export interface OpenedFile {
  readonly bytes: Uint8Array;
  /** Set where no key was at hand, and placeholders stand for the values. */
  readonly placeholders: boolean;
  /** Set where the MAC does not hold: something was changed after the file was encrypted. kustomize-controller goes on all the same. */
  readonly changed: boolean;
}

/**
 * An encrypted file as it was before; with placeholders for its values where no key at hand opens it.
 * @param name what the placeholder of a binary file is named for
 */
export async function openFile(
  text: string,
  input: SopsFormat,
  output: SopsFormat,
  keys: DecryptionKeys,
  name: string,
): Promise<Result<OpenedFile>> {
  const documents = readDocuments(text, input);
  if (!documents.ok) return documents;
  const opened: YamlMap[] = [];
  let placeholders = false;
  let changed = false;
  for (const document of documents.value) {
    const metadata = readMetadata(document);
    if (metadata === undefined) {
      opened.push(document);
      continue;
    }
    const key = await dataKey(metadata, keys);
    if (!key.ok) return key;
    if (key.value === undefined) {
      placeholders = true;
      opened.push(placeholderTree(document, (value) => (output === 'binary' ? placeholder(name) : value)));
      continue;
    }
    const raw = output === 'binary';
    let decrypted = decryptTree(document, metadata, key.value, { checkMac: documents.value.length === 1, raw });
    if (!decrypted.ok && decrypted.error.reason === 'verification-failed') {
      changed = true;
      decrypted = decryptTree(document, metadata, key.value, { raw });
    }
    if (!decrypted.ok) return decrypted;
    opened.push(decrypted.value);
  }
  const written = writeFile(opened, output);
  return written.ok
    ? ok({
        bytes: Buffer.from(written.value, output === 'binary' && !placeholders ? 'latin1' : 'utf8'),
        placeholders,
        changed,
      })
    : written;
}

const unreadable = (format: SopsFormat, message: string): Result<never> =>
  fail(failure('decryption-failed', `failed to load encrypted ${format} data: ${message}`));

function readDocuments(text: string, format: SopsFormat): Result<readonly YamlMap[]> {
  if (format === 'dotenv') return readDotenv(text);
  if (format === 'ini') return unreadable(format, 'INI files are not supported');
  if (format === 'yaml') {
    const { documents, error } = parseDocuments(text, { dialect: 'v3' });
    if (error !== undefined) return unreadable(format, error.message);
    return ok(documents.map(({ value }) => value).filter(isMap));
  }
  const parsed = parse(text, { dialect: 'v3' });
  if (!parsed.ok) return unreadable(format, parsed.error.message);
  return isMap(parsed.value) ? ok([parsed.value]) : unreadable(format, 'no mapping');
}

/** Begins the names that comments of a dotenv file go by. */
const COMMENT = '#';
const METADATA_PREFIX = 'sops_';

function readDotenv(text: string): Result<readonly YamlMap[]> {
  const document: YamlMap = new Map();
  const metadata = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('#')) {
      document.set(`${COMMENT}${document.size}`, line.slice(1));
      continue;
    }
    const at = line.indexOf('=');
    if (at < 0) return unreadable('dotenv', 'invalid dotenv input line');
    const key = line.slice(0, at);
    const value = line.slice(at + 1).replaceAll('\\n', '\n');
    if (key.startsWith(METADATA_PREFIX)) metadata.set(key.slice(METADATA_PREFIX.length), value);
    else document.set(key, value);
  }
  return ok([document.set('sops', unflatten(metadata))]);
}

function writeFile(documents: readonly YamlMap[], format: SopsFormat): Result<string> {
  const first = documents[0] ?? new Map<string, YamlValue>();
  switch (format) {
    case 'yaml':
      return ok(writeYamlFile(documents));
    case 'json':
      return ok(`${writeJson(first, '')}\n`);
    case 'dotenv':
      return ok([...first].map(dotenvLine).join(''));
    case 'binary': {
      const data = first.get('data');
      if (typeof data === 'string') return ok(data);
      return fail(failure('decryption-failed', 'no binary data found in tree'));
    }
    case 'ini':
      return fail(failure('decryption-failed', 'INI files are not supported'));
  }
}

const dotenvLine = ([key, value]: [string, YamlValue]): string =>
  key.startsWith(COMMENT) ? `#${String(value)}\n` : `${key}=${String(value).replaceAll('\n', '\\n')}\n`;

/** As Go's encoder with a tab for indentation: `<`, `>` and `&` escaped. */
function writeJson(value: YamlValue, indent: string): string {
  const inner = `${indent}\t`;
  if (isMap(value)) {
    if (value.size === 0) return '{}';
    const entries = [...value].map(([key, item]) => `${inner}${goJsonString(key)}: ${writeJson(item, inner)}`);
    return `{\n${entries.join(',\n')}\n${indent}}`;
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => inner + writeJson(item, inner)).join(',\n')}\n${indent}]`;
  }
  return typeof value === 'string' ? goJsonString(value) : String(value);
}

const goJsonString = (text: string): string =>
  JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export type { SopsMetadata };
