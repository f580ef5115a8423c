import { posix } from 'node:path';
import type { FileSystem } from '../../core/file-system.ts';
import { ChartFile, type HelmVersion } from './chart.ts';
import { HelmError } from './failure.ts';
import { IgnoreRules } from './helm-ignore.ts';
import { MAX_CHART_SIZE, MAX_FILE_SIZE, withoutByteOrderMark } from './load-archive.ts';

/** Directories within directories; a link that leads back to its holder has no end. */
const MAX_DEPTH = 64;

/**
 * The files of a chart's directory in the order of their names, without those that `.helmignore` excludes.
 * @see Helm pkg/chart/v2/loader/directory.go
 */
export function readDirectoryFiles(fs: FileSystem, directory: string, helmVersion: HelmVersion): ChartFile[] {
  if (fs.exists(directory) !== 'directory')
    throw new HelmError('path-not-found', `path ${JSON.stringify(directory)} not found`);
  const below = posix.join(directory, '-').slice(0, -1); // what a path is behind: `join` looks at each character of each path
  const ignoreFile = fs.readFile(`${below}.helmignore`);
  const rules = new IgnoreRules(ignoreFile === undefined ? '' : Buffer.from(ignoreFile).toString('utf8'));
  const files: ChartFile[] = [];
  let budget = MAX_CHART_SIZE;
  const walk = (path: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw new HelmError('limit-exceeded', `directories nested deeper than ${MAX_DEPTH}`);
    const at = path === '' ? directory : below + path;
    for (const entry of fs.listDirectory(at) ?? []) {
      const name = path === '' ? entry.name : `${path}/${entry.name}`;
      if (rules.ignores(name, entry.type === 'directory')) continue;
      if (entry.type === 'directory') {
        walk(name, depth + 1);
        continue;
      }
      const data = fs.readFile(below + name);
      if (data === undefined) continue;
      if (helmVersion === '3' && data.length > MAX_FILE_SIZE)
        throw new HelmError(
          'chart-invalid',
          `chart file ${JSON.stringify(entry.name)} is larger than the maximum file size ${MAX_FILE_SIZE}`,
        );
      if (data.length > budget)
        throw new HelmError(
          'chart-invalid',
          `error reading ${name}: chart exceeds maximum decompressed size of ${MAX_CHART_SIZE} bytes`,
        );
      budget -= data.length;
      files.push(new ChartFile(name, withoutByteOrderMark(data)));
    }
  };
  walk('', 0);
  return files;
}
