import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { getIn, type YamlMap } from '../../core/value.ts';
import { type DecryptionKeys, dataKey, whyClosed } from './data-key.ts';
import { decryptTree, placeholder, placeholderTree } from './decrypt-tree.ts';
import { readDotenvFile, writeDotenvFile } from './dotenv-file.ts';
import { readIniFile, writeIniFile } from './ini-file.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { readMetadata, unflatten } from './metadata.ts';
import { readYamlFile } from './read-yaml.ts';
import { Branch, Comment, mapOf } from './tree.ts';
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
  /** Set where no key at hand opens the file, and placeholders stand for its values: what `whyClosed` says. */
  readonly closed?: string;
  /** Set where the MAC does not hold: something was changed after the file was encrypted. kustomize-controller goes on all the same. */
  readonly changed: boolean;
}

const NAMES: Readonly<Record<SopsFormat, string>> = {
  binary: 'binary',
  dotenv: 'dotenv',
  ini: 'INI',
  json: 'JSON',
  yaml: 'YAML',
};

/**
 * An encrypted file as it was before; with placeholders for its values where no key at hand opens it.
 * @param name what the placeholder of a binary file is named for
 * @see kustomize-controller internal/decryptor/decryptor.go, SopsDecryptWithFormat
 */
export async function openFile(
  text: string,
  input: SopsFormat,
  output: SopsFormat,
  keys: DecryptionKeys,
  name: string,
): Promise<Result<OpenedFile>> {
  const unreadable = (why: string): Result<never> =>
    fail(failure('decryption-failed', `failed to load encrypted ${NAMES[input]} data: ${why}`));
  const read = READERS[input](text);
  if (!read.ok) return unreadable(read.error.message);
  const { branches, metadata: part } = takeMetadata(read.value, input);
  const metadata = readMetadata(new Map([['sops', part ?? null]]));
  if (metadata === undefined) return unreadable('sops metadata not found');
  if (metadata.problem !== undefined) return unreadable(metadata.problem);
  const key = await dataKey(metadata, keys);
  if (!key.ok) return key;
  if (key.value === undefined) {
    const closed = branches.map((branch) =>
      placeholderTree(branch, (value) => (output === 'binary' ? placeholder(name) : value)),
    );
    const written = writeFile(closed, input, output);
    return written.ok
      ? ok({ bytes: Buffer.from(written.value), closed: await whyClosed(metadata, keys), changed: false })
      : written;
  }
  const raw = output === 'binary';
  const decrypted = await decryptTree(branches, metadata, key.value, raw);
  if (!decrypted.ok) return decrypted;
  const written = writeFile(decrypted.value.branches, input, output);
  if (!written.ok) return written;
  return ok({ bytes: Buffer.from(written.value, raw ? 'latin1' : 'utf8'), changed: !decrypted.value.intact });
}

const READERS: Readonly<Record<SopsFormat, (text: string) => Result<readonly Branch[]>>> = {
  binary: readJsonFile,
  dotenv: readDotenvFile,
  ini: readIniFile,
  json: readJsonFile,
  yaml: readYamlFile,
};

const METADATA_PREFIX = 'sops_';

/** The documents without their `sops` parts, of which the first document's counts. @see getsops/sops stores/metadata.go, ExtractMetadata */
function takeMetadata(
  branches: readonly Branch[],
  format: SopsFormat,
): { readonly branches: readonly Branch[]; readonly metadata: YamlMap | undefined } {
  const [first = new Branch([]), ...others] = branches;
  if (format === 'dotenv') {
    const isOurs = (item: Branch['items'][number]) =>
      !(item instanceof Comment) && item.key.startsWith(METADATA_PREFIX);
    const flat = first.items.flatMap((item) =>
      item instanceof Comment || !isOurs(item)
        ? []
        : [[item.key.slice(METADATA_PREFIX.length), String(item.value)] as const],
    );
    return {
      branches: [new Branch(first.items.filter((item) => !isOurs(item))), ...others],
      metadata: flat.length === 0 ? undefined : unflatten(new Map(flat)),
    };
  }
  const part = getIn(mapOf(first), 'sops');
  const own = branches.map(
    (branch) => new Branch(branch.items.filter((item) => item instanceof Comment || item.key !== 'sops')),
  );
  if (!(part instanceof Map)) return { branches: own, metadata: undefined };
  if (format !== 'ini') return { branches: own, metadata: part };
  const lines = [...part].map(([key, value]) => [key, String(value).replaceAll('\\n', '\n')] as const);
  return { branches: own, metadata: unflatten(new Map(lines)) };
}

function writeFile(documents: readonly Branch[], input: SopsFormat, output: SopsFormat): Result<string> {
  const first = documents[0] ?? new Branch([]);
  const written = ((): Result<string> => {
    switch (output) {
      case 'yaml':
        return ok(writeYamlFile(documents));
      case 'json':
        return ok(writeJsonFile(first));
      case 'dotenv':
        return writeDotenvFile(first);
      case 'ini':
        return writeIniFile(first);
      case 'binary': {
        const data = mapOf(first).get('data');
        if (typeof data === 'string') return ok(data);
        return fail(
          failure(
            'decryption-failed',
            data === undefined
              ? 'error emitting binary store: no binary data found in tree'
              : "error emitting binary store: 'data' key in tree does not have a string value",
          ),
        );
      }
    }
  })();
  if (written.ok) return written;
  return fail({
    ...written.error,
    message: `failed to emit encrypted ${NAMES[input]} file as decrypted ${NAMES[output]}: ${written.error.message}`,
  });
}
