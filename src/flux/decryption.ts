import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import { MemoryFileSystem } from '../core/memory-file-system.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn, isList, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import type { Warning } from '../core/warning.ts';
import { KUSTOMIZE_GROUP } from './build-kustomization.ts';
import { metadataText, scalarText } from './fields.ts';
import { generateKustomization, kustomizationFile } from './generate-kustomization.ts';
import { objectData } from './object-data.ts';
import { ageKeysIn, type DecryptionKeys, dataKey, whyClosed } from './sops/data-key.ts';
import { decryptTree, placeholder, placeholderTree } from './sops/decrypt-tree.ts';
import { detectFormat, formatForPath, isMarked, openFile, type SopsFormat } from './sops/file.ts';
import { readMetadata } from './sops/metadata.ts';
import { branchOf, mapOf } from './sops/tree.ts';
import { parseYaml } from './yaml.ts';

export { ageKeysIn, type DecryptionKeys, joinKeys, NO_KEYS } from './sops/data-key.ts';

/** Past this, kustomize-controller refuses a file that it would look into, encrypted or not. Bytes. */
const MAX_FILE_SIZE = 5 * 1024 * 1024;

/** Whether a Flux Kustomization decrypts what it builds. */
export const isDecrypting = (kustomization: YamlMap): boolean =>
  getIn(kustomization, 'spec', 'decryption', 'provider') === 'sops';

/** The name of the Secret (in the Kustomization's namespace) that holds its keys, or `undefined`. */
export function decryptionSecret(kustomization: YamlMap): string | undefined {
  const name = scalarText(getIn(kustomization, 'spec', 'decryption', 'secretRef', 'name'));
  return name === '' ? undefined : name;
}

/** The keys that such a Secret holds: `*.agekey` and `*.asc` entries. */
export function decryptionKeys(secret: YamlMap): DecryptionKeys {
  const age: string[] = [];
  const pgp: string[] = [];
  for (const [name, text] of objectData(secret)) {
    if (name.endsWith('.agekey')) age.push(...ageKeysIn(text));
    else if (name.endsWith('.asc')) pgp.push(text);
  }
  return { age, pgp };
}

export interface Decryption<T> {
  readonly value: T;
  /** What could not be decrypted: placeholders stand for the values. */
  readonly warnings: readonly Warning[];
}

/**
 * Decrypts built objects: whole objects that SOPS encrypted, and single values of Secrets (files that a generator read). Objects
 * annotated `kustomize.toolkit.fluxcd.io/decrypt: disabled` are left alone. Where no key at hand opens one, stable placeholders
 * (`..PLACEHOLDER_<key>..`) stand for its values.
 * @see kustomize-controller internal/decryptor/decryptor.go, DecryptResource
 */
export async function decryptObjects(
  objects: readonly YamlMap[],
  kustomization: YamlMap,
  keys: DecryptionKeys,
): Promise<Result<Decryption<readonly YamlMap[]>>> {
  const decrypting = isDecrypting(kustomization);
  const warnings: Warning[] = [];
  const out: YamlMap[] = [];
  for (const object of objects) {
    const decrypted = await decryptObject(object, decrypting, keys, warnings);
    if (!decrypted.ok)
      return fail({
        ...decrypted.error,
        message: `decryption failed for '${nameOf(object)}': ${decrypted.error.message}`,
      });
    out.push(decrypted.value);
  }
  return ok({ value: out, warnings });
}

/** Whether an object, or a value of a Secret, is still encrypted: cheap, to spare the rest of this file. */
export function isEncryptedObject(object: YamlMap): boolean {
  if (readMetadata(object) !== undefined) return true;
  if (object.get('kind') !== 'Secret') return false;
  for (const text of objectData(object).values()) if (detectFormat(text) !== undefined) return true;
  return false;
}

const nameOf = (object: YamlMap): string =>
  [object.get('kind'), getIn(object, 'metadata', 'namespace'), getIn(object, 'metadata', 'name')]
    .map(scalarText)
    .filter((part) => part !== '')
    .join('/');

const DISABLED = `${KUSTOMIZE_GROUP}/decrypt`;

