import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { sha256 } from '../core/digest.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn } from '../core/value.ts';
import { parse } from '../engines/goyaml/index.ts';
import { type HelmVersion, quoteGo } from '../engines/helm/index.ts';
import { systemError } from './system-error.ts';

/**
 * Holds a packed chart against its `.prov` file: a message in clear text with the package's digest, signed by a key of the keyring.
 * @param chart its absolute path
 * @param keyring a binary OpenPGP keyring; Helm 4 reads armored ones and GnuPG's keyboxes as well
 * @returns Helm's message where it is not to be trusted
 * @see Helm pkg/downloader/chart_downloader.go, VerifyChart; pkg/provenance/sign.go
 */
export async function verifyChart(
  chart: string,
  keyring: { readonly path: string; readonly shown: string },
  helmVersion: HelmVersion,
): Promise<Result<null, string>> {
  if (statSync(chart).isDirectory()) return fail('unpacked charts cannot be verified');
  if (!/\.tgz$/i.test(chart)) return fail('chart must be a tgz file');
  const provenance = `${chart}.prov`;
  let signed: string;
  try {
    signed = readFileSync(provenance, 'utf8');
  } catch (error) {
    return fail(`could not load provenance file ${provenance}: ${systemError(error, `stat ${provenance}`)}`);
  }
  let ring: Uint8Array;
  try {
    ring = readFileSync(keyring.path);
  } catch (error) {
    return fail(`failed to load keyring: ${systemError(error, `open ${keyring.shown}`)}`);
  }
  const openpgp = await import('openpgp');
  const keys = await readKeys(ring, helmVersion);
  if (!keys.ok) return fail(`failed to load keyring: ${keys.error}`);
  const block = /-----BEGIN PGP SIGNED MESSAGE-----[\s\S]*-----END PGP SIGNATURE-----/.exec(signed)?.[0];
  const unsigned = `${helmVersion === '3' ? 'failed to decode signature: ' : ''}signature block not found`;
  if (block === undefined) return fail(unsigned);
  let text: string;
  try {
    const message = await openpgp.readCleartextMessage({ cleartextMessage: `${block}\n` });
    const { signatures } = await openpgp.verify({ message, verificationKeys: keys.value });
    const known = signatures.filter(({ keyID }) => keys.value.some((key) => key.getKeys(keyID).length > 0));
    if (known.length === 0) return fail('openpgp: signature made by unknown entity');
    const verified = await Promise.all(known.map((one) => one.verified.catch(() => false)));
    if (!verified.includes(true)) return fail('openpgp: invalid signature: the text was changed after it was signed');
    text = message.getText();
  } catch {
    return fail(unsigned);
  }
  const sums = text.split('\n...\n')[1];
  if (sums === undefined) return fail('message block must have at least two parts');
  const parsed = parse(sums);
  const name = basename(chart);
  const written = parsed.ok ? getIn(parsed.value, 'files', name) : undefined;
  if (typeof written !== 'string') return fail(`provenance does not contain a SHA for a file named ${quoteGo(name)}`);
  const digest = `sha256:${sha256(readFileSync(chart))}`;
  return written === digest
    ? ok(null)
    : fail(`sha256 sum does not match for ${name}: ${quoteGo(written)} != ${quoteGo(digest)}`);
}

/** Where helm looks for keys. @see Helm pkg/cmd/dependency.go, defaultKeyring */
export function defaultKeyring(env: Readonly<Record<string, string | undefined>>, home: string): string {
  return resolve(env.GNUPGHOME || resolve(home, '.gnupg'), 'pubring.gpg');
}

async function readKeys(data: Uint8Array, helmVersion: HelmVersion) {
  const openpgp = await import('openpgp');
  const text = Buffer.from(data).toString('latin1');
  try {
    if (helmVersion === '4') {
      const armored = text.match(/-----BEGIN PGP [A-Z ]+ KEY BLOCK-----[\s\S]*?-----END PGP [A-Z ]+ KEY BLOCK-----/g);
      if (text.trimStart().startsWith('-----BEGIN PGP')) {
        const keys = await Promise.all((armored ?? []).map((block) => openpgp.readKeys({ armoredKeys: block })));
        return keys.length === 0 ? fail('no keys found') : ok(keys.flat());
      }
      if (data[4] === 1 && text.slice(8, 12) === 'KBXf')
        return ok((await Promise.all(keyBlocks(data).map((binaryKeys) => openpgp.readKeys({ binaryKeys })))).flat());
    }
    return ok(await openpgp.readKeys({ binaryKeys: data }));
  } catch (error) {
    return fail(`openpgp: invalid data: ${(error as Error).message}`);
  }
}

/** The keys in a keybox: blobs that begin with their length; those of type 2 say where in them the key is. */
function keyBlocks(data: Uint8Array): Uint8Array[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at + 5 <= data.length; ) {
    const length = view.getUint32(at);
    if (length < 5 || at + length > data.length) break;
    const isKey = data[at + 4] === 2 && length >= 16 && (view.getUint16(at + 6) & 2) === 0;
    if (isKey) {
      const from = at + view.getUint32(at + 8);
      blocks.push(data.subarray(from, from + view.getUint32(at + 12)));
    }
    at += length;
  }
  return blocks;
}
