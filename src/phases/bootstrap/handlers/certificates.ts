import { createPrivateKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../../../cache/index.ts';
import { type BootstrapContext, type BootstrapHandler, BootstrapProblem } from '../handler.ts';
import type { KeyRequirement } from '../requirements.ts';

/** A certificate that ends sooner than this is made anew. Milliseconds. */
const RENEW_MS = 24 * 3_600_000;

/** Makes private keys (mode 0600) and self-signed certificates. A key that is there is kept. */
export const certificates: BootstrapHandler = {
  name: 'certificates',
  priority: 60,
  shouldRun: async (context) =>
    context.requirements.keys.some((one) => !hasKey(context, one) || !hasCertificate(context, one)),
  async execute(context) {
    let done = 0;
    for (const one of context.requirements.keys) {
      if (!hasKey(context, one)) {
        writeKey(context, one);
        done++;
      }
      if (!hasCertificate(context, one)) {
        await writeCertificate(context, one);
        done++;
      }
    }
    return done;
  },
};

const hasKey = (context: BootstrapContext, one: KeyRequirement): boolean => existsSync(context.locate(one.path));

function hasCertificate(context: BootstrapContext, one: KeyRequirement): boolean {
  if (one.certificate === '') return true;
  const path = context.locate(one.certificate);
  if (!existsSync(path) || !hasKey(context, one)) return false;
  try {
    const certificate = new X509Certificate(readFileSync(path));
    const key = createPrivateKey(readFileSync(context.locate(one.path)));
    return Date.parse(certificate.validTo) - Date.now() > RENEW_MS && certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}

function writeKey(context: BootstrapContext, one: KeyRequirement): void {
  const encoding = {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  } as const;
  const { privateKey } =
    one.type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 3072, ...encoding })
      : one.type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256', ...encoding })
        : generateKeyPairSync('ed25519', encoding);
  const path = context.locate(one.path);
  mkdirSync(dirname(path), { recursive: true });
  replaceFile(path, Buffer.from(privateKey as unknown as string));
  chmodSync(path, 0o600);
  context.log(`made the ${one.type} key ${one.path}`);
}

async function writeCertificate(context: BootstrapContext, one: KeyRequirement): Promise<void> {
  // The library looks for this store of metadata when it is loaded.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = ALGORITHMS[one.type];
  const pem = readFileSync(context.locate(one.path));
  const { subtle } = webcrypto;
  try {
    const pkcs8 = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' }) as Buffer;
    const privateKey = await subtle.importKey('pkcs8', new Uint8Array(pkcs8), algorithm, true, ['sign']);
    const jwk = await subtle.exportKey('jwk', privateKey);
    const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, key_ops: _ops, ...open } = jwk;
    const publicKey = await subtle.importKey('jwk', open as webcrypto.JsonWebKey, algorithm, true, ['verify']);
    const now = Date.now();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned(
      {
        name: one.subject,
        notBefore: new Date(now - 60_000),
        notAfter: new Date(now + one.days * 24 * 3_600_000),
        signingAlgorithm: algorithm,
        keys: { privateKey, publicKey },
        extensions:
          one.altNames.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(one.altNames.map(altName))],
      },
      webcrypto as never,
    );
    const path = context.locate(one.certificate);
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, Buffer.from(`${certificate.toString('pem')}\n`));
    context.log(`made the certificate ${one.certificate} for ${one.subject}`);
  } catch (error) {
    throw new BootstrapProblem(`${one.certificate}: ${(error as Error).message}`);
  }
}

const ALGORITHMS = {
  ed25519: { name: 'Ed25519' },
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const;

const altName = (value: string): { type: 'ip' | 'dns'; value: string } => ({
  type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns',
  value,
});
