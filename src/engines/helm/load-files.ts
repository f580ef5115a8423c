import { posix } from 'node:path';
import type { YamlMap, YamlValue } from '../../core/value.ts';
import { type Chart, type ChartDependency, ChartFile, type HelmVersion } from './chart.ts';
import { HelmError } from './failure.ts';
import { JsonDecoder } from './go-json.ts';
import { readArchiveFiles } from './load-archive.ts';
import { emptyMetadata, type MutableMetadata, readLock, readMetadata, validateMetadata } from './metadata.ts';
import { parseYaml, readValuesText, YamlProblem } from './values-text.ts';

/** Archives within archives; Helm has no bound. */
const MAX_DEPTH = 32;

/**
 * Makes a chart of its files.
 * @throws HelmError with Helm's words
 * @see Helm pkg/chart/v2/loader/load.go, LoadFiles
 */
export function loadFiles(files: readonly ChartFile[], helmVersion: HelmVersion, depth = 0): Chart {
  if (depth > MAX_DEPTH) throw new HelmError('limit-exceeded', `charts nested deeper than ${MAX_DEPTH}`);
  let metadata: MutableMetadata | undefined;
  const warnings: string[] = [];
  for (const file of files) {
    if (file.name !== 'Chart.yaml') continue;
    metadata ??= emptyMetadata();
    decode(file, (value) => readMetadata(value, metadata!, helmVersion));
    if (metadata.apiVersion === '') metadata.apiVersion = 'v1';
  }
  let lock: readonly ChartDependency[] | undefined;
  let values: YamlMap | undefined;
  let schema: Uint8Array | undefined;
  const templates: ChartFile[] = [];
  const others: ChartFile[] = [];
  const subcharts = new Map<string, ChartFile[]>();
  const readLockFile = (file: ChartFile): void =>
    decode(file, (value) => {
      const read = readLock(value, helmVersion);
      lock = read.dependencies;
      return read.problem;
    });
  for (const file of files) {
    const { name } = file;
    if (name === 'Chart.yaml') continue;
    if (name === 'Chart.lock') readLockFile(file);
    else if (name === 'values.yaml') values = loadValues(file, helmVersion);
    else if (name === 'values.schema.json') schema = file.data;
    else if (name === 'requirements.yaml') {
      metadata ??= emptyMetadata();
      if (metadata.apiVersion !== 'v1')
        warnings.push(
          'Warning: Dependencies are handled in Chart.yaml since apiVersion "v2". We recommend migrating dependencies to Chart.yaml.',
        );
      decode(file, (value) => readMetadata(value, metadata!, helmVersion));
      if (metadata.apiVersion === 'v1') others.push(file);
    } else if (name === 'requirements.lock') {
      readLockFile(file);
      metadata ??= emptyMetadata();
      if (metadata.apiVersion === 'v1') others.push(file);
      else
        warnings.push(
          'Warning: Dependency locking is handled in Chart.lock since apiVersion "v2". We recommend migrating to Chart.lock.',
        );
    } else if (name.startsWith('templates/')) templates.push(file);
    else if (name.startsWith('charts/')) {
      if (goExtension(name) === '.prov') {
        others.push(file);
        continue;
      }
      const path = name.slice('charts/'.length);
      const slash = path.indexOf('/');
      const chart = slash < 0 ? path : path.slice(0, slash);
      const list = subcharts.get(chart);
      const entry = new ChartFile(path, file.data);
      if (list === undefined) subcharts.set(chart, [entry]);
      else list.push(entry);
    } else others.push(file);
  }
  if (metadata === undefined) throw new HelmError('chart-invalid', 'Chart.yaml file is missing');
  validateMetadata(metadata);
  const dependencies: Chart[] = [];
  for (const name of [...subcharts.keys()].sort()) {
    if (name.startsWith('_') || name.startsWith('.')) continue;
    dependencies.push(loadSubchart(name, subcharts.get(name)!, metadata.name, helmVersion, depth));
  }
  for (const dependency of dependencies) warnings.push(...dependency.warnings);
  return { metadata, templates, values, schema, files: others, lock, dependencies, warnings };
}

/**
 * Helm 4 looks which format a chart has before it reads any more of it.
 * @see Helm v4 pkg/chart/loader/load.go
 */
export function checkApiVersion(chartYaml: ChartFile): void {
  let apiVersion = '';
  decode(chartYaml, (value) => {
    const decoder = new JsonDecoder('4');
    apiVersion = decoder.textField(value, 'apiVersion', 'loader.chartBase');
    return decoder.problem;
  });
  if (apiVersion === 'v3') throw new HelmError('chart-invalid', 'invalid chart apiVersion');
  if (!['', 'v1', 'v2'].includes(apiVersion)) throw new HelmError('chart-invalid', 'unsupported chart version');
}

function loadSubchart(
  name: string,
  files: readonly ChartFile[],
  parent: string,
  helmVersion: HelmVersion,
  depth: number,
): Chart {
  if (goExtension(name) === '.tgz' && files[0]!.name !== name)
    throw new HelmError(
      'chart-invalid',
      `error unpacking subchart tar in ${parent}: expected ${name}, got ${files[0]!.name}`,
    );
  try {
    if (goExtension(name) === '.tgz')
      return loadFiles(readArchiveFiles(files[0]!.data, helmVersion), helmVersion, depth + 1);
    const inside: ChartFile[] = [];
    for (const file of files) {
      const slash = file.name.indexOf('/');
      if (slash >= 0) inside.push(new ChartFile(file.name.slice(slash + 1), file.data));
    }
    return loadFiles(inside, helmVersion, depth + 1);
  } catch (error) {
    if (!(error instanceof HelmError)) throw error;
    throw new HelmError(error.reason, `error unpacking subchart ${name} in ${parent}: ${error.message}`);
  }
}

function loadValues(file: ChartFile, helmVersion: HelmVersion): YamlMap {
  try {
    return readValuesText(file.text, helmVersion);
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error;
    throw new HelmError('chart-invalid', `cannot load values.yaml: ${error.message}`);
  }
}

function decode(file: ChartFile, read: (value: YamlValue) => string | undefined): void {
  let problem: string | undefined;
  try {
    problem = read(parseYaml(file.text));
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error;
    throw new HelmError('chart-invalid', `cannot load ${file.name}: ${error.message}`);
  }
  if (problem !== undefined)
    throw new HelmError(
      'chart-invalid',
      `cannot load ${file.name}: error unmarshaling JSON: while decoding JSON: ${problem}`,
    );
}

/** Go's `filepath.Ext`: a leading dot makes an extension as well. */
export function goExtension(path: string): string {
  const base = posix.basename(path);
  const dot = base.lastIndexOf('.');
  return dot < 0 ? '' : base.slice(dot);
}
