import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, type Scratch } from './programs.ts';

/** An authority of its own, with a certificate for localhost and one for a client. Paths of PEM files, and their texts. */
export interface Certificates {
  readonly ca: string;
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly certificate: string;
  readonly key: string;
  readonly client: { readonly certificate: string; readonly key: string };
  readonly caPath: string;
}

export function makeCertificates(scratch: Scratch): Certificates {
  const at = (name: string): string => join(scratch.path, name);
  const openssl = (...args: string[]): string => run('openssl', args, { cwd: scratch.path });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=Test CA',
    '-addext',
    'basicConstraints=critical,CA:TRUE',
  );
  for (const [name, extensions] of [
    ['server', 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'],
    ['client', 'extendedKeyUsage=clientAuth\n'],
  ] as const) {
    writeFileSync(at(`${name}.ext`), `basicConstraints=CA:FALSE\n${extensions}`);
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-out',
      `${name}.pem`,
      '-extfile',
      `${name}.ext`,
    );
  }
  const text = (name: string): string => readFileSync(at(name), 'utf8');
  return {
    ca: text('ca.pem'),
    caPath: at('ca.pem'),
    certificatePath: at('server.pem'),
    keyPath: at('server.key'),
    certificate: text('server.pem'),
    key: text('server.key'),
    client: { certificate: text('client.pem'), key: text('client.key') },
  };
}
