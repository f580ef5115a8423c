import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, type Scratch } from './programs.ts';

/** A gzipped tar of the given files. */
export function tarball(scratch: Scratch, files: Readonly<Record<string, string>>): Uint8Array {
  const directory = mkdtempSync(join(scratch.path, 'tar-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  const archive = `${directory}.tgz`;
  run('tar', ['-czf', archive, '-C', directory, ...readdirSync(directory)]);
  return readFileSync(archive);
}

export const chartFiles = (name: string, version: string): Readonly<Record<string, string>> => ({
  [`${name}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: ${version}\n`,
  [`${name}/values.yaml`]: 'replicas: 1\n',
  [`${name}/templates/web.yaml`]: 'kind: Web\nchart: {{ .Chart.Name }}-{{ .Chart.Version }}\n',
});
