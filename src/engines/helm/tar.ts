import { HelmError } from './failure.ts';

export interface TarEntry {
  readonly name: string;
  /** As the header says. */
  readonly size: number;
  readonly isDirectory: boolean;
  readonly data: Uint8Array;
}

const BLOCK = 512;
const invalid = (): HelmError => new HelmError('chart-invalid', 'archive/tar: invalid tar header');
const truncated = (): HelmError => new HelmError('chart-invalid', 'unexpected EOF');

/**
 * The entries of a tar in their order: ustar, GNU long names and PAX records. Global PAX headers are passed over.
 * @throws HelmError with the words of Go's `archive/tar`
 * @see Go archive/tar/reader.go
 */
export function* readTar(tar: Buffer): Generator<TarEntry> {
  let at = 0;
  let pax: Map<string, string> | undefined;
  let longName: string | undefined;
  while (at < tar.length) {
    if (at + BLOCK > tar.length) throw truncated();
    const header = tar.subarray(at, at + BLOCK);
    at += BLOCK;
    if (isZero(header)) {
      // Two zero blocks end the archive; a lone one as the last is taken for the end as well.
      if (at + BLOCK > tar.length || isZero(tar.subarray(at, at + BLOCK))) return;
      throw invalid();
    }
    if (!checksumHolds(header)) throw invalid();
    const type = String.fromCharCode(header[156] ?? 0);
    let size = readNumber(header, 124, 12);
    const paxSize = type === 'x' || type === 'g' || type === 'L' || type === 'K' ? undefined : pax?.get('size');
    if (paxSize !== undefined) {
      if (!/^\d+$/.test(paxSize)) throw invalid();
      size = Number(paxSize);
    }
    if (size < 0) throw invalid();
    // Links, devices, directories and fifos have no content, whatever the header says.
    const stored = /[1-6]/.test(type) ? 0 : size;
    if (at + stored > tar.length) throw truncated();
    const data = tar.subarray(at, at + stored);
    at += Math.ceil(stored / BLOCK) * BLOCK;
    if (type === 'g') continue;
    if (type === 'x') {
      pax = readPax(data);
      continue;
    }
    if (type === 'L') {
      longName = cString(data);
      continue;
    }
    if (type === 'K') continue;
    let name = pax?.get('path') ?? longName;
    if (name === undefined) {
      name = cString(header.subarray(0, 100));
      const magic = header.toString('latin1', 257, 263);
      const prefix = magic === 'ustar\0' ? cString(header.subarray(345, 500)) : '';
      if (prefix !== '') name = `${prefix}/${name}`;
    }
    pax = undefined;
    longName = undefined;
    const isDirectory = type === '5' || ((type === '0' || type === '\0') && name.endsWith('/'));
    yield { name, size: stored, isDirectory, data };
  }
}

function isZero(block: Uint8Array): boolean {
  for (let i = 0; i < block.length; i++) if (block[i] !== 0) return false;
  return true;
}

function checksumHolds(header: Buffer): boolean {
  const given = readNumber(header, 148, 8);
  // The checksum's own place counts as blanks.
  let unsigned = 8 * 32;
  for (let i = 148; i < 156; i++) unsigned -= header[i]!;
  let signed = 0;
  for (let i = 0; i < BLOCK; i++) {
    const byte = header[i]!;
    unsigned += byte;
    if (byte > 127) signed -= 256;
  }
  return given === unsigned || given === unsigned + signed;
}

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
}

function readNumber(header: Buffer, offset: number, length: number): number {
  const first = header[offset]!;
  if (first & 0x80) {
    // Base 256, as GNU writes sizes past 8 GiB.
    let value = first & 0x40 ? -1 : first & 0x3f;
    for (let i = offset + 1; i < offset + length; i++) value = value * 256 + header[i]!;
    if (!Number.isSafeInteger(value)) throw invalid();
    return value;
  }
  let at = offset;
  let end = offset + length;
  while (at < end && isPadding(header[at]!)) at++;
  const terminator = header.indexOf(0, at);
  if (terminator >= 0 && terminator < end) end = terminator;
  while (end > at && isPadding(header[end - 1]!)) end--;
  let value = 0;
  for (; at < end; at++) {
    const digit = header[at]! - 48;
    if (digit < 0 || digit > 7) throw invalid();
    value = value * 8 + digit;
  }
  return value;
}

const isPadding = (byte: number): boolean => byte === 0 || byte === 32;

/** Records of the form `<length> <key>=<value>\n`. */
function readPax(data: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(32, at);
    const digits = space < 0 ? '' : data.toString('latin1', at, space);
    if (!/^\d{1,9}$/.test(digits)) throw invalid();
    const end = at + Number(digits);
    const equals = data.indexOf(61, space);
    if (end > data.length || end <= space || equals < 0 || equals >= end || data[end - 1] !== 10) throw invalid();
    records.set(data.toString('utf8', space + 1, equals), data.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return records;
}