async function decryptObject(
  object: YamlMap,
  decrypting: boolean,
  keys: DecryptionKeys,
  warnings: Warning[],
): Promise<Result<YamlMap>> {
  if (metadataText(object, 'annotations', DISABLED).toLowerCase() === 'disabled') return ok(object);
  const metadata = readMetadata(object);
  if (metadata === undefined) return decrypting ? decryptData(object, keys, warnings) : ok(object);
  const secret = object.get('kind') === 'Secret';
  if (!decrypting && !secret) return ok(object);
  const key = decrypting ? await dataKey(metadata, keys) : ok(undefined);
  if (!key.ok) return key;
  const name = nameOf(object);
  const tree = branchOf(new Map([...object].filter(([field]) => field !== 'sops')));
  if (key.value !== undefined) {
    const decrypted = await decryptTree([tree], metadata, key.value);
    if (!decrypted.ok) return decrypted;
    if (metadata.rule.kind === 'encrypted_comment_regex')
      warnings.push({
        message: `${name} says with comments (encrypted_comment_regex) what is encrypted, and a build keeps none: its values stay encrypted, as they do in the cluster`,
      });
    return ok(mapOf(decrypted.value.branches[0]!));
  }
  warnings.push(
    decrypting
      ? keyMissing(name, await whyClosed(metadata, keys))
      : {
          message: `${name} is SOPS encrypted, configuring decryption is required for this secret to be reconciled: placeholders stand for its values`,
          together: {
            text: '{count} Secrets are SOPS encrypted where no decryption is configured, and Flux reconciles none of them, so placeholders stand for their values: {names}',
            subject: name,
          },
        },
  );
  return ok(
    mapOf(
      placeholderTree(tree, (text, path) =>
        secret && path[0] === 'data' ? Buffer.from(text).toString('base64') : text,
      ),
    ),
  );
}

const GIVE_KEY =
  'give the key in SOPS_AGE_KEY or SOPS_AGE_KEY_FILE, or the Secret of spec.decryption.secretRef with --with-resource FILE';

/** @param why what `whyClosed` says */
const keyMissing = (subject: string, why: string): Warning => ({
  message: `${subject} is ${why}: placeholders stand for its values; ${GIVE_KEY}`,
  together: {
    text: `no key is at hand for {count} encrypted objects and files, so placeholders stand for their values: {names}; ${GIVE_KEY}`,
    subject,
  },
});

/** Values of a Secret's `data` that carry SOPS' mark. */
async function decryptData(object: YamlMap, keys: DecryptionKeys, warnings: Warning[]): Promise<Result<YamlMap>> {
  const data = object.get('data');
  if (object.get('kind') !== 'Secret' || !isMap(data)) return ok(object);
  let copy: YamlMap | undefined;
  for (const [key, value] of data) {
    const text = Buffer.from(scalarText(value), 'base64').toString('utf8');
    const input = detectFormat(text);
    if (input === undefined) continue;
    const output = formatForPath(key);
    const opened = await openFile(text, input === 'json' && output === 'binary' ? 'binary' : input, output, keys, key);
    if (!opened.ok) return opened;
    if (opened.value.closed !== undefined) warnings.push(keyMissing(`${nameOf(object)} (${key})`, opened.value.closed));
    copy ??= new Map(data);
    copy.set(key, Buffer.from(opened.value.bytes).toString('base64'));
  }
  return ok(copy === undefined ? object : new Map(object).set('data', copy));
}

/**
 * Decrypts the files that secret generators and patches of the kustomization at `spec.path`, and of those that it leads to, read.
 * @returns the source with the decrypted files over it; itself where there is nothing to decrypt
 * @see kustomize-controller internal/decryptor/decryptor.go, DecryptSources
 */
