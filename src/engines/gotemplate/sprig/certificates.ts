import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  bits,
  boolean,
  elements,
  integer,
  objectId,
  octets,
  pem,
  printable,
  readPem,
  sequence,
  time,
  tlv,
  utf8,
} from '../asn1.ts';
import { contextOf, type FunctionContext } from '../context.ts';
import { GoError } from '../errors.ts';
import { sprintValue } from '../fmt.ts';
import { type RuntimeFamily, registerParameter } from '../functions.ts';
import { fromBytes } from '../go-string.ts';
import { GoStruct, type GoType, type GoValue, STRING, sliceItems } from '../value.ts';
import { decodeBase64 } from './encoding.ts';
import { type KeyKind, makeKey, type PrivateKey, parsePrivateKey, publicKeyInfo, signBytes } from './keys.ts';

/** Certificates of the form that sprig makes. @see sprig crypto.go; Go src/crypto/x509, CreateCertificate */

const CERTIFICATE: GoType = {
  kind: 'struct',
  name: 'sprig.certificate',
  fields: [
    { name: 'Cert', type: STRING },
    { name: 'Key', type: STRING },
  ],
};
registerParameter('certificate', CERTIFICATE);
const certificate = (cert: string, key: string): GoStruct => new GoStruct(CERTIFICATE, [cert, key]);

interface Template {
  readonly commonName: string;
  readonly ips: readonly Buffer[];
  readonly names: readonly string[];
  readonly days: number;
  readonly isCa: boolean;
}

