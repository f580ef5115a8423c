import {
  checkPrimeSync,
  createCipheriv,
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
} from 'node:crypto';
import { bigBytes, bits, elements, integer, nothing, objectId, octets, pem, readPem, sequence, tlv } from '../asn1.ts';
import { GoError } from '../errors.ts';

/**
 * Private keys made from random bytes: the same bytes give the same key. RSA takes two primes searched upward from the bytes,
 * which takes a tenth of a second for 2048 bits; keys made once are kept for the process.
 * @see sprig crypto.go
 */
export interface PrivateKey {
  /** As sprig writes it. */
  readonly pem: string;
  readonly key: KeyObject | undefined;
  readonly kind: 'rsa' | 'ec' | 'ed25519' | 'dsa';
}

type RandomBytes = (count: number) => Uint8Array;

/** Endless bytes from a seed. */
function stream(seed: Uint8Array): RandomBytes {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  return (count) => cipher.update(Buffer.alloc(count));
}
const toBig = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);

let smallPrimes: readonly number[] | undefined;
function primesBelow8192(): readonly number[] {
  const composite = new Uint8Array(8192);
  const primes: number[] = [];
  for (let n = 2; n < composite.length; n++) {
    if (composite[n]) continue;
    primes.push(n);
    for (let multiple = n * n; multiple < composite.length; multiple += n) composite[multiple] = 1;
  }
  return primes.slice(1);
}

/** A prime of exactly so many bits, its two top bits set; the first from a random place on. */
function prime(random: RandomBytes, size: number, accept: (candidate: bigint) => boolean): bigint {
  smallPrimes ??= primesBelow8192();
  const primes = smallPrimes;
  for (;;) {
    const start = toBig(random(size / 8)) | (3n << BigInt(size - 2)) | 1n;
    const residues = primes.map((p) => Number(start % BigInt(p)));
    for (let offset = 0; offset < 20_000; offset += 2) {
      if (primes.some((p, i) => (residues[i]! + offset) % p === 0)) continue;
      const candidate = start + BigInt(offset);
      if (candidate >> BigInt(size) !== 0n) break;
      if (accept(candidate) && checkPrimeSync(candidate)) return candidate;
    }
  }
}
function inverse(a: bigint, modulus: bigint): bigint {
  let [r0, r1, t0, t1] = [modulus, a % modulus, 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return t0 < 0n ? t0 + modulus : t0;
}
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % modulus;
    b = (b * b) % modulus;
  }
  return result;
}

const E = 65537n;
function makeRsa(random: RandomBytes, size: number): PrivateKey {
  const usable = (p: bigint) => (p - 1n) % E !== 0n;
  const p = prime(random, size / 2, usable);
  const q = prime(random, size / 2, (candidate) => usable(candidate) && candidate !== p);
  const d = inverse(E, (p - 1n) * (q - 1n));
  const der = sequence(
    ...[0n, p * q, E, d, p, q, d % (p - 1n), d % (q - 1n), inverse(q, p)].map((value) => integer(value)),
  );
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs1' });
  return { pem: pem('RSA PRIVATE KEY', der), key, kind: 'rsa' };
}
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
function makeEc(random: RandomBytes): PrivateKey {
  const scalar = (toBig(random(40)) % (P256_ORDER - 1n)) + 1n;
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(bigBytes(scalar, 32));
  const der = sequence(
    integer(1n),
    octets(bigBytes(scalar, 32)),
    tlv(0xa0, objectId('1.2.840.10045.3.1.7')),
    tlv(0xa1, bits(ecdh.getPublicKey())),
  );
  return {
    pem: pem('EC PRIVATE KEY', der),
    key: createPrivateKey({ key: der, format: 'der', type: 'sec1' }),
    kind: 'ec',
  };
}
function makeEd25519(random: RandomBytes): PrivateKey {
  const der = sequence(integer(0n), sequence(objectId('1.3.101.112')), octets(octets(random(32))));
  return {
    pem: pem('PRIVATE KEY', der),
    key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    kind: 'ed25519',
  };
}
function makeDsa(random: RandomBytes): PrivateKey {
  const q = prime(random, 256, () => true);
  let p: bigint;
  do {
    const x = toBig(random(256)) | (1n << 2047n);
    p = x - (x % (2n * q)) + 1n;
  } while (p < 1n << 2047n || !checkPrimeSync(p));
  const g = power(2n, (p - 1n) / q, p);
  const x = (toBig(random(40)) % (q - 1n)) + 1n;
  const der = sequence(...[0n, p, q, g, power(g, x, p), x].map((value) => integer(value)));
  return { pem: pem('DSA PRIVATE KEY', der), key: undefined, kind: 'dsa' };
}

export type KeyKind = 'rsa2048' | 'rsa4096' | 'ecdsa' | 'ed25519' | 'dsa';
const MAX_KEPT = 500;
const kept = new Map<string, PrivateKey>();