export async function decryptSources(
  fs: FileSystem,
  kustomization: YamlMap,
  keys: DecryptionKeys,
): Promise<Result<Decryption<FileSystem>>> {
  if (!isDecrypting(kustomization)) return ok({ value: fs, warnings: [] });
  const generated = generateKustomization(fs, kustomization);
  if (!generated.ok) return generated;
  const files = encryptedFiles(generated.value.fs, generated.value.path);
  const warnings: Warning[] = [];
  const opened: [string, Uint8Array][] = [];
  for (const [path, format] of files) {
    const bytes = fs.readFile(path);
    if (bytes === undefined) continue; // the build says what is wrong with it
    if (bytes.length > MAX_FILE_SIZE)
      return fail(
        failure(
          'limit-exceeded',
          `error decrypting sources: cannot decrypt file with size (${bytes.length} bytes) exceeding limit (${MAX_FILE_SIZE})`,
          { at: { file: path.slice(1) } },
        ),
      );
    const text = Buffer.from(bytes).toString('utf8');
    if (!isMarked(text, format)) continue;
    const file = await openFile(text, format, format, keys, posix.basename(path));
    if (!file.ok)
      return fail({
        ...file.error,
        message: `error decrypting sources: ${file.error.message}`,
        at: { file: path.slice(1) },
      });
    if (file.value.closed !== undefined) warnings.push(keyMissing(path.slice(1), file.value.closed));
    if (file.value.changed)
      warnings.push({
        message: `${path.slice(1)} was changed after it was encrypted: its MAC does not hold, and sops refuses to decrypt it`,
      });
    opened.push([path, file.value.bytes]);
  }
  return ok({ value: opened.length === 0 ? fs : new MemoryFileSystem(opened, fs), warnings });
}

/** The files that may be encrypted, with the format that each is read as. */
function encryptedFiles(fs: FileSystem, start: string): Map<string, SopsFormat> {
  const files = new Map<string, SopsFormat>();
  const visited = new Set<string>();
  const visit = (directory: string): void => {
    if (visited.has(directory) || fs.exists(directory) !== 'directory') return;
    visited.add(directory);
    const file = kustomizationFile(fs, directory);
    const parsed = parseYaml(Buffer.from((file === undefined ? undefined : fs.readFile(file)) ?? []).toString('utf8'));
    if (!parsed.ok || !isMap(parsed.value)) return;
    const add = (path: string, format: SopsFormat): void => {
      const at = posix.join(path.startsWith('/') ? '/' : directory, path);
      if (!files.has(at)) files.set(at, format);
    };
    for (const generator of items(parsed.value, 'secretGenerator')) {
      for (const source of items(generator, 'files').map(scalarText)) {
        const at = source.indexOf('=');
        add(at < 0 ? source : source.slice(at + 1), formatForPath(at < 0 ? source : source.slice(0, at)));
      }
      // `env`, which kustomize still reads, the controller passes over.
      for (const source of items(generator, 'envs').map(scalarText)) {
        const format = formatForPath(source);
        add(source, format === 'binary' ? 'dotenv' : format);
      }
    }
    for (const patch of items(parsed.value, 'patches')) {
      const path = scalarText(getIn(patch, 'path'));
      if (path !== '' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) add(path, formatForPath(path));
    }
    for (const field of ['resources', 'components'])
      for (const resource of items(parsed.value, field).map(scalarText))
        if (!/^[a-z][a-z0-9+.-]*:/i.test(resource))
          visit(posix.join(resource.startsWith('/') ? '/' : directory, resource));
  };
  visit(start);
  return files;
}

function items(value: YamlValue, field: string): readonly YamlValue[] {
  const list = getIn(value, field);
  return isList(list) ? list : [];
}

/** The text that stands for a value that nothing at hand can tell, named for its key. */
export { placeholder };

/**
 * A Secret with its values hidden but comparable: each is replaced by a short digest of it, so that a diff shows that a value
 * changed and not what it is. Other objects are given back as they are.
 * @param salt keeps digests of common values from being looked up; equal salts give equal masks
 */
export function maskSecret(object: YamlMap, salt = ''): YamlMap {
  if (object.get('kind') !== 'Secret' || object.get('apiVersion') !== 'v1') return object;
  const copy: YamlMap = new Map(object);
  for (const field of ['data', 'stringData'] as const) {
    const data = object.get(field);
    if (!isMap(data)) continue;
    const masked: YamlMap = new Map();
    for (const [key, value] of data) {
      const digest = createHash('sha256')
        .update(`${salt}\0${key}\0${scalarText(value)}`)
        .digest('hex')
        .slice(0, 12);
      masked.set(key, `**MASKED ${digest}**`);
    }
    copy.set(field, masked);
  }
  return copy;
}
