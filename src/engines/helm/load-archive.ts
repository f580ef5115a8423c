import { posix } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ChartFile, type HelmVersion } from './chart.ts';
import { HelmError } from './failure.ts';
import { quoteGo } from './go-text.ts';
import { readTar } from './tar.ts';

/** Bytes of all files of an archive, decompressed. */
export const MAX_CHART_SIZE = 100 * 1024 * 1024;
/** Bytes of one file: Helm 3 only. */
export const MAX_FILE_SIZE = 5 * 1024 * 1024;
/** What headers and padding may add to the files before reading is given up. */
const OVERHEAD = 64 * 1024 * 1024;

const invalid = (message: string): HelmError => new HelmError('chart-invalid', message);

/**
 * The files of a packed chart, without the directory that they are packed in. Names that lead out of it are refused.
 * @see Helm pkg/chart/loader/archive/archive.go, LoadArchiveFiles
 */
export function readArchiveFiles(bytes: Uint8Array, helmVersion: HelmVersion): ChartFile[] {
  const files: ChartFile[] = [];
  const tooLarge = invalid(
    helmVersion === '3'
      ? `decompressed chart is larger than the maximum file size ${MAX_CHART_SIZE}`
      : `decompressed chart is larger than the maximum size ${MAX_CHART_SIZE}`,
  );
  let remaining = MAX_CHART_SIZE;
  for (const entry of readTar(gunzip(bytes, tooLarge))) {
    if (entry.isDirectory) continue;
    const delimiter = entry.name.includes('\\') ? '\\' : '/';
    const parts = entry.name.split(delimiter);
    let name = parts.slice(1).join('/');
    if (name.startsWith('/')) throw invalid('chart illegally contains absolute paths');
    name = cleanPath(name);
    if (name === '.')
      throw invalid(`chart illegally contains content outside the base directory: ${quoteGo(entry.name)}`);
    if (name.startsWith('..')) throw invalid('chart illegally references parent directory');
    if (/^[a-zA-Z]:\//.test(name)) throw invalid('chart contains illegally named files');
    if (parts[0] === 'Chart.yaml') throw invalid('chart yaml not in base directory');
    if (entry.size > remaining) throw tooLarge;
    if (helmVersion === '3' && entry.size > MAX_FILE_SIZE)
      throw invalid(
        `decompressed chart file ${quoteGo(entry.name)} is larger than the maximum file size ${MAX_FILE_SIZE}`,
      );
    remaining -= entry.data.length;
    if (remaining <= 0) throw tooLarge;
    files.push(new ChartFile(name, withoutByteOrderMark(entry.data)));
  }
  if (files.length === 0) throw invalid('no files in chart archive');
  return files;
}

/** Go's `path.Clean`. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/** One byte order mark at the start is dropped, as Helm does. */
export function withoutByteOrderMark(data: Uint8Array): Uint8Array {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data;
}

/** The size that the last bytes of a gzip state, so that one buffer holds it all; within bounds, as they may say anything. */
function chunkSizeFor(bytes: Uint8Array): number {
  const { byteOffset, length } = bytes;
  if (length < 18) return 1024;
  const stated = new DataView(bytes.buffer, byteOffset + length - 4, 4).getUint32(0, true);
  return Math.min(Math.max(stated + 64, 1024), 16 * 1024 * 1024);
}

function gunzip(bytes: Uint8Array, tooLarge: HelmError): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_CHART_SIZE + OVERHEAD, chunkSize: chunkSizeFor(bytes) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge;
    if (code === 'Z_BUF_ERROR') throw invalid(bytes.length === 0 ? 'EOF' : 'unexpected EOF');
    if (code !== 'Z_DATA_ERROR') throw error;
    if (message.includes('header')) throw invalid(bytes.length < 10 ? 'unexpected EOF' : 'gzip: invalid header');
    if (message.includes('data check') || message.includes('length check')) throw invalid('gzip: invalid checksum');
    throw invalid(`flate: corrupt input (${message})`);
  }
}
