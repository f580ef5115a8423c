import { describe, expect, test } from 'vitest';
import { type DecryptionKeys, NO_KEYS } from '../../src/flux/sops/data-key.ts';
import { openFile, type SopsFormat } from '../../src/flux/sops/file.ts';
import { recorded } from './recorded.ts';

interface Case {
  readonly id: string;
  readonly format: SopsFormat;
  readonly output: SopsFormat;
  /** Names of the keys that sops had at hand. */
  readonly keys: readonly string[];
  readonly encrypted: string;
  /** Base64. */
  readonly decrypted?: string;
  readonly error?: string;
  /** Its MAC does not hold. */
  readonly changed?: true;
  /** What sops opened by asking for a passphrase. */
  readonly placeholders?: true;
}

const { keys: texts, files } = recorded('flux-sops-more.json') as {
  keys: Record<string, string>;
  files: readonly Case[];
};

function keysOf(names: readonly string[]): DecryptionKeys {
  const [pgp, age] = [names.filter((name) => name.startsWith('pgp')), names.filter((name) => !name.startsWith('pgp'))];
  return { age: age.map((name) => texts[name]!), pgp: pgp.map((name) => texts[name]!) };
}

/** sops' command line says in its own words what its library says. */
const libraryError = (error: string): string =>
  error
    .split('\n')[0]!
    .replace(/^Error (?:decrypting tree|dumping file): /, '')
    .replace(/Input string \S+ does/, 'Input string <redacted> does')
    .replace(/ \(type int\): .*/, '');

describe('what sops makes of a file', () => {
  for (const { id, format, output, keys, encrypted, decrypted, error, changed, placeholders } of files)
    test(id, async () => {
      const opened = await openFile(encrypted, format, output, keysOf(keys), id);
      if (error !== undefined) {
        expect(!opened.ok && opened.error.message).toContain(libraryError(error));
        return;
      }
      if (!opened.ok) throw new Error(opened.error.message);
      if (placeholders) {
        expect(opened.value.closed).toMatch(/protected by a passphrase/);
        return;
      }
      expect(opened.value.closed).toBeUndefined();
      expect(Buffer.from(opened.value.bytes).toString('latin1')).toBe(
        Buffer.from(decrypted!, 'base64').toString('latin1'),
      );
      expect(opened.value.changed).toBe(changed ?? false);
    });
});

describe('what no key opens', () => {
  for (const { id, format, output, encrypted, error } of files.filter((item) => item.error === undefined))
    test(`${id}: placeholders stand for its values`, async () => {
      const opened = await openFile(encrypted, format, output, NO_KEYS, 'f');
      if (!opened.ok) throw new Error(opened.error.message);
      expect(error).toBeUndefined();
      expect(opened.value.closed).toMatch(/^encrypted for .*(?:age |pgp ).* and no key for it is at hand$/);
      if (encrypted.includes('ENC[AES256_GCM,data:x')) return; // a value that only looks encrypted
      expect(Buffer.from(opened.value.bytes).toString()).not.toContain('ENC[');
    });
});
