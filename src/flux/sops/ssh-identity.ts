import {
  constants,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto';
import type { Identity, Stanza } from 'age-encryption';

const ED25519 = 'age-encryption.org/v1/ssh-ed25519';
const RSA = 'age-encryption.org/v1/ssh-rsa';

/** Whether a text is a private key of ssh (or of OpenSSL), and not an age key. */
export const isSshKey = (text: string): boolean => /^\s*-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);

/**
 * An ssh key as one that opens what age encrypted for its public half.
 * @returns a text that says why it cannot be used
 * @see filippo.io/age agessh/agessh.go; OpenSSH's PROTOCOL.key
 */
export function sshIdentity(pem: string): Identity | string {
  const key = readKey(pem);
  if (typeof key === 'string') return key;
  if (key.type === 'ssh-rsa') return rsaIdentity(key.key, key.blob);
  return ed25519Identity(key.seed, key.blob);
}

type SshKey =
  | { readonly type: 'ssh-rsa'; readonly key: KeyObject; readonly blob: Buffer }
  | { readonly type: 'ssh-ed25519'; readonly seed: Buffer; readonly blob: Buffer };

function readKey(pem: string): SshKey | string {
  try {
    return pem.includes('BEGIN OPENSSH PRIVATE KEY') ? readOpenSsh(pem) : readPem(pem);
  } catch {
    return 'it is no private key that can be read';
  }
}

const field = (data: string | Buffer): Buffer => {
  const bytes = Buffer.from(data);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

const base64url = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');

/** A positive number as ssh writes it: no needless zero bytes, but one before a first bit that is set. */
const number = (bytes: Buffer): Buffer =>
  field((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);

function readPem(pem: string): SshKey | string {
  if (/ENCRYPTED/.test(pem)) return PASSPHRASE;
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType === 'rsa') {
    const { n, e } = createPublicKey(key).export({ format: 'jwk' });
    const blob = Buffer.concat([field('ssh-rsa'), number(base64url(e)), number(base64url(n))]);
    return { type: 'ssh-rsa', key, blob };
  }
  if (key.asymmetricKeyType !== 'ed25519') return `keys of type ${key.asymmetricKeyType} open nothing`;
  const { d, x } = key.export({ format: 'jwk' });
  return { type: 'ssh-ed25519', seed: base64url(d), blob: Buffer.concat([field('ssh-ed25519'), field(base64url(x))]) };
}

const PASSPHRASE = 'it is protected by a passphrase, which nobody is asked for here';

class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  uint32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }
  field(): Buffer {
    const length = this.uint32();
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('a field ends beyond the key');
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  skip(count: number): void {
    this.#at += count;
  }
}

function readOpenSsh(pem: string): SshKey | string {
  const file = new Reader(Buffer.from(pem.replace(/-----[^-]*-----/g, ''), 'base64'));
  file.skip('openssh-key-v1\0'.length);
  if (file.field().toString() !== 'none') return PASSPHRASE;
  file.field();
  file.field();
  if (file.uint32() !== 1) return 'it holds several keys';
  const blob = Buffer.from(file.field());
  const secret = new Reader(file.field());
  secret.skip(8);
  const type = secret.field().toString();
  if (type === 'ssh-ed25519') {
    secret.field();
    return { type, seed: Buffer.from(secret.field().subarray(0, 32)), blob };
  }
  if (type !== 'ssh-rsa') return `keys of type ${type} open nothing`;
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => unsigned(secret.field()));
  const jwk = (value: bigint): string => {
    const hex = value.toString(16);
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
  };
  const key = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'RSA',
      n: jwk(n!),
      e: jwk(e!),
      d: jwk(d!),
      p: jwk(p!),
      q: jwk(q!),
      dp: jwk(d! % (p! - 1n)),
      dq: jwk(d! % (q! - 1n)),
      qi: jwk(qi!),
    },
  });
  return { type, key, blob };
}

const unsigned = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex') || '0'}`);

const tagOf = (blob: Buffer): string =>
  createHash('sha256').update(blob).digest().subarray(0, 4).toString('base64').replace(/=+$/, '');

function rsaIdentity(key: KeyObject, blob: Buffer): Identity {
  return {
    unwrapFileKey(stanzas: Stanza[]): Uint8Array | null {
      const stanza = stanzas.find(({ args }) => args[0] === 'ssh-rsa' && args[1] === tagOf(blob));
      if (stanza === undefined) return null;
      const how = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: Buffer.from(RSA) };
      return privateDecrypt(how, stanza.body);
    },
  };
}

/** As PKCS #8 and SubjectPublicKeyInfo begin for X25519 keys. */
const PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');

const privateKey = (scalar: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PRIVATE, scalar]), format: 'der', type: 'pkcs8' });

const x25519 = (scalar: Uint8Array, point: Uint8Array): Buffer =>
  diffieHellman({
    privateKey: privateKey(scalar),
    publicKey: createPublicKey({ key: Buffer.concat([PUBLIC, point]), format: 'der', type: 'spki' }),
  });

function ed25519Identity(seed: Buffer, blob: Buffer): Identity {
  return {
    unwrapFileKey(stanzas: Stanza[]): Uint8Array | null {
      const stanza = stanzas.find(({ args }) => args[0] === 'ssh-ed25519' && args[1] === tagOf(blob));
      if (stanza === undefined) return null;
      const share = Buffer.from(stanza.args[2] ?? '', 'base64');
      const scalar = createHash('sha512').update(seed).digest().subarray(0, 32);
      const own = createPublicKey(privateKey(scalar)).export({ format: 'der', type: 'spki' }).subarray(PUBLIC.length);
      const tweak = Buffer.from(hkdfSync('sha256', '', blob, ED25519, 32));
      const shared = x25519(tweak, x25519(scalar, share));
      const wrapping = Buffer.from(hkdfSync('sha256', shared, Buffer.concat([share, own]), ED25519, 32));
      const decipher = createDecipheriv('chacha20-poly1305', wrapping, Buffer.alloc(12), { authTagLength: 16 });
      decipher.setAuthTag(stanza.body.subarray(-16));
      return Buffer.concat([decipher.update(stanza.body.subarray(0, -16)), decipher.final()]);
    },
  };
}
