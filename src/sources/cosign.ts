import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OciVerification } from './oci-spec.ts';
import type { Descriptor, Registry } from './registry.ts';
import { Trouble, trouble, worldTrouble } from './trouble.ts';
import type { SourceOptions } from './types.ts';

const MAX_SIGNATURE_BYTES = 4 * 1024 * 1024;
const MAX_SIGNATURES = 50;
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle/;
/** Where a registry has no referrers API, cosign writes down the type of the empty config in place of the bundle's. */
const MAY_BE_BUNDLE = /^$|^application\/vnd\.(?:dev\.sigstore\.bundle|oci\.empty\.v1\+json$)/;

/**
 * Checks that one of the given public keys signed a manifest, as `cosign verify --key` does without a transparency log.
 * Keyless and notation signatures cannot be checked here: the caller's `warn` says so and the fetch goes on.
 * @see source-controller internal/oci/cosign/cosign.go; sigstore's simple signing and DSSE
 */
export async function verifyCosign(
  registry: Registry,
  url: string,
  digest: string,
  verification: OciVerification,
  trustedKeys: ReadonlyMap<string, string> | undefined,
  options: SourceOptions,
): Promise<void> {
  const notVerified = (why: string): void =>
    options.warn?.({
      message: `${url}@${digest}: the signature was not verified (${why})`,
      together: {
        text: `the signatures of {count} artifacts were not verified (${why}): {names}`,
        subject: `${url}@${digest.slice(0, 19)}`,
      },
    });
  if (verification.provider === 'notation') {
    if (verification.secretRef === undefined)
      throw trouble('verification-failed', `verification secret cannot be empty: '${url}'`);
    return notVerified('signatures of notation are not checked here');
  }
  if (verification.secretRef === undefined)
    return notVerified('a keyless cosign signature is checked with services that are not asked from here');
  if (trustedKeys === undefined) return notVerified(`Secret ${verification.secretRef} is not known`);
  if (trustedKeys.size === 0)
    throw trouble(
      'verification-failed',
      `no public keys found in secret '${verification.secretRef}'`,
      'Keys end in .pub.',
    );
  const keys = [...trustedKeys].map(([name, pem]) => readKey(name, pem));
  const directory = await mkdtemp(join(tmpdir(), 'flux-local-'));
  try {
    const read = async (layer: Descriptor): Promise<Buffer> => {
      const path = join(directory, 'payload');
      await registry.blob(layer, path, MAX_SIGNATURE_BYTES);
      return await readFile(path);
    };
    if (await hasValidBundle(registry, digest, keys, read)) return;
    if (await hasValidSignature(registry, digest, keys, read)) return;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  throw worldTrouble(
    'verification-failed',
    `${url}@${digest}: no matching signatures were found`,
    `The keys are those of Secret ${verification.secretRef}.`,
  );
}

function readKey(name: string, pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    throw trouble('verification-failed', `${name} holds no PEM public key`);
  }
}

/** Signatures as layers of the manifest tagged `sha256-<hex>.sig`, each over a small JSON payload that names the digest. */
async function hasValidSignature(
  registry: Registry,
  digest: string,
  keys: readonly KeyObject[],
  read: (layer: Descriptor) => Promise<Buffer>,
): Promise<boolean> {
  const signatures = await registry.findTag(`${digest.replace(':', '-')}.sig`);
  if (signatures === undefined) return false;
  const { layers } = await registry.manifest(signatures);
  for (const layer of layers.slice(0, MAX_SIGNATURES)) {
    const signature = layer.annotations.get('dev.cosignproject.cosign/signature');
    if (signature === undefined) continue;
    const payload = await read(layer);
    if (!keys.some((key) => isSignedBy(key, payload, signature))) continue;
    const { critical } = parse(payload) as { critical?: { image?: { 'docker-manifest-digest'?: unknown } } };
    if (critical?.image?.['docker-manifest-digest'] === digest) return true;
  }
  return false;
}

/** Bundles that refer to the manifest: a DSSE envelope around an in-toto statement whose subject is the digest. */
async function hasValidBundle(
  registry: Registry,
  digest: string,
  keys: readonly KeyObject[],
  read: (layer: Descriptor) => Promise<Buffer>,
): Promise<boolean> {
  const referrers = (await registry.referrers(digest)).filter(({ artifactType = '' }) =>
    MAY_BE_BUNDLE.test(artifactType),
  );
  for (const referrer of referrers.slice(0, MAX_SIGNATURES)) {
    const layer = (await registry.manifest(referrer.digest)).layers.find((item) => BUNDLE.test(item.mediaType));
    if (layer === undefined) continue;
    const { dsseEnvelope: envelope } = parse(await read(layer)) as {
      dsseEnvelope?: { payload?: string; payloadType?: string; signatures?: { sig?: string }[] };
    };
    if (typeof envelope?.payload !== 'string' || typeof envelope.payloadType !== 'string') continue;
    const payload = Buffer.from(envelope.payload, 'base64');
    const type = envelope.payloadType;
    const signed = Buffer.concat([
      Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `),
      payload,
    ]);
    const valid = (envelope.signatures ?? []).some(
      ({ sig }) => typeof sig === 'string' && keys.some((key) => isSignedBy(key, signed, sig)),
    );
    if (!valid) continue;
    const { subject } = parse(payload) as { subject?: { digest?: { sha256?: unknown } }[] };
    if (Array.isArray(subject) && subject.some((item) => `sha256:${String(item.digest?.sha256)}` === digest))
      return true;
  }
  return false;
}

function isSignedBy(key: KeyObject, data: Buffer, signature: string): boolean {
  try {
    const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    return verify(hash, data, key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) ?? {};
  } catch {
    throw new Trouble({ reason: 'verification-failed', message: 'a signature is not JSON', transient: true });
  }
}
