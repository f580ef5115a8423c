import { crc32 } from 'node:zlib';
import type { Digest } from '../core/digest.ts';

export interface Fingerprint {
  readonly size: number;
  /** Times have the resolution of a double: about a quarter of a microsecond. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
  /** SHA-256 of a file's bytes, or of a directory's listing. */
  readonly digest: Digest;
  /** xxHash64 of a file's bytes; 0 where it was not computed. */
  readonly hash: bigint;
}

const MAGIC = Buffer.from('flux-local fingerprints 1\n');
const NUMBERS = 4;
const DIGEST = 32;
const HASH = 8;
const ROW = NUMBERS * 8 + HASH + DIGEST;

/**
 * `magic, crc32 of the rest (u32), rows (u32), rows × (size, mtime, ctime, inode as f64, hash as u64, digest), paths joined by
 * NUL`. Numbers are little-endian.
 */
export function encodeFingerprints(index: ReadonlyMap<string, Fingerprint>): Buffer {
  const paths = Buffer.from([...index.keys()].join('\0'));
  const head = MAGIC.length + 8;
  const out = Buffer.alloc(head + index.size * ROW + paths.length);
  MAGIC.copy(out);
  out.writeUInt32LE(index.size, MAGIC.length + 4);
  let at = head;
  for (const entry of index.values()) {
    out.writeDoubleLE(entry.size, at);
    out.writeDoubleLE(entry.mtimeMs, at + 8);
    out.writeDoubleLE(entry.ctimeMs, at + 16);
    out.writeDoubleLE(entry.ino, at + 24);
    out.writeBigUInt64LE(entry.hash, at + 32);
    out.write(entry.digest, at + 40, 'hex');
    at += ROW;
  }
  paths.copy(out, at);
  out.writeUInt32LE(crc32(out.subarray(MAGIC.length + 4)), MAGIC.length);
  return out;
}

/** What cannot be read (another version, a damaged file) gives an empty index: files are then hashed again. */
export function decodeFingerprints(bytes: Buffer): Map<string, Fingerprint> {
  const index = new Map<string, Fingerprint>();
  const head = MAGIC.length + 8;
  if (bytes.length < head || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return index;
  if (crc32(bytes.subarray(MAGIC.length + 4)) !== bytes.readUInt32LE(MAGIC.length)) return index;
  const rows = bytes.readUInt32LE(MAGIC.length + 4);
  if (rows === 0) return index;
  const paths = bytes.toString('utf8', head + rows * ROW).split('\0');
  if (paths.length !== rows) return index;
  let at = head;
  for (const path of paths) {
    index.set(path, {
      size: bytes.readDoubleLE(at),
      mtimeMs: bytes.readDoubleLE(at + 8),
      ctimeMs: bytes.readDoubleLE(at + 16),
      ino: bytes.readDoubleLE(at + 24),
      hash: bytes.readBigUInt64LE(at + 32),
      digest: bytes.toString('hex', at + 40, at + 40 + DIGEST),
    });
    at += ROW;
  }
  return index;
}