function ipBytes(text: string): Buffer | undefined {
  const version = isIP(text);
  if (version === 4) return Buffer.from(text.split('.').map(Number));
  if (version !== 6 || text.includes('%')) return undefined;
  const v4 = /^(.*:)([0-9.]+)$/.exec(text);
  let groups = text;
  if (v4 !== null && v4[2]!.includes('.')) {
    const bytes = Buffer.from(v4[2]!.split('.').map(Number));
    groups = `${v4[1]}${bytes.readUInt16BE(0).toString(16)}:${bytes.readUInt16BE(2).toString(16)}`;
  }
  const [head = '', tail] = groups.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const out = Buffer.alloc(16);
  all.forEach((group, i) => {
    out.writeUInt16BE(Number.parseInt(group, 16), i * 2);
  });
  return out;
}
function ipAddresses(list: GoValue): Buffer[] {
  return sliceItems(list)!.map((item) => {
    if (typeof item !== 'string') throw new GoError(`error parsing ip: ${sprintValue(item)} is not a string`);
    const bytes = ipBytes(item);
    if (bytes === undefined) throw new GoError(`error parsing ip: ${item}`);
    return bytes;
  });
}
function dnsNames(list: GoValue): string[] {
  return sliceItems(list)!.map((item) => {
    if (typeof item === 'string') return item;
    throw new GoError(`error processing alternate dns name: ${sprintValue(item)} is not a string`);
  });
}
const commonName = (name: string): Buffer =>
  name === ''
    ? sequence()
    : sequence(
        tlv(
          0x31,
          sequence(objectId('2.5.4.3'), /^[A-Za-z0-9 '()+,\-./:=?*&]*$/.test(name) ? printable(name) : utf8(name)),
        ),
      );
const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(objectId(id), ...(critical ? [boolean(true)] : []), octets(value));

/** The parts of a certificate that one below it takes over. */
interface Issuer {
  readonly subject: Buffer;
  readonly keyId: Buffer | undefined;
  readonly key: PrivateKey;
}

function makeCertificate(
  context: FunctionContext,
  template: Template,
  key: PrivateKey,
  issuer: Issuer | undefined,
): GoStruct {
  const spki = publicKeyInfo(key);
  const subject = commonName(template.commonName);
  const keyId = createHash('sha256')
    .update(elements(elements(spki)[0]!.body)[1]!.body.subarray(1))
    .digest()
    .subarray(0, 20);
  const now = context.now().seconds;
  const extensions = [
    extension('2.5.29.15', true, template.isCa ? bits(Buffer.from([0xa4]), 2) : bits(Buffer.from([0xa0]), 5)),
    extension('2.5.29.37', false, sequence(objectId('1.3.6.1.5.5.7.3.1'), objectId('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.19', true, template.isCa ? sequence(boolean(true)) : sequence()),
  ];
  if (template.isCa) extensions.push(extension('2.5.29.14', false, octets(keyId)));
  if (issuer?.keyId !== undefined && !issuer.subject.equals(subject))
    extensions.push(extension('2.5.29.35', false, sequence(tlv(0x80, issuer.keyId))));
  const names = [
    ...template.names.map((name) => tlv(0x82, Buffer.from(name))),
    ...template.ips.map((bytes) => tlv(0x87, bytes)),
  ];
  if (names.length > 0) extensions.push(extension('2.5.29.17', template.commonName === '', sequence(...names)));
  const serial = BigInt(`0x${Buffer.from(context.randomBytes(16)).toString('hex')}`);
  const signer = issuer?.key ?? key;
  const { algorithm } = signBytes(signer, Buffer.alloc(0));
  const body = sequence(
    tlv(0xa0, integer(2n)),
    integer(serial),
    algorithm,
    issuer?.subject ?? subject,
    sequence(time(now), time(now + template.days * 86400)),
    subject,
    spki,
    tlv(0xa3, sequence(...extensions)),
  );
  const der = sequence(body, algorithm, bits(signBytes(signer, body).make()));
  return certificate(pem('CERTIFICATE', der), key.pem);
}

/** A certificate's bytes, once they are known to be one. */
function readCertificate(text: string, missing: string, what: string): Buffer {
  const block = readPem(text);
  if (block === undefined) throw new GoError(missing);
  try {
    new X509Certificate(block.der);
  } catch {
    throw new GoError(`error parsing certificate: ${what}: x509: malformed certificate`);
  }
  return block.der;
}
function issuerOf(ca: GoStruct): Issuer {
  const der = readCertificate(ca.values[0] as string, 'unable to decode certificate', 'decodedSignerCert.Bytes');
  let key: PrivateKey;
  try {
    key = parsePrivateKey(ca.values[1] as string);
  } catch (error) {
    if (error instanceof GoError) throw new GoError(`error parsing private key: ${error.message}`);
    throw error;
  }
  const parts = elements(elements(elements(der)[0]!.body)[0]!.body);
  const first = parts[0]!.tag === 0xa0 ? 1 : 0;
  const extensions = parts.find((part) => part.tag === 0xa3);
  let keyId: Buffer | undefined;
  if (extensions !== undefined)
    for (const item of elements(elements(extensions.body)[0]!.body)) {
      const [id, ...rest] = elements(item.body);
      if (id!.whole.equals(objectId('2.5.29.14'))) keyId = elements(rest.at(-1)!.body)[0]!.body;
    }
  return { subject: parts[first + 4]!.whole, keyId, key };
}

const template = (name: string, ips: GoValue, names: GoValue, days: number, isCa = false): Template => ({
  commonName: name,
  ips: ipAddresses(ips),
  names: dnsNames(names),
  days: Number(days),
  isCa,
});
const authority = (name: string, days: number): Template => ({
  commonName: name,
  ips: [],
  names: [],
  days: Number(days),
  isCa: true,
});
function given(text: string): PrivateKey {
  try {
    return parsePrivateKey(text);
  } catch (error) {
    if (error instanceof GoError) throw new GoError(`parsing private key: ${error.message}`);
    throw error;
  }
}

const KINDS: ReadonlyMap<string, KeyKind> = new Map([
  ['', 'rsa4096'],
  ['rsa', 'rsa4096'],
  ['dsa', 'dsa'],
  ['ecdsa', 'ecdsa'],
  ['ed25519', 'ed25519'],
]);

function buildCustomCert(cert: string, key: string): GoValue {
  const certBytes = decodeBase64(cert);
  if ('error' in certBytes) throw new GoError('unable to decode base64 certificate');
  const keyBytes = decodeBase64(key);
  if ('error' in keyBytes) throw new GoError('unable to decode base64 private key');
  const [certText, keyText] = [fromBytes(certBytes), fromBytes(keyBytes)];
  readCertificate(certText, 'unable to decode certificate', 'decodedCert.Bytes');
  try {
    parsePrivateKey(keyText);
  } catch (error) {
    if (error instanceof GoError) throw new GoError(`error parsing private key: ${error.message}`);
    throw error;
  }
  return certificate(certText, keyText);
}

export const CERTIFICATES: RuntimeFamily = {
  genPrivateKey: [
    'string',
    (rt, type: string) => {
      const kind = KINDS.get(type);
      return kind === undefined ? `Unknown type ${type}` : makeKey(kind, contextOf(rt).randomBytes).pem;
    },
  ],
  buildCustomCert: ['string string', (_, cert: string, key: string) => buildCustomCert(cert, key)],
  genCA: [
    'string int',
    (rt, name: string, days: number) => {
      const context = contextOf(rt);
      return makeCertificate(context, authority(name, days), makeKey('rsa2048', context.randomBytes), undefined);
    },
  ],
  genCAWithKey: [
    'string int string',
    (rt, name: string, days: number, key: string) =>
      makeCertificate(contextOf(rt), authority(name, days), given(key), undefined),
  ],
  genSelfSignedCert: [
    'string list list int',
    (rt, name: string, ips: GoValue, names: GoValue, days: number) => {
      const context = contextOf(rt);
      const made = template(name, ips, names, days);
      return makeCertificate(context, made, makeKey('rsa2048', context.randomBytes), undefined);
    },
  ],
  genSelfSignedCertWithKey: [
    'string list list int string',
    (rt, name: string, ips: GoValue, names: GoValue, days: number, key: string) =>
      makeCertificate(contextOf(rt), template(name, ips, names, days), given(key), undefined),
  ],
  genSignedCert: [
    'string list list int certificate',
    (rt, name: string, ips: GoValue, names: GoValue, days: number, ca: GoStruct) => {
      const context = contextOf(rt);
      const issuer = issuerOf(ca);
      const made = template(name, ips, names, days);
      return makeCertificate(context, made, makeKey('rsa2048', context.randomBytes), issuer);
    },
  ],
  genSignedCertWithKey: [
    'string list list int certificate string',
    (rt, name: string, ips: GoValue, names: GoValue, days: number, ca: GoStruct, key: string) => {
      const own = given(key);
      const issuer = issuerOf(ca);
      return makeCertificate(contextOf(rt), template(name, ips, names, days), own, issuer);
    },
  ],
};
