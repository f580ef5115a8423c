import { describe, expect, test } from 'vitest';
import { readText } from '../../src/core/file-system.ts';
import { MemoryFileSystem } from '../../src/core/memory-file-system.ts';
import { getIn, type YamlMap } from '../../src/core/value.ts';
import { parse } from '../../src/engines/goyaml/index.ts';
import { buildObjects } from '../../src/flux/build-kustomization.ts';
import {
  decryptionKeys,
  decryptObjects,
  decryptSources,
  isEncryptedObject,
  maskSecret,
} from '../../src/flux/decryption.ts';
import { objectData } from '../../src/flux/object-data.ts';
import { type DecryptionKeys, NO_KEYS } from '../../src/flux/sops/data-key.ts';
import { formatForPath, openFile, type SopsFormat } from '../../src/flux/sops/file.ts';
import { canonical, object, recorded } from './recorded.ts';

const fixtures = recorded('flux-sops.json') as {
  ageKey: string;
  ageRecipient: string;
  pgpKey: string;
  files: Record<string, { encrypted: string; decrypted: string }>;
};
const AGE: DecryptionKeys = { age: [fixtures.ageKey], pgp: [] };
const PGP: DecryptionKeys = { age: [], pgp: [fixtures.pgpKey] };
const kustomization = (decryption?: object): YamlMap =>
  object({ metadata: { name: 'k', namespace: 'ns' }, spec: { path: './apps', ...(decryption ? { decryption } : {}) } });
const SOPS = { provider: 'sops' };
const read = (name: string): YamlMap => {
  const parsed = parse(fixtures.files[name]!.encrypted, { dialect: 'v3' });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value as YamlMap;
};
const plain = (name: string): string => Buffer.from(fixtures.files[name]!.decrypted, 'base64').toString('utf8');

describe('files that sops encrypted', () => {
  for (const name of [
    'app.env',
    'config.json',
    'blob.bin',
    'note.txt',
    'secret.yaml',
    'data.yaml',
    'typed.yaml',
    'maconly.yaml',
  ])
    test(`${name} is what sops -d gives, and its MAC holds`, async () => {
      const format: SopsFormat = formatForPath(name);
      const opened = await openFile(fixtures.files[name]!.encrypted, format, format, AGE, name);
      if (!opened.ok) throw new Error(opened.error.message);
      expect(opened.value.changed).toBe(false);
      expect(Buffer.from(opened.value.bytes).toString('base64')).toBe(fixtures.files[name]!.decrypted);
    });

  test('a changed value is noticed', async () => {
    const changed = fixtures.files['typed.yaml']!.encrypted.replace('k_unencrypted: plain', 'k_unencrypted: changed');
    const opened = await openFile(changed, 'yaml', 'yaml', AGE, 'typed.yaml');
    expect(opened).toMatchObject({ ok: true, value: { changed: true } });
    const swapped = fixtures.files['typed.yaml']!.encrypted.replace(/^a: (.*)$/m, 'moved: $1');
    const other = await openFile(swapped, 'yaml', 'yaml', AGE, 'typed.yaml');
    expect(!other.ok && other.error.reason).toBe('decryption-failed');
  });
});

const dataOf = (text: string): string => {
  const parsed = parse(text, { dialect: 'v3' });
  return parsed.ok ? canonical(parsed.value) : parsed.error.message;
};

