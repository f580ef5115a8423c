import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import type { TlsCredentials } from './types.ts';

/** Where systems keep the CAs they trust, as Go looks for them. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

type Environment = Readonly<Record<string, string | undefined>>;
const contexts = new Map<string, tls.SecureContext>();

/** What a connection trusts and shows: the system's CAs and the given one besides, as Go's system pool plus `ca.crt`. */
export function secureContextOptions(
  credentials: TlsCredentials | undefined,
  environment: Environment,
): { secureContext: tls.SecureContext; rejectUnauthorized?: boolean } {
  const { ca, certificate, key } = credentials ?? {};
  const extra = environment.NODE_EXTRA_CA_CERTS;
  const name = JSON.stringify([ca, certificate, key, extra, environment.SSL_CERT_FILE]);
  let context = contexts.get(name);
  if (context === undefined) {
    context = tls.createSecureContext({
      ca: [
        ...systemCas(environment),
        ...(extra === undefined ? [] : readable(extra)),
        ...(ca === undefined ? [] : [ca]),
      ],
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(key === undefined ? {} : { key }),
    });
    contexts.set(name, context);
  }
  return { secureContext: context, ...(credentials?.unverified === true ? { rejectUnauthorized: false } : {}) };
}

function systemCas(environment: Environment): readonly string[] {
  const chosen = environment.SSL_CERT_FILE;
  for (const path of chosen === undefined ? BUNDLES : [chosen]) {
    const found = readable(path);
    if (found.length > 0) return found;
  }
  return tls.rootCertificates;
}

function readable(path: string): readonly string[] {
  try {
    return [readFileSync(path, 'utf8')];
  } catch {
    return [];
  }
}

/** The system's CAs as one PEM text: for programs that take a bundle in place of the system's. */
export const systemCaBundle = (environment: Environment): string => systemCas(environment).join('\n');