export function makeKey(kind: KeyKind, random: RandomBytes): PrivateKey {
  const seed = random(32);
  const name = `${kind} ${Buffer.from(seed).toString('hex')}`;
  let key = kept.get(name);
  if (key === undefined) {
    const bytes = stream(seed);
    if (kind === 'rsa2048') key = makeRsa(bytes, 2048);
    else if (kind === 'rsa4096') key = makeRsa(bytes, 4096);
    else if (kind === 'ecdsa') key = makeEc(bytes);
    else if (kind === 'ed25519') key = makeEd25519(bytes);
    else key = makeDsa(bytes);
    if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value!);
    kept.set(name, key);
  }
  return key;
}

/** @see sprig crypto.go, parsePrivateKeyPEM */
export function parsePrivateKey(text: string): PrivateKey {
  const block = readPem(text);
  if (block === undefined) throw new GoError('no PEM data in input');
  const { type, der } = block;
  const read = (format: 'pkcs8' | 'pkcs1' | 'sec1', message: string): KeyObject => {
    try {
      return createPrivateKey({ key: der, format: 'der', type: format });
    } catch {
      throw new GoError(message);
    }
  };
  if (type === 'PRIVATE KEY') {
    const key = read('pkcs8', "decoding PEM as PKCS#8: asn1: structure error: tags don't match");
    const kind = key.asymmetricKeyType === 'rsa' ? 'rsa' : key.asymmetricKeyType === 'ec' ? 'ec' : 'ed25519';
    return { pem: reencode(key, kind), key, kind };
  }
  if (!type.endsWith(' PRIVATE KEY')) throw new GoError(`no private key data in PEM block of type ${type}`);
  const algorithm = type.slice(0, -' PRIVATE KEY'.length);
  switch (algorithm) {
    case 'RSA':
      return {
        pem: pem(type, der),
        key: read('pkcs1', "parsing RSA private key from PEM: asn1: structure error: tags don't match"),
        kind: 'rsa',
      };
    case 'EC': {
      const key = read('sec1', 'parsing EC private key from PEM: x509: failed to parse EC private key');
      return { pem: pem(type, der), key, kind: 'ec' };
    }
    case 'DSA':
      return { pem: pem(type, der), key: undefined, kind: 'dsa' };
    default:
      throw new GoError(`invalid private key type ${algorithm}`);
  }
}
function reencode(key: KeyObject, kind: PrivateKey['kind']): string {
  if (kind === 'rsa') return pem('RSA PRIVATE KEY', key.export({ format: 'der', type: 'pkcs1' }));
  if (kind === 'ec') return pem('EC PRIVATE KEY', key.export({ format: 'der', type: 'sec1' }));
  return pem('PRIVATE KEY', key.export({ format: 'der', type: 'pkcs8' }));
}

/** SubjectPublicKeyInfo. */
export function publicKeyInfo(key: PrivateKey): Buffer {
  if (key.key === undefined)
    throw new GoError('error creating certificate: x509: unsupported public key type: *dsa.PublicKey');
  return createPublicKey(key.key).export({ format: 'der', type: 'spki' });
}

/** The algorithm's identifier and the signature of some bytes. An ECDSA signature is another each time. */
export function signBytes(
  key: PrivateKey,
  bytes: Uint8Array,
): { readonly algorithm: Buffer; readonly make: () => Buffer } {
  if (key.key === undefined)
    throw new GoError('error creating certificate: x509: certificate private key does not implement crypto.Signer');
  const object = key.key;
  if (key.kind === 'rsa')
    return {
      algorithm: sequence(objectId('1.2.840.113549.1.1.11'), nothing()),
      make: () => sign('sha256', bytes, object),
    };
  if (key.kind === 'ec')
    return { algorithm: sequence(objectId('1.2.840.10045.4.3.2')), make: () => signEc(object, bytes) };
  return { algorithm: sequence(objectId('1.3.101.112')), make: () => sign(null, bytes, object) };
}

/** ECDSA over P-256 whose nonce is made from key and message, so that it is repeatable; other curves take a random one. */
function signEc(key: KeyObject, bytes: Uint8Array): Buffer {
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return sign('sha256', bytes, key);
  const der = key.export({ format: 'der', type: 'sec1' });
  const scalar = toBig(elements(elements(der)[0]!.body)[1]!.body);
  const digest = createHash('sha256').update(bytes).digest();
  const random = stream(Buffer.concat([bigBytes(scalar, 32), digest]));
  for (;;) {
    const k = (toBig(random(40)) % (P256_ORDER - 1n)) + 1n;
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey(bigBytes(k, 32));
    const r = toBig(ecdh.getPublicKey().subarray(1, 33)) % P256_ORDER;
    const s = (inverse(k, P256_ORDER) * (toBig(digest) + r * scalar)) % P256_ORDER;
    if (r !== 0n && s !== 0n) return sequence(integer(r), integer(s));
  }
}