describe('objects of a Kustomization with decryption', () => {
  test('a Secret is decrypted with an age key of the decryption Secret', async () => {
    const keys = decryptionKeys(
      object({ kind: 'Secret', stringData: { 'a.agekey': `# created\n${fixtures.ageKey}\n`, other: 'x' } }),
    );
    const decrypted = await decryptObjects([read('secret.yaml')], kustomization(SOPS), keys);
    if (!decrypted.ok) throw new Error(decrypted.error.message);
    expect(decrypted.value.warnings).toEqual([]);
    expect(canonical(decrypted.value.value[0])).toBe(dataOf(plain('secret.yaml')));
  });

  test('a Secret is decrypted with a PGP key', async () => {
    const decrypted = await decryptObjects([read('pgp.yaml')], kustomization(SOPS), PGP);
    expect(decrypted.ok && canonical(decrypted.value.value[0])).toBe(dataOf(plain('pgp.yaml')));
  });

  test('labels that a build added do not stand in the way', async () => {
    const built = read('data.yaml');
    (built.get('metadata') as YamlMap).set('labels', new Map([['a', 'b']]));
    const decrypted = await decryptObjects([built], kustomization(SOPS), AGE);
    expect(decrypted.ok && getIn(decrypted.value.value[0], 'data', 'key')).toBe('aGVsbG8=');
  });

  test('without a key, stable placeholders stand for the values, and the report says so', async () => {
    const decrypted = await decryptObjects([read('secret.yaml'), read('data.yaml')], kustomization(SOPS), NO_KEYS);
    if (!decrypted.ok) throw new Error(decrypted.error.message);
    const [secret, data] = decrypted.value.value;
    expect(getIn(secret, 'stringData', 'password')).toBe('..PLACEHOLDER_password..');
    expect(secret?.has('sops')).toBe(false);
    expect(objectData(data!).get('key')).toBe('..PLACEHOLDER_key..');
    expect(decrypted.value.warnings).toHaveLength(2);
    expect(decrypted.value.warnings[0]?.message).toContain(fixtures.ageRecipient);
  });

  test('an annotation leaves an object encrypted, and a Kustomization without decryption gives placeholders', async () => {
    const annotated = read('secret.yaml');
    (annotated.get('metadata') as YamlMap).set(
      'annotations',
      new Map([['kustomize.toolkit.fluxcd.io/decrypt', 'Disabled']]),
    );
    const kept = await decryptObjects([annotated], kustomization(SOPS), AGE);
    expect(kept.ok && kept.value.value[0]).toBe(annotated);
    expect(isEncryptedObject(annotated)).toBe(true);
    const without = await decryptObjects([read('secret.yaml')], kustomization(), AGE);
    expect(without.ok && without.value.warnings[0]?.message).toContain('configuring decryption is required');
  });

  test('files of secret generators are decrypted whole, and values of Secrets that carry the mark', async () => {
    const files = new MemoryFileSystem([
      [
        'apps/kustomization.yaml',
        JSON.stringify({ resources: ['base'], generatorOptions: { disableNameSuffixHash: true } }),
      ],
      [
        'apps/base/kustomization.yaml',
        JSON.stringify({
          secretGenerator: [
            { name: 'g', envs: ['app.env'], files: ['note.txt', 'c.json=config.json'] },
            { name: 'whole', files: ['plain.yaml=values.yaml'] },
          ],
        }),
      ],
      ...['app.env', 'note.txt', 'config.json', 'values.yaml'].map(
        (name) => [`apps/base/${name}`, fixtures.files[name]!.encrypted] as const,
      ),
    ]);
    const sources = await decryptSources(files, kustomization(SOPS), AGE);
    if (!sources.ok) throw new Error(sources.error.message);
    expect(readText(sources.value.value, '/apps/base/note.txt')).toBe('just text\n');
    const built = buildObjects(sources.value.value, kustomization(SOPS));
    if (!built.ok) throw new Error(built.error.message);
    const decrypted = await decryptObjects(built.value.objects, kustomization(SOPS), AGE);
    if (!decrypted.ok) throw new Error(decrypted.error.message);
    const data = objectData(decrypted.value.value.find((item) => getIn(item, 'metadata', 'name') !== 'whole')!);
    expect([data.get('A'), data.get('B'), data.get('note.txt')]).toEqual(['1', 'two words', 'just text\n']);
    expect(data.get('c.json')).toBe(plain('config.json'));
  });

  test('without a key, files have placeholders as well', async () => {
    const files = new MemoryFileSystem([
      [
        'apps/kustomization.yaml',
        JSON.stringify({ secretGenerator: [{ name: 'g', envs: ['app.env'], files: ['note.txt'] }] }),
      ],
      ['apps/app.env', fixtures.files['app.env']!.encrypted],
      ['apps/note.txt', fixtures.files['note.txt']!.encrypted],
    ]);
    const sources = await decryptSources(files, kustomization(SOPS), NO_KEYS);
    if (!sources.ok) throw new Error(sources.error.message);
    expect(readText(sources.value.value, '/apps/app.env')).toContain('A=..PLACEHOLDER_A..\n');
    expect(readText(sources.value.value, '/apps/note.txt')).toBe('..PLACEHOLDER_note.txt..');
    expect(sources.value.warnings).toHaveLength(2);
  });
});

test('a masked Secret shows that a value changed, and not what it is', () => {
  const secret = (value: string): YamlMap =>
    object({ apiVersion: 'v1', kind: 'Secret', data: { a: value, b: 'same' } });
  const [one, two] = [maskSecret(secret('one'), 's'), maskSecret(secret('two'), 's')];
  expect(canonical(one)).not.toContain('one');
  expect(getIn(one, 'data', 'a')).not.toBe(getIn(two, 'data', 'a'));
  expect(getIn(one, 'data', 'b')).toBe(getIn(two, 'data', 'b'));
});
