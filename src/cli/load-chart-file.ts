import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DiskFileSystem } from '../core/disk-file-system.ts';
import { fail, type Result } from '../core/result.ts';
import { type Chart, type HelmVersion, loadChartArchive, loadChartDirectory } from '../engines/helm/index.ts';
import { linkProblem } from './linked-files.ts';

/**
 * A chart at a path: a directory or a package.
 * @param reference what the path was found by
 * @returns the chart, or Helm's message
 * @see Helm pkg/chart/loader
 */
export function loadChartFile(path: string, reference: string, helmVersion: HelmVersion): Result<Chart, string> {
  if (statSync(path).isDirectory()) {
    const chart = loadChartDirectory(new DiskFileSystem(path), '/', { helmVersion });
    if (chart.ok) {
      const broken = linkProblem(path);
      return broken === undefined ? chart : fail(broken);
    }
    // The chart's own root is `/` to the engine.
    return fail(
      chart.error.message.startsWith('unable to detect chart at ')
        ? chart.error.message.replaceAll('/Chart.yaml', join(path, 'Chart.yaml'))
        : chart.error.message,
    );
  }
  const bytes = readFileSync(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 0x08) {
    if (/\.ya?ml$/.test(reference))
      return fail(`file '${path}' seems to be a YAML file, but expected a gzipped archive`);
    return fail(`file '${path}' does not appear to be a gzipped archive; got '${contentType(bytes)}'`);
  }
  const chart = loadChartArchive(bytes, { helmVersion });
  if (chart.ok) return chart;
  const { message } = chart.error;
  if (helmVersion === '4')
    return fail(
      /^(unable to load chart archive|stream does not)/.test(message) ? 'unable to load chart archive' : message,
    );
  if (message !== 'gzip: invalid header') return fail(message);
  return fail(`file '${path}' does not appear to be a valid chart file (details: ${message})`);
}

/** The part of Go's `http.DetectContentType` that a chart's path may meet. */
function contentType(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 512));
  if (/^\s*<(!DOCTYPE HTML|HTML|HEAD)\b/i.test(head.toString('latin1'))) return 'text/html; charset=utf-8';
  if (head.toString('latin1', 0, 4) === 'PK\x03\x04') return 'application/zip';
  return head.some((byte) => byte < 9 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32)) || head.length < 512
    ? 'application/octet-stream'
    : 'text/plain; charset=utf-8';
}
