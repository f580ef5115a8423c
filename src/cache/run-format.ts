import { crc32 } from 'node:zlib';
import type { Digest } from '../core/digest.ts';

/** How a path was found. A `file` and a `list` carry a digest; the others are answers themselves. */
export const ROW_TYPES = [
  'file',
  'list',
  'exists-file',
  'exists-directory',
  'absent',
  'no-file',
  'no-directory',
  'outside',
] as const;
export type RowType = (typeof ROW_TYPES)[number];

/** One path that a run read. */
export interface RunRow {
  readonly path: string;
  readonly type: RowType;
  /** `''` for types without one. */
  readonly digest: Digest;
  /** Size, mtime, ctime (ms) and inode when it was looked at; `undefined` where they cannot be trusted yet. */
  readonly stat: readonly [size: number, mtimeMs: number, ctimeMs: number, ino: number] | undefined;
}

/** What a run read besides files, and what it gave. */
export interface RunHead {
  /** Name and SHA-256 of the value; `''` for a variable that was not set. */
  readonly environment: readonly (readonly [name: string, digest: string])[];
  readonly resolutions: readonly (readonly [name: string, revision: string])[];
  readonly stdout: Digest;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface RunFile {
  readonly head: RunHead;
  readonly count: number;
  readonly types: Uint8Array;
  /** Four numbers a row; NaN for a `stat` that is not known. */
  readonly stats: Float64Array;
  readonly paths: readonly string[];
  digest(row: number): Digest;
  /** Replaces a row's `stat`. */
  settle(row: number, stat: NonNullable<RunRow['stat']>): void;
  /** The file's bytes with what was settled. */
  bytes(): Buffer;
  /** The keys of all tasks that took part. */
  keys(): readonly Digest[];
}

const MAGIC = Buffer.from('flux-local run 1\n'.padEnd(24));
/** Magic, crc32 of the rest, bytes of the head, rows, bytes of the paths. 8-byte aligned. */
const FIXED = MAGIC.length + 16;
const STAT = 32;
const DIGEST = 32;
const pad = (size: number): number => (size + 7) & ~7;

/** `fixed part, stats (f64 × 4 a row), digests (32 a row), types (1 a row), head (JSON), paths joined by NUL, keys (32 each)` */
export function encodeRun(head: RunHead, rows: readonly RunRow[], keys: readonly Digest[]): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const paths = Buffer.from(rows.map((row) => row.path).join('\0'));
  const at = layout(rows.length, json.length, paths.length);
  const out = Buffer.alloc(at.keys + keys.length * DIGEST);
  MAGIC.copy(out);
  out.writeUInt32LE(json.length, MAGIC.length + 4);
  out.writeUInt32LE(rows.length, MAGIC.length + 8);
  out.writeUInt32LE(paths.length, MAGIC.length + 12);
  for (const [i, row] of rows.entries()) {
    for (let n = 0; n < 4; n++) out.writeDoubleLE(row.stat?.[n] ?? Number.NaN, FIXED + i * STAT + n * 8);
    out.write(row.digest, at.digests + i * DIGEST, 'hex');
    out[at.types + i] = ROW_TYPES.indexOf(row.type);
  }
  json.copy(out, at.head);
  paths.copy(out, at.paths);
  for (const [i, key] of keys.entries()) out.write(key, at.keys + i * DIGEST, 'hex');
  seal(out);
  return out;
}

function layout(rows: number, head: number, paths: number) {
  const digests = FIXED + rows * STAT;
  const types = digests + rows * DIGEST;
  const headAt = types + pad(rows);
  const pathsAt = headAt + head;
  return { digests, types, head: headAt, paths: pathsAt, keys: pathsAt + paths };
}

function seal(out: Buffer): void {
  out.writeUInt32LE(crc32(out.subarray(MAGIC.length + 4)), MAGIC.length);
}

/** `undefined` for what is damaged or of another version. */
export function decodeRun(bytes: Buffer): RunFile | undefined {
  if (bytes.length < FIXED || bytes.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0) return undefined;
  if (crc32(bytes.subarray(MAGIC.length + 4)) !== bytes.readUInt32LE(MAGIC.length)) return undefined;
  const [headLength, count, pathsLength] = [4, 8, 12].map((n) => bytes.readUInt32LE(MAGIC.length + n)) as [
    number,
    number,
    number,
  ];
  const at = layout(count, headLength, pathsLength);
  const paths = count === 0 ? [] : bytes.toString('utf8', at.paths, at.keys).split('\0');
  if (paths.length !== count) return undefined;
  // A view needs its own alignment; buffers of `readFileSync` have it unless they are tiny.
  const start = bytes.byteOffset + FIXED;
  const stats =
    start % 8 === 0
      ? new Float64Array(bytes.buffer, start, count * 4)
      : new Float64Array(bytes.buffer.slice(start, start + count * STAT));
  return {
    head: JSON.parse(bytes.toString('utf8', at.head, at.paths)) as RunHead,
    count,
    types: bytes.subarray(at.types, at.types + count),
    stats,
    paths,
    digest: (row) => bytes.toString('hex', at.digests + row * DIGEST, at.digests + (row + 1) * DIGEST),
    settle: (row, stat) => {
      for (let n = 0; n < 4; n++) bytes.writeDoubleLE(stat[n]!, FIXED + row * STAT + n * 8);
    },
    bytes: () => {
      seal(bytes);
      return bytes;
    },
    keys: () => {
      const keys: Digest[] = [];
      for (let n = at.keys; n + DIGEST <= bytes.length; n += DIGEST) keys.push(bytes.toString('hex', n, n + DIGEST));
      return keys;
    },
  };
}
